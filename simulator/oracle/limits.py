"""The limits of a case: what starts each, and while what it runs.

Stated from the service: the destination reviews, the applicant corrects, a permit is good for so many days, the home has its working day
from the *receipt* of the permit, an act that was announced is carried out in time, and who has left arrives within the validity of his
certificate. Lengths stand in the policy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from simulator.oracle import rules
from simulator.oracle.rules import Act
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from simulator.oracle.rules import Case
    from simulator.oracle.timetable import Timetable
    from yrdx.v1.receipt_pb2 import DueEvent

REVIEW, CORRECTION, VALIDITY = "review", "correction", "permit-validity"
DEREGISTER, EXECUTION, LANDING = "deregister", "execution", "landing"

_STARTED_BY: Final[Mapping[str, str]] = {
    rules.APPLY: REVIEW,
    rules.RESUBMIT: REVIEW,
    rules.RETURN: CORRECTION,
    rules.PERMIT: VALIDITY,
    rules.DEREGISTER: EXECUTION,
    rules.ENTERED: LANDING,
}
_STARTED_BY_RECEIPT: Final = frozenset({rules.PERMIT, rules.RESUBMIT})
_HOME_IS_AT_IT: Final = frozenset({Act.ACCEPTED, Act.FAILED})
_RUNS: Final[Mapping[str, Callable[[Case], bool]]] = {
    REVIEW: lambda case: case.is_with_home and not case.permitted,
    CORRECTION: lambda case: case.is_revocable and case.returned,
    VALIDITY: lambda case: case.is_revocable and case.permitted,
    DEREGISTER: lambda case: not case.ending and case.permitted and not case.returned and case.leaving is not Act.ENTERED,
    EXECUTION: lambda case: not case.ending and case.leaving in _HOME_IS_AT_IT,
    LANDING: lambda case: not case.ending and case.leaving is Act.ENTERED,
}


@dataclass(slots=True)
class _Limit:
    """A running limit."""

    due_at: datetime
    warn_at: datetime | None
    is_over: bool = False


@dataclass(slots=True)
class Limits:
    """The running limits of one case."""

    timetable: Timetable
    running: dict[str, _Limit] = field(default_factory=dict)

    def overtaken(self, at: datetime) -> list[str]:
        """Limits that had passed by then without anybody being told."""
        return [name for name, limit in self.running.items() if limit.due_at <= at and not limit.is_over]

    def said(self, case: Case, action: str, at: datetime) -> None:
        """A message was accepted, which led to this case.

        Raises:
            Unknown: see `Timetable.ends`.
        """
        self.running = {name: limit for name, limit in self.running.items() if _RUNS[name](case)}
        name = _STARTED_BY.get(action)
        if name is not None and _RUNS[name](case):
            self.running[name] = _Limit(*self.timetable.ends(name, at))

    def received(self, case: Case, action: str, message_id: bytes, at: datetime) -> None:
        """A message was delivered; limits from receipt start when nothing has moved the case since.

        Raises:
            Unknown: see `Timetable.ends`.
        """
        if action in _STARTED_BY_RECEIPT and case.last == message_id and _RUNS[DEREGISTER](case):
            self.running[DEREGISTER] = _Limit(*self.timetable.ends(DEREGISTER, at))

    def told(self, event: DueEvent, due_at: datetime) -> str:
        """Takes an event of the clock; says what is wrong with it, if anything."""
        limit = self.running.get(event.deadline)
        if limit is None or limit.is_over:
            return f"tells of the limit {event.deadline}, which does not run"
        if event.kind == receipt_pb2.DUE_KIND_WARNING:
            return "" if due_at == limit.warn_at else f"warns of {event.deadline} at another time than the policy says"
        limit.is_over = True
        expires = event.kind == receipt_pb2.DUE_KIND_EXPIRED
        if expires != (event.deadline == VALIDITY):
            return f"{event.deadline} only {'escalates' if expires else 'ends the case'}"
        return "" if due_at == limit.due_at else f"names another end of {event.deadline} than the calendar"
