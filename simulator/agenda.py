"""What is planned: visits to a case, each in its slot.

Decides only the order: by slot, within one in the order of planning. Nothing here waits or knows what a visit does.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody in `province` will look at a case and may write to `counterpart`."""

    province: str
    counterpart: str
    act: Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Agenda:
    """Visits by slot."""

    _planned: list[tuple[datetime, int, Visit]] = field(default_factory=list)
    _count: int = 0

    def plan(self, slot: datetime, visit: Visit) -> None:
        """Puts a visit into a slot."""
        self._count += 1
        heapq.heappush(self._planned, (slot, self._count, visit))

    def next_slot(self) -> datetime | None:
        """The earliest slot with a visit, or None when nothing is planned."""
        return self._planned[0][0] if self._planned else None

    def take(self, slot: datetime) -> list[Visit]:
        """Removes and returns every visit up to and including `slot`."""
        due = []
        while self._planned and self._planned[0][0] <= slot:
            due.append(heapq.heappop(self._planned)[2])
        return due
