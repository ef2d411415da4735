from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from core.ids import PROVINCES
from runtime.clock import SystemClock, sleep
from simulator.agenda import Visit
from simulator.citizens import people_needed, plan
from simulator.faults import Faults, _receivers
from simulator.intentions import MORNING
from simulator.population import population


async def nothing() -> None:
    """A visit that does nothing."""


@pytest.mark.parametrize("cases", [60, 72, 200])
@pytest.mark.parametrize("seed", range(8))
def test_any_seed_gives_both_kills_a_busy_slot(seed: int, cases: int) -> None:
    filings = plan(seed, cases, population(seed, people_needed(cases)))
    first = [filing.dossier for filing in filings if (filing.when.days, filing.when.number) == (0, 0)]
    filed = [Visit(dossier.destination, dossier.home, nothing) for dossier in first]
    reviewed = [Visit(dossier.destination, dossier.home, nothing) for dossier in first if dossier.review.number == MORNING]
    assert len(_receivers(filed, 1)) == 1
    assert len(_receivers(reviewed, 2)) == 2


def test_a_death_is_known_from_the_moment_in_which_it_is_noticed() -> None:
    """Else a world could end between the death and its record."""
    ledger, processes = SimpleNamespace(in_flight=nobody), SimpleNamespace(down={"hub"})
    faults = Faults(SystemClock(), sleep, ledger, [])  # type: ignore[arg-type]  # only asked what is in flight

    async def main() -> None:
        death = faults.died("hub", -9, processes)  # type: ignore[arg-type]  # only asked who is down
        async with asyncio.TaskGroup() as group:
            over = group.create_task(faults.over())
            await asyncio.sleep(0)
            assert [(fault.process, fault.by, fault.recovered_s) for fault in faults.records] == [("hub", "outside", None)]
            group.create_task(death)
            await asyncio.sleep(0.1)
            assert not over.done()
            processes.down.clear()

    asyncio.run(main())
    assert faults.records[0].recovered_s is not None


@pytest.mark.parametrize(
    ("status", "by"), [(-9, "outside"), (-15, "outside"), (0, "outside"), (143, "outside"), (1, "crash"), (3, "crash")]
)
def test_who_ends_itself_as_broken_has_crashed_and_who_gets_a_signal_was_killed(status: int, by: str) -> None:
    """A service that gets SIGTERM ends with 0, a Java machine with 143."""
    faults = Faults(SystemClock(), sleep, SimpleNamespace(in_flight=nobody), [])  # type: ignore[arg-type]  # only asked what is in flight
    asyncio.run(faults.died("hub", status, SimpleNamespace(down=set())))  # type: ignore[arg-type]  # only asked who is down
    assert [fault.by for fault in faults.records] == [by]


async def nobody() -> set[object]:
    return set()


def test_a_quiet_slot_is_left_alone() -> None:
    assert _receivers([Visit(code, "310000", nothing) for code in sorted(PROVINCES)[1:]] * 3, 1) == ()
