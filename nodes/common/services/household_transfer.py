"""Household transfer (跨省户口迁移) at a node.

Decides what an officer must state, what the registers are asked to do, and where records contradict the case. Who may move with whom
stands in `movers`, what may be promised in `materials`, the documents in `transfer_documents`, how people stand in their new register in
`landing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.policy import knows_reason
from core.refusals import BAD_FIELD, NEW_HEAD_REQUIRED, Refused
from nodes.common.services import landing, materials, transfer_documents, transfer_facts
from nodes.common.services.citizens import check_number
from nodes.common.services.movers import check_movers, moving, people
from nodes.common.services.service import Living
from yrdx.v1 import desk_pb2, envelope_pb2, register_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from google.protobuf.message import Message

    from core.policy import Policy
    from core.tags import Kind
    from nodes.common.facts import Facts
    from nodes.common.records.codec import RecordCodec
    from nodes.common.services.materials import Owed
    from nodes.common.services.service import Beside, Occasion, Person
    from yrdx.v1 import resident_pb2

_HEAD: Final = "02"
_KEPT: Final = frozenset({"apply", "permit", "supplement", "deregister"})
_REASONED: Final = (transfer_pb2.Decision, transfer_pb2.CorrectionRequest)
"""What an officer gives a reason with; that of an `ExecutionFailed` is the register's."""
_MOVE_OUT, _MOVE_IN = register_pb2.REGISTER_CHANGE_MOVE_OUT, register_pb2.REGISTER_CHANGE_MOVE_IN


class HouseholdTransfer:
    """A `Service`."""

    def kept(self, action: str, payload: bytes) -> bytes | None:
        """What permit, certificate and landing are made from; of a correction the application, for the note was for an officer to read."""
        if action == "resubmit":
            correction = transfer_pb2.Correction.FromString(payload)
            correction.ClearField("note")
            return correction.SerializeToString(deterministic=True)
        return payload if action in _KEPT else None

    def check_content(self, content: Message, beside: Beside) -> None:
        """An application, also a corrected one, with everybody in it; what is promised, in whatever action."""
        application = _applied(content)
        if application is not None:
            if not application.ground:
                raise Refused(BAD_FIELD, "ground")
            check_movers(application, beside.documents, beside.at)
        promises = _promised(content)
        if promises is not None:
            materials.check_promises(promises, beside.open_key_materials, beside.policy)
        if isinstance(content, transfer_pb2.Supplement):
            materials.check_codes(content.brought, beside.policy, "brought")

    def check_said(self, content: Message, beside: Beside) -> None:
        """The same, and nobody promises for a day that is over."""
        self.check_content(content, beside)
        if beside.is_today:
            materials.check_days(_promised(content) or (), beside.at)

    def has_unknown_reason(self, action: str, content: Message, policy: Policy) -> bool:
        """By its code; payloads that give none have no unknown one."""
        return isinstance(content, _REASONED) and not knows_reason(policy, action, content.reason_code)

    def people(self, facts: Facts) -> tuple[Person, ...]:
        """From the newest application; a correction replaces the first one."""
        return people(transfer_facts.application(facts))

    def movers(self, facts: Facts) -> Sequence[desk_pb2.MoverView]:
        """With relation and guardian."""
        application = transfer_facts.application(facts)
        return [
            desk_pb2.MoverView(
                id_number=one.id_number,
                name=one.name,
                relation_code=one.relation_code,
                guardian_id_number=one.guardian.id_number,
                guardian_name=one.guardian.name,
            )
            for one in moving(application)
        ]

    def owed(self, facts: Facts, policy: Policy, at: datetime) -> Sequence[Owed]:
        """By the applicant's newest word."""
        return materials.owed(transfer_facts.promises(facts), policy, at)

    def numbers(self, application: Message) -> Sequence[tuple[Kind, str]]:
        """Everybody who moves."""
        assert isinstance(application, transfer_pb2.HouseholdApplication)  # noqa: S101 - the procedure names the type
        return [("person", person.id_number) for person in people(application)]

    def claimed(self, facts: Facts) -> Sequence[tuple[Kind, str]]:
        """No correction changes who moves."""
        return self.numbers(transfer_facts.application(facts))

    def looked_up(self, facts: Facts) -> Sequence[str]:
        """Everybody who moves, and who follows the head of the household that they leave."""
        application = transfer_facts.application(facts)
        numbers = [*(person.id_number for person in people(application)), application.new_head_id_number]
        return [number for number in numbers if number]

    def differences(self, facts: Facts, living: Mapping[str, Living]) -> Sequence[Sequence[str]]:
        """Names; and at the applicant, who must name him, whoever follows a head that leaves others behind."""
        application = transfer_facts.application(facts)
        stated = people(application)
        found = [_differences(person, living[person.id_number]) for person in stated]
        leaving = [living[person.id_number] for person in stated]
        successor = living.get(application.new_head_id_number, Living(None))
        if any(_is_left_without_head(one, leaving, successor) for one in leaving):
            found[0].append("new_head_id_number")
        return found

    def check_decision(self, decision: desk_pb2.DecideRequest, detail: Message, facts: Facts, beside: Beside) -> None:
        """Address of a permit, reasons, the day of a death; a correction may not become about somebody else."""
        self.check_said(detail, beside)
        if isinstance(detail, transfer_pb2.MovePermit):
            _check_permit(detail, facts)
        elif isinstance(detail, transfer_pb2.LandingReceipt):
            _check_landing(decision, detail, facts)
        elif isinstance(detail, transfer_pb2.Correction):
            numbers = {person.id_number for person in self.people(facts)}
            if detail.application.id_number != self.people(facts)[0].id_number:
                raise Refused(BAD_FIELD, "detail.application.id_number")  # another person is another case
            if {person.id_number for person in people(detail.application)} != numbers:
                raise Refused(BAD_FIELD, "detail.application.others")
        elif isinstance(detail, _REASONED):
            self._check_reason(decision.action, detail, beside.policy)
        if isinstance(detail, transfer_pb2.CorrectionRequest):
            self._check_request(detail, facts, beside)

    def written(self, detail: Message, occasion: Occasion) -> Message:
        """Completes permit, certificate and landing receipt."""
        if isinstance(detail, transfer_pb2.MovePermit):
            return transfer_documents.permit(detail, occasion)
        if isinstance(detail, transfer_pb2.MigrationCertificate):
            return transfer_documents.certificate(occasion)
        if isinstance(detail, transfer_pb2.LandingReceipt):
            return transfer_documents.landing(detail, occasion)
        return detail

    def reservation(
        self, decision: desk_pb2.DecideRequest, operation_id: bytes, facts: Facts, codec: RecordCodec
    ) -> register_pb2.ReserveRequest:
        """deregister: everybody's record. land: the place of new ones, in this province's own format; that of who died ends at once.

        Raises:
            Refused: RECORD_MISMATCH when the certificate is somebody else's.
        """
        if decision.action == "deregister":
            changes = [register_pb2.PersonChange(change=_MOVE_OUT, id_number=one.id_number) for one in self.people(facts)]
        else:
            changes = _arrivals(decision, facts, codec)
        first, *others = changes
        return register_pb2.ReserveRequest(
            operation_id=operation_id,
            change=first.change,
            id_number=first.id_number,
            name=first.name,
            record=first.record if first.HasField("record") else None,
            others=others,
        )

    def check_reserved(self, action: str, reserved: register_pb2.ReserveResponse, facts: Facts, codec: RecordCodec) -> None:
        """OUT cancels only records whose numbers and names are those of the permit, and leaves no household without a head."""
        if action != "deregister":
            return
        residents = [codec.decode(held.record) for held in (reserved.record, *reserved.others)]
        transfer_facts.check_same(residents, facts)
        left = any(staying and _is_head(resident) for resident, staying in zip(residents, reserved.staying, strict=False))
        if left and not transfer_facts.application(facts).new_head_id_number:
            raise Refused(NEW_HEAD_REQUIRED, "new_head_id_number")

    def _check_reason(self, action: str, detail: transfer_pb2.Decision | transfer_pb2.CorrectionRequest, policy: Policy) -> None:
        """In words, and by a code that both sides know."""
        if not detail.reason:
            raise Refused(BAD_FIELD, "detail.reason")
        if self.has_unknown_reason(action, detail, policy):
            raise Refused(BAD_FIELD, "detail.reason_code")

    def _check_request(self, detail: transfer_pb2.CorrectionRequest, facts: Facts, beside: Beside) -> None:
        """What shall be corrected is something of the people of the case, or a material that there is."""
        known = {"", *(person.id_number for person in self.people(facts))}
        if any(not one.field or one.id_number not in known for one in detail.differences):
            raise Refused(BAD_FIELD, "detail.differences")
        materials.check_codes(detail.missing_materials, beside.policy, "detail.missing_materials")


def _applied(content: Message) -> transfer_pb2.HouseholdApplication | None:
    if isinstance(content, transfer_pb2.Correction):
        return content.application
    return content if isinstance(content, transfer_pb2.HouseholdApplication) else None


def _promised(content: Message) -> Sequence[transfer_pb2.PromisedMaterial] | None:
    """What a payload says of what is still missing; None when it says nothing of it."""
    application = _applied(content)
    if application is not None:
        return application.missing
    return content.missing if isinstance(content, transfer_pb2.Supplement) else None


def _is_head(resident: resident_pb2.Resident) -> bool:
    """Of a household whose members name their own head."""
    return resident.relation_to_head_code == _HEAD and resident.household_kind != landing.COLLECTIVE


def _differences(person: Person, living: Living) -> list[str]:
    return ["name"] if living.resident is not None and living.resident.name != person.name else []


def _is_left_without_head(head: Living, leaving: Sequence[Living], successor: Living) -> bool:
    """Whether he heads a household in which others stay, and the one who shall follow him is none of them."""
    if head.resident is None or not head.is_active or not _is_head(head.resident):
        return False
    number = head.resident.household_number
    gone = sum(one.is_active and one.resident is not None and one.resident.household_number == number for one in leaving)
    follows = successor.is_active and successor.resident is not None and successor.resident.household_number == number
    return head.household_size > gone and not follows


def _is_deceased(decision: desk_pb2.DecideRequest) -> bool:
    return decision.reason_class == envelope_pb2.REASON_CLASS_DECEASED


def _check_permit(stated: transfer_pb2.MovePermit, facts: Facts) -> None:
    if not stated.to_address.strip():
        raise Refused(BAD_FIELD, "detail.to_address")
    if stated.household_kind not in {"", landing.FAMILY, landing.COLLECTIVE}:
        raise Refused(BAD_FIELD, "detail.household_kind")
    if stated.new_head_id_number not in {"", transfer_facts.application(facts).new_head_id_number}:
        raise Refused(BAD_FIELD, "detail.new_head_id_number")  # that is the applicant's to say


def _check_landing(decision: desk_pb2.DecideRequest, stated: transfer_pb2.LandingReceipt, facts: Facts) -> None:
    """Who died, and when (of one who moves alone that is plain); who heads a collective household."""
    died = _is_deceased(decision)
    if died != (materials.day(stated.deceased_on) is not None):
        raise Refused(BAD_FIELD, "detail.deceased_on")
    numbers = [person.id_number for person in people(transfer_facts.application(facts))]
    dead = stated.deceased_id_number or (numbers[0] if len(numbers) == 1 else "")
    if (dead not in numbers) if died else stated.deceased_id_number:
        raise Refused(BAD_FIELD, "detail.deceased_id_number")
    collective = transfer_facts.permit(facts).household_kind == landing.COLLECTIVE
    if collective:
        check_number(stated.head_id_number, "detail.head_id_number")
    elif stated.head_id_number:
        raise Refused(BAD_FIELD, "detail.head_id_number")


def _arrivals(decision: desk_pb2.DecideRequest, facts: Facts, codec: RecordCodec) -> list[register_pb2.PersonChange]:
    stated = transfer_pb2.LandingReceipt()
    decision.detail.Unpack(stated)
    residents = landing.residents(facts, stated)
    transfer_facts.check_same(residents, facts)
    dead = (stated.deceased_id_number or residents[0].id_number) if _is_deceased(decision) else ""
    return [
        register_pb2.PersonChange(
            change=register_pb2.REGISTER_CHANGE_MOVE_IN_DECEASED if one.id_number == dead else _MOVE_IN,
            id_number=one.id_number,
            name=one.name,
            record=register_pb2.ProvincialRecord(record=codec.encode(one), format=codec.format),
        )
        for one in residents
    ]
