from __future__ import annotations

import pytest

from core.ids import PROVINCES
from simulator.agenda import Visit
from simulator.citizens import people_needed, plan
from simulator.faults import _receivers
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


def test_a_quiet_slot_is_left_alone() -> None:
    assert _receivers([Visit(code, "310000", nothing) for code in sorted(PROVINCES)[1:]] * 3, 1) == ()
