"""Figures over HTTP, read back with Prometheus' own parser."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from core.refusals import BAD_SETTINGS, UNAVAILABLE, Refused
from runtime import metrics
from runtime.addresses import free_port
from tests.support.scraping import ask, values
from yrdx.v1 import operations_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

HUB = operations_pb2.StatusResponse(
    name="hub",
    version="9.8.7",
    recorded_at={"seconds": 1000, "nanos": 500_000_000},
    idle=True,
    log_size=1077,
    checkpoint_size=1070,
    trust_list_version=4,
    members=[
        operations_pb2.MemberStatus(code="310000", connected=True),
        operations_pb2.MemberStatus(code="320000", undelivered=7, oldest_undelivered={"seconds": 900}, overdue=3, held=2),
    ],
    counters={
        "delivered_by_kafka": 990,
        "delivered_by_ledger": 3,
        "log_disk_free_bytes": 1 << 40,
        "unpublished": 0,
        "claims_only_under_epoch_7": 5,
    },
)
NODE = operations_pb2.StatusResponse(name="node-310000", counters={"outbox": 2, "process_log_disk_free_bytes": 5})


def of(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def play(status: Callable[[], Awaitable[operations_pb2.StatusResponse]], body: Callable[[str], Awaitable[None]]) -> None:
    async def main() -> None:
        address = f"127.0.0.1:{free_port()}"
        async with metrics.serving(address, status):
            await body(address)
        with pytest.raises(OSError, match=r".*"):
            await ask(address, b"")

    asyncio.run(main())


async def hub() -> operations_pb2.StatusResponse:
    return HUB


def test_every_figure_of_a_hub_is_there() -> None:
    async def body(address: str) -> None:
        line, text = await ask(address)
        assert line == "HTTP/1.1 200 OK"
        assert values(text) == {
            of("yrdx_process_info", process="hub", version="9.8.7"): 1,
            of("yrdx_idle"): 1,
            of("yrdx_draining"): 0,
            of("yrdx_trust_list_version"): 4,
            of("yrdx_log_size"): 1077,
            of("yrdx_checkpoint_size"): 1070,
            of("yrdx_connected", member="310000"): 1,
            of("yrdx_connected", member="320000"): 0,
            of("yrdx_undelivered", member="310000"): 0,
            of("yrdx_undelivered", member="320000"): 7,
            of("yrdx_oldest_undelivered_age_seconds", member="310000"): 0,
            of("yrdx_oldest_undelivered_age_seconds", member="320000"): 100.5,
            of("yrdx_overdue", member="310000"): 0,
            of("yrdx_overdue", member="320000"): 3,
            of("yrdx_held", member="310000"): 0,
            of("yrdx_held", member="320000"): 2,
            of("yrdx_first_deliveries_total", path="kafka"): 990,
            of("yrdx_first_deliveries_total", path="ledger"): 3,
            of("yrdx_claims_only_under_epoch", epoch="7"): 5,
            of("yrdx_disk_free_bytes", folder="log"): 1 << 40,
            of("yrdx_unpublished"): 0,
        }

    play(hub, body)


def test_a_node_has_no_members_and_no_log() -> None:
    async def node() -> operations_pb2.StatusResponse:
        return NODE

    async def body(address: str) -> None:
        _, text = await ask(address, b"GET /metrics?name=any HTTP/1.0\r\n\r\n")
        found = values(text)
        assert found[of("yrdx_outbox")] == 2
        assert found[of("yrdx_disk_free_bytes", folder="process_log")] == 5
        assert not {name for name, _ in found} & {"yrdx_connected", "yrdx_log_size", "yrdx_checkpoint_size"}

    play(node, body)


@pytest.mark.parametrize("failure", [Refused(UNAVAILABLE, "ledger"), KeyError("never thought of")])
def test_what_cannot_be_read_fails_the_scrape_and_nothing_else(failure: Exception) -> None:
    answers: list[Any] = [failure, HUB]

    async def status() -> operations_pb2.StatusResponse:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return HUB

    async def body(address: str) -> None:
        line, text = await ask(address)
        assert (line, text) == ("HTTP/1.1 503 Service Unavailable", "the figures cannot be read now\n")
        assert (await ask(address))[0] == "HTTP/1.1 200 OK"

    play(status, body)


@pytest.mark.parametrize(
    "request_", [b"POST /metrics HTTP/1.1\r\n\r\n", b"GET /metricsandmore HTTP/1.1\r\n\r\n", b"\r\n\r\n", b"\xff\r\n\r\n"]
)
def test_anything_else_is_not_found(request_: bytes) -> None:
    async def body(address: str) -> None:
        assert (await ask(address, request_))[0] == "HTTP/1.1 404 Not Found"

    play(hub, body)


def test_noise_and_silence_leave_it_answering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_PATIENCE_S", 0.3)

    async def body(address: str) -> None:
        with suppress(ConnectionResetError):  # it closes with most of that unread
            assert await ask(address, b"x" * 200_000) == ("", "")
        host, _, port = address.rpartition(":")
        _, gone = await asyncio.open_connection(host, int(port))
        gone.write(b"GET /met")
        gone.transport.abort()
        reader, writer = await asyncio.open_connection(host, int(port))
        assert (await ask(address))[0] == "HTTP/1.1 200 OK"
        assert await reader.read() == b""  # hung up on
        writer.close()

    play(hub, body)


def test_without_an_address_there_is_nothing_and_a_wrong_one_is_refused() -> None:
    async def main() -> None:
        async with metrics.serving(None, hub):
            pass
        address = f"127.0.0.1:{free_port()}"
        async with metrics.serving(address, hub):
            for wrong in (address, "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:https", "192.0.2.1:80"):
                with pytest.raises(Refused) as caught:
                    await metrics.serving(wrong, hub).__aenter__()
                assert caught.value.kind is BAD_SETTINGS, wrong

    asyncio.run(main())
