"""What kind of broker somebody else gave us."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

import pytest

from runtime.addresses import free_port
from runtime.embedded.broker import Broker
from runtime.kafka import KafkaUnavailable
from runtime.kafka.kind import is_embedded_kind

if TYPE_CHECKING:
    from pathlib import Path

APACHE = struct.pack(">ihi", 1, 0, 2) + struct.pack(">hhh", 0, 0, 13) + struct.pack(">hhh", 37, 0, 3)


def test_the_embedded_broker_is_known_by_what_it_cannot_do(tmp_path: Path) -> None:
    async def main() -> bool:
        async with Broker(tmp_path) as broker:
            return await is_embedded_kind(broker.address)

    assert asyncio.run(main())


def asked(answer: bytes) -> bool:
    """Of somebody who answers anything with this."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (size,) = struct.unpack(">i", await reader.readexactly(4))
        await reader.readexactly(size)
        writer.write(answer)
        writer.close()

    async def main() -> bool:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            return await is_embedded_kind(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")

    return asyncio.run(main())


def test_apache_kafka_is_the_other_kind() -> None:
    assert not asked(struct.pack(">i", len(APACHE)) + APACHE)


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", struct.pack(">i", 4) + b"none", struct.pack(">i", 10) + APACHE]
)
def test_whoever_is_no_broker(answer: bytes) -> None:
    with pytest.raises(KafkaUnavailable):
        asked(answer)


@pytest.mark.parametrize("address", [f"127.0.0.1:{free_port()}", "127.0.0.1:99999", "nowhere.invalid:1"])
def test_where_nobody_is(address: str) -> None:
    with pytest.raises(KafkaUnavailable):
        asyncio.run(is_embedded_kind(address))
