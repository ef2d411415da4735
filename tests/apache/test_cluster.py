"""Producer and consumer on Apache Kafka: nodes that are killed, that hang, and strangers."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest

from pki.identity import Role
from runtime.kafka import PATIENCE_S, Consumer, KafkaUnavailable, Outgoing, Producer
from tests.support.exchange import PATIENCE_S as WHOLE_PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tests.support.kafka import Apache

TOPIC, LANES = "yrdx.inbox.320000", 6


class Line:
    """A consumer, and a producer that goes on until everything is published, as the hub's publisher does."""

    def __init__(self, producer: Producer, consumer: Consumer) -> None:
        self._producer, self._consumer = producer, consumer

    async def publish(self, *values: str) -> None:
        records = [Outgoing(index % LANES, b"case", value.encode()) for index, value in enumerate(values)]
        async with asyncio.timeout(WHOLE_PATIENCE_S):
            while True:
                try:
                    return await self._producer.publish(TOPIC, records)
                except KafkaUnavailable:
                    await asyncio.sleep(0.1)

    async def read(self, *values: str) -> Sequence[str]:
        """Reads until all of them have come; gives everything that came."""
        found: list[str] = []
        async with asyncio.timeout(WHOLE_PATIENCE_S):
            while not set(values) <= set(found):
                found.append((await anext(self._consumer)).value.decode())
        return found


def run(apache: Apache, body: Callable[[Line], Awaitable[None]]) -> None:
    async def main() -> None:
        settings = apache.settings
        async with Consumer(settings, TOPIC, LANES) as consumer, Producer(settings, [TOPIC], LANES) as producer:
            await body(Line(producer, consumer))

    asyncio.run(main())


async def kill(apache: Apache, count: int) -> None:
    """Kills the first nodes at once."""
    brokers = apache.cluster.thing.brokers[:count]
    for broker in brokers:
        os.kill(broker.pid, signal.SIGKILL)
    await asyncio.gather(*(apache.cluster.beside(broker.ended()) for broker in brokers))


def test_records_outlive_all_nodes_and_come_once(apache: Apache, mark: str) -> None:
    async def body(line: Line) -> None:
        first, second = [[f"{mark}-{part}-{index}" for index in range(300)] for part in (1, 2)]
        await line.publish(*first)
        await kill(apache, len(apache.cluster.thing.brokers))
        await apache.start()
        assert sorted(await line.read(*first)) == sorted(first), "what was confirmed is there, and nothing twice"
        await line.publish(*second)
        await line.read(*second)

    run(apache, body)


def test_publishing_goes_on_when_a_node_is_killed_under_it(apache: Apache, mark: str) -> None:
    """Of three the others go on; a single one comes back."""

    async def body(line: Line) -> None:
        values = [f"{mark}-{index}" for index in range(200)]
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(line.read(*values))
            for index, value in enumerate(values):
                if index == 50:
                    await kill(apache, 1)
                if index == 60 and len(apache.cluster.thing.brokers) == 1:
                    group.create_task(apache.start())
                group.create_task(line.publish(value))
                await asyncio.sleep(0.01)
        assert set(reading.result()) == set(values)

    run(apache, body)


def test_a_node_that_hangs_is_said_in_time_and_what_works_is_used(apache: Apache, mark: str) -> None:
    """Closing a TLS connection to it must not wait for its answer. Three nodes go on without it, a single one after it."""

    async def body(line: Line) -> None:
        await line.publish(f"{mark}-before")
        await line.read(f"{mark}-before")
        pid = apache.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            assert await longest_call(line, f"{mark}-meanwhile") < 2 * PATIENCE_S + 2
            if len(apache.cluster.thing.brokers) > 1:
                await line.publish(f"{mark}-without")
                await line.read(f"{mark}-without")
        finally:
            os.kill(pid, signal.SIGCONT)
        await line.publish(f"{mark}-after")
        await line.read(f"{mark}-after")

    run(apache, body)


async def longest_call(line: Line, value: str) -> float:
    """The longest of three attempts to publish."""
    loop = asyncio.get_running_loop()
    longest = 0.0
    for _ in range(3):
        begun = loop.time()
        try:
            await line._producer.publish(TOPIC, [Outgoing(lane, b"case", value.encode()) for lane in range(LANES)])
        except KafkaUnavailable:
            await asyncio.sleep(0.1)
        longest = max(longest, loop.time() - begun)
    return longest


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, None])
def test_only_the_hub_may_use_a_cluster_with_tls(apache: Apache, role: Role | None) -> None:
    if apache.settings.tls is None:
        pytest.skip("one node speaks plain text on the loopback address")

    async def main() -> None:
        async with Producer(apache.settings_of(role), [TOPIC], LANES) as producer:
            with pytest.raises(KafkaUnavailable):
                await producer.publish(TOPIC, [Outgoing(0, b"case", b"lie")])
        with pytest.raises(KafkaUnavailable):
            async with Consumer(apache.settings_of(role), TOPIC, LANES):
                raise AssertionError

    asyncio.run(main())
