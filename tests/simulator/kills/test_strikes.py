"""When a kill is tried, and when it counts: only with work in flight, one a slot, others first where nobody passes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from runtime.clock import SystemClock, sleep
from simulator.kills.ordeals import AWAY, Ordeals, Slot, ordeals
from simulator.kills.plan import kills
from simulator.kills.strikes import Strikes
from simulator.kills.trap import Standing
from simulator.kills.work import Item, Kind
from simulator.processes import Row

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from simulator.kills.plan import Kill
    from simulator.kills.points import Point

MAIL = Item(Kind.DELIVERY, "330000", UUID(int=1))


class FakeTrap:
    """Catches the process `pid` at each point of `passed` that is armed, one after the other."""

    def __init__(self, pid: int, *passed: str) -> None:
        self._pid, self._passed = pid, list(passed)
        self.armed: list[list[str]] = []

    def arm(self, points: Collection[Point]) -> None:
        self.armed.append([point.name for point in points])

    def disarm(self) -> bool:
        return True

    def standing(self) -> Standing | None:
        if not self._passed or self._passed[0] not in self.armed[-1]:
            return None
        return Standing(program="hub", point=self._passed.pop(0), pid=self._pid, province="", stack=[])


class FakeWork:
    """Shows one look after the other, then nothing."""

    def __init__(self, *looks: set[Item]) -> None:
        self._looks = list(looks)

    async def open(self) -> set[Item]:
        return self._looks.pop(0) if self._looks else set()


class FakeProcesses:
    """One hub, which is back at once, as somebody else."""

    def __init__(self, victim: subprocess.Popen[bytes]) -> None:
        self._victim, self.down = victim, set[str]()

    @property
    def rows(self) -> dict[str, Row]:
        pid = self._victim.pid if self._victim.poll() is None else 1
        return {"hub": Row(name="hub", pid=pid, address="", dsn_file=None)}

    def send(self, _name: str, number: signal.Signals) -> bool:
        if self._victim.poll() is None:
            os.kill(self._victim.pid, number)
        return True


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def strikes(victim: subprocess.Popen[bytes], trap: FakeTrap, work: FakeWork, wanted: list[Kill]) -> Strikes:
    async def in_flight() -> set[object]:
        return set()

    faults = SimpleNamespace(expect=lambda *_: None, ledger=SimpleNamespace(in_flight=in_flight))
    parts = {"trap": trap, "work": work, "processes": FakeProcesses(victim), "faults": faults}
    return Strikes(kills=wanted, clock=SystemClock(), sleep=sleep, programs=["hub"], **parts)  # type: ignore[arg-type]  # fakes


def quiet() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


def test_who_stands_with_work_in_flight_is_killed_and_the_kill_is_done(victim: subprocess.Popen[bytes]) -> None:
    wanted = kills("hub ledger.committed") + kills("hub ledger.told")
    struck = strikes(victim, FakeTrap(victim.pid, "ledger.committed"), FakeWork({MAIL}), list(wanted))
    blow = asyncio.run(struck.during(quiet()))
    assert blow is not None
    assert (blow.process, blow.pid, blow.point, blow.items) == ("hub", victim.pid, "ledger.committed", frozenset({MAIL}))
    assert blow.recovered_s is not None
    assert victim.wait(10) == -signal.SIGKILL
    assert struck.kills == wanted[1:]


def test_who_stands_with_nothing_in_flight_is_let_go_and_the_next_passage_counts(victim: subprocess.Popen[bytes]) -> None:
    trap = FakeTrap(victim.pid, "ledger.committed", "ledger.committed")
    blow = asyncio.run(strikes(victim, trap, FakeWork(set(), {MAIL}), kills("hub ledger.committed")).during(quiet()))
    assert blow is not None
    assert (len(trap.armed), blow.items) == (2, frozenset({MAIL}))


def test_where_nobody_passes_others_come_first(victim: subprocess.Popen[bytes]) -> None:
    wanted = kills("hub ledger.*")
    struck = strikes(victim, FakeTrap(victim.pid), FakeWork({MAIL}), list(wanted))
    assert asyncio.run(struck.during(quiet())) is None
    assert struck.kills == [*wanted[1:], wanted[0]]
    assert victim.poll() is None


def test_rare_points_are_armed_beside_the_next_one_and_starts_alone(victim: subprocess.Popen[bytes]) -> None:
    trap = FakeTrap(victim.pid)
    wanted = [*kills("hub ledger.told"), *kills("hub start.lease-taken"), *kills("hub time.*"), *kills("node annul.*")]
    struck = strikes(victim, trap, FakeWork(), wanted)
    asyncio.run(struck.during(quiet()))
    asyncio.run(struck.during(quiet()))
    assert [sorted(names) for names in trap.armed] == [
        ["annul.before-queueing", "annul.queued", "ledger.told", "time.before-due", "time.due-committed", "time.moved"],
        ["start.lease-taken"],
    ]


def test_an_ordeal_that_finds_nothing_under_way_comes_later() -> None:
    work = SimpleNamespace(open=FakeWork().open)
    left = Ordeals(left=ordeals(), work=work, processes=work, kafka=work, clock=SystemClock(), sleep=sleep)  # type: ignore[arg-type]
    first = left.left[0]
    assert first == AWAY
    assert asyncio.run(left.during(Slot(quiet(), asyncio.sleep))) is None  # type: ignore[arg-type]  # never called
    assert left.left[-1] == first
