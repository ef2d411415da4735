"""Working days: when a deadline ends.

Decides which days are worked and the instant at which a limit of days runs out. Days are those of Asia/Shanghai,
instants are UTC. The calendar is a versioned file with each year's notice of the State Council (make-up Saturdays and
Sundays cannot be computed); a year without one is refused, never guessed. Not decided here: which limit applies and
what pauses it (the procedures), and when a counter is open.

Sources: Civil Code (民法典) articles 201 and 203; the notices named in the data file. A notice may move a day of the
December before it, so a year's last days are certain only once the following notice is in.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

from core.refusals import BAD_FIELD, YEAR_WITHOUT_CALENDAR, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

Unit = Literal["working", "calendar"]

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Fixed: China has had no summer time since 1991, and core reads no time zone files."""

_FORMAT: Final = 1
_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that differ from Monday to Friday, for the years whose notice is known.

    Attributes:
        digest: SHA-256 of the file; headers and cases name it, so that a replay years later uses the same days.
        years: the years with a notice.
        off: days off by notice.
        worked: Saturdays and Sundays worked by notice.
    """

    digest: bytes
    years: frozenset[int]
    off: frozenset[date]
    worked: frozenset[date]

    @classmethod
    def parse(cls, data: bytes) -> Calendar:
        """Reads a calendar file (see `core/data/calendar-cn.json`).

        Raises:
            Refused: BAD_FIELD "calendar" when the file cannot be read, or its days contradict each other.
        """
        try:
            years, off, worked = _read(json.loads(data))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as exc:
            raise Refused(BAD_FIELD, "calendar") from exc
        if off & worked or any(day.weekday() < _SATURDAY for day in worked):
            raise Refused(BAD_FIELD, "calendar")
        return cls(hashlib.sha256(data).digest(), years, off, worked)

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on this day.

        Raises:
            Refused: YEAR_WITHOUT_CALENDAR when the day's year has no notice.
        """
        if day.year not in self.years:
            raise Refused(YEAR_WITHOUT_CALENDAR, str(day.year))
        return day in self.worked or (day.weekday() < _SATURDAY and day not in self.off)

    def deadline(self, received: datetime, days: int, unit: Unit) -> datetime:
        """The end (24:00) of the last day of a limit, counted from the day after receipt.

        Working days count only days worked. Calendar days count all; when the last one is not worked, the limit runs to
        the end of the next working day.

        Args:
            received: the instant of receipt, with a time zone.
            days: length of the limit, 1 or more.
            unit: "working" or "calendar".

        Returns:
            The first instant after the limit, in UTC.

        Raises:
            Refused: YEAR_WITHOUT_CALENDAR when a day in question has no notice; BAD_FIELD for an instant without time
                zone or a limit below one day.
        """
        if received.tzinfo is None:
            raise Refused(BAD_FIELD, "received")
        if days < 1:
            raise Refused(BAD_FIELD, "days")
        return _end(self, _shanghai_day(received), days, unit)

    def working_days(self, after: datetime, until: datetime) -> int:
        """How many working days begin after one instant and before another, in days of Asia/Shanghai.

        Args:
            after: with a time zone; its own day does not count.
            until: with a time zone, for example the end of a limit.

        Raises:
            Refused: YEAR_WITHOUT_CALENDAR when a day between has no notice.
        """
        day, count = _shanghai_day(after) + _DAY, 0
        while datetime.combine(day, time.min, SHANGHAI) < until:
            count += self.is_working_day(day)
            day += _DAY
        return count

    def rolled(self, day: date) -> date:
        """The day itself or, when it is not worked, the next one that is.

        Raises:
            Refused: YEAR_WITHOUT_CALENDAR when a day in question has no notice.
        """
        while not self.is_working_day(day):
            day += _DAY
        return day


@lru_cache(maxsize=1024)
def _end(calendar: Calendar, today: date, days: int, unit: Unit) -> datetime:
    """All cases of a day have the same few limits: each is counted once."""
    last = today
    if unit == "working":
        for _ in range(days):
            last = calendar.rolled(last + _DAY)
    else:
        last = calendar.rolled(today + days * _DAY)
    return datetime.combine(last + _DAY, time.min, SHANGHAI).astimezone(UTC)


def _shanghai_day(instant: datetime) -> date:
    try:
        return instant.astimezone(SHANGHAI).date()
    except OverflowError as exc:
        raise Refused(YEAR_WITHOUT_CALENDAR, str(instant.year)) from exc


def _read(document: Any) -> tuple[frozenset[int], frozenset[date], frozenset[date]]:
    if document["format"] != _FORMAT:
        raise ValueError(document["format"])
    holidays = [holiday for year in document["years"].values() for holiday in year["holidays"]]
    off = frozenset(day for holiday in holidays for day in _span(*map(date.fromisoformat, holiday["off"])))
    worked = frozenset(date.fromisoformat(text) for holiday in holidays for text in holiday["work"])
    return frozenset(map(int, document["years"])), off, worked


def _span(first: date, last: date) -> Iterator[date]:
    if last < first:
        raise ValueError(last)
    return (first + n * _DAY for n in range((last - first).days + 1))
