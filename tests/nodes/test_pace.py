"""How work gathers: what waits, and how long."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from nodes.common.pace import LONGEST, SHORTEST, Pace


class Time:
    """A clock that stands still but for what is slept and worked."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 26, tzinfo=UTC)
        self.slept: list[timedelta] = []

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(timedelta(seconds=seconds))
        self.at += self.slept[-1]


async def turn(pace: Pace, time: Time, took: timedelta) -> None:
    async with pace.turn():
        time.at += took


@pytest.mark.parametrize(
    ("took", "rest"), [(timedelta(0), SHORTEST), (LONGEST / 2, LONGEST / 2), (10 * LONGEST, LONGEST)], ids=["quick", "busy", "stuck"]
)
def test_the_next_turn_comes_as_much_later_as_the_last_one_took(took: timedelta, rest: timedelta) -> None:
    time = Time()
    pace = Pace(time, time.sleep)
    asyncio.run(turn(pace, time, took))
    assert time.slept == []
    time.at += rest / 2
    asyncio.run(turn(pace, time, took))
    assert time.slept == [rest / 2]


def test_who_comes_late_waits_for_nothing() -> None:
    time = Time()
    pace = Pace(time, time.sleep)
    for _ in range(3):
        asyncio.run(turn(pace, time, LONGEST))
        time.at += LONGEST
    assert time.slept == []


def test_a_clock_that_was_set_back_holds_nobody_up() -> None:
    time = Time()
    pace = Pace(time, time.sleep)
    asyncio.run(turn(pace, time, SHORTEST))
    time.at -= timedelta(days=1)
    asyncio.run(turn(pace, time, SHORTEST))
    assert time.slept == []


def test_a_turn_that_fails_is_a_turn() -> None:
    time = Time()
    pace = Pace(time, time.sleep)

    async def failing() -> None:
        async with pace.turn():
            time.at += LONGEST
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(failing())
    asyncio.run(turn(pace, time, SHORTEST))
    assert time.slept == [LONGEST]
