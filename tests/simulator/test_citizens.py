from __future__ import annotations

from collections import Counter

import pytest

from simulator.citizens import PAIRS, Filing, people_needed, plan
from simulator.population import population


def planned(seed: int, cases: int) -> list[Filing]:
    return plan(seed, cases, population(seed, people_needed(cases)))


@pytest.mark.parametrize("seed", [1, 2026, 99])
def test_every_pair_and_every_kind_of_incident_occurs(seed: int) -> None:
    dossiers = [filing.dossier for filing in planned(seed, 72)]
    assert {(dossier.home, dossier.destination) for dossier in dossiers} == set(PAIRS)
    assert all(
        [
            any(dossier.stated_name != dossier.name for dossier in dossiers),
            any(not dossier.policy_met for dossier in dossiers),
            any(dossier.restricted for dossier in dossiers),
            any(dossier.error_found == dossier.response for dossier in dossiers),
            any(dossier.second_thoughts for dossier in dossiers),
        ]
    )


def test_the_first_wave_is_spread_evenly() -> None:
    first = [filing.dossier for filing in planned(5, 72) if (filing.when.days, filing.when.number) == (0, 0)]
    assert set(Counter((dossier.home, dossier.destination) for dossier in first).values()) == {5}


def test_nobody_moves_twice_but_those_who_try_two_provinces() -> None:
    people = Counter(filing.dossier.id_number for filing in planned(7, 72))
    assert Counter(people.values()) == {1: 70, 2: 2}


def test_a_seed_repeats_its_plan_and_another_does_not() -> None:
    assert planned(3, 30) == planned(3, 30)
    assert planned(3, 30) != planned(4, 30)


def test_one_case_is_a_plain_move() -> None:
    (filing,) = planned(11, 1)
    assert filing.dossier.stated_name == filing.dossier.name
    assert filing.dossier.policy_met
