"""Following a topic."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Self

from runtime import clock, process_log
from runtime.kafka.bounds import KafkaUnavailable, bounded
from runtime.kafka.client import ERRORS, HINTED_WAIT_MS, close, create_topics, partitions_of
from runtime.kafka.client import consumer as connect
from runtime.kafka.lifeline import Lifeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiokafka import TopicPartition

    from runtime.clock import Sleep
    from runtime.kafka.client import ConsumerClient, Fetched
    from runtime.settings import KafkaSettings

_PAUSE_S, _POLL_MS, _GATHER_S = 0.2, 500, 0.02
_UNTOLD_S = 0.2
"""How often the embedded broker is asked for what nobody told of: records of other processes."""


class Record(NamedTuple):
    """A record that was read."""

    partition: int
    offset: int
    value: bytes


class Consumer:
    """Follows all partitions of one topic, which it creates when it is missing, from their end at entry.

    * What: every record published after entry, in order within a partition, once; after a broker that restarted empty, everything that it
      holds since then, perhaps some of it twice.
    * Errors: entry raises KafkaUnavailable within about `PATIENCE_S`; afterwards iteration never ends and never fails, it reconnects.
    * Concurrency: one task iterates.

    With a `hint`, which is set when this process has published to the topic, the embedded broker is asked just then, and else seldom: it
    wakes nobody up when a record comes, and asking it all the time takes more processor time than what it brings. Apache Kafka needs no
    hint.
    """

    def __init__(
        self, settings: KafkaSettings, topic: str, partitions: int, *, hint: asyncio.Event | None = None, sleep: Sleep = clock.sleep
    ) -> None:
        self._settings = settings
        self._topic = topic
        self._partitions = partitions_of(topic, partitions)
        self._hint = hint if settings.embedded else None
        self._sleep = sleep
        self._client: ConsumerClient | None = None
        self._lifeline = Lifeline()
        self._next: dict[int, int] = {}
        self._read: deque[Record] = deque()
        self._gather = False

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Record:
        """The next record; waits for it however long that takes."""
        while not self._read:
            if self._gather:  # what came was alone or the first of many: in the latter case the next poll brings the others at once
                self._gather = False
                await self._sleep(_GATHER_S)
            await self._fetch()
            self._gather = bool(self._read)
        return self._read.popleft()

    async def _fetch(self) -> None:
        try:
            if self._client is None:
                await self._open()
                process_log.get("kafka").info("following again", topic=self._topic)
            await self._poll()
        except (KafkaUnavailable, *ERRORS):
            await self._close()
            await self._sleep(_PAUSE_S)

    async def _poll(self) -> None:
        assert self._client is not None  # noqa: S101 - _fetch has seen to it
        fetched = await (self._client.getmany(timeout_ms=_POLL_MS) if self._hint is None else self._told(self._client, self._hint))
        for partition, records in fetched.items():
            self._read.extend(Record(partition.partition, record.offset, record.value) for record in records)
            self._next[partition.partition] = records[-1].offset + 1
        if self._lifeline.cut():
            self._next = dict.fromkeys(range(len(self._partitions)), 0)
            await self._close()

    async def _told(self, client: ConsumerClient, hint: asyncio.Event) -> Mapping[TopicPartition, Sequence[Fetched]]:
        """Asks when told to, or after a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_UNTOLD_S):
                await hint.wait()
        hint.clear()
        client.resume(*self._partitions)
        try:
            return await client.getmany(timeout_ms=HINTED_WAIT_MS)
        finally:
            client.pause(*self._partitions)

    async def _open(self) -> None:
        try:
            async with bounded():
                await create_topics(self._settings, [self._topic], len(self._partitions))
                await self._lifeline.tie(self._settings)
                self._client = await connect(self._settings, self._partitions, hinted=self._hint is not None)
                await self._position(self._client)
        except BaseException:
            await self._close()
            raise

    async def _position(self, client: ConsumerClient) -> None:
        ends = await client.end_offsets(self._partitions)
        for partition in self._partitions:
            client.seek(partition, self._next.setdefault(partition.partition, ends[partition]))

    async def _close(self) -> None:
        client, self._client = self._client, None
        self._lifeline.untie()
        if client is not None:
            await close(client)
