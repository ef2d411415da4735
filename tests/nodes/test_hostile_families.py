"""A node that says of families what its own desk would have refused: the receiver notices, and nothing is struck off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.refusals import AGENT_NOT_ALLOWED, BAD_FIELD, GUARDIAN_REQUIRED, TAG_COMMITMENT_MISMATCH, Kind
from nodes.common.store import outbox
from tests.nodes.histories import History, hear
from tests.nodes.households import application, family, mover, number, promised
from tests.support.province import IN, OUT
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from nodes.common.store.cases import CaseRow
    from tests.nodes.small_nodes import Small

    Play = Callable[[Callable[[Small], Awaitable[None]]], None]

Application = transfer_pb2.HouseholdApplication


async def heard(made: Small, history: History, stated: Application, claimed: list[str], owed: int = 0) -> CaseRow:
    """The case at OUT after such an application and a permit."""
    opening = made.nodes[IN].writer.opening([("person", one) for one in claimed])
    await history.say(IN, "apply", stated, opening=opening, open_key_materials=owed)
    await history.say(IN, "permit")
    node = made.nodes[OUT]
    await hear(node, list(history.hub.mail[OUT]))
    async with node.database.reading() as connection:
        return await node.cases.known(connection, history.case_id)


def everybody(stated: Application) -> list[str]:
    return [stated.id_number, *(other.id_number for other in stated.others)]


def test_a_family_that_is_claimed_whole_is_nobodys_fault(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        stated = family()
        assert (await heard(made, History(made, rng), stated, everybody(stated)[::-1])).alarm == 0

    small(body)


@pytest.mark.parametrize("left_out", range(4))
def test_whoever_is_not_claimed_is_noticed(small: Play, rng: random.Random, left_out: int) -> None:
    """Else somebody could move twice at once, as long as he moves with somebody else."""

    async def body(made: Small) -> None:
        stated = family()
        claimed = [one for place, one in enumerate(everybody(stated)) if place != left_out]
        row = await heard(made, History(made, rng), stated, claimed)
        assert row.alarm == TAG_COMMITMENT_MISMATCH.number
        assert made.nodes[OUT].views.case(row).refusal == TAG_COMMITMENT_MISMATCH.number

    small(body)


def test_who_is_claimed_and_does_not_move_is_noticed(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        stated = family()
        row = await heard(made, History(made, rng), stated, [*everybody(stated), number()])
        assert row.alarm == TAG_COMMITMENT_MISMATCH.number

    small(body)


FAULTS: dict[str, tuple[Application, int, Kind]] = {
    "a child without a guardian": (application(others=[mover("20150101")]), 0, GUARDIAN_REQUIRED),
    "an agent without authority": (application(agent=transfer_pb2.Agent(id_number=number(), name="赵")), 0, AGENT_NOT_ALLOWED),
    "a person twice": (application(others=[mover(id_number="11010519491231002X")] * 2), 0, BAD_FIELD),
    "a key material kept from the hub": (application(missing=[promised("receiving-consent")]), 0, BAD_FIELD),
    "a key material that is none": (application(missing=[promised("photo")]), 1, BAD_FIELD),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_no_desk_would_let_pass_is_noticed(small: Play, rng: random.Random, fault: str) -> None:
    async def body(made: Small) -> None:
        stated, owed, kind = FAULTS[fault]
        history = History(made, rng)
        row = await heard(made, history, stated, sorted(set(everybody(stated))), owed)
        assert row.alarm == kind.number
        assert made.nodes[OUT].views.case(row).refusal_text == kind.zh
        async with made.nodes[OUT].database.reading() as connection:
            (answer,) = await outbox.of_case(connection, history.case_id)
        assert answer.action == "content-refused"

    small(body)
