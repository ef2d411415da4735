"""Reading figures as Prometheus does."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client.parser import text_string_to_metric_families

from runtime.figures import figures

if TYPE_CHECKING:
    from yrdx.v1 import operations_pb2

Values = dict[tuple[str, frozenset[tuple[str, str]]], float]
"""By name and labels."""


DESCRIBED: Final = set(re.findall(r"`(yrdx_\w+)`", (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")))
"""Figures that the page for operators explains."""


async def ask(address: str, request: bytes = b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n") -> tuple[str, str]:
    """Sends bytes; the first line of the answer, and its body."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    answer = await reader.read()  # to the end: the server closes
    writer.close()
    head, _, body = answer.decode().partition("\r\n\r\n")
    return head.split("\r\n")[0], body


def values(body: str) -> Values:
    families = text_string_to_metric_families(body)
    return {(sample.name, frozenset(sample.labels.items())): sample.value for family in families for sample in family.samples}


async def scraped(address: str) -> Values:
    line, body = await ask(address)
    assert line == "HTTP/1.1 200 OK", body
    return values(body)


def wanted(status: operations_pb2.StatusResponse) -> Values:
    """What a scrape should have of a status."""
    return {(f"yrdx_{one.name}", frozenset(one.labels.items())): one.value for one in figures(status)}
