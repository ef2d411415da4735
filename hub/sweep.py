"""Brings from the ledger what Kafka did not: the catch-up path of step 5.

Decides what is sent from the ledger, and when: everything unacknowledged when a stream opens; what a hole or an unknown number in Kafka
points at, at once; and every number up to the heads that stayed unacknowledged for an interval, whether it was sent before or not. Repeats
are harmless: every one is acknowledged again.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NoReturn

from core.refusals import Refused
from hub.mailbox import Via
from runtime import process_log

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence
    from datetime import datetime

    from hub.channel import Channel
    from hub.ledger.outbox import Outbox, Place, Waiting
    from hub.mailbox import Mailbox
    from runtime.clock import Clock

_PAGE: Final = 32
_NUMBERS: Final = 1000
_MAX_ASKED: Final = 1000
_FIRST: Final = (-1, 0)
_LAST: Final = (1 << 15, 0)

_LOG = process_log.get("hub.sweep")


class Sweeper:
    """The catch-up path of one open stream."""

    def __init__(self, province: str, outbox: Outbox, mailbox: Mailbox, channel: Channel, clock: Clock, interval_s: float) -> None:  # noqa: PLR0917
        """Takes what it reads from and writes to; `interval_s` is the age at which a delivery is sent again."""
        self._province, self._outbox, self._mailbox, self._channel = province, outbox, mailbox, channel
        self._clock, self._interval = clock, timedelta(seconds=interval_s)
        self._opened = clock.now()
        self._asked: set[Place] = set()
        self._catching_up = True
        self._wanted = asyncio.Event()

    def ask(self, places: Iterable[Place]) -> None:
        """Looks these up in the ledger soon."""
        if len(self._asked) < _MAX_ASKED:
            self._asked.update(places)
            self._wanted.set()

    def catch_up(self) -> None:
        """Sends everything again that was not sent on this stream yet: Kafka may have passed while nobody listened."""
        self._catching_up = True
        self._wanted.set()

    async def run(self) -> NoReturn:
        """Catches up, then follows hints and intervals; while the database is away it waits."""
        swept = self._opened
        while True:
            try:
                if self._clock.now() - swept >= self._interval:
                    swept = self._clock.now()
                    await self._sweep(swept)
                await self._answer()
            except Refused as refusal:
                _LOG.warning("the ledger cannot be read", province=self._province, reason=str(refusal))
                self._catching_up = True
            await self._pause()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._interval.total_seconds()):
                await self._wanted.wait()
        except TimeoutError:
            return
        self._wanted.clear()

    async def _answer(self) -> None:
        if self._catching_up:
            self._catching_up = False
            await self._resend(lambda page: self._mailbox.unsent_since(self._opened, page))
        while self._asked:
            asked, self._asked = self._asked, set()
            await self._send(sorted(place for place in asked if not self._mailbox.knows(place)))  # what catching up has sent meanwhile

    async def _sweep(self, now: datetime) -> None:
        if not self._channel.full:  # else what waits would wait behind itself
            await self._resend(lambda page: self._mailbox.overdue_since(now - self._interval, page))

    async def _resend(self, choose: Callable[[Sequence[Waiting]], list[Place]]) -> None:
        async for page in self._waiting():
            await self._send(choose(page))

    async def _waiting(self) -> AsyncIterator[Sequence[Waiting]]:
        after = _FIRST
        while True:
            read_at = self._clock.now()
            page = await self._outbox.waiting(self._province, after, _NUMBERS)
            last = page[-1].place if len(page) == _NUMBERS else _LAST
            self._mailbox.forget(read_at, after, last, page)
            yield page
            if last == _LAST:
                return
            after = last

    async def _send(self, places: Sequence[Place]) -> None:
        for start in range(0, len(places), _PAGE):
            for delivery in await self._outbox.at(self._province, places[start : start + _PAGE]):
                await self._channel.put(delivery, Via.LEDGER)
