"""Lets work gather: where every batch costs a transaction, many small ones are the dearest way to be quick."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from runtime.clock import Clock, Sleep

SHORTEST, LONGEST = timedelta(milliseconds=40), timedelta(milliseconds=120)
"""Waited for by a message at most once at each of its stations, and only behind another one."""


@dataclass(slots=True)
class Pace:
    """Of one loop: after a turn the next one begins as much later as that turn took; after a while without work, at once.

    A turn takes longer when the machine is busy, and just then larger batches save most.

    Attributes:
        shortest: rest after a turn, for work that nobody waits for.
    """

    clock: Clock
    sleep: Sleep
    shortest: timedelta = SHORTEST
    _ended: datetime | None = field(default=None)
    _rest: timedelta = field(default=SHORTEST)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for the next turn, which lasts as long as the block."""
        begun = self.clock.now()
        if self._ended is not None and self._ended <= begun < self._ended + self._rest:
            await self.sleep((self._ended + self._rest - begun).total_seconds())
            begun = self.clock.now()
        try:
            yield
        finally:
            self._ended = self.clock.now()
            self._rest = min(max(self._ended - begun, self.shortest), LONGEST)
