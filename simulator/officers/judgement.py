"""What an officer does about a case: when he turns to it, and what he then decides.

Decides from three things only: the case as his node shows it, the answer of his own register, and the dossier. Knows no ending: where
a case ends is up to both provinces and the order of the ledger. Does not check legality; the node does, and the hub again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from yrdx.v1 import envelope_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from simulator.officers.dossier import Dossier, When
    from yrdx.v1 import desk_pb2


class Purpose(Enum):
    """Why somebody turns to a case."""

    REVIEW = auto()
    CORRECTION = auto()
    ARRIVAL = auto()
    WISH = auto()
    SUPERVISION = auto()
    RESPONSE = auto()


@dataclass(frozen=True, slots=True)
class Decision:
    """An action with what is stated in it."""

    action: str
    detail: Message
    reason: envelope_pb2.ReasonClass = envelope_pb2.REASON_CLASS_UNSPECIFIED


def visits(state: str, role: str, dossier: Dossier) -> list[tuple[Purpose, When]]:
    """What the officers of one side plan when a case comes into `state`."""
    if role == "OUT":
        return _of_home(state, dossier)
    planned = _of_destination(state, dossier)
    if dossier.second_thoughts and dossier.second_thoughts[0] == state:
        planned.append((Purpose.WISH, dossier.second_thoughts[1]))
    return planned


def decide(purpose: Purpose, case: desk_pb2.CaseView, found: desk_pb2.FindResidentResponse | None, dossier: Dossier) -> Decision | None:
    """The decision, or None when there is nothing (more) to decide: somebody acted before, or it is the other side's turn.

    Args:
        purpose: why the officer looks.
        case: what he sees.
        found: the person's record here; None at the destination, which has none yet.
        dossier: what he learns by asking.
    """
    decision = _at_home(case, found, dossier) if found is not None else _at_destination(purpose, case, dossier)
    return decision if decision and decision.action in case.legal_actions else None


def _of_destination(state: str, dossier: Dossier) -> list[tuple[Purpose, When]]:
    if state == "applied":
        return [(Purpose.REVIEW, dossier.review)]
    if state == "returned":
        return [(Purpose.CORRECTION, dossier.correction)]
    if state == "deregistered":
        return [(Purpose.ARRIVAL, dossier.arrival)]
    if state == "permitted" and dossier.error_found:
        return [(Purpose.SUPERVISION, dossier.error_found)]
    return []


def _of_home(state: str, dossier: Dossier) -> list[tuple[Purpose, When]]:
    if state in {"permitted", "deregistration-failed"}:
        return [(Purpose.RESPONSE, dossier.response)]
    if state == "applied" and dossier.early_look:
        return [(Purpose.RESPONSE, dossier.early_look)]
    return []


def _at_destination(purpose: Purpose, case: desk_pb2.CaseView, dossier: Dossier) -> Decision | None:
    if purpose is Purpose.REVIEW:
        return _review(dossier)
    if purpose is Purpose.CORRECTION:
        return _correction(dossier)
    if purpose is Purpose.WISH:
        return _decision("withdraw", envelope_pb2.REASON_CLASS_APPLICANT_WISH, "wish", "申请人本人提出撤回申请。")
    if purpose is Purpose.SUPERVISION:
        return _decision("revoke", envelope_pb2.REASON_CLASS_AUTHORITY_ERROR, "audit", "复核发现准迁审批有误，予以撤销。")
    return Decision("land", transfer_pb2.LandingReceipt()) if case.state == "deregistered" else None


def _review(dossier: Dossier) -> Decision:
    if not dossier.policy_met:
        return _decision("refuse", envelope_pb2.REASON_CLASS_POLICY_NOT_MET, "policy", "不符合迁入地落户政策，不予准迁。")
    permit = transfer_pb2.MovePermit(to_address=dossier.to_address, contact_phone=dossier.phone)
    return Decision("permit", permit)


def _correction(dossier: Dossier) -> Decision:
    if dossier.abandoned:
        return _decision("withdraw", envelope_pb2.REASON_CLASS_APPLICANT_WISH, "abandoned", "申请人不再补正，撤回申请。")
    application = transfer_pb2.HouseholdApplication(id_number=dossier.id_number, name=dossier.name, ground=dossier.ground)
    return Decision("resubmit", transfer_pb2.Correction(application=application, note="已按登记信息更正姓名。"))


def _at_home(case: desk_pb2.CaseView, found: desk_pb2.FindResidentResponse, dossier: Dossier) -> Decision | None:
    if case.state == "deregistration-failed":
        return _decision("annul", envelope_pb2.REASON_CLASS_NOT_EXECUTABLE, "not-executable", "迁出注销无法执行，案件终止，户籍不变。")
    if not found.found or found.status != "active":
        return _decision("refuse", envelope_pb2.REASON_CLASS_NOT_REGISTERED, "not-registered", "本地无此人有效户籍登记。")
    if dossier.restricted:
        return _decision("refuse", envelope_pb2.REASON_CLASS_LEGAL_RESTRICTION, "restriction", "依法限制迁出，不同意迁出。")
    if found.differences:
        return _return(case, found)
    return Decision("deregister", transfer_pb2.MigrationCertificate()) if case.state == "permitted" else None


def _return(case: desk_pb2.CaseView, found: desk_pb2.FindResidentResponse) -> Decision:
    differences = [transfer_pb2.FieldDifference(field=field, stated=_stated(case, field)) for field in found.differences]
    text = "申请信息与户籍登记不一致，请核对更正。"
    request = transfer_pb2.CorrectionRequest(reason_code="mismatch", reason=text, differences=differences)
    return Decision("return", request, envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH)


def _stated(case: desk_pb2.CaseView, field: str) -> str:
    return case.person_name if field == "name" else ""


def _decision(action: str, reason: envelope_pb2.ReasonClass, code: str, text: str) -> Decision:
    return Decision(action, transfer_pb2.Decision(reason_code=code, reason=text), reason)
