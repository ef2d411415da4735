from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from simulator.citizens import PAIRS, Filing, dossiers, people_needed, plan
from simulator.movers import impeded
from simulator.population import population

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.officers.dossier import Dossier


def planned(seed: int, cases: int) -> list[Filing]:
    return plan(seed, cases, population(seed, people_needed(cases)))


@pytest.mark.parametrize("seed", [1, 2026, 99])
def test_every_pair_and_every_kind_of_incident_occurs(seed: int) -> None:
    dossiers = [filing.dossier for filing in planned(seed, 72)]
    assert {(dossier.home, dossier.destination) for dossier in dossiers} == set(PAIRS)
    incidents: list[Callable[[Dossier], object]] = [
        lambda dossier: dossier.stated_name != dossier.name,
        lambda dossier: not dossier.policy_met,
        lambda dossier: dossier.restricted,
        lambda dossier: dossier.error_found == dossier.response,
        lambda dossier: dossier.second_thoughts,
        lambda dossier: dossier.insists,
        lambda dossier: dossier.unproven,
        lambda dossier: dossier.paper_kept,
        lambda dossier: dossier.paper_wanted,
        lambda dossier: dossier.enquiry,
        lambda dossier: dossier.home_enquiry,
        lambda dossier: dossier.promise,
        lambda dossier: dossier.died,
        lambda dossier: dossier.back,
        lambda dossier: dossier.response is None,
        lambda dossier: dossier.correction is None,
        lambda dossier: dossier.arrival is None,
    ]
    assert [number for number, incident in enumerate(incidents) if not any(map(incident, dossiers))] == []


@pytest.mark.parametrize("cases", [24, 72, 200, 2000])
def test_everybody_has_a_home_and_those_who_are_held_fast_are_known_to_nobody(cases: int) -> None:
    people = population(4, people_needed(cases))
    filings = plan(4, cases, people)
    residents = {code: {person.id_number for person in own} for code, own in people.items()}
    assert all(filing.dossier.id_number in residents[filing.dossier.home] for filing in filings)
    held = {person.id_number for own in people.values() for person in impeded(own)}
    movers = [filing for filing in filings if filing.dossier.id_number in held]
    assert movers
    assert not any(filing.is_ordinary for filing in movers)
    assert any(filing.is_ordinary for filing in filings)


def test_the_way_back_is_the_same_way() -> None:
    (dossier,) = [filing.dossier for filing in planned(5, 24) if filing.dossier.back]
    assert dossier.back
    assert (dossier.back.home, dossier.back.destination, dossier.back.id_number) == (dossier.destination, dossier.home, dossier.id_number)
    assert dossier.back.to_address in {person.address for person in population(5, people_needed(24))[dossier.home]}
    assert dossiers(planned(5, 24))[dossier.id_number, dossier.home] == dossier.back


def test_the_first_wave_is_spread_evenly() -> None:
    first = [filing.dossier for filing in planned(5, 72) if (filing.when.days, filing.when.number) == (0, 0)]
    assert set(Counter((dossier.home, dossier.destination) for dossier in first).values()) == {5}


def test_nobody_moves_twice_but_those_who_try_two_provinces() -> None:
    people = Counter(filing.dossier.id_number for filing in planned(7, 72))
    assert Counter(people.values()) == {1: 69, 2: 2}, "one of 72 cases is a way back"


def test_a_seed_repeats_its_plan_and_another_does_not() -> None:
    assert planned(3, 30) == planned(3, 30)
    assert planned(3, 30) != planned(4, 30)


def test_one_case_is_a_plain_move() -> None:
    (filing,) = planned(11, 1)
    assert filing.dossier.stated_name == filing.dossier.name
    assert filing.dossier.policy_met
