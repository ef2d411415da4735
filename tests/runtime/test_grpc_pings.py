"""Pings on a connection to a real server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from runtime.grpc_server import serving
from tests.runtime import http2
from tests.runtime.certificates import issue, make_root

if TYPE_CHECKING:
    from pathlib import Path


def test_pings_that_gathered_while_a_process_stood_still_end_no_connection(tmp_path: Path) -> None:
    """Against the defaults of gRPC, which answer three early pings with GOAWAY and end every stream."""
    make_root(tmp_path)
    hub, node = issue(tmp_path, "hub", "spiffe://yrdx/hub/hub"), issue(tmp_path, "node", "spiffe://yrdx/province/310000/node")
    gathered, later = [number.to_bytes(8) for number in range(1, 21)], b"and more"
    found: list[tuple[int, bytes]] = []

    async def main() -> None:
        async with (
            serving("127.0.0.1:0", hub, lambda _: None, {}) as served,
            http2.connected(served.address, node) as connection,
            asyncio.timeout(5),
        ):
            for ping in gathered:
                connection.send(http2.PING, ping)
            async for frame in connection.frames():
                found.append(frame)
                if frame == (http2.PING, gathered[-1]):
                    connection.send(http2.PING, later)
                if frame == (http2.PING, later):
                    break

    asyncio.run(main())
    assert [payload for kind, payload in found if kind == http2.PING] == [*gathered, later]
    assert not any(kind == http2.GOAWAY for kind, _ in found), found
