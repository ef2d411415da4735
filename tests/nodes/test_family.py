"""A family in one case, over desks, nodes, registers and hub: it moves whole, is claimed whole, and everything about it is told at once."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING, Any

from core.refusals import NEW_HEAD_REQUIRED, PERSON_CLAIMED, RETURN_INCOMPLETE
from nodes.provinces import CODECS
from simulator.registers.store import connect
from tests.nodes.households import number, promised
from tests.support.officers import packed, refusal_of
from tests.support.province import CALL_S, IN, OTHER, OUT
from yrdx.v1 import desk_pb2, envelope_pb2, resident_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from tests.nodes.conftest import Play
    from tests.support.province import Federation

ADDRESS = transfer_pb2.MovePermit(to_address="文三路2号")
RELATIONS, CHILDREN = ("02", "10", "20", "30"), 2


def settled(made: Federation, relations: tuple[str, ...] = RELATIONS) -> list[resident_pb2.Resident]:
    """A household of OUT: its head, its spouse, and as many children as there are more."""
    registered = [made.country.person(OUT) for _ in relations]
    household, people = registered[0].household_number, []
    for place, (person, relation) in enumerate(zip(registered, relations, strict=True)):
        changed = resident_pb2.Resident()
        changed.CopyFrom(person)
        if place >= CHILDREN:
            changed.id_number, changed.birth_date = number("20150304"), "2015-03-04"
        changed.relation_to_head_code, changed.household_number = relation, household
        people.append(changed)
        with closing(connect(made.country.register_file(OUT))) as file:
            line = "UPDATE record SET id_number = ?, record = ?, household_number = ? WHERE id_number = ?"
            file.execute(line, (changed.id_number, CODECS[OUT].encode(changed), household, person.id_number))
    return people


def application(people: list[resident_pb2.Resident], **changes: Any) -> transfer_pb2.HouseholdApplication:
    """They all move; the first is the guardian of the children."""
    first, *others = people
    guardian = transfer_pb2.Guardian(id_number=first.id_number, name=first.name)
    movers = [
        transfer_pb2.Mover(
            id_number=one.id_number,
            name=one.name,
            relation_code=one.relation_to_head_code,
            guardian=guardian if one.birth_date == "2015-03-04" else None,
        )
        for one in others
    ]
    values = {"id_number": first.id_number, "name": first.name, "ground": transfer_pb2.TRANSFER_GROUND_SPOUSE, "others": movers}
    return transfer_pb2.HouseholdApplication(**{**values, **changes})


async def opened(made: Federation, stated: transfer_pb2.HouseholdApplication, code: str = IN, **changes: Any) -> bytes:
    person = made.country.person(OUT)
    return await made[code].open(OUT, person, application=packed(stated), **changes)


async def permitted(made: Federation, stated: transfer_pb2.HouseholdApplication, permit: transfer_pb2.MovePermit = ADDRESS) -> bytes:
    case_id = await opened(made, stated)
    await made[IN].can(case_id, "permit")
    await made[IN].decide(case_id, "permit", permit)
    await made[OUT].can(case_id, "deregister")
    return case_id


def statuses(made: Federation, code: str, people: list[resident_pb2.Resident]) -> set[str | None]:
    return {made.country.status(code, person.id_number) for person in people}


def test_a_family_of_four_moves_whole_though_its_node_dies_between_reserve_and_finalise(play: Play) -> None:
    async def body(made: Federation) -> None:
        people = settled(made)
        case_id = await permitted(made, application(people))
        assert [mover.name for mover in (await made[OUT].view(case_id)).movers] == [person.name for person in people]
        with made.held_submits(before=True) as hold:
            decision = await made[OUT].decision(case_id, "deregister")
            await made[OUT].desk.Decide(decision, timeout=CALL_S)
            await asyncio.wait_for(hold.reached.wait(), CALL_S)
            assert made.country.held(OUT) == 1
            assert statuses(made, OUT, people) == {"active"}
            await made[OUT].crash()
        await made[OUT].start()
        await made[IN].can(case_id, "land")
        assert statuses(made, OUT, people) == {"moved-out"}
        await made[IN].decide(case_id, "land")
        await made[OUT].sees(case_id, state="closed", ending="landed")
        landed = [made.country.record(IN, person.id_number) for person in people]
        assert len({one.household_number for one in landed if one}) == 1
        records = [CODECS[IN].decode(one.record) for one in landed if one]
        assert [one.relation_to_head_code for one in records] == list(RELATIONS)
        assert {one.head_id_number for one in records} == {people[0].id_number}
        assert [made.country.operations(OUT, person.id_number) for person in people] == [[("move-out", "finalised")]] * 4

    play(body)


def test_of_two_families_that_share_somebody_one_is_claimed_whole_and_the_other_not_at_all(play: Play) -> None:
    async def body(made: Federation) -> None:
        people, others = settled(made, ("02", "10")), settled(made, ("02",))
        shared = application([others[0], people[1]])
        first, second = await asyncio.gather(opened(made, application(people)), opened(made, shared, OTHER))
        views = [await settled_view(made, IN, first), await settled_view(made, OTHER, second)]
        assert sorted(view.refusal for view in views) == [0, PERSON_CLAIMED.number]
        lost_by_first = bool(views[0].refusal)
        free, winner = (people[0], second) if lost_by_first else (others[0], first)
        again = await made[IN].open(OUT, free)
        await made[IN].can(again, "permit")
        code = OTHER if lost_by_first else IN
        await made[code].decide(winner, "withdraw")
        await made[OUT].sees(winner, state="closed")
        await made[IN].can(await made[IN].open(OUT, people[1]), "permit")

    play(body)


async def settled_view(made: Federation, code: str, case_id: bytes) -> desk_pb2.CaseView:
    """The case once the hub has judged its application."""
    return await made[code].sees(case_id, pending_action="")


def test_a_head_who_leaves_others_behind_says_who_follows_and_names_are_corrected_in_one_go(play: Play) -> None:
    async def body(made: Federation) -> None:
        people = settled(made)
        head, successor, *children = people
        right = application([head, *children], new_head_id_number=successor.id_number)
        wrong = application([head, *children])
        wrong.others[1].name = "李四"
        case_id = await permitted(made, wrong)
        with refusal_of(5009):
            await made[OUT].decide(case_id, "deregister")
        request = desk_pb2.FindResidentRequest(officer=made[OUT].officer, case_id=case_id)
        found = await made[OUT].desk.FindResident(request, timeout=CALL_S)
        assert (list(found.differences), [list(one.differences) for one in found.others]) == (["new_head_id_number"], [[], ["name"]])
        told = transfer_pb2.CorrectionRequest(reason_code="mismatch", reason="姓名不一致，且户主迁出未填新户主。")
        told.differences.add(field="name", stated="李四", registered=children[1].name, id_number=children[1].id_number)
        with refusal_of(RETURN_INCOMPLETE.number):
            await made[OUT].decide(case_id, "return", told)
        told.differences.add(field="new_head_id_number")
        await made[OUT].decide(case_id, "return", told)
        await made[IN].can(case_id, "resubmit")
        await made[IN].decide(case_id, "resubmit", transfer_pb2.Correction(application=right))
        await made[OUT].can(case_id, "deregister")
        await made[OUT].decide(case_id, "deregister")
        await made[IN].can(case_id, "land")
        await made[IN].decide(case_id, "land")
        await made[OUT].sees(case_id, ending="landed-after-correction")
        assert made.country.status(OUT, successor.id_number) == "active"
        assert statuses(made, IN, [head, *children]) == {"active"}

    play(body)


def test_a_household_is_not_left_without_a_head(play: Play) -> None:
    async def body(made: Federation) -> None:
        people = settled(made)
        case_id = await permitted(made, application(people[:1]))
        with refusal_of(NEW_HEAD_REQUIRED.number):
            await made[OUT].decide(case_id, "deregister")
        assert made.country.operations(OUT, people[0].id_number) == [("move-out", "released")]
        await made[OUT].sees(case_id, state="permitted", pending_action="")

    play(body)


def test_one_of_a_family_dies_on_the_way_to_a_collective_household(play: Play) -> None:
    async def body(made: Federation) -> None:
        people, unit_head = settled(made), number()
        permit = transfer_pb2.MovePermit(to_address="文三路2号", household_kind="collective")
        case_id = await permitted(made, application(people), permit)
        await made[OUT].decide(case_id, "deregister")
        await made[IN].can(case_id, "land")
        stated = transfer_pb2.LandingReceipt(deceased_on="2026-02-01", deceased_id_number=people[1].id_number, head_id_number=unit_head)
        await made[IN].decide(case_id, "land", stated, reason_class=envelope_pb2.REASON_CLASS_DECEASED)
        await made[OUT].sees(case_id, ending="landed-and-deceased")
        assert [made.country.status(IN, person.id_number) for person in people] == ["active", "deceased", "active", "active"]
        receipts = [message.payload for message in (await made[OUT].get(case_id)).messages if message.action == "land"]
        assert unit_head.encode() not in receipts[0].value

    play(body)


def test_what_is_owed_is_shown_at_both_desks_until_it_is_brought(play: Play) -> None:
    async def body(made: Federation) -> None:
        (person,) = settled(made, ("02",))
        missing = [promised("photo", until="2099-03-01"), promised("receiving-consent", until="2099-02-01")]
        case_id = await opened(made, application([person], missing=missing), open_key_materials=1)
        await made[IN].can(case_id, "permit")
        for code in (IN, OUT):
            owed = (await made[code].sees(case_id, state="applied")).owed
            assert [(one.code, one.promised_until, one.promised_by, one.key, one.lapsed) for one in owed] == [
                ("receiving-consent", "2099-02-01", "王芳", True, False), ("photo", "2099-03-01", "王芳", False, False)
            ]  # fmt: skip
        with refusal_of(1005, "open_key_materials"):
            await made[IN].decide(case_id, "supplement", transfer_pb2.Supplement(missing=missing))
        brought = transfer_pb2.Supplement(brought=["receiving-consent"], missing=missing[:1])
        await made[IN].decide(case_id, "supplement", brought)
        await made[IN].decide(case_id, "permit")
        await made[OUT].can(case_id, "deregister")
        assert [one.code for one in (await made[OUT].view(case_id)).owed] == ["photo"]
        await made[OUT].decide(case_id, "deregister")
        await made[IN].can(case_id, "land")

    play(body)
