"""What the officers of the province decide into which somebody wants to move."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from typing import TYPE_CHECKING, Final

from simulator.officers.forms import application, owed
from simulator.officers.judgement import Decision, Seen, ruling
from simulator.officers.occasions import Purpose
from yrdx.v1 import envelope_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SHANGHAI: Final = timezone(timedelta(hours=8))


def decide(purpose: Purpose, seen: Seen) -> Decision | None:
    """The decision, or None when there is nothing (more) to decide."""
    decision = _BY_PURPOSE[purpose](seen)
    return decision if decision and decision.action in seen.case.legal_actions else None


def _review(seen: Seen) -> Decision:
    dossier = seen.dossier
    if seen.case.state == "enquiring":
        return ruling(seen, "resume", envelope_pb2.REASON_CLASS_UNSPECIFIED, "found-out")
    if not dossier.policy_met:
        return ruling(seen, "refuse", envelope_pb2.REASON_CLASS_POLICY_NOT_MET, "policy")
    if dossier.paper_wanted:
        return ruling(seen, "switch-to-paper", envelope_pb2.REASON_CLASS_APPLICANT_WISH, "paper")
    if dossier.enquiry and not seen.said("pause", "IN"):
        return ruling(seen, "pause", envelope_pb2.REASON_CLASS_ENQUIRY, "enquiry")
    kind = "collective" if dossier.unit_head else "family"
    return Decision("permit", transfer_pb2.MovePermit(to_address=dossier.to_address, contact_phone=dossier.phone, household_kind=kind))


def _correction(seen: Seen) -> Decision:
    dossier = seen.dossier
    if dossier.abandoned:
        return ruling(seen, "withdraw", envelope_pb2.REASON_CLASS_APPLICANT_WISH, "abandoned")
    if dossier.unproven:
        return ruling(seen, "refuse", envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH, "unproven")
    missing = [promised for promised in owed(dossier) if seen.owes(promised.code)]
    corrected = application(dossier, missing, corrected=not dossier.insists)
    note = "申请人坚持原填信息。" if dossier.insists else "已按登记信息更正。"
    return Decision("resubmit", transfer_pb2.Correction(application=corrected, note=note), missing=int(seen.is_short_of_a_key_material()))


def _supplement(seen: Seen) -> Decision | None:
    promise = seen.dossier.promise
    if promise is None or not seen.owes(promise.scan.code):
        return None
    return Decision("supplement", transfer_pb2.Supplement(brought=[promise.scan.code]), scans=(promise.scan,))


def _arrival(seen: Seen) -> Decision:
    """The applicant stands at the counter; or his family does, because he has died."""
    dossier = seen.dossier
    if dossier.died:
        dead = dossier.others[-1].id_number if dossier.others else dossier.id_number
        receipt = transfer_pb2.LandingReceipt(deceased_on=_day_of_leaving(seen), deceased_id_number=dead, head_id_number=dossier.unit_head)
        return Decision("land", receipt, envelope_pb2.REASON_CLASS_DECEASED)
    wish = envelope_pb2.REASON_CLASS_APPLICANT_WISH if dossier.back else envelope_pb2.REASON_CLASS_UNSPECIFIED
    return Decision("land", transfer_pb2.LandingReceipt(head_id_number=dossier.unit_head), wish)


def _absence(seen: Seen) -> Decision:
    return Decision("land", transfer_pb2.LandingReceipt(head_id_number=seen.dossier.unit_head), envelope_pb2.REASON_CLASS_NO_SHOW)


def _wish(seen: Seen) -> Decision:
    return ruling(seen, "withdraw", envelope_pb2.REASON_CLASS_APPLICANT_WISH, "wish")


def _supervision(seen: Seen) -> Decision:
    return ruling(seen, "revoke", envelope_pb2.REASON_CLASS_AUTHORITY_ERROR, "audit")


def _day_of_leaving(seen: Seen) -> str:
    left = next(message for message in seen.shown.messages if message.action == "deregister")
    return left.accepted_at.ToDatetime(UTC).astimezone(_SHANGHAI).date().isoformat()


_BY_PURPOSE: Final[Mapping[Purpose, Callable[[Seen], Decision | None]]] = {
    Purpose.REVIEW: _review,
    Purpose.CORRECTION: _correction,
    Purpose.SUPPLEMENT: _supplement,
    Purpose.ARRIVAL: _arrival,
    Purpose.ABSENCE: _absence,
    Purpose.WISH: _wish,
    Purpose.SUPERVISION: _supervision,
}
