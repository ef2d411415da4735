"""The limits of a case: what starts each, and while what it runs or stands still.

Stated from the service: the destination reviews, the applicant corrects or his case lapses, a permit is good for so many days, the home has
its working day from the *receipt* of the permit, an act that was announced is carried out in time, and who has left arrives within the
validity of his certificate. Whoever must find something out has a limit for that, and what he had to do until then stands still.
Lengths stand in the policy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from simulator.oracle import rules
from simulator.oracle.case import UNDER_WAY, Act
from simulator.oracle.rules import CORRECTION, LANDING, VALIDITY
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from simulator.oracle.case import Case
    from simulator.oracle.timetable import Timetable
    from yrdx.v1.receipt_pb2 import DueEvent

REVIEW, ENQUIRY, DEREGISTER, EXECUTION = "review", "enquiry", "deregister", "execution"

_STARTED_BY: Final[Mapping[str, str]] = {
    rules.APPLY: REVIEW,
    rules.RESUBMIT: REVIEW,
    rules.RETURN: CORRECTION,
    rules.PERMIT: VALIDITY,
    rules.PAUSE: ENQUIRY,
    rules.DEREGISTER: EXECUTION,
    rules.ENTERED: LANDING,
}
_STARTED_BY_RECEIPT: Final = frozenset({rules.PERMIT, rules.RESUBMIT})
_RUNS: Final[Mapping[str, Callable[[Case], bool]]] = {
    REVIEW: lambda case: case.is_at_review and not case.enquirer,
    ENQUIRY: lambda case: case.is_revocable and bool(case.enquirer),
    CORRECTION: lambda case: case.is_revocable and case.returned,
    VALIDITY: lambda case: case.is_revocable and case.permitted,
    DEREGISTER: lambda case: case.is_at_response or (not case.ending and case.leaving in UNDER_WAY),
    EXECUTION: lambda case: not case.ending and case.leaving in UNDER_WAY,
    LANDING: lambda case: not case.ending and case.leaving is Act.ENTERED,
}
_STANDS_STILL: Final[Mapping[str, Callable[[Case], bool]]] = {
    REVIEW: lambda case: case.is_revocable and case.enquirer == case.destination,
    DEREGISTER: lambda case: case.is_revocable and case.enquirer == case.home,
}


@dataclass(slots=True)
class _Limit:
    """A limit that runs, or has stood still since `still_since`."""

    due_at: datetime
    warn_at: datetime | None
    is_over: bool = False
    still_since: datetime | None = None

    @property
    def is_running(self) -> bool:
        """Whether the clock may still speak of it."""
        return not self.is_over and self.still_since is None


@dataclass(slots=True)
class Limits:
    """The limits of one case."""

    timetable: Timetable
    running: dict[str, _Limit] = field(default_factory=dict)

    def overtaken(self, at: datetime) -> list[str]:
        """Limits that had passed by then without anybody being told."""
        return [name for name, limit in self.running.items() if limit.due_at <= at and limit.is_running]

    def said(self, case: Case, action: str, at: datetime) -> None:
        """A message was accepted, which led to this case.

        Raises:
            Unknown: see `Timetable.ends`.
        """
        self.running = {name: limit for name, limit in self.running.items() if _RUNS[name](case) or _stands_still(name, case)}
        for name, limit in self.running.items():
            if _stands_still(name, case):
                limit.still_since = limit.still_since or at
            elif limit.still_since is not None:
                self._go_on(name, limit, limit.still_since, at)
        started = _STARTED_BY.get(action)
        if started is not None and _RUNS[started](case):
            self.running[started] = _Limit(*self.timetable.ends(started, at))

    def received(self, case: Case, action: str, message_id: bytes, at: datetime) -> None:
        """A message was delivered; limits from receipt start when nothing has moved the case since.

        Raises:
            Unknown: see `Timetable.ends`.
        """
        if action not in _STARTED_BY_RECEIPT or case.last != message_id:
            return
        is_still = _stands_still(DEREGISTER, case)
        if is_still or _RUNS[DEREGISTER](case):
            self.running[DEREGISTER] = _Limit(*self.timetable.ends(DEREGISTER, at), still_since=at if is_still else None)

    def told(self, event: DueEvent, due_at: datetime) -> str:
        """Takes an event of the clock; says what is wrong with it, if anything."""
        limit = self.running.get(event.deadline)
        if limit is None or not limit.is_running:
            return f"tells of the limit {event.deadline}, which does not run"
        if event.kind == receipt_pb2.DUE_KIND_WARNING:
            return "" if due_at == limit.warn_at else f"warns of {event.deadline} at another time than the policy says"
        limit.is_over = True
        expires = event.kind == receipt_pb2.DUE_KIND_EXPIRED
        if expires != (event.deadline in rules.ENDED_BY_THE_CLOCK):
            return f"{event.deadline} only {'escalates' if expires else 'ends the case'}"
        earlier = [name for name, other in self.running.items() if other.is_running and other.due_at < limit.due_at]
        if expires and earlier:
            return f"ends the case before {', '.join(earlier)} was told"
        self.running = {} if expires else self.running
        return "" if due_at == limit.due_at else f"names another end of {event.deadline} than the calendar"

    def _go_on(self, name: str, limit: _Limit, since: datetime, at: datetime) -> None:
        """What was left when the limit came to stand still counts from now on."""
        limit.still_since = None
        if not limit.is_over:
            limit.due_at, limit.warn_at = self.timetable.goes_on(name, since, limit.due_at, at)


def _stands_still(name: str, case: Case) -> bool:
    return name in _STANDS_STILL and _STANDS_STILL[name](case)
