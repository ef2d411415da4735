"""What a node knows of a household transfer: numbers, permits, certificates, landings, and that all of them are about one person."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from core.policy import read_policy
from core.refusals import BAD_FIELD, RECORD_MISMATCH, Refused
from nodes.common.facts import Facts
from nodes.common.services.household_transfer import HouseholdTransfer
from nodes.common.services.service import Occasion
from nodes.provinces import CODECS
from tests.nodes.households import NOON, RULES, beside
from tests.support.country import somebody
from tests.support.tables import table
from yrdx.v1 import desk_pb2, envelope_pb2, register_pb2, resident_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from google.protobuf.message import Message

SERVICE = HouseholdTransfer()
IN, OUT = "330000", "310000"
DECEASED = envelope_pb2.REASON_CLASS_DECEASED


def application(resident: resident_pb2.Resident, **changes: Any) -> transfer_pb2.HouseholdApplication:
    values = {"id_number": resident.id_number, "name": resident.name, "ground": transfer_pb2.TRANSFER_GROUND_SPOUSE}
    return transfer_pb2.HouseholdApplication(**{**values, **changes})


def facts(**payloads: Message) -> Facts:
    return Facts({action: payload.SerializeToString() for action, payload in payloads.items()})


def occasion(
    known: Facts, code: str = OUT, reserved: register_pb2.ReserveResponse | None = None, message_id: bytes = b"m" * 16
) -> Occasion:
    return Occasion(
        province=code, unit=f"{code[:2]}0101000000", message_id=message_id, at=NOON, facts=known, rules=RULES, codec=CODECS[code],
        reserved=reserved,
    )  # fmt: skip


def reserved(resident: resident_pb2.Resident, code: str = OUT, household_number: str = "") -> register_pb2.ReserveResponse:
    record = register_pb2.ProvincialRecord(record=CODECS[code].encode(resident), format=CODECS[code].format)
    return register_pb2.ReserveResponse(record=record, household_number=household_number)


def test_a_permit_is_about_the_applicant_and_valid_as_long_as_the_policy_says() -> None:
    person = somebody(OUT)
    known = facts(apply=application(person))
    stated = transfer_pb2.MovePermit(to_address="文三路2号", id_number="somebody else", permit_number="own", whole_household=True, name="x")
    permit = SERVICE.written(stated, occasion(known, IN))
    assert isinstance(permit, transfer_pb2.MovePermit)
    assert (permit.id_number, permit.name, permit.to_address, permit.whole_household) == (person.id_number, person.name, "文三路2号", True)
    assert permit.issued_at.ToDatetime(UTC) == NOON
    limit = RULES.policy.limits["permit-validity"]
    assert permit.expires_at.ToDatetime(UTC) == RULES.calendar.deadline(NOON, limit.days, limit.unit)
    assert permit.expires_at.ToDatetime(UTC) - NOON > timedelta(days=30)
    assert permit.issuer_unit == "330101000000"


def test_a_decision_gives_a_reason_that_the_policy_has_for_it() -> None:
    reason = {"actions": ["refuse"], "zh": "不符合落户政策。", "en": "Not met.", "source": "none"}
    policy = read_policy(table(IN, reasons=[{**reason, "code": "policy"}, {**reason, "code": "audit", "actions": ["revoke"]}]), IN)
    known = facts(apply=application(somebody(OUT)))

    def decided(action: str, code: str) -> None:
        said = transfer_pb2.Decision(reason_code=code, reason="不符合落户政策。")
        SERVICE.check_decision(desk_pb2.DecideRequest(action=action), said, known, beside(policy=policy))

    decided("refuse", "policy")
    decided("pause", "anything")
    for code in ("audit", "", "POLICY"):
        with pytest.raises(Refused) as caught:
            decided("refuse", code)
        assert (caught.value.kind, caught.value.field) == (BAD_FIELD, "detail.reason_code")


def test_document_numbers_are_of_the_message_and_stay_the_same() -> None:
    known = facts(apply=application(somebody(OUT)))
    stated = transfer_pb2.MovePermit(to_address="x")
    numbers = [SERVICE.written(stated, occasion(known, IN, message_id=one * 16)) for one in (b"a", b"a", b"b")]
    first, again, other = [one.permit_number for one in numbers if isinstance(one, transfer_pb2.MovePermit)]
    assert first == again != other
    assert first == "ZQ3300002026616161616161"


def test_a_certificate_carries_the_record_as_it_is_held() -> None:
    person = somebody(OUT)
    person.extra_items.add(name="310000/zzmm", value="群众")
    permit = transfer_pb2.MovePermit(permit_number="ZQ1")
    known = facts(apply=application(person), permit=permit)
    written = SERVICE.written(transfer_pb2.MigrationCertificate(certificate_number="own"), occasion(known, reserved=reserved(person)))
    assert isinstance(written, transfer_pb2.MigrationCertificate)
    assert (written.permit_number, written.from_address, written.resident) == ("ZQ1", person.address, person)
    assert written.certificate_number.startswith("QY3100002026")


def test_a_corrected_application_takes_the_place_of_the_first() -> None:
    person = somebody(OUT)
    known = facts(
        apply=application(person, name="李四"),
        resubmit=transfer_pb2.Correction(application=application(person)),
        permit=transfer_pb2.MovePermit(),
    )
    assert SERVICE.people(known) == ((person.id_number, person.name),)
    SERVICE.check_reserved("deregister", reserved(person), known, CODECS[OUT])


@pytest.mark.parametrize("field", ["id_number", "name"])
def test_only_the_person_of_the_case_is_deregistered_or_lands(field: str) -> None:
    person, other = somebody(OUT), somebody(OUT)
    known = facts(apply=application(person))
    changed = resident_pb2.Resident()
    changed.CopyFrom(person)
    setattr(changed, field, getattr(other, field))
    with pytest.raises(Refused) as caught:
        SERVICE.check_reserved("deregister", reserved(changed), known, CODECS[OUT])
    assert (caught.value.kind, caught.value.field) == (RECORD_MISMATCH, field)
    landing = facts(apply=application(person), deregister=transfer_pb2.MigrationCertificate(resident=changed))
    with pytest.raises(Refused) as caught:
        SERVICE.reservation(desk_pb2.DecideRequest(action="land"), b"o" * 16, landing, CODECS[IN])
    assert (caught.value.kind, caught.value.field) == (RECORD_MISMATCH, field)


@pytest.mark.parametrize(
    ("reason", "change"), [(0, register_pb2.REGISTER_CHANGE_MOVE_IN), (DECEASED, register_pb2.REGISTER_CHANGE_MOVE_IN_DECEASED)]
)
def test_who_lands_has_a_household_of_his_own_at_the_new_address(reason: Any, change: int) -> None:
    person = somebody(OUT)
    known = facts(
        apply=application(person),
        permit=transfer_pb2.MovePermit(to_address="文三路2号"),
        deregister=transfer_pb2.MigrationCertificate(resident=person, certificate_number="QY1"),
    )
    request = SERVICE.reservation(desk_pb2.DecideRequest(action="land", reason_class=reason), b"o" * 16, known, CODECS[IN])
    assert (request.operation_id, request.change, request.id_number, request.name) == (b"o" * 16, change, person.id_number, person.name)
    resident = CODECS[IN].decode(request.record.record)
    assert (resident.address, resident.address_code, resident.household_number) == ("文三路2号", "", "")
    assert (resident.relation_to_head_code, resident.head_id_number, resident.household_kind) == ("02", person.id_number, "family")
    assert (resident.name, resident.birth_date, resident.ethnicity_code) == (person.name, person.birth_date, person.ethnicity_code)
    landing = SERVICE.written(transfer_pb2.LandingReceipt(), occasion(known, IN, reserved(person, IN, "339000000001")))
    assert isinstance(landing, transfer_pb2.LandingReceipt)
    assert (landing.certificate_number, landing.household_number) == ("QY1", "339000000001")


def test_the_same_reservation_is_asked_for_again() -> None:
    """Otherwise a repeat after a crash would be a conflict."""
    person = somebody(OUT)
    known = facts(apply=application(person), deregister=transfer_pb2.MigrationCertificate(resident=person))
    for action in ("deregister", "land"):
        asked = [SERVICE.reservation(desk_pb2.DecideRequest(action=action), b"o" * 16, known, CODECS[code]) for code in (IN, IN)]
        assert asked[0].SerializeToString() == asked[1].SerializeToString()


@pytest.mark.parametrize(
    ("reason", "day", "fits"),
    [
        (0, "", True),
        (0, "2026-01-01", False),
        (DECEASED, "2026-01-01", True),
        (DECEASED, "", False),
        (DECEASED, "2026-02-30", False),
        (DECEASED, "20260101", False),
    ],
)
def test_a_landing_of_the_dead_names_the_day(reason: Any, day: str, fits: bool) -> None:  # noqa: FBT001 - a parameter of the test
    decision, detail = desk_pb2.DecideRequest(action="land", reason_class=reason), transfer_pb2.LandingReceipt(deceased_on=day)
    if fits:
        SERVICE.check_decision(decision, detail, Facts(), beside())
        return
    with pytest.raises(Refused) as caught:
        SERVICE.check_decision(decision, detail, Facts(), beside())
    assert (caught.value.kind, caught.value.field) == (BAD_FIELD, "detail.deceased_on")


def test_a_correction_is_about_the_same_person() -> None:
    person, other = somebody(OUT), somebody(OUT)
    known, decision = facts(apply=application(person)), desk_pb2.DecideRequest(action="resubmit")
    SERVICE.check_decision(decision, transfer_pb2.Correction(application=application(person, name="新名")), known, beside())
    with pytest.raises(Refused) as caught:
        SERVICE.check_decision(decision, transfer_pb2.Correction(application=application(other)), known, beside())
    assert (caught.value.kind, caught.value.field) == (BAD_FIELD, "detail.application.id_number")
