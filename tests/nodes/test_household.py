"""Several people in one transfer: documents, registers and records are about all of them, and nobody is left behind without a head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from core.refusals import BAD_FIELD, NEW_HEAD_REQUIRED, RECORD_MISMATCH, Refused
from nodes.common.facts import Facts
from nodes.common.services.household_transfer import HouseholdTransfer
from nodes.common.services.service import Living, Occasion
from nodes.provinces import CODECS
from tests.nodes.households import NOON, RULES, application, beside, child, family, guardian, landing, number
from yrdx.v1 import desk_pb2, envelope_pb2, register_pb2, resident_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from google.protobuf.message import Message

IN, OUT = "330000", "310000"
SERVICE = HouseholdTransfer()
DECEASED = envelope_pb2.REASON_CLASS_DECEASED
HERE, ELSEWHERE = "310000000001", "310000000002"


def facts(**payloads: Message) -> Facts:
    return Facts({action: payload.SerializeToString() for action, payload in payloads.items()})


def numbers_of(made: transfer_pb2.HouseholdApplication) -> list[str]:
    return [made.id_number, *(one.id_number for one in made.others)]


def registered(made: transfer_pb2.HouseholdApplication) -> list[resident_pb2.Resident]:
    """The movers as OUT has them: a household with the applicant as its head."""
    people = [(made.id_number, made.name, "02"), *((one.id_number, one.name, one.relation_code) for one in made.others)]
    return [
        resident_pb2.Resident(
            id_number=who, name=name, relation_to_head_code=relation, household_number=HERE, household_kind="family", address="人民路1号"
        )
        for who, name, relation in people
    ]


def held(residents: list[resident_pb2.Resident], *staying: int, code: str = OUT, **more: Any) -> register_pb2.ReserveResponse:
    records = [register_pb2.ProvincialRecord(record=CODECS[code].encode(one), format=CODECS[code].format) for one in residents]
    return register_pb2.ReserveResponse(record=records[0], others=records[1:], staying=staying, **more)


def occasion(known: Facts, code: str, reserved: register_pb2.ReserveResponse | None = None) -> Occasion:
    return Occasion(
        province=code, unit=f"{code[:2]}0101000000", message_id=b"m" * 16, at=NOON, facts=known, rules=RULES, codec=CODECS[code],
        reserved=reserved,
    )  # fmt: skip


def certified(made: transfer_pb2.HouseholdApplication, kind: str = "") -> Facts:
    """A case before the landing."""
    first, *others = registered(made)
    certificate = transfer_pb2.MigrationCertificate(resident=first, others=others, certificate_number="QY1")
    permit = transfer_pb2.MovePermit(to_address="文三路2号", household_kind=kind)
    return facts(apply=made, permit=permit, deregister=certificate)


def arrivals(known: Facts, **stated: Any) -> list[tuple[int, resident_pb2.Resident]]:
    """Who is registered at the destination, and how."""
    request = SERVICE.reservation(landing(**stated), b"o" * 16, known, CODECS[IN])
    assert request == SERVICE.reservation(landing(**stated), b"o" * 16, known, CODECS[IN])
    parts: list[Any] = [request, *request.others]
    assert all(part.name == CODECS[IN].decode(part.record.record).name for part in parts)
    assert [part.id_number for part in parts] == [one.id_number for one in SERVICE.people(known)]
    return [(part.change, CODECS[IN].decode(part.record.record)) for part in parts]


def refused(call: Any, *args: Any) -> tuple[Any, str]:
    with pytest.raises(Refused) as caught:
        call(*args)
    return caught.value.kind, caught.value.field


def test_permit_and_certificate_name_everybody() -> None:
    made = family()
    made.new_head_id_number = number()
    stated = transfer_pb2.MovePermit(to_address="文三路2号", household_kind="collective", new_head_id_number="own", whole_household=True)
    permit = SERVICE.written(stated, occasion(facts(apply=made), IN))
    assert isinstance(permit, transfer_pb2.MovePermit)
    assert (list(permit.others), permit.new_head_id_number) == (list(made.others), made.new_head_id_number)
    assert (permit.household_kind, permit.whole_household) == ("collective", True)
    residents = registered(made)
    written = SERVICE.written(transfer_pb2.MigrationCertificate(), occasion(facts(apply=made, permit=permit), OUT, held(residents)))
    assert isinstance(written, transfer_pb2.MigrationCertificate)
    assert [written.resident, *written.others] == residents


def test_everybody_is_asked_for_in_one_operation() -> None:
    made = family()
    request = SERVICE.reservation(desk_pb2.DecideRequest(action="deregister"), b"o" * 16, facts(apply=made), CODECS[OUT])
    asked = [(request.change, request.id_number), *((one.change, one.id_number) for one in request.others)]
    assert asked == [(register_pb2.REGISTER_CHANGE_MOVE_OUT, who) for who in numbers_of(made)]


@pytest.mark.parametrize("spoil", ["missing", "swapped", "renamed"])
def test_only_the_people_of_the_case_are_deregistered_or_land(spoil: str) -> None:
    made = family()
    residents = registered(made)
    if spoil == "missing":
        residents.pop()
    elif spoil == "swapped":
        residents[1], residents[2] = residents[2], residents[1]
    else:
        residents[3].name = "李欢欢"
    kind, _ = refused(SERVICE.check_reserved, "deregister", held(residents, 0, 0, 0, 0), facts(apply=made), CODECS[OUT])
    assert kind is RECORD_MISMATCH
    first, *others = residents
    known = facts(apply=made, permit=transfer_pb2.MovePermit(), deregister=transfer_pb2.MigrationCertificate(resident=first, others=others))
    kind, _ = refused(SERVICE.reservation, landing(), b"o" * 16, known, CODECS[IN])
    assert kind is RECORD_MISMATCH


def test_a_family_lands_in_one_household_that_the_applicant_heads() -> None:
    made = family()
    landed = arrivals(certified(made))
    assert {change for change, _ in landed} == {register_pb2.REGISTER_CHANGE_MOVE_IN}
    assert [one.relation_to_head_code for _, one in landed] == ["02", "10", "20", "30"]
    assert {(one.head_id_number, one.household_kind, one.address, one.household_number) for _, one in landed} == {
        (made.id_number, "family", "文三路2号", "")
    }


def test_a_child_lands_with_its_guardian_as_the_head() -> None:
    made = application(id_number=number("20120101"), guardian=guardian(), relation_code="20")
    made.others.append(child(made, relation_code="30", guardian=made.guardian))
    landed = arrivals(certified(made))
    assert [(one.head_id_number, one.relation_to_head_code) for _, one in landed] == [
        (made.guardian.id_number, "20"), (made.guardian.id_number, "30")
    ]  # fmt: skip
    made.others[0].CopyFrom(transfer_pb2.Mover(id_number=made.guardian.id_number, name=made.guardian.name, relation_code="51"))
    assert [one.relation_to_head_code for _, one in arrivals(certified(made))] == ["20", "02"]


def test_in_a_collective_household_the_unit_names_the_head_and_nobody_else_hears_of_it() -> None:
    made, head = family(), number()
    known = certified(made, "collective")
    landed = arrivals(known, head_id_number=head)
    assert {(one.head_id_number, one.relation_to_head_code, one.household_kind) for _, one in landed} == {(head, "99", "collective")}
    stated = transfer_pb2.LandingReceipt(head_id_number=head)
    receipt = SERVICE.written(stated, occasion(known, IN, held(registered(made), household_number="339000000001")))
    assert head.encode() not in receipt.SerializeToString()


@pytest.mark.parametrize("place", range(4))
def test_of_several_one_died_and_the_others_have_a_head(place: int) -> None:
    made = family()
    dead = numbers_of(made)[place]
    landed = arrivals(certified(made), reason_class=DECEASED, deceased_on="2026-02-01", deceased_id_number=dead)
    assert [change == register_pb2.REGISTER_CHANGE_MOVE_IN_DECEASED for change, _ in landed] == [at == place for at in range(4)]
    assert {one.head_id_number for _, one in landed} == {made.id_number if place else made.others[0].id_number}


@pytest.mark.parametrize(
    ("stated", "reason", "alone", "field"),
    [
        ({}, DECEASED, True, "detail.deceased_on"),
        ({"deceased_on": "2026-02-01"}, DECEASED, False, "detail.deceased_id_number"),
        ({"deceased_on": "2026-02-01", "deceased_id_number": "else"}, DECEASED, True, "detail.deceased_id_number"),
        ({"deceased_id_number": "own"}, 0, True, "detail.deceased_id_number"),
        ({"head_id_number": "own"}, 0, True, "detail.head_id_number"),
        ({"deceased_on": "2026-02-01"}, DECEASED, True, ""),
        ({"deceased_on": "2026-02-01", "deceased_id_number": "own"}, DECEASED, False, ""),
    ],
)
def test_a_landing_says_who_died(stated: dict[str, str], reason: Any, alone: bool, field: str) -> None:  # noqa: FBT001 - a parameter of the test
    made = application() if alone else family()
    told: dict[str, Any] = {name: made.id_number if value == "own" else value for name, value in stated.items()}
    decision, detail = desk_pb2.DecideRequest(action="land", reason_class=reason), transfer_pb2.LandingReceipt(**told)
    if not field:
        SERVICE.check_decision(decision, detail, certified(made), beside())
        return
    assert refused(SERVICE.check_decision, decision, detail, certified(made), beside()) == (BAD_FIELD, field)


def test_a_collective_household_needs_a_head_that_is_somebody() -> None:
    decision = desk_pb2.DecideRequest(action="land")
    for head in ("", "nobody"):
        told = transfer_pb2.LandingReceipt(head_id_number=head)
        known = certified(family(), "collective")
        assert refused(SERVICE.check_decision, decision, told, known, beside()) == (BAD_FIELD, "detail.head_id_number")
    stated = transfer_pb2.MovePermit(to_address="x", household_kind="集体户")
    assert refused(SERVICE.check_decision, decision, stated, Facts(), beside()) == (BAD_FIELD, "detail.household_kind")


def test_a_correction_is_about_the_same_people() -> None:
    made, decision = family(), desk_pb2.DecideRequest(action="resubmit")
    corrected = transfer_pb2.HouseholdApplication()
    corrected.CopyFrom(made)
    corrected.others[0].name = "李明明"
    SERVICE.check_decision(decision, transfer_pb2.Correction(application=corrected), facts(apply=made), beside())
    corrected.others.pop()
    told = transfer_pb2.Correction(application=corrected)
    assert refused(SERVICE.check_decision, decision, told, facts(apply=made), beside()) == (BAD_FIELD, "detail.application.others")


@pytest.mark.parametrize(
    ("difference", "missing", "field"),
    [
        (transfer_pb2.FieldDifference(field="name", id_number="else"), [], "detail.differences"),
        (transfer_pb2.FieldDifference(), [], "detail.differences"),
        (transfer_pb2.FieldDifference(field="name"), ["passport"], "detail.missing_materials"),
    ],
)
def test_a_return_is_about_the_people_and_materials_of_the_case(
    difference: transfer_pb2.FieldDifference, missing: list[str], field: str
) -> None:
    told = transfer_pb2.CorrectionRequest(reason="不一致", differences=[difference], missing_materials=missing)
    decision = desk_pb2.DecideRequest(action="return")
    assert refused(SERVICE.check_decision, decision, told, facts(apply=family()), beside()) == (BAD_FIELD, field)


def living(made: transfer_pb2.HouseholdApplication, size: int) -> dict[str, Living]:
    return {one.id_number: Living(one, is_active=True, household_size=size) for one in registered(made)}


def test_every_difference_is_told_for_everybody() -> None:
    made = family()
    known = living(made, 4)
    made.name, made.others[2].name = "王方", "李换"
    assert SERVICE.looked_up(facts(apply=made)) == numbers_of(made)
    assert SERVICE.differences(facts(apply=made), known) == [["name"], [], [], ["name"]]
    nobody = {who: Living(None) for who in known}
    assert SERVICE.differences(facts(apply=made), nobody) == [[], [], [], []]


def test_a_head_who_leaves_others_behind_names_one_of_them() -> None:
    made = family()
    known = facts(apply=made)
    wanted = [["new_head_id_number"], [], [], []]
    assert SERVICE.differences(known, living(made, 4)) == [[], [], [], []]
    assert SERVICE.differences(known, living(made, 5)) == wanted
    assert refused(SERVICE.check_reserved, "deregister", held(registered(made), 1, 1, 1, 1), known, CODECS[OUT]) == (
        NEW_HEAD_REQUIRED, "new_head_id_number"
    )  # fmt: skip
    made.new_head_id_number = number()
    known = facts(apply=made)
    assert SERVICE.looked_up(known)[-1] == made.new_head_id_number
    for successor, differences in (
        (Living(None), wanted),
        (Living(resident_pb2.Resident(household_number=ELSEWHERE), is_active=True, household_size=1), wanted),
        (Living(resident_pb2.Resident(household_number=HERE), is_active=False, household_size=5), wanted),
        (Living(resident_pb2.Resident(household_number=HERE), is_active=True, household_size=5), [[], [], [], []]),
    ):
        assert SERVICE.differences(known, {**living(made, 5), made.new_head_id_number: successor}) == differences
    SERVICE.check_reserved("deregister", held(registered(made), 1, 1, 1, 1), known, CODECS[OUT])


def test_who_is_no_head_or_lives_in_a_collective_household_leaves_as_he_is() -> None:
    made = application()
    (resident,) = registered(made)
    for relation, kind in (("20", "family"), ("02", "collective")):
        resident.relation_to_head_code, resident.household_kind = relation, kind
        known = {made.id_number: Living(resident, is_active=True, household_size=3)}
        assert SERVICE.differences(facts(apply=made), known) == [[]]
        SERVICE.check_reserved("deregister", held([resident], 2), facts(apply=made), CODECS[OUT])
