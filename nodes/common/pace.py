"""Lets work gather: where every batch costs a transaction, many small ones are the dearest way to be quick."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from runtime.clock import Clock, Sleep

GATHER_S: Final = 0.05
"""Waited for by a message at most once at each of its stations, and only behind another one."""


@dataclass(slots=True)
class Pace:
    """Of one loop: a turn begins `GATHER_S` after the one before at the earliest; after a while without work, at once."""

    clock: Clock
    sleep: Sleep
    _last: datetime | None = field(default=None)

    async def turn(self) -> None:
        """Waits for the next turn."""
        now = self.clock.now()
        if self._last is not None and now < self._last + timedelta(seconds=GATHER_S) and now >= self._last:
            await self.sleep(GATHER_S - (now - self._last).total_seconds())
            now = self.clock.now()
        self._last = now
