"""When a limit ends: working days counted once more, from the calendar and the policy that the case's headers name.

A limit is counted from the day after its start, in days of Asia/Shanghai, and ends with its last day (24:00). Working days are Monday to
Friday as the year's notice changes them; a limit in calendar days whose last day is not worked ends with the next working day
(Civil Code, articles 201 and 203). A year without a notice has no working days known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Final

import msgspec

_SHANGHAI: Final = timezone(timedelta(hours=8))
_DAY: Final = timedelta(days=1)
_FRIDAY: Final = 4


class _Length(msgspec.Struct):
    days: int
    unit: str
    warn_days: int = 0


class _Policy(msgspec.Struct):
    limits: dict[str, _Length]


class _Holiday(msgspec.Struct):
    off: tuple[date, date]
    work: list[date]


class _Year(msgspec.Struct):
    holidays: list[_Holiday]


class _Calendar(msgspec.Struct):
    years: dict[str, _Year]


class Unknown(Exception):  # noqa: N818 - what is not known, not what went wrong
    """The calendar has no notice for a year, or the policy no such limit."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """A calendar and a policy."""

    calendar: _Calendar
    policy: _Policy

    @classmethod
    def read(cls, calendar: bytes, policy: bytes) -> Timetable | None:
        """From the artefacts in the log; None when they cannot be read."""
        try:
            return cls(msgspec.json.decode(calendar, type=_Calendar), msgspec.json.decode(policy, type=_Policy))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def ends(self, limit: str, start: datetime) -> tuple[datetime, datetime | None]:
        """When a limit that starts now is over, and when it warns.

        Raises:
            Unknown: it cannot be told.
        """
        length = self._length(limit)
        return self._after(length, length.days, start)

    def goes_on(self, limit: str, since: datetime, due_at: datetime, start: datetime) -> tuple[datetime, datetime | None]:
        """When a limit is over that stood still since then, and when it warns: with the days that were left, one at least.

        Raises:
            Unknown: it cannot be told.
        """
        length = self._length(limit)
        day, left = since.astimezone(_SHANGHAI).date() + _DAY, 0
        while length.unit == "working" and datetime.combine(day, time.min, _SHANGHAI) < due_at:
            left += self._is_worked(day)
            day += _DAY
        if length.unit != "working":
            left = (due_at - since).days
        return self._after(length, max(left, 1), start)

    def _length(self, limit: str) -> _Length:
        length = self.policy.limits.get(limit)
        if length is None:
            raise Unknown(limit)
        return length

    def _after(self, length: _Length, days: int, start: datetime) -> tuple[datetime, datetime | None]:
        """So many days later, in days of that limit."""
        day = start.astimezone(_SHANGHAI).date()
        if length.unit == "working":
            for _ in range(days):
                day = self._worked(day + _DAY)
        else:
            day = self._worked(day + days * _DAY)
        end = datetime.combine(day + _DAY, time.min, _SHANGHAI)
        return end, end - length.warn_days * _DAY if length.warn_days else None

    def _worked(self, day: date) -> date:
        """The day, or the next one that is worked."""
        while not self._is_worked(day):
            day += _DAY
        return day

    def _is_worked(self, day: date) -> bool:
        year = self.calendar.years.get(str(day.year))
        if year is None:
            raise Unknown(str(day.year))
        holidays = [holiday for one in self.calendar.years.values() for holiday in one.holidays]
        if any(day in holiday.work for holiday in holidays):
            return True
        return day.weekday() <= _FRIDAY and not any(holiday.off[0] <= day <= holiday.off[1] for holiday in holidays)
