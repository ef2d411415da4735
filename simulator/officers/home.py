"""What the officers of the province decide in which somebody is registered who wants to leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.officers.judgement import Decision, ruling
from yrdx.v1 import envelope_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from simulator.officers.judgement import Seen


def decide(seen: Seen) -> Decision | None:
    """The decision, or None when there is nothing (more) to decide: somebody acted before, or it is the other side's turn."""
    if seen.case.state == "deregistration-failed":
        decision = ruling(seen, "annul", envelope_pb2.REASON_CLASS_NOT_EXECUTABLE, "not-executable")
    elif seen.case.state == "investigating":
        decision = ruling(seen, "resume", envelope_pb2.REASON_CLASS_UNSPECIFIED, "found-out")
    else:
        decision = _doubt(seen) or Decision("deregister", transfer_pb2.MigrationCertificate())
    return decision if decision.action in seen.case.legal_actions and not _waits(seen, decision) else None


def has_left(seen: Seen) -> bool:
    """Whether the person whose case is over lives here no more."""
    return seen.case.state == "closed" and seen.found.found and seen.found.status == "moved-out"


def _waits(seen: Seen, decision: Decision) -> bool:
    """Nobody is struck off while a key material is missing."""
    return decision.action == "deregister" and seen.is_short_of_a_key_material()


def _doubt(seen: Seen) -> Decision | None:
    """What speaks against letting the person go, or must be known first."""
    dossier = seen.dossier
    if not all(one.found and one.status == "active" for one in seen.records):
        return ruling(seen, "refuse", envelope_pb2.REASON_CLASS_NOT_REGISTERED, "not-registered")
    if dossier.restricted:
        return ruling(seen, "refuse", envelope_pb2.REASON_CLASS_LEGAL_RESTRICTION, "restriction")
    if dossier.paper_kept:
        return ruling(seen, "switch-to-paper", envelope_pb2.REASON_CLASS_NOT_EXECUTABLE, "paper")
    if any(one.differences for one in seen.records) and not _overlooks(seen):
        return _disagreement(seen)
    if dossier.home_enquiry and not seen.said("pause", "OUT"):
        return ruling(seen, "pause", envelope_pb2.REASON_CLASS_ENQUIRY, "enquiry")
    return None


def _overlooks(seen: Seen) -> bool:
    """Whether the officer strikes somebody off without a look at the records, where he can; then his node refuses, and he looks."""
    can = "deregister" in seen.case.legal_actions and not seen.is_short_of_a_key_material()
    return seen.dossier.hasty and can and not seen.warned


def _disagreement(seen: Seen) -> Decision:
    """The applicant may correct himself once; who says the same again is not the person of the record."""
    if seen.said("return", "OUT"):
        return ruling(seen, "refuse", envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH, "somebody-else")
    differences = _differences(seen)
    names = any(difference.field == "name" for difference in differences)
    told = seen.reason("return", "mismatch" if names else "incomplete")
    request = transfer_pb2.CorrectionRequest(reason_code=told.code, reason=told.text_zh, differences=differences)
    reason = envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH if names else envelope_pb2.REASON_CLASS_MATERIAL_MISSING
    return Decision("return", request, reason)


def _differences(seen: Seen) -> list[transfer_pb2.FieldDifference]:
    """Everything that the register has otherwise, of everybody who moves (一次性告知)."""
    return [
        transfer_pb2.FieldDifference(field=field, stated=mover.name if field == "name" else "", id_number=mover.id_number)
        for mover, found in zip(seen.case.movers, seen.records, strict=True)
        for field in found.differences
    ]
