"""Step 4 of 9 - publish. Committed deliveries go to Kafka, each lane in order of its numbers.

Fast path: what a commit announced is published from memory, in whatever batches gather while the last one is confirmed. Whenever that path
is in doubt (after a start, an unreachable broker, a full queue, a commit of unknown outcome) each lane is taken up again from the ledger,
behind the last number that Kafka is known to have. That number is saved lazily: what is published twice is dropped by its number.

Submits never wait for this: with the broker away the publisher keeps its place and tries again. What Kafka cannot carry (records of a
megabyte) is left to the ledger's path.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from core.refusals import Refused
from hub.topics import MAX_VALUE, topic
from runtime import process_log
from runtime.kafka import KafkaUnavailable, Outgoing
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hub.ledger.outbox import Lane, Outbox, Place
    from runtime.clock import Sleep
    from runtime.kafka import Producer
    from yrdx.v1 import exchange_pb2

MAX_QUEUED: Final = 2048
_PAGE: Final = 128
_SAVE_S: Final = 1.0
_RETRY_S: Final = 0.5

_LOG = process_log.get("hub.publish")


class Ready(NamedTuple):
    """A delivery in the form in which Kafka carries it."""

    lane: Lane
    seq: int
    record: Outgoing

    @classmethod
    def of(cls, receiver: str, delivery: exchange_pb2.Delivery, case_id: bytes, value: bytes) -> Ready:
        """Key = case id, partition = lane."""
        return cls((receiver, delivery.lane), delivery.delivery_seq, Outgoing(delivery.lane, case_id, value))


class Publisher:
    """The one publisher of this process.

    Attributes:
        reached: whether Kafka took what was last given to it.
    """

    def __init__(self, producer: Producer, outbox: Outbox, too_large: Callable[[str, Place], None], sleep: Sleep) -> None:
        """Takes the transport and the ledger's deliveries; `too_large` is told of what only the ledger can bring."""
        self._producer, self._outbox, self._too_large, self._sleep = producer, outbox, too_large, sleep
        self._queue: deque[Ready] = deque()
        self._work = asyncio.Event()
        self._in_doubt = True
        self.reached = True
        self._cursors: dict[Lane, int] = {}
        self._unsaved: dict[Lane, int] = {}

    @property
    def unpublished(self) -> int:
        """Deliveries that wait in memory for Kafka; more may wait in the ledger while it is away."""
        return len(self._queue)

    def add(self, deliveries: Iterable[Ready]) -> None:
        """Takes what a commit brought, in its order."""
        self._queue.extend(deliveries)
        if len(self._queue) > MAX_QUEUED:
            self.doubt()
        self._work.set()

    def doubt(self) -> None:
        """Goes back to the ledger, which knows what must be published."""
        self._queue.clear()
        self._in_doubt = True
        self._work.set()

    async def run(self) -> NoReturn:
        """Publishes for ever; waits while Kafka or the database is away."""
        while True:
            try:
                if self._in_doubt:
                    await self._resume()
                await self._publish_queue()
                await self._wait()
            except (KafkaUnavailable, Refused) as error:
                self._complain(error)
                self._in_doubt = True
                await self._sleep(_RETRY_S)

    async def save(self) -> None:
        """Remembers how far Kafka is known to have everything."""
        if self._unsaved:
            unsaved, self._unsaved = self._unsaved, {}
            await self._outbox.save_cursors(unsaved)

    async def _wait(self) -> None:
        """Until there is work; saves the cursors when there is none for a while."""
        try:
            async with asyncio.timeout(_SAVE_S):
                await self._work.wait()
        except TimeoutError:
            await self.save()
        self._work.clear()

    async def _publish_queue(self) -> None:
        while self._queue and not self._in_doubt:
            batch = [self._queue.popleft() for _ in range(min(_PAGE, len(self._queue)))]
            await self._publish(batch)

    async def _resume(self) -> None:
        """Takes every lane up behind its cursor. What is committed from here on comes by the queue as well, perhaps twice."""
        self._queue.clear()
        self._in_doubt = False
        if not self._cursors:
            self._cursors = await self._outbox.cursors()
        for lane, head in (await self._outbox.heads()).items():
            await self._resume_lane(lane, head)

    async def _resume_lane(self, lane: Lane, head: int) -> None:
        while (cursor := self._cursors.get(lane, 0)) < head:
            waiting = [delivery for delivery in await self._outbox.unpublished(lane, cursor, _PAGE) if delivery.delivery_seq <= head]
            await self._publish([Ready.of(lane[0], one, case_of(one), one.SerializeToString()) for one in waiting])
            if len(waiting) < _PAGE:
                self._move(lane, head)  # the numbers between are acknowledged already

    async def _publish(self, batch: Sequence[Ready]) -> None:
        """Publishes a batch, all topics at once, each in order; what is confirmed moves its cursor even if another topic fails."""
        groups: defaultdict[str, list[Ready]] = defaultdict(list)
        for ready in batch:
            groups[ready.lane[0]].append(ready)
        results = await asyncio.gather(*(self._publish_to(*group) for group in groups.items()), return_exceptions=True)
        for result in results:
            if result is not None:
                raise result
        if batch and not self.reached:
            self.reached = True
            _LOG.info("publishing again")

    async def _publish_to(self, receiver: str, group: Sequence[Ready]) -> None:
        small = [ready.record for ready in group if len(ready.record.value) <= MAX_VALUE]
        if small:
            await self._producer.publish(topic(receiver), small)
        for ready in group:
            self._move(ready.lane, ready.seq)
            if len(ready.record.value) > MAX_VALUE:
                self._too_large(receiver, (ready.lane[1], ready.seq))

    def _move(self, lane: Lane, seq: int) -> None:
        self._cursors[lane] = self._unsaved[lane] = max(seq, self._cursors.get(lane, 0))

    def _complain(self, error: Exception) -> None:
        if self.reached:
            self.reached = False
            _LOG.warning("cannot publish; deliveries come from the ledger until it works again", cause=process_log.cause(error))


def case_of(delivery: exchange_pb2.Delivery) -> bytes:
    """The case that a delivery belongs to."""
    if delivery.HasField("due_event"):
        return receipt_pb2.DueEvent.FromString(delivery.due_event.due_event).case_id
    return receipt_pb2.Receipt.FromString(delivery.accepted.receipt).case_id
