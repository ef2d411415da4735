"""The fold of steps: pure, as the hub does it; a gap ends it, what disagrees stops it. Random lives: `test_arrival`."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.refusals import OUT_OF_PROCEDURE, UNKNOWN_RULES, Refused
from core.rules import rule_book
from nodes.common.fold import fold
from nodes.common.store.steps import Receipt
from tests.nodes.histories import History
from tests.support.province import IN, OUT

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from nodes.common.store.steps import Step
    from tests.nodes.small_nodes import Small

    Play = Callable[[Callable[[Small], Awaitable[None]]], None]


async def steps(history: History) -> list[Step]:
    """apply, permit, a due event: as OUT gets them."""
    await history.say(IN, "apply")
    await history.say(IN, "permit")
    history.hub.pass_time(timedelta(days=39))
    verifier = history.made.nodes[OUT].verifier
    return [verifier.step(delivery, {1: history.hub.trust}) for delivery in history.hub.mail[OUT]]


def test_a_gap_ends_the_fold(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history = History(made, rng)
        first, second, third, *_ = await steps(history)
        for known, reached in (([first, third], 1), ([second, third], None), ([], None), ([first, second, third], 3)):
            folded = fold(None, known, (), history.hub.book)
            assert (folded.case and folded.case.step) == reached
            assert sorted(folded.messages) == [step for step in (1, 2) if reached and step <= reached]

    small(body)


def test_a_fold_goes_on_where_another_ended(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history = History(made, rng)
        known = await steps(history)
        whole = fold(None, known, (), history.hub.book)
        for cut in range(len(known) + 1):
            part = fold(None, known[:cut], (), history.hub.book)
            rest = fold(part.case, known[cut:], (), history.hub.book)
            assert rest.case == whole.case
            assert (rest.last_header or part.last_header) == whole.last_header

    small(body)


def test_a_receipt_acts_after_the_step_that_it_names_and_on_its_message_alone(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history = History(made, rng)
        known = (await steps(history))[:2]
        at = known[1].business_at + timedelta(hours=1)
        for message_id, step, starts in (
            (known[1].message_id, 2, True),
            (known[0].message_id, 2, False),
            (known[1].message_id, 1, False),
            (known[1].message_id, 3, False),
            (bytes(16), 2, False),
        ):
            receipt = Receipt(message_id=message_id, case_id=history.case_id, business_at=at, step=step)
            case = fold(None, known, [receipt], history.hub.book).case
            assert case is not None
            assert (case.clock("deregister") is not None) is starts

    small(body)


def test_a_step_that_the_procedure_forbids_or_whose_rules_are_unknown_stops_it(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history = History(made, rng)
        first, second, *_ = await steps(history)
        with pytest.raises(Refused) as caught:
            fold(fold(None, [first, second], (), history.hub.book).case, [dataclasses.replace(second, step=3)], (), history.hub.book)
        assert caught.value.kind is OUT_OF_PROCEDURE
        with pytest.raises(Refused) as caught:
            fold(None, [first], (), rule_book([]))
        assert caught.value.kind is UNKNOWN_RULES

    small(body)
