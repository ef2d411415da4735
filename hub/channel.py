"""What is to be written to one open stream, in which order: answers and receipts first, deliveries as far as credits go.

One writer, any number of producers. Deliveries wait in a short queue; whoever brings more waits with them, and so does Kafka behind it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, NoReturn

from yrdx.v1 import exchange_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from hub.mailbox import Mailbox, Via
    from runtime.clock import Clock

    Write = Callable[[exchange_pb2.DeliverResponse], Awaitable[None]]
    _List = Literal["receipts", "problems"]

MAX_WAITING: Final = 128
MAX_CREDITS: Final = 100_000
MAX_TOLD: Final = 10_000
"""Receipts for a peer that does not read: what is beyond is dropped, it can ask again (`ReceiptsWanted`)."""
MAX_ANSWERS: Final = 1000
MAX_BYTES: Final = 512 * 1024
"""Sealed bytes of one response, but for the last delivery in it."""


class Channel:
    """The hub's end of a stream."""

    def __init__(self, write: Write, mailbox: Mailbox, clock: Clock) -> None:
        """Takes the stream's write function; only `run` calls it."""
        self._write, self._mailbox, self._clock = write, mailbox, clock
        self._told: deque[tuple[_List, exchange_pb2.LoggedReceipt | exchange_pb2.Problem]] = deque()
        self._mail: deque[tuple[exchange_pb2.Delivery, Via]] = deque()
        self._holds: exchange_pb2.Holds | None = None
        self._credits = 0
        self._work, self._room = asyncio.Event(), asyncio.Event()
        self._room.set()

    @property
    def full(self) -> bool:
        """Whether deliveries wait for credits or for a slow peer; more of them would only wait as well."""
        return len(self._mail) >= MAX_WAITING

    def grant(self, credits_: int) -> None:
        """The peer can take so many more deliveries."""
        self._credits = min(self._credits + credits_, MAX_CREDITS)
        self._work.set()

    def tell(self, receipts: Iterable[exchange_pb2.LoggedReceipt]) -> None:
        """Logged receipts; they cost no credit."""
        self._say(("receipts", receipt) for receipt in receipts)

    def complain(self, problem: exchange_pb2.Problem) -> None:
        """An answer to a receipt that is not taken."""
        self._say([("problems", problem)])

    def show(self, holds: exchange_pb2.Holds) -> None:
        """What is held now; only the newest is worth telling."""
        self._holds = holds
        self._work.set()

    async def put(self, delivery: exchange_pb2.Delivery, via: Via) -> None:
        """Queues a delivery unless it is queued already; waits for room."""
        while self.full:
            self._room.clear()
            await self._room.wait()
        if self._mailbox.queue((delivery.lane, delivery.delivery_seq), via):
            self._mail.append((delivery, via))
            self._work.set()

    async def run(self) -> NoReturn:
        """Writes until it is cancelled or the stream breaks; what has gathered meanwhile goes together."""
        while True:
            response = self._next()
            if response is not None:
                await self._write(response)
            else:
                self._work.clear()
                await self._work.wait()

    def _say(self, answers: Iterable[tuple[_List, exchange_pb2.LoggedReceipt | exchange_pb2.Problem]]) -> None:
        self._told.extend(islice(answers, MAX_TOLD - len(self._told)))
        self._work.set()

    def _next(self) -> exchange_pb2.DeliverResponse | None:
        """The next to be written, or None: all answers, then deliveries as far as credits and size go."""
        response = exchange_pb2.DeliverResponse(holds=self._holds)
        self._holds = None
        while self._told and len(response.receipts) < MAX_ANSWERS:
            name, answer = self._told.popleft()
            getattr(response, name).append(answer)
        size = 0
        while self._mail and self._credits and size < MAX_BYTES:
            delivery, via = self._mail.popleft()
            size += len(delivery.envelope.sealed_payload)
            self._credits -= 1
            self._mailbox.send((delivery.lane, delivery.delivery_seq), via, self._clock.now())
            response.deliveries.append(delivery)
        self._room.set()
        return response if response.ByteSize() else None
