"""Working days and deadlines."""

import hashlib
import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar import SHANGHAI, Calendar, Unit
from core.refusals import BAD_FIELD, YEAR_WITHOUT_CALENDAR
from tests.core.refusing import refused

DATA = (Path(__file__).parents[2] / "core/data/calendar-cn.json").read_bytes()
CALENDAR = Calendar.parse(DATA)
INSTANTS = st.datetimes(datetime(2025, 1, 2), datetime(2026, 9, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
UNITS = st.sampled_from(["working", "calendar"])


def shanghai(day: str, hour: int = 9) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(hour), SHANGHAI)


def last_day(received: datetime, days: int, unit: Unit) -> str:
    """The last day of a limit, after checking that it ends at 24:00 there."""
    end = CALENDAR.deadline(received, days, unit)
    assert end.tzinfo is UTC
    assert end.astimezone(SHANGHAI).time() == time(0)
    return (end.astimezone(SHANGHAI).date() - timedelta(days=1)).isoformat()


def test_every_day_agrees_with_an_independent_package() -> None:
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(365 + 365)]
    assert days[-1] == date(2026, 12, 31)
    assert [day for day in days if CALENDAR.is_working_day(day) is not chinese_calendar.is_workday(day)] == []


def test_every_year_names_its_notice() -> None:
    years = json.loads(DATA)["years"]
    assert {int(year) for year in years} == CALENDAR.years == {2025, 2026}
    for year, entry in years.items():
        assert entry["title"] == f"国务院办公厅关于{year}年部分节假日安排的通知"
        assert entry["notice"].startswith(f"国办发明电〔{int(year) - 1}〕")
        assert date.fromisoformat(entry["dated"]).year == int(year) - 1


def test_digest_names_the_exact_file() -> None:
    assert CALENDAR.digest == hashlib.sha256(DATA).digest()
    assert Calendar.parse(DATA + b"\n").digest != CALENDAR.digest


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2027, 1, 1)])
def test_a_year_without_a_notice_is_refused(day: date) -> None:
    with refused(YEAR_WITHOUT_CALENDAR, str(day.year)):
        CALENDAR.is_working_day(day)


@pytest.mark.parametrize(
    ("received", "days", "last"),
    [
        ("2026-01-26", 1, "2026-01-27"),  # Monday to Tuesday
        ("2026-01-30", 1, "2026-02-02"),  # Friday to Monday
        ("2026-01-31", 1, "2026-02-02"),  # a Saturday's mail counts from Monday
        ("2026-02-13", 1, "2026-02-14"),  # a make-up Saturday is worked
        ("2026-02-14", 1, "2026-02-24"),  # over the Spring Festival
        ("2026-01-26", 20, "2026-02-28"),  # the 20th working day is a make-up Saturday
        ("2026-09-18", 2, "2026-09-21"),  # make-up Sunday, then Monday
    ],
)
def test_working_days(received: str, days: int, last: str) -> None:
    assert last_day(shanghai(received), days, "working") == last


@pytest.mark.parametrize(
    ("received", "days", "last"),
    [
        ("2026-01-26", 40, "2026-03-09"),  # day 40 is Saturday, 7 March
        ("2026-01-26", 3, "2026-01-29"),
        ("2026-02-05", 10, "2026-02-24"),  # ends in the Spring Festival: the first working day after it
        ("2026-02-04", 10, "2026-02-14"),  # ends on a make-up Saturday: that day
    ],
)
def test_calendar_days_roll_to_the_next_working_day(received: str, days: int, last: str) -> None:
    assert last_day(shanghai(received), days, "calendar") == last


def test_days_are_those_of_shanghai() -> None:
    before = datetime(2026, 1, 26, 15, 59, tzinfo=UTC)
    assert last_day(before, 1, "working") == "2026-01-27"
    assert last_day(before + timedelta(minutes=1), 1, "working") == "2026-01-28"
    assert CALENDAR.deadline(before, 1, "working") == datetime(2026, 1, 27, 16, tzinfo=UTC)


@given(INSTANTS, st.integers(1, 60))
def test_a_working_limit_holds_exactly_its_number_of_working_days(received: datetime, days: int) -> None:
    first = received.astimezone(SHANGHAI).date() + timedelta(days=1)
    last = date.fromisoformat(last_day(received, days, "working"))
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert sum(map(chinese_calendar.is_workday, span)) == days


@given(INSTANTS, st.integers(1, 60), UNITS)
def test_limits_end_on_a_working_day_and_grow_with_receipt_and_length(received: datetime, days: int, unit: Unit) -> None:
    end = CALENDAR.deadline(received, days, unit)
    assert CALENDAR.is_working_day(date.fromisoformat(last_day(received, days, unit)))
    assert end > received + timedelta(days=days)
    assert end <= CALENDAR.deadline(received + timedelta(hours=7), days, unit)
    assert end <= CALENDAR.deadline(received, days + 1, unit)


@pytest.mark.parametrize(
    ("received", "days", "unit", "year"),
    [
        (shanghai("2026-12-31"), 1, "working", "2027"),
        (shanghai("2026-12-01"), 40, "calendar", "2027"),
        (shanghai("2024-12-30"), 1, "working", "2024"),
        (datetime(9999, 12, 31, 23, tzinfo=UTC), 1, "working", "9999"),
    ],
)
def test_no_deadline_is_guessed(received: datetime, days: int, unit: Unit, year: str) -> None:
    with refused(YEAR_WITHOUT_CALENDAR, year):
        CALENDAR.deadline(received, days, unit)


def test_a_limit_needs_a_zone_and_a_length() -> None:
    with refused(BAD_FIELD, "received"):
        CALENDAR.deadline(datetime(2026, 1, 26), 1, "working")  # noqa: DTZ001 - the point of the test
    with refused(BAD_FIELD, "days"):
        CALENDAR.deadline(shanghai("2026-01-26"), 0, "calendar")


def file(off: object = ("2026-01-01", "2026-01-03"), work: object = ("2026-01-04",), **changes: Any) -> bytes:
    holiday = {"name": "元旦", "off": off, "work": work}
    return json.dumps({"format": 1, "years": {"2026": {"holidays": [holiday]}}} | changes).encode()


def test_the_smallest_file_is_read() -> None:
    assert Calendar.parse(file()).off == {date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 100_000,
        file(format=2),
        file(years=[]),
        file(years={"x": {"holidays": []}}),
        file(years={"2026": {}}),
        file(off=["2026-01-01"]),
        file(off=["2026-01-03", "2026-01-01"]),
        file(off=["2026-01-01", "2026-02-30"]),
        file(off=[1, 2]),
        file(work=["2026-01-03"]),  # off and worked
        file(work=["2026-01-05"]),  # a Monday is worked anyway
        file(work=7),
    ],
)
def test_unreadable_and_contradicting_files_are_refused(data: bytes) -> None:
    with refused(BAD_FIELD, "calendar"):
        Calendar.parse(data)
