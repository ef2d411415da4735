from __future__ import annotations

from datetime import datetime, timedelta

from core.calendar import SHANGHAI
from core.rules import shipped_rules
from simulator.slots import LENGTH, Slots

SLOTS = Slots(next(iter(shipped_rules().calendars.values())))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_a_slot_is_its_own_and_an_instant_inside_waits_for_the_next() -> None:
    assert SLOTS.at_or_after(at("2026-01-26T09:00")) == at("2026-01-26T09:00")
    assert SLOTS.at_or_after(at("2026-01-26T09:00:01")) == at("2026-01-26T09:30")
    assert SLOTS.at_or_after(at("2026-01-26T03:00")) == at("2026-01-26T09:00")


def test_the_last_slot_begins_at_half_past_four() -> None:
    assert SLOTS.at_or_after(at("2026-01-26T16:30")) == at("2026-01-26T16:30")
    assert SLOTS.at_or_after(at("2026-01-26T16:31")) == at("2026-01-27T09:00")
    assert SLOTS.following(at("2026-01-26T16:30")) == at("2026-01-27T09:00")


def test_days_off_have_none_and_worked_saturdays_do() -> None:
    assert SLOTS.at_or_after(at("2026-02-14T10:00")) == at("2026-02-14T10:00")
    assert SLOTS.at_or_after(at("2026-02-15T10:00")) == at("2026-02-24T09:00")
    assert SLOTS.later(at("2026-02-14T10:00"), 1, 2) == at("2026-02-24T10:00")


def test_later_never_goes_back() -> None:
    assert SLOTS.later(at("2026-01-26T14:00"), 0, 10) == at("2026-01-26T14:30")
    assert SLOTS.later(at("2026-01-26T10:00"), 0, 10) == at("2026-01-26T14:00")


def test_walking_slot_by_slot_takes_sixteen_a_day() -> None:
    slot, days = at("2026-01-26T09:00"), set()
    for _ in range(16 * 5):
        days.add(slot.astimezone(SHANGHAI).date())
        slot = SLOTS.following(slot)
    assert len(days) == 5
    assert slot - at("2026-01-26T09:00") == timedelta(days=7)
    assert timedelta(minutes=30) == LENGTH
