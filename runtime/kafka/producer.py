"""Publishing."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple, Self

from core.refusals import TOO_LARGE, Refused
from runtime.kafka.bounds import KafkaUnavailable, bounded
from runtime.kafka.client import RECORD_LIMIT, close, create_topics
from runtime.kafka.client import producer as connect
from runtime.kafka.lifeline import Lifeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtime.kafka.client import ProducerClient
    from runtime.settings import KafkaSettings

_OVERHEAD = 1_000  # bytes of a record beside key and value, generously


class Outgoing(NamedTuple):
    """A record to be published."""

    partition: int
    key: bytes
    value: bytes


class Producer:
    """Publishes to a fixed set of topics, which it creates when they are missing.

    * Durability: what `publish` returned for is on all replicas (`acks=all`); with the embedded broker, in its memory.
    * Order: records of one partition keep their order within a call and between calls that follow each other.
    * Retry: idempotent, so aiokafka's own attempts double nothing. After `KafkaUnavailable` the caller repeats; that may double.
    * Concurrency: calls may overlap and then share requests.

    Connects on the first use: entering it needs no broker.

    Attributes:
        hints: by topic, set whenever something was published there; for the consumer in the same process.
    """

    def __init__(self, settings: KafkaSettings, topics: Sequence[str], partitions: int) -> None:
        self._settings = settings
        self._topics = topics
        self._partitions = partitions
        self._connecting = asyncio.Lock()
        self._client: ProducerClient | None = None
        self._lifeline = Lifeline()
        self.hints: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def publish(self, topic: str, records: Sequence[Outgoing]) -> None:
        """Publishes all records, or fails not knowing which.

        Raises:
            KafkaUnavailable: within `PATIENCE_S` and the time to close what is broken (`close`).
            Refused: TOO_LARGE for a record that no broker takes; nothing was published then.
        """
        if any(len(record.key) + len(record.value) > RECORD_LIMIT - _OVERHEAD for record in records):
            raise Refused(TOO_LARGE, "record")
        client: ProducerClient | None = None
        try:
            async with bounded():
                client = await self._connected()
                futures = [await client.send(topic, value=record.value, key=record.key, partition=record.partition) for record in records]
                await asyncio.gather(*futures)
                self.hints[topic].set()
        except KafkaUnavailable:
            await self._drop(client)
            raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._drop(self._client)
        self._lifeline.untie()

    async def _connected(self) -> ProducerClient:
        async with self._connecting:
            if self._lifeline.cut():
                await self._drop(self._client)
            if self._client is None:
                await create_topics(self._settings, self._topics, self._partitions)
                await self._lifeline.tie(self._settings)
                self._client = await connect(self._settings)
            return self._client

    async def _drop(self, client: ProducerClient | None) -> None:
        """Forgets a client that failed, unless another call was quicker, and closes it."""
        if client is not None and client is self._client:
            self._client = None
            self._lifeline.untie()
            await close(client)
