"""Following a topic."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple, Self

from runtime import clock, process_log
from runtime.kafka.bounds import KafkaUnavailable, bounded
from runtime.kafka.client import ERRORS, close, create_topics, partitions_of
from runtime.kafka.client import consumer as connect
from runtime.kafka.lifeline import Lifeline

if TYPE_CHECKING:
    from runtime.clock import Sleep
    from runtime.kafka.client import ConsumerClient
    from runtime.settings import KafkaSettings

_PAUSE_S, _POLL_MS, _GATHER_S = 0.2, 500, 0.02


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
    """

    def __init__(self, settings: KafkaSettings, topic: str, partitions: int, *, sleep: Sleep = clock.sleep) -> None:
        self._settings = settings
        self._topic = topic
        self._partitions = partitions_of(topic, partitions)
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
        for partition, records in (await self._client.getmany(timeout_ms=_POLL_MS)).items():
            self._read.extend(Record(partition.partition, record.offset, record.value) for record in records)
            self._next[partition.partition] = records[-1].offset + 1
        if self._lifeline.cut():
            self._next = dict.fromkeys(range(len(self._partitions)), 0)
            await self._close()

    async def _open(self) -> None:
        try:
            async with bounded():
                await create_topics(self._settings, [self._topic], len(self._partitions))
                await self._lifeline.tie(self._settings)
                self._client = await connect(self._settings, self._partitions)
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
