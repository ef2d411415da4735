"""What is known about the deliveries on their way to one province: announced, queued, sent, acknowledged.

Decides what a Kafka record is worth. The commit in this process announces number and digest of every delivery while a stream is open; a
record that fits its announcement is delivered. A number that was sent already is a repeat and is dropped. Anything else (a number that was
never announced here, a hole before it) is only a hint to ask the ledger. So a forged, repeated or foreign record delivers nothing by itself
and never passes for the number it names.

Pure bookkeeping; everything here is lost with the process, and the ledger knows better.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from enum import StrEnum
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from google.protobuf.message import DecodeError

from core.envelope import sha256
from yrdx.v1 import exchange_pb2

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from hub.ledger.outbox import Place, Waiting


class Via(StrEnum):
    """Which path a delivery took."""

    KAFKA = "delivered_by_kafka"
    LEDGER = "delivered_by_ledger"


class Arrival(NamedTuple):
    """What a Kafka record brings: a delivery, or places to ask the ledger about, or neither."""

    delivery: exchange_pb2.Delivery | None = None
    ask: Sequence[Place] = ()


NOTHING = Arrival()


class Mailbox:
    """The deliveries of one province.

    Attributes:
        first: first sendings by path, since this process started.
    """

    def __init__(self) -> None:
        """Starts with nothing announced."""
        self.first: Counter[Via] = Counter()
        self._open = False
        self._announced: defaultdict[int, dict[int, bytes]] = defaultdict(dict)
        self._queued: set[Place] = set()
        self._sent: dict[Place, datetime] = {}

    def open(self) -> None:
        """A stream opens: announcements count from now on; what was committed before comes from the ledger."""
        self._open = True

    def close(self) -> None:
        """The stream ended; what was queued for it was not sent."""
        self._open = False
        self._announced.clear()
        self._queued.clear()

    def announce(self, lane: int, seq: int, value: bytes) -> None:
        """A delivery was committed and goes to Kafka as `value`. Numbers of a lane are announced in order."""
        if self._open:
            self._announced[lane][seq] = sha256(value)

    def arrived(self, partition: int, value: bytes) -> Arrival:
        """Judges a record of the province's topic."""
        try:
            delivery = exchange_pb2.Delivery.FromString(value)
        except DecodeError:
            return NOTHING
        lane, seq = delivery.lane, delivery.delivery_seq
        if lane != partition or self.knows((lane, seq)):
            return NOTHING
        announced = self._announced[lane]
        if seq not in announced:
            return Arrival(ask=((lane, seq),))
        if announced[seq] != sha256(value):
            return NOTHING
        overtaken = list(takewhile(lambda earlier: earlier < seq, announced))
        for earlier in overtaken:
            del announced[earlier]
        return Arrival(delivery, [(lane, earlier) for earlier in overtaken])

    def knows(self, place: Place) -> bool:
        """Whether a delivery is on its way already: it waits for its turn, or was sent and is not acknowledged."""
        return place in self._queued or place in self._sent

    def queue(self, place: Place, via: Via) -> bool:
        """A delivery is about to wait for its turn; false when it waits already, or was sent and Kafka only repeats it."""
        self._announced[place[0]].pop(place[1], None)
        if place in self._queued or (via is Via.KAFKA and place in self._sent):
            return False
        self._queued.add(place)
        return True

    def send(self, place: Place, via: Via, at: datetime) -> None:
        """A queued delivery is written to the stream."""
        self._queued.discard(place)
        if place not in self._sent:
            self.first[via] += 1
        self._sent[place] = at

    def acknowledge(self, lane: int, seq: int) -> None:
        """The receipt of a delivery is in the ledger."""
        self._sent.pop((lane, seq), None)
        self._announced[lane].pop(seq, None)

    def unsent_since(self, moment: datetime, waiting: Collection[Waiting]) -> list[Place]:
        """Those that neither wait in the queue nor were sent since a moment."""
        return [one.place for one in waiting if one.place not in self._queued and self._sent.get(one.place, moment) <= moment]

    def overdue_since(self, moment: datetime, waiting: Collection[Waiting]) -> list[Place]:
        """Those whose last sending, or commit if they were never sent, lies before a moment."""
        return [one.place for one in waiting if one.place not in self._queued and self._sent.get(one.place, one.committed_at) <= moment]

    def forget(self, moment: datetime, after: Place, last: Place, waiting: Collection[Waiting]) -> None:
        """Drops what was sent before a moment and waits no longer: repeats of what was acknowledged already.

        Args:
            moment: before the ledger was read.
            after: all that waits behind this place,
            last: up to this one,
            waiting: is listed here.
        """
        places = {one.place for one in waiting}
        old = [place for place, at in self._sent.items() if at <= moment and after < place <= last and place not in places]
        for place in old:
            del self._sent[place]
