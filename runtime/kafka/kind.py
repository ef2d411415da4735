"""Which kind of broker answers at an address that somebody else gave us.

Asked in the clear, by the one request that every broker answers (ApiVersions, KIP-35): the embedded kind does not know CreatePartitions,
which Apache Kafka has had since 1.0. What the difference means for clients stands in `runtime.embedded.broker_shim` and `lifeline`.
"""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Final

from runtime.kafka.bounds import KafkaUnavailable, bounded

if TYPE_CHECKING:
    from collections.abc import Iterator

_API_VERSIONS, _CREATE_PARTITIONS = 18, 37
_QUESTION: Final = struct.pack(">hhih", _API_VERSIONS, 0, 1, -1)
_ANSWER_LIMIT: Final = 65_536


async def is_embedded_kind(bootstrap: str) -> bool:
    """Whether the broker at `host:port` is of the kind that `runtime.embedded` starts.

    Raises:
        KafkaUnavailable: nobody answers there, or not as a broker does.
    """
    try:
        async with bounded():
            known = set(_requests(await _asked(bootstrap)))
    except (EOFError, OverflowError, struct.error) as error:
        raise KafkaUnavailable from error
    return _CREATE_PARTITIONS not in known


async def _asked(bootstrap: str) -> bytes:
    host, _, port = bootstrap.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(struct.pack(">i", len(_QUESTION)) + _QUESTION)
        (size,) = struct.unpack(">i", await reader.readexactly(4))
        return await reader.readexactly(min(max(size, 0), _ANSWER_LIMIT))
    finally:
        writer.close()


def _requests(answer: bytes) -> Iterator[int]:
    """Keys of the requests that the broker knows; each has a lowest and a highest version. First an id, an error code and their number."""
    _, _, count = struct.unpack_from(">ihi", answer)
    for number in range(count):
        yield struct.unpack_from(">hhh", answer, 10 + 6 * number)[0]
