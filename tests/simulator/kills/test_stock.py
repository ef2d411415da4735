"""Who applies in a siege: enough people of each sort, kept until they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.citizens import people_needed, plan
from simulator.kills.plan import HASTE, IMPEDED, RACES, kills
from simulator.kills.stock import Stock, hurried, peopled
from simulator.movers import impeded
from simulator.officers.dossier import When
from simulator.population import population

if TYPE_CHECKING:
    from simulator.filings import Filing

CASES = 116
PEOPLE = population(7, people_needed(CASES))
PLAN = plan(7, CASES, PEOPLE)
HELD = {code: impeded(people) for code, people in PEOPLE.items()}
NUMBERS = frozenset(person.id_number for people in HELD.values() for person in people)


def is_hasty(filing: Filing) -> bool:
    """Whether somebody is struck off under another name than that of his record."""
    return filing.dossier.hasty and filing.dossier.stated_name != filing.dossier.name


def test_there_are_enough_people_for_each_rare_kill_and_nobody_comes_twice() -> None:
    filings = peopled(PLAN, HELD, kills())
    held = [filing for filing in filings if filing.dossier.id_number in NUMBERS]
    assert len(held) >= sum(kill.matter in IMPEDED for kill in kills())
    assert sum(filing.dossier.error_found is not None for filing in filings) >= 2 * sum(kill.matter in RACES for kill in kills())
    assert sum(is_hasty(filing) for filing in filings) >= 2 * sum(kill.matter in HASTE for kill in kills())
    assert len(filings) == len(PLAN)
    ways = [(filing.dossier.id_number, filing.dossier.destination) for filing in filings]
    assert len(set(ways)) == len(ways)
    for filing in held:
        assert filing.dossier.id_number in {person.id_number for person in HELD[filing.dossier.home]}


def test_who_is_rare_waits_until_a_kill_needs_him() -> None:
    filings = peopled(PLAN, HELD, kills())
    stock = Stock(filings, NUMBERS)
    (common,), (failing,), (racing,) = kills("hub ledger.told"), kills("node failed.queued"), kills("node release.durable")
    (rejecting,) = kills("node reject.durable")
    assert all(filing.dossier.error_found is None and filing.dossier.id_number not in NUMBERS for filing in stock.take(4, common))
    first, second = stock.take(2, failing)
    assert (first.dossier.id_number in NUMBERS, second.dossier.id_number in NUMBERS) == (True, False)
    assert stock.take(2, racing)[0].dossier.error_found is not None
    assert is_hasty(stock.take(2, rejecting)[0])
    rest = stock.take(len(filings), None)
    assert (len(rest), bool(stock)) == (len(filings) - 10, False)
    assert stock.take(2, failing) == []


@pytest.mark.parametrize("name", ["response", "correction", "arrival", "early_look", "enquiry", "home_enquiry", "error_found"])
def test_who_is_in_a_hurry_still_never_does_what_he_never_does(name: str) -> None:
    for filing in PLAN:
        before, after = filing.dossier, hurried(filing).dossier
        assert (after.id_number, after.scans, after.died, after.policy_met) == (
            before.id_number,
            before.scans,
            before.died,
            before.policy_met,
        )
        assert getattr(after, name) == (None if getattr(before, name) is None else When(0, 0))
        assert (after.promise is None, after.back is None) == (before.promise is None, before.back is None)
