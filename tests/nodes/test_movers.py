"""Who may move with whom: whatever family is drawn, what is right passes at both ends, and each thing that is wrong is named."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.refusals import AGENT_NOT_ALLOWED, BAD_FIELD, GUARDIAN_REQUIRED, Kind, Refused
from core.tags import tag
from nodes.common.services.household_transfer import HouseholdTransfer
from nodes.common.services.movers import AUTHORITY, MOST
from tests.nodes.households import (
    NOON,
    application,
    beside,
    child,
    family,
    guardian,
    mover,
    number,
)
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

Application = transfer_pb2.HouseholdApplication
SERVICE = HouseholdTransfer()
KEY = b"k" * 32
WITH_AUTHORITY = {AUTHORITY}


@st.composite
def families(draw: st.DrawFn) -> Application:
    """An applicant of age or a child, with others of any age; every minor with a guardian, some with one who moves too."""
    minor = draw(st.booleans())
    made = application(id_number=number("20120101"), guardian=guardian(), relation_code="20") if minor else application()
    for _ in range(draw(st.integers(0, 4))):
        one = draw(st.sampled_from(["adult", "child", "ward of another"]))
        if one == "adult":
            made.others.append(mover(relation_code=draw(st.sampled_from(["10", "51", "97"]))))
        elif one == "child" and not minor:
            made.others.append(child(made))
        else:
            made.others.append(mover("20140101", guardian=guardian()))
    if not minor and draw(st.booleans()):
        made.agent.CopyFrom(transfer_pb2.Agent(id_number=number(), name="赵律师"))
    if draw(st.booleans()):
        made.new_head_id_number = number()
    return made


@given(families(), st.integers(0, 40 * 365))
def test_what_is_right_once_is_right_later_on(made: Application, days: int) -> None:
    """The receiver looks later than the sender, somebody may have come of age meanwhile."""
    for at in (NOON, NOON + timedelta(days=days)):
        SERVICE.check_content(made, beside(at=at, documents=WITH_AUTHORITY))


@given(families())
def test_everybody_is_claimed(made: Application) -> None:
    numbers = [made.id_number, *(other.id_number for other in made.others)]
    claimed = {tag(KEY, kind, who) for kind, who in SERVICE.numbers(made)}
    assert claimed == {tag(KEY, "person", who) for who in numbers}
    assert len(claimed) == 1 + len(made.others)


def twice(made: Application) -> None:
    made.others.add().CopyFrom(made.others[0])


def applicant_twice(made: Application) -> None:
    made.others[0].id_number = made.id_number


def wrong_number(made: Application) -> None:
    made.others[0].id_number = made.others[0].id_number[:17] + ("1" if made.others[0].id_number[17] != "1" else "2")


def no_name(made: Application) -> None:
    made.others[1].name = " "


def no_guardian(made: Application) -> None:
    made.others[1].ClearField("guardian")


def own_guardian(made: Application) -> None:
    made.others[1].guardian.id_number = made.others[1].id_number


def young_guardian(made: Application) -> None:
    made.others[2].guardian.CopyFrom(guardian(id_number=number("20080203")))


def guardian_of_two_names(made: Application) -> None:
    made.others[1].guardian.name = "王方"


def guardian_without_name(made: Application) -> None:
    made.others[1].guardian.CopyFrom(guardian(name=""))


def child_applies_alone(made: Application) -> None:
    del made.others[:]
    made.id_number = number("20120101")


def no_relation(made: Application) -> None:
    made.others[0].relation_code = ""


def two_heads(made: Application) -> None:
    made.others[0].relation_code = "02"


def ward_without_relation(made: Application) -> None:
    child_applies_alone(made)
    made.guardian.CopyFrom(guardian())


def agent_of_a_minor(made: Application) -> None:
    ward_without_relation(made)
    made.relation_code = "20"
    made.agent.CopyFrom(transfer_pb2.Agent(id_number=number(), name="赵律师"))


def young_agent(made: Application) -> None:
    made.agent.CopyFrom(transfer_pb2.Agent(id_number=number("20090203"), name="赵律师"))


def agent_who_moves(made: Application) -> None:
    made.agent.CopyFrom(transfer_pb2.Agent(id_number=made.others[0].id_number, name="李明"))


def agent_without_name(made: Application) -> None:
    made.agent.CopyFrom(transfer_pb2.Agent(id_number=number()))


def new_head_moves(made: Application) -> None:
    made.new_head_id_number = made.others[0].id_number


def new_head_is_a_minor(made: Application) -> None:
    made.new_head_id_number = number("20100203")


def new_head_is_no_number(made: Application) -> None:
    made.new_head_id_number = "王芳"


def no_ground(made: Application) -> None:
    made.ground = transfer_pb2.TRANSFER_GROUND_UNSPECIFIED


def too_many(made: Application) -> None:
    made.others.extend([mover() for _ in range(MOST - 3)])


WRONG: list[tuple[Callable[[Application], None], Kind, str]] = [
    (twice, BAD_FIELD, "others: a person twice"),
    (applicant_twice, BAD_FIELD, "others: a person twice"),
    (wrong_number, BAD_FIELD, "others[0].id_number: check digit"),
    (no_name, BAD_FIELD, "others[1].name"),
    (no_guardian, GUARDIAN_REQUIRED, "others[1].guardian"),
    (own_guardian, GUARDIAN_REQUIRED, "others[1].guardian"),
    (young_guardian, GUARDIAN_REQUIRED, "others[2].guardian"),
    (guardian_of_two_names, BAD_FIELD, "others[1].guardian.name"),
    (guardian_without_name, BAD_FIELD, "others[1].guardian.name"),
    (child_applies_alone, GUARDIAN_REQUIRED, "guardian"),
    (no_relation, BAD_FIELD, "others[0].relation_code"),
    (two_heads, BAD_FIELD, "others[0].relation_code"),
    (ward_without_relation, BAD_FIELD, "relation_code"),
    (agent_of_a_minor, AGENT_NOT_ALLOWED, "agent"),
    (young_agent, AGENT_NOT_ALLOWED, "agent"),
    (agent_who_moves, AGENT_NOT_ALLOWED, "agent.id_number"),
    (agent_without_name, BAD_FIELD, "agent.name"),
    (new_head_moves, BAD_FIELD, "new_head_id_number"),
    (new_head_is_a_minor, BAD_FIELD, "new_head_id_number"),
    (new_head_is_no_number, BAD_FIELD, "new_head_id_number"),
    (no_ground, BAD_FIELD, "ground"),
    (too_many, BAD_FIELD, "others"),
]


@pytest.mark.parametrize(("spoil", "kind", "field"), WRONG)
def test_what_is_wrong_is_named(spoil: Callable[[Application], None], kind: Kind, field: str) -> None:
    made = family()
    SERVICE.check_content(made, beside(documents=WITH_AUTHORITY))
    spoil(made)
    for said in (made, transfer_pb2.Correction(application=made)):
        with pytest.raises(Refused) as caught:
            SERVICE.check_content(said, beside(documents=WITH_AUTHORITY))
        assert (caught.value.kind, caught.value.field) == (kind, field)


def test_an_agent_shows_his_authority() -> None:
    made = family()
    made.agent.CopyFrom(transfer_pb2.Agent(id_number=number(), name="赵律师"))
    with pytest.raises(Refused) as caught:
        SERVICE.check_content(made, beside(documents={"relation-proof"}))
    assert (caught.value.kind, caught.value.field) == (AGENT_NOT_ALLOWED, f"documents: {AUTHORITY}")
