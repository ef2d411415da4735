"""The named points: each is there, and the kills at them cover what the exchange consists of."""

from __future__ import annotations

import inspect
import re
from collections import Counter

import pytest

from simulator.kills.launch import found
from simulator.kills.plan import Victim, kills
from simulator.kills.points import HUB, NODE, POINTS, REGISTER, SCRIBE, Point
from tests.simulator.test_background import HERE

STEPS = {"submit", "verify", "ledger", "publish", "deliver", "acknowledge", "result", "log", "audit"}
STROKES = {"reserve", "submit", "finalise", "entered"}


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.program} {point.name}")
def test_every_named_point_is_a_place_in_the_code(point: Point) -> None:
    """Whoever renames a callable names its points anew; else their kills would be lost in silence."""
    _, _, plain = found(point.code)
    assert inspect.isfunction(plain)
    assert not inspect.isasyncgenfunction(plain)  # it would "return" before anything is done
    for code in filter(None, (point.within, point.outside)):
        caller = found(code)[2]
        assert f"{caller.__module__}:{caller.__code__.co_qualname}" == code  # so it is recognised on the stack


def test_a_point_that_is_no_longer_there_is_noticed() -> None:
    with pytest.raises(AttributeError):
        found("hub.ledger.store:LedgerStore.committed")


def test_names_are_unlike_and_begin_with_a_step_or_stroke() -> None:
    assert len({(point.program, point.name) for point in POINTS}) == len(POINTS)
    assert {point.name.partition(".")[0] for point in POINTS} >= STEPS | STROKES


def test_the_page_counts_the_points_as_they_are() -> None:
    page = (HERE / "docs" / "faults.md").read_text("utf-8")
    rows = re.findall(r"^\| (\w+) \|((?: \d+ \|){3} \d+) \|", page, re.MULTILINE)
    told = {word: tuple(map(int, counts.split("|"))) for word, counts in rows}
    counted = Counter((point.name.partition(".")[0], point.program) for point in POINTS)
    assert told == {word: tuple(counted[word, program] for program in (HUB, SCRIBE, NODE, REGISTER)) for word, _ in counted}


def test_a_place_reads_as_it_was_written() -> None:
    point = next(point for point in POINTS if point.name == "entered.queued")
    strokes = "nodes.common.strokes:Strokes"
    finish = "nodes.common.store.database:Transaction.finish"
    assert point.place == f"after {finish} within {strokes}._finalise outside {strokes}._fail"


def test_there_are_enough_kills_of_every_process_and_no_two_alike() -> None:
    every = kills()
    assert len(every) >= 120
    assert len({kill.text for kill in every}) == len(every)
    assert {kill.process for kill in every} == {"hub", "scribe", "node", "register", "postgres", "broker"}
    assert {kill.victim for kill in every} == set(Victim)


def test_a_node_dies_at_a_point_of_the_hub_only_where_the_passage_names_a_province() -> None:
    for kill in kills():
        if kill.victim is Victim.NODE:
            names = inspect.signature(found(kill.point.code)[2]).parameters
            assert names.keys() & {"caller", "receiver"}, kill.text


def test_a_pattern_chooses_by_process_and_point() -> None:
    assert [kill.text for kill in kills("broker *ledger.committed")] == ["broker hub:ledger.committed"]
    assert len(kills("*ledger.committed")) == 3
    assert kills("nobody *") == []
