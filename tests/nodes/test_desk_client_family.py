"""`yrdx-desk` for families: how people are typed, what is sent of them, how they and what is owed are shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from nodes.desk_client import shown
from nodes.desk_client.household import Household, newest_application, rename
from nodes.desk_client.stated import difference
from runtime.command_line import Usage
from tests.nodes.fake_desk import CASE, NUMBER, OFFICER, Desk, view
from tests.nodes.test_desk_client import certificates, play
from tests.support.officers import packed
from tests.support.programs import run
from yrdx.v1 import desk_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.nodes.test_desk_client import Body

__all__ = ["certificates", "play"]

MOTHER, CHILD, LAWYER = "310101199001020028", "310101201503040018", "310101198001010013"
FAMILY = ["--mover", f"王芳:{MOTHER}:10", "--mover", f"李乐:{CHILD}:20", "--guardian", f"{CHILD}=张三:{NUMBER}"]


def stated(**changes: Any) -> transfer_pb2.HouseholdApplication:
    values: dict[str, Any] = {"id_number": NUMBER, "name": "张三", "ground": transfer_pb2.TRANSFER_GROUND_SPOUSE}
    guardian = transfer_pb2.Guardian(id_number=NUMBER, name="张三")
    others = [
        transfer_pb2.Mover(id_number=MOTHER, name="王芳", relation_code="10"),
        transfer_pb2.Mover(id_number=CHILD, name="李乐", relation_code="20", guardian=guardian),
    ]
    return transfer_pb2.HouseholdApplication(**{**values, "others": others, **changes})


def seen() -> desk_pb2.CaseView:
    movers = [{"id_number": NUMBER, "name": "张三"}, {"id_number": MOTHER, "name": "王芳", "relation_code": "10"}]
    ward = {"id_number": CHILD, "name": "李乐", "relation_code": "20", "guardian_id_number": NUMBER, "guardian_name": "张三"}
    owed = [
        {"code": "identity", "promised_until": "2026-02-01", "promised_by": "张三", "key": True, "lapsed": True},
        {"code": "photo", "promised_until": "2026-03-01", "promised_by": "张三"},
    ]
    return view(movers=[*movers, ward], owed=owed)


def test_a_family_is_opened_with_everybody_in_it(play: Callable[[Body], None]) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        words = ["--counterpart", "310000", "--id-number", NUMBER, "--name", "张三", "--ground", "spouse", "--consent"]
        beside = ["--agent", f"赵律师:{LAWYER}", "--new-head", MOTHER]
        ended = await run("yrdx-desk", "open", *words, *FAMILY, *beside, *OFFICER, *there)
        assert (ended.status, ended.err) == (0, "")
        application = transfer_pb2.HouseholdApplication()
        assert desk.heard[0].application.Unpack(application)
        agent = transfer_pb2.Agent(id_number=LAWYER, name="赵律师")
        assert application == stated(agent=agent, new_head_id_number=MOTHER)

    play(body)


def test_a_family_lands_in_a_collective_household_without_the_one_who_died(play: Callable[[Body], None]) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        died = ["--reason", "deceased", "--deceased-on", "2026-02-01", "--deceased", MOTHER, "--head", LAWYER]
        decisions: list[tuple[str, list[str], Any]] = [
            ("permit", ["--to-address", "x", "--collective", "--whole"], transfer_pb2.MovePermit()),
            ("land", died, transfer_pb2.LandingReceipt()),
            ("resubmit", ["--new-head", MOTHER], transfer_pb2.Correction()),
        ]
        details = []
        ended = await asyncio.gather(*(run("yrdx-desk", "decide", act, CASE, *words, *OFFICER, *there) for act, words, _ in decisions))
        assert [(one.status, one.err) for one in ended] == [(0, "")] * 3
        for action, _, detail in decisions:
            request = next(one for one in desk.heard if one.action == action)
            assert request.detail.Unpack(detail)
            details.append(detail)
        permit, landing, correction = details
        assert (permit.household_kind, permit.whole_household) == ("collective", True)
        assert (landing.deceased_on, landing.deceased_id_number, landing.head_id_number) == ("2026-02-01", MOTHER, LAWYER)
        application = correction.application
        assert (application.name, application.ground, application.new_head_id_number) == (
            "张三",
            transfer_pb2.TRANSFER_GROUND_SPOUSE,
            MOTHER,
        )

    play(body)


@pytest.mark.parametrize(
    "household",
    [
        Household(mover=("王芳",)),
        Household(mover=(f"王芳:{MOTHER}",)),
        Household(mover=(f":{MOTHER}:10",)),
        Household(guardian=(f"张三:{NUMBER}",)),
        Household(guardian=(f"{CHILD}=张三:{NUMBER}",)),
        Household(guardian=(f"{NUMBER}=张三",)),
        Household(agent="赵律师"),
    ],
)
def test_what_has_another_form_is_not_sent(household: Household) -> None:
    with pytest.raises(Usage):
        household.add_to(transfer_pb2.HouseholdApplication(id_number=NUMBER))


def test_a_child_that_applies_alone_has_a_guardian() -> None:
    application = transfer_pb2.HouseholdApplication(id_number=CHILD)
    Household(guardian=(f"{CHILD}=张三:{NUMBER}",), relation="20").add_to(application)
    assert (application.guardian.name, application.relation_code) == ("张三", "20")


def test_a_correction_begins_with_the_newest_application_and_changes_a_name_everywhere() -> None:
    first, second = stated(new_head_id_number=LAWYER), stated(name="张二")
    messages = [
        desk_pb2.MessageView(payload=packed(first)),
        desk_pb2.MessageView(payload=packed(transfer_pb2.Correction(application=second))),
        desk_pb2.MessageView(payload=packed(first), refusal=4006),
        desk_pb2.MessageView(payload=packed(transfer_pb2.Decision(reason="x"))),
    ]
    application = newest_application(messages)
    assert application == second
    rename(application, [f"{NUMBER}=章三", f"{MOTHER}=王方"])
    assert (application.name, application.others[0].name, application.others[1].guardian.name) == ("章三", "王方", "章三")
    for text in (f"{LAWYER}=赵", "章三"):
        with pytest.raises(Usage):
            rename(application, [text])
    with pytest.raises(Usage):
        newest_application([])


def test_a_difference_may_be_that_of_one_of_the_others() -> None:
    found = difference(f"{MOTHER}:name=王方", seen())
    assert (found.id_number, found.field, found.stated, found.registered) == (MOTHER, "name", "王芳", "王方")
    found = difference("name=章三", seen())
    assert (found.id_number, found.stated) == ("", "张三")
    assert difference("new_head_id_number=", seen()).field == "new_head_id_number"
    with pytest.raises(Usage):
        difference(f"{LAWYER}:name=赵", seen())


def test_a_case_shows_who_moves_and_what_is_owed_until_when() -> None:
    table = shown.facts(seen())
    rows = dict(zip(table.columns[0].cells, table.columns[1].cells, strict=True))
    assert rows["moves too"] == f"王芳 {MOTHER} 10, 李乐 {CHILD} 20"
    assert rows["guardian"] == f"张三 {NUMBER}"
    assert rows["owes"] == "identity until 2026-02-01 by 张三 KEY 关键 LAPSED 逾期, photo until 2026-03-01 by 张三"
    assert "张三 +2" in shown.line(seen())
    listed = shown.cases([seen(), view()])
    assert list(listed.columns[2].cells) == ["张三 +2", "张三"]
    assert list(listed.columns[-1].cells) == ["identity, photo until 2026-02-01 LAPSED 逾期", ""]
