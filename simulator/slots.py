"""Counter slots: in simulation business time moves in steps of half an hour in which the counters are open.

Decides which slots there are: 16 a working day, beginning 09:00 to 16:30 in Asia/Shanghai. A slot is named by the UTC instant at which
it begins. Does not decide when the next one opens: that is `simulator.business_time`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from core.calendar import SHANGHAI

if TYPE_CHECKING:
    from core.calendar import Calendar

LENGTH: Final = timedelta(minutes=30)
A_DAY: Final = 16
_OPENING: Final = time(9)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots of a calendar's working days."""

    calendar: Calendar

    def at_or_after(self, instant: datetime) -> datetime:
        """The first slot that does not begin before `instant`."""
        local = instant.astimezone(SHANGHAI)
        number = max(0, -((_start(local.date(), 0) - instant) // LENGTH))
        if number < A_DAY and self.calendar.is_working_day(local.date()):
            return _start(local.date(), number)
        return _start(self._working_day_after(local.date()), 0)

    def following(self, slot: datetime) -> datetime:
        """The slot after this one, perhaps on another day."""
        return self.at_or_after(slot + LENGTH)

    def later(self, slot: datetime, days: int, number: int) -> datetime:
        """Slot `number` (0 to 15) of the day that lies `days` working days later, or the next slot where that has passed."""
        day = slot.astimezone(SHANGHAI).date()
        for _ in range(days):
            day = self._working_day_after(day)
        return max(_start(day, number), self.following(slot))

    def _working_day_after(self, day: date) -> date:
        day += _DAY
        while not self.calendar.is_working_day(day):
            day += _DAY
        return day


def _start(day: date, number: int) -> datetime:
    return (datetime.combine(day, _OPENING, SHANGHAI) + number * LENGTH).astimezone(UTC)
