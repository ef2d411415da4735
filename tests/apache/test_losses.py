"""Steps 4 to 6 while Apache Kafka restarts, loses nodes, and loses what it had: nothing is lost or doubled, and Kafka is used again."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from hub.topics import PARTITIONS, TOPICS, topic
from runtime.kafka import KafkaUnavailable, Outgoing, Producer, client
from tests.support.exchange import PATIENCE_S, exchange, until
from tests.support.traffic import MANY, by_kafka, check, submitting
from tests.support.world import SHANGHAI, ZHEJIANG

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from tests.support.exchange import Exchange, Node
    from tests.support.kafka import Apache
    from yrdx.v1 import envelope_pb2

INBOX = topic(SHANGHAI)
_GROUP = 100


class Scene:
    """A hub, a province that asks and one that is asked, on the cluster of the run."""

    def __init__(self, apache: Apache, made: Exchange) -> None:
        self.apache, self.made = apache, made
        self.said: list[envelope_pb2.Envelope] = []

    @property
    def asking(self) -> Node:
        return self.made.nodes[ZHEJIANG]

    async def traffic(self, trouble: Callable[[], Awaitable[None]]) -> None:
        """Messages before, during and after the trouble; then everything has arrived once, and by Kafka again."""
        async with submitting(self.asking, self.said):
            await until(self._more(50))
            await trouble()
            await until(self._more(50))
        await check(self.made, self.said)
        wanted = await by_kafka(self.made) + 50
        async with submitting(self.asking, self.said):
            await until(lambda: self._used(wanted))
        await check(self.made, self.said)

    def _more(self, count: int) -> Callable[[], bool]:
        wanted = len(self.said) + count
        return lambda: len(self.said) >= wanted

    async def _used(self, wanted: int) -> bool:
        return await by_kafka(self.made) >= wanted


def play(apache: Apache, folder: Path, dsn: str, body: Callable[[Scene], Awaitable[None]]) -> None:
    async def main() -> None:
        async with exchange(folder, dsn, sweep_s=1) as made, made.following(ZHEJIANG, SHANGHAI, credits_=MANY):
            await body(Scene(apache, made))

    asyncio.run(main())


def test_a_restart_loses_nothing(apache: Apache, hub_dsn: str, tmp_path: Path) -> None:
    async def restart() -> None:
        await apache.stop()
        await apache.start()

    play(apache, tmp_path, hub_dsn, lambda scene: scene.traffic(restart))


def test_a_killed_node_loses_nothing_and_two_of_three_go_on(apache: Apache, hub_dsn: str, tmp_path: Path) -> None:
    async def killed() -> None:
        os.kill(apache.pid, signal.SIGKILL)
        await apache.ended()
        if len(apache.cluster.thing.brokers) == 1:
            await apache.start()

    play(apache, tmp_path, hub_dsn, lambda scene: scene.traffic(killed))


def test_the_loss_of_everything_that_kafka_had_loses_nothing(apache: Apache, hub_dsn: str, tmp_path: Path) -> None:
    play(apache, tmp_path, hub_dsn, lambda scene: scene.traffic(lambda: apache.cluster.beside(anew(apache, {}))))


@pytest.mark.parametrize("more", [False, True], ids=["fewer", "more"])
def test_a_kafka_with_fewer_or_more_records_than_before_loses_nothing(apache: Apache, hub_dsn: str, tmp_path: Path, more: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Positions point beyond the end, or into the middle of what they do not know; hub and nodes stand still while it changes."""

    async def body(scene: Scene) -> None:
        await scene.traffic(nothing)
        before = await ends(apache)
        counts = {lane: end + 50 if more else end // 4 for lane, end in before.items()}
        apache.cluster.run(anew(apache, {lane: records(scene, lane, count) for lane, count in counts.items()}))
        after = await ends(apache)
        assert all(after[lane] > end if more else 0 < after[lane] < end for lane, end in before.items()), (before, after)
        await scene.traffic(nothing)

    play(apache, tmp_path, hub_dsn, body)


async def nothing() -> None:
    """No trouble."""


def records(scene: Scene, lane: int, count: int) -> list[Outgoing]:
    """So many records of a lane: what was delivered before, again and again, and what is none."""
    old = [one.SerializeToString() for one in scene.made.nodes[SHANGHAI].deliveries if one.lane == lane]
    return [Outgoing(lane, b"case", value) for value, _ in zip(cycle([b"no delivery", *old]), range(count), strict=False)]


async def anew(apache: Apache, content: Mapping[int, list[Outgoing]]) -> None:
    """Kills all nodes, takes their data away, and starts them with this content of Shanghai's inbox. On the cluster's own loop."""
    cluster = apache.cluster.thing
    for broker in cluster.brokers:
        os.kill(broker.pid, signal.SIGKILL)
        await broker.ended()
        shutil.rmtree(broker.node.data)
    await cluster.start()
    async with Producer(apache.settings, TOPICS, PARTITIONS) as producer:
        for group in content.values():
            for start in range(0, len(group), _GROUP):
                await published(producer, group[start : start + _GROUP])


async def published(producer: Producer, group: Sequence[Outgoing]) -> None:
    """Some perhaps twice: a cluster that has just begun is slow."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return await producer.publish(INBOX, group)
            except KafkaUnavailable:
                await asyncio.sleep(0.1)


async def ends(apache: Apache) -> dict[int, int]:
    """The offset that the next record of each lane will have."""
    partitions = client.partitions_of(INBOX, PARTITIONS)
    consumer = await client.consumer(apache.settings, partitions)
    try:
        found = await consumer.end_offsets(partitions)
        return {partition.partition: end for partition, end in found.items()}
    finally:
        await client.close(consumer)
