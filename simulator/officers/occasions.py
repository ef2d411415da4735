"""When somebody turns to a case, and why.

Decides from the state in which the case came, the side, and the dossier. Knows no ending.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from simulator.officers.dossier import When

if TYPE_CHECKING:
    from simulator.officers.dossier import Dossier
    from yrdx.v1 import desk_pb2

_NEXT_MORNING: Final = When(1, 2)
_MAY_BRING: Final = frozenset({"applied", "permitted", "investigating"})


class Purpose(Enum):
    """Why somebody turns to a case."""

    REVIEW = auto()
    CORRECTION = auto()
    ARRIVAL = auto()
    ABSENCE = auto()
    SUPPLEMENT = auto()
    WISH = auto()
    SUPERVISION = auto()
    RESPONSE = auto()
    WAY_BACK = auto()


_Planned = list[tuple[Purpose, When | None]]


def visits(case: desk_pb2.CaseView, role: str, dossier: Dossier) -> list[tuple[Purpose, When]]:
    """What the officers of one side plan when they see a case as it is now."""
    planned = _of_home(case.state, dossier) if role == "OUT" else _of_destination(case, dossier)
    return [(purpose, when) for purpose, when in planned if when is not None]


def is_news(before: desk_pb2.CaseView | None, case: desk_pb2.CaseView) -> bool:
    """Whether a change of a case asks for new plans: another state, a limit that has passed, a document that came."""
    if before is None:
        return True
    return before.state != case.state or before.overdue < case.overdue or len(before.documents) < len(case.documents)


def _of_destination(case: desk_pb2.CaseView, dossier: Dossier) -> _Planned:
    by_state: dict[str, _Planned] = {
        "applied": [(Purpose.REVIEW, dossier.review)],
        "enquiring": [(Purpose.REVIEW, dossier.enquiry)],
        "returned": [(Purpose.CORRECTION, dossier.correction)],
        "permitted": [(Purpose.SUPERVISION, dossier.error_found)],
        "deregistered": [(Purpose.ARRIVAL, dossier.arrival), (Purpose.ABSENCE, _NEXT_MORNING if case.overdue else None)],
    }
    planned = by_state.get(case.state, [])
    if dossier.second_thoughts and dossier.second_thoughts[0] == case.state:
        planned.append((Purpose.WISH, dossier.second_thoughts[1]))
    if dossier.promise and case.state in _MAY_BRING:
        planned.append((Purpose.SUPPLEMENT, dossier.promise.when))
    return planned


def _of_home(state: str, dossier: Dossier) -> _Planned:
    by_state: dict[str, _Planned] = {
        "applied": [(Purpose.RESPONSE, dossier.early_look)],
        "permitted": [(Purpose.RESPONSE, dossier.response)],
        "investigating": [(Purpose.RESPONSE, dossier.home_enquiry)],
        "deregistration-failed": [(Purpose.RESPONSE, dossier.response)],
        "closed": [(Purpose.WAY_BACK, _NEXT_MORNING if dossier.back else None)],
    }
    return by_state.get(state, [])
