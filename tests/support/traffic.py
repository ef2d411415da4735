"""Messages that keep coming while something else happens, and whether all of them were taken in hand once."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tests.support.exchange import until
from tests.support.world import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.support.exchange import Exchange, Node
    from yrdx.v1 import envelope_pb2

    Envelopes = Sequence[envelope_pb2.Envelope]

MANY = 100_000
"""Credits of a stream that takes whatever comes."""

_PAUSE_S = 0.1  # for each of ten: what takes a minute must not leave a mountain


def applications(node: Node, count: int, name: str) -> Envelopes:
    return [node.speaker.apply(SHANGHAI, f"{name}-{number}") for number in range(count)]


async def check(made: Exchange, said: Envelopes) -> None:
    """Everything accepted was delivered, acknowledged and logged, once, and the log is published."""
    await made.idle()
    asked = made.nodes[SHANGHAI]
    assert {delivery.envelope.header for delivery in asked.deliveries} == {envelope.header for envelope in said}
    count = made.hub.pool.fetchval
    assert await count("select count(*) from messages") == len(said)
    assert await count("select count(*) from deliveries where delivered_receipt is not null") == len(said)
    assert await count("select count(*) from claims") == len(said)
    assert await count("select count(*) from entries where message_id is not null") == 2 * len(said)
    size = await count("select size from log_head")
    assert await count("select count(*) from entries") == size
    await until(lambda: made.hub.log_writer.published.size == size)


@asynccontextmanager
async def submitting(node: Node, said: list[envelope_pb2.Envelope]) -> AsyncIterator[None]:
    """Keeps ten in flight, each until it is answered, from entry to exit; then all of them are."""
    working = True

    async def work(number: int) -> None:
        while working:
            envelope = node.speaker.apply(SHANGHAI, f"person-{number}-{len(said)}")
            said.append(envelope)
            await node.accepted_at_last(envelope)
            await asyncio.sleep(_PAUSE_S)

    async with asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(work(number))
        yield
        working = False


async def by_kafka(made: Exchange) -> int:
    return (await made.status()).counters["delivered_by_kafka"]
