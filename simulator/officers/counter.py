"""What is gone through with an applicant before a case is opened: he tells what the rules of both provinces ask (`Desk.Precheck`).

Decides what he can tell and what he has with him, what a word puts right at once, and what he has when he comes back. Whether the rules are
against it the node says; what an applicant does not know is not stated.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from yrdx.v1 import household_transfer_pb2 as transfer_pb2
from yrdx.v1 import precheck_pb2

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from simulator.officers.dossier import Dossier

APPROVAL: Final = "talent-approval"
AUTHORITY: Final = "agent-authority"
_MATERIALS: Final = ("identity", "receiving-consent", "relation-proof", "application-form", "photo", "old-booklet")


def enquiry(service: str, dossier: Dossier) -> precheck_pb2.PrecheckRequest:
    """What is known before anything was asked."""
    ground = transfer_pb2.TransferGround.Name(dossier.ground).removeprefix("TRANSFER_GROUND_").lower().replace("_", "-")
    return precheck_pb2.PrecheckRequest(service=service, counterpart=dossier.home, ground=ground, materials=_at_hand(dossier))


def answers(dossier: Dossier, found: Iterable[precheck_pb2.PrecheckFinding]) -> Mapping[str, str]:
    """What the applicant tells of what these findings ask."""
    told = _told(dossier)
    asked = {name for one in found for name in one.asks}
    return {name: told[name] for name in sorted(asked & told.keys())}


def named(grade: precheck_pb2.PrecheckGrade) -> str:
    """The grade in a word."""
    return precheck_pb2.PrecheckGrade.Name(grade).removeprefix("PRECHECK_GRADE_").lower()


def reminded(dossier: Dossier) -> Dossier:
    """The same wish once the applicant has named who follows him as the head of the household that he leaves."""
    return replace(dossier, forgets_new_head=False)


def complete(dossier: Dossier) -> Dossier:
    """The same wish when he comes back with what he lacked."""
    return replace(dossier, lacks=(), comes_back=None)


def _at_hand(dossier: Dossier) -> list[str]:
    """Codes of materials. That a key one which he will bring again is not good enough shows only when it is scanned."""
    promise = dossier.promise
    missing: Collection[str] = {*dossier.lacks, *([promise.scan.code] if promise and not promise.is_key else [])}
    return [code for code in _MATERIALS if code not in missing]


def _told(dossier: Dossier) -> dict[str, str]:
    """Facts by the names that rules have for them. Whether his household or he himself is under a restriction he cannot tell."""
    guarded = dossier.guardian is not None or any(one.guardian for one in dossier.others)
    facts = {
        "minor": guarded,
        "guardian-present": guarded,
        "agent": dossier.agent is not None,
        "written-authority": any(scan.code == AUTHORITY for scan in dossier.scans),
        "head-of-household": dossier.is_head,
        "whole-household": dossier.is_head and not dossier.new_head,
        "new-head-named": not dossier.forgets_new_head,
        APPROVAL: APPROVAL not in dossier.lacks,
        "fresh-graduate": False,
        "under-control": False,
        "school-household": False,
    }
    return {**{name: "true" if so else "false" for name, so in facts.items()}, "receiving-area": dossier.to_area}
