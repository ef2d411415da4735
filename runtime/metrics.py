"""The figures of a status over HTTP, in the text form that Prometheus reads.

One `GET /metrics` a connection, read when it is asked for. Neither TLS nor certificates: it belongs on a loopback address, where whoever
collects runs beside the process or on a proxy that asks who is there. When the status cannot be read (the database is away) the answer is
503 and Prometheus counts the scrape as failed; a scrape never ends the process.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from core.refusals import BAD_SETTINGS, Refused
from runtime import process_log
from runtime.figures import figures

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

    from prometheus_client import Metric

    from runtime.figures import Figure
    from yrdx.v1 import operations_pb2

    Status = Callable[[], Awaitable[operations_pb2.StatusResponse]]

_TOTAL: Final = "_total"
_ABOUT: Final = "see docs/operations.md"
_PATIENCE_S: Final = 5.0
_ASKED: Final = (b"GET /metrics ", b"GET /metrics?")

_LOG = process_log.get("metrics")


@dataclass(frozen=True)
class _Figures(Collector):
    """Figures as metrics `yrdx_…`."""

    found: Iterable[Figure]

    def collect(self) -> Iterable[Metric]:
        """A family for each name."""
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for figure in self.found:
            kind = CounterMetricFamily if figure.name.endswith(_TOTAL) else GaugeMetricFamily
            family = families.setdefault(figure.name, kind(f"yrdx_{figure.name}", _ABOUT, labels=tuple(figure.labels)))
            family.add_metric(tuple(figure.labels.values()), figure.value)
        return families.values()


@asynccontextmanager
async def serving(address: str | None, status: Status) -> AsyncIterator[None]:
    """Serves at `address` from entry to exit; without one there is nothing.

    Raises:
        Refused: BAD_SETTINGS when that is no `host:port`, or one that cannot be had.
    """
    if address is None:
        yield
        return
    group = asyncio.TaskGroup()
    host, _, port = address.rpartition(":")
    try:
        server = await asyncio.start_server(
            lambda reader, writer: group.create_task(_serve(reader, writer, status)), host, int(port), start_serving=False
        )
    except (OSError, OverflowError, ValueError) as error:
        raise Refused(BAD_SETTINGS, f"metrics: {address}") from error
    async with group:
        await server.start_serving()
        try:
            yield
        finally:
            server.close()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: Status) -> None:
    """One request, one answer; a caller who says nothing, or not that, or goes away gets none."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            request = await reader.readuntil(b"\r\n\r\n")
            writer.write(await _answer(request, status))
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return
    finally:
        writer.close()


async def _answer(request: bytes, status: Status) -> bytes:
    if not request.startswith(_ASKED):
        return _response("404 Not Found", b"GET /metrics\n")
    (found,) = await asyncio.gather(status(), return_exceptions=True)
    if isinstance(found, BaseException):
        _LOG.warning("no figures", exc_info=found)
        return _response("503 Service Unavailable", b"the figures cannot be read now\n")
    return _response("200 OK", generate_latest(_Figures(figures(found))))


def _response(line: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {line}\r\nContent-Type: {CONTENT_TYPE_PLAIN_0_0_4}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body
