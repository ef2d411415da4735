"""Household transfer (跨省户口迁移) at a node.

Decides what the two documents say that a node adds to an officer's decision: numbers and dates of 准迁证 and 迁移证, the record that goes
from one register to the other. Sources: 公通字〔2021〕12号 art. 43-47; the layout of document numbers is an assumption.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from core.calendar import SHANGHAI
from core.receipts import timestamp
from core.refusals import BAD_FIELD, RECORD_MISMATCH, Refused
from nodes.common.services.service import Person
from yrdx.v1 import envelope_pb2, register_pb2, resident_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from core.tags import Kind
    from nodes.common.facts import Facts
    from nodes.common.records.codec import RecordCodec
    from nodes.common.services.service import Occasion
    from yrdx.v1 import desk_pb2

_ID_NUMBER = re.compile(r"\d{17}[\dX]", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WEIGHTS: Final = tuple(pow(2, 17 - place, 11) for place in range(17))
_CHECK: Final = "10X98765432"
_PERMIT_VALIDITY: Final = "permit-validity"
_HEAD, _FAMILY = "02", "family"
_KEPT: Final = frozenset({"apply", "permit", "deregister"})


class HouseholdTransfer:
    """A `Service`."""

    def kept(self, action: str, payload: bytes) -> bytes | None:
        """What permit, certificate and landing are made from; of a correction the application, for the note was for an officer to read."""
        if action == "resubmit":
            correction = transfer_pb2.Correction.FromString(payload)
            correction.ClearField("note")
            return correction.SerializeToString(deterministic=True)
        return payload if action in _KEPT else None

    def check_application(self, application: Message) -> None:
        """Number with its check digit (GB 11643-1999, ISO 7064 MOD 11-2), name and ground."""
        assert isinstance(application, transfer_pb2.HouseholdApplication)  # noqa: S101 - the procedure names the type
        _check_id_number(application.id_number)
        if not application.name.strip():
            raise Refused(BAD_FIELD, "application.name")
        if not application.ground:
            raise Refused(BAD_FIELD, "application.ground")

    def person(self, facts: Facts) -> Person:
        """From the newest application; a correction replaces the first one."""
        application = _application(facts)
        return Person(application.id_number, application.name)

    def numbers(self, application: Message) -> Sequence[tuple[Kind, str]]:
        """One person."""
        assert isinstance(application, transfer_pb2.HouseholdApplication)  # noqa: S101 - as above
        return (("person", application.id_number),)

    def check_decision(self, decision: desk_pb2.DecideRequest, detail: Message, facts: Facts) -> None:
        """Address of a permit, reasons, the day of a death; a correction may not become about somebody else."""
        if isinstance(detail, transfer_pb2.MovePermit):
            _check_permit(detail)
        elif isinstance(detail, transfer_pb2.LandingReceipt) and _is_deceased(decision) != _is_date(detail.deceased_on):
            raise Refused(BAD_FIELD, "detail.deceased_on")
        elif isinstance(detail, transfer_pb2.Correction):
            self.check_application(detail.application)
            if detail.application.id_number != _application(facts).id_number:
                raise Refused(BAD_FIELD, "detail.application.id_number")  # another person is another case
        elif isinstance(detail, transfer_pb2.Decision | transfer_pb2.CorrectionRequest) and not detail.reason:
            raise Refused(BAD_FIELD, "detail.reason")

    def written(self, detail: Message, occasion: Occasion) -> Message:
        """Completes permit, certificate and landing receipt."""
        if isinstance(detail, transfer_pb2.MovePermit):
            return _permit(detail, occasion)
        if isinstance(detail, transfer_pb2.MigrationCertificate):
            return _certificate(occasion)
        if isinstance(detail, transfer_pb2.LandingReceipt):
            return _landing(detail, occasion)
        return detail

    def reservation(
        self, decision: desk_pb2.DecideRequest, operation_id: bytes, facts: Facts, codec: RecordCodec
    ) -> register_pb2.ReserveRequest:
        """deregister: the person's record. land: the place of a new one, in this province's own format; of the dead it ends at once.

        Raises:
            Refused: RECORD_MISMATCH when the certificate is somebody else's.
        """
        id_number = _application(facts).id_number
        if decision.action == "deregister":
            return register_pb2.ReserveRequest(operation_id=operation_id, change=register_pb2.REGISTER_CHANGE_MOVE_OUT, id_number=id_number)
        resident = _landing_resident(facts)
        _check_same(resident, _application(facts))
        record = register_pb2.ProvincialRecord(record=codec.encode(resident), format=codec.format)
        return register_pb2.ReserveRequest(
            operation_id=operation_id,
            change=register_pb2.REGISTER_CHANGE_MOVE_IN_DECEASED if _is_deceased(decision) else register_pb2.REGISTER_CHANGE_MOVE_IN,
            id_number=id_number,
            name=resident.name,
            record=record,
        )

    def check_reserved(self, action: str, reserved: register_pb2.ReserveResponse, facts: Facts, codec: RecordCodec) -> None:
        """OUT cancels only a record whose number and name are those of the permit."""
        if action != "deregister":
            return
        _check_same(codec.decode(reserved.record.record), _application(facts))


def _application(facts: Facts) -> transfer_pb2.HouseholdApplication:
    if "resubmit" in facts.payloads:
        return transfer_pb2.Correction.FromString(facts.payloads["resubmit"]).application
    return transfer_pb2.HouseholdApplication.FromString(facts.payloads.get("apply", b""))


def _check_same(resident: resident_pb2.Resident, stated: transfer_pb2.HouseholdApplication) -> None:
    """A register changes nothing about anybody but the person of the case."""
    for field in ("id_number", "name"):
        if getattr(resident, field) != getattr(stated, field):
            raise Refused(RECORD_MISMATCH, field)


def _check_permit(stated: transfer_pb2.MovePermit) -> None:
    if not stated.to_address.strip():
        raise Refused(BAD_FIELD, "detail.to_address")
    if stated.new_head_id_number:
        _check_id_number(stated.new_head_id_number)


def _permit(stated: transfer_pb2.MovePermit, occasion: Occasion) -> transfer_pb2.MovePermit:
    limit = occasion.rules.policy.limits[_PERMIT_VALIDITY]
    application = _application(occasion.facts)
    return transfer_pb2.MovePermit(
        permit_number=_number("ZQ", occasion),
        issuer_unit=occasion.unit,
        issued_at=timestamp(occasion.at),
        expires_at=timestamp(occasion.rules.calendar.deadline(occasion.at, limit.days, limit.unit)),
        id_number=application.id_number,
        name=application.name,
        to_address=stated.to_address,
        whole_household=stated.whole_household,
        new_head_id_number=stated.new_head_id_number,
        contact_phone=stated.contact_phone,
    )


def _certificate(occasion: Occasion) -> transfer_pb2.MigrationCertificate:
    assert occasion.reserved is not None  # noqa: S101 - written after stroke 1
    resident = occasion.codec.decode(occasion.reserved.record.record)
    return transfer_pb2.MigrationCertificate(
        certificate_number=_number("QY", occasion),
        permit_number=_permit_of(occasion.facts).permit_number,
        issued_at=timestamp(occasion.at),
        resident=resident,
        from_address=resident.address,
    )


def _landing(stated: transfer_pb2.LandingReceipt, occasion: Occasion) -> transfer_pb2.LandingReceipt:
    assert occasion.reserved is not None  # noqa: S101 - written after stroke 1
    return transfer_pb2.LandingReceipt(
        certificate_number=_certificate_of(occasion.facts).certificate_number,
        landed_at=timestamp(occasion.at),
        household_number=occasion.reserved.household_number,
        deceased_on=stated.deceased_on,
    )


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return _DATE.fullmatch(text) is not None


def _is_deceased(decision: desk_pb2.DecideRequest) -> bool:
    return decision.reason_class == envelope_pb2.REASON_CLASS_DECEASED


def _landing_resident(facts: Facts) -> resident_pb2.Resident:
    """The resident as the new province registers him: at the new address, a household of his own whose number the register gives."""
    resident = resident_pb2.Resident()
    resident.CopyFrom(_certificate_of(facts).resident)
    resident.address = _permit_of(facts).to_address
    resident.ClearField("address_code")
    resident.ClearField("household_number")
    resident.relation_to_head_code, resident.head_id_number, resident.household_kind = _HEAD, resident.id_number, _FAMILY
    return resident


def _permit_of(facts: Facts) -> transfer_pb2.MovePermit:
    return transfer_pb2.MovePermit.FromString(facts.payloads.get("permit", b""))


def _certificate_of(facts: Facts) -> transfer_pb2.MigrationCertificate:
    return transfer_pb2.MigrationCertificate.FromString(facts.payloads.get("deregister", b""))


def _number(kind: str, occasion: Occasion) -> str:
    """A document number: kind, province, year, and the end of the message id; the same whoever writes the message down again."""
    return f"{kind}{occasion.province}{occasion.at.astimezone(SHANGHAI):%Y}{occasion.message_id[-6:].hex().upper()}"


def _check_id_number(number: str) -> None:
    if not _ID_NUMBER.fullmatch(number):
        raise Refused(BAD_FIELD, "id_number")
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    if _CHECK[total % 11] != number[17]:
        raise Refused(BAD_FIELD, "id_number: check digit")
