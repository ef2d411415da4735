"""What is to be written to one open stream, in which order: answers and receipts first, deliveries as far as credits go.

One writer, any number of producers. Deliveries wait in a short queue; whoever brings more waits with them, and so does Kafka behind it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, NoReturn

from yrdx.v1 import exchange_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hub.mailbox import Mailbox, Via
    from runtime.clock import Clock

    Write = Callable[[exchange_pb2.DeliverResponse], Awaitable[None]]

MAX_WAITING: Final = 128
MAX_CREDITS: Final = 100_000
MAX_TOLD: Final = 10_000
"""Receipts for a peer that does not read: what is beyond is dropped, it can ask again (`ReceiptsWanted`)."""


class Channel:
    """The hub's end of a stream."""

    def __init__(self, write: Write, mailbox: Mailbox, clock: Clock) -> None:
        """Takes the stream's write function; only `run` calls it."""
        self._write, self._mailbox, self._clock = write, mailbox, clock
        self._told: deque[exchange_pb2.DeliverResponse] = deque()
        self._mail: deque[tuple[exchange_pb2.Delivery, Via]] = deque()
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

    def tell(self, response: exchange_pb2.DeliverResponse) -> None:
        """Answers and receipts; costs no credit."""
        if len(self._told) < MAX_TOLD:
            self._told.append(response)
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
        """Writes until it is cancelled or the stream breaks."""
        while True:
            if self._told:
                await self._write(self._told.popleft())
            elif self._mail and self._credits:
                await self._deliver(*self._mail.popleft())
            else:
                self._work.clear()
                await self._work.wait()

    async def _deliver(self, delivery: exchange_pb2.Delivery, via: Via) -> None:
        self._credits -= 1
        self._room.set()
        self._mailbox.send((delivery.lane, delivery.delivery_seq), via, self._clock.now())
        await self._write(exchange_pb2.DeliverResponse(delivery=delivery))
