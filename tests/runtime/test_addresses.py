from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import grpc.aio
import pytest

from core.refusals import BAD_SETTINGS, Refused
from runtime import addresses
from runtime.grpc_options import SERVER

if TYPE_CHECKING:
    from pathlib import Path


def test_ports_lie_below_those_of_outgoing_connections() -> None:
    ports = {addresses.free_port() for _ in range(50)}
    assert len(ports) > 10
    assert max(ports) < 32_768
    with socket.socket() as server:
        server.bind((addresses.LOOPBACK, ports.pop()))


def test_a_taken_port_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as server:
        server.bind((addresses.LOOPBACK, 0))
        server.listen()
        port = server.getsockname()[1]
        monkeypatch.setattr(addresses, "_FIRST", port)
        monkeypatch.setattr(addresses, "_LAST", port + 1)
        with pytest.raises(Refused, match=BAD_SETTINGS.name):
            addresses.free_port()


def test_a_reserved_port_is_given_to_nobody_and_can_be_served_on(monkeypatch: pytest.MonkeyPatch) -> None:
    port = addresses.reserve_port()
    monkeypatch.setattr(addresses, "_FIRST", port)
    monkeypatch.setattr(addresses, "_LAST", port + 1)
    with pytest.raises(Refused, match=BAD_SETTINGS.name):
        addresses.reserve_port()

    async def serve() -> int:
        served = grpc.aio.server(options=SERVER)
        served.add_registered_method_handlers("none", {})
        bound = served.add_insecure_port(f"{addresses.LOOPBACK}:{port}")
        await served.start()
        await served.stop(None)
        return bound

    assert [asyncio.run(serve()) for _ in range(2)] == [port, port]


def test_a_remembered_address_goes_first(tmp_path: Path) -> None:
    file = tmp_path / "address"
    assert addresses.settle("127.0.0.1:4711", file) == "127.0.0.1:4711"
    chosen = addresses.settle("127.0.0.1:0", file)
    addresses.remember(file, chosen)
    assert addresses.settle("127.0.0.1:0", file) == chosen == addresses.settle("127.0.0.1:4711", file)
    assert [path.name for path in tmp_path.iterdir()] == ["address"]
