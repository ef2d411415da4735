"""The clocks of a case: when each starts, stands still, goes on, warns and ends. Pure; lengths are the policy's, days the calendar's."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from core.procedures.model import Case, Clock, Procedure
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from core.policy import Limit
    from core.procedures.engine import Rules
    from core.procedures.model import Deadline

_EVENT_NAMESPACE = uuid.UUID("6ab1b6de-8f0c-5d2e-9a54-0c6f3f2f7a11")


@dataclass(frozen=True, slots=True)
class Due:
    """Something the clock does to a case now. `event_id` is the same whoever computes it."""

    event_id: bytes
    kind: receipt_pb2.DueKind
    deadline: str
    cycle: int
    due_at: datetime


def is_running(case: Case, deadline: str, at: datetime) -> bool:
    """Whether a limit runs and has not passed; no name is always true."""
    if not deadline:
        return True
    clock = case.clock(deadline)
    return clock is not None and at < clock.due_at


def has_passed(case: Case, deadline: str) -> bool:
    """Whether a limit has passed, as its event says: the clock acts before every message, so nothing is overtaken."""
    if not deadline:
        return True
    clock = case.clock(deadline)
    return clock is not None and clock.overdue


def kept(case: Case, state: str, at: datetime, rules: Rules) -> tuple[Clock, ...]:
    """The clocks that the next state keeps: running, standing still, or going on with what was left."""
    found = []
    for clock in case.clocks:
        deadline = rules.procedure.deadline(clock.deadline)
        if state in deadline.runs_in:
            found.append(clock if clock.paused_at is None else _resumed(clock, at, rules))
        elif state in deadline.pauses_in:
            found.append(msgspec.structs.replace(clock, paused_at=clock.paused_at or at))
    return tuple(found)


def _resumed(clock: Clock, at: datetime, rules: Rules) -> Clock:
    """A clock that goes on: of a limit in working days, those that were left, at least one; of one in days, the time that was left."""
    assert clock.paused_at is not None  # noqa: S101 - the caller has looked
    if clock.overdue:
        return msgspec.structs.replace(clock, paused_at=None)
    limit = rules.policy.limits[clock.deadline]
    if limit.unit == "working":
        left = max(1, rules.calendar.working_days(clock.paused_at, clock.due_at))
    else:
        left = max(1, (clock.due_at - clock.paused_at).days)
    due_at = rules.calendar.deadline(at, left, limit.unit)
    return msgspec.structs.replace(clock, paused_at=None, due_at=due_at, warn_at=_warn_at(due_at, limit))


def start(case: Case, action: str, at: datetime, rules: Rules, *, from_receipt: bool) -> Case:
    """The case with the clocks that an action starts, on its acceptance or on its receipt; one that runs already starts again."""
    starting = [
        deadline
        for deadline in rules.procedure.deadlines
        if action in deadline.started_by
        and deadline.from_receipt == from_receipt
        and case.state in (*deadline.runs_in, *deadline.pauses_in)
    ]
    clocks = [clock for clock in case.clocks if clock.deadline not in {deadline.name for deadline in starting}]
    for n, deadline in enumerate(starting, 1):
        clocks.append(_clock(deadline, case.cycles + n, at, rules, paused=case.state in deadline.pauses_in))
    return msgspec.structs.replace(case, clocks=tuple(clocks), cycles=case.cycles + len(starting))


def _clock(deadline: Deadline, cycle: int, at: datetime, rules: Rules, *, paused: bool) -> Clock:
    limit = rules.policy.limits[deadline.name]
    due_at = rules.calendar.deadline(at, limit.days, limit.unit)
    return Clock(deadline.name, cycle, at, due_at, _warn_at(due_at, limit), paused_at=at if paused else None)


def _warn_at(due_at: datetime, limit: Limit) -> datetime | None:
    return due_at - timedelta(days=limit.warn_days) if limit.warn_days else None


def due_of(case: Case, clock: Clock, at: datetime, procedure: Procedure) -> list[Due]:
    """At most one event a clock and call; a limit that has passed no longer warns."""
    if clock.overdue or clock.paused_at is not None:
        return []
    if at >= clock.due_at:
        expires = bool(procedure.deadline(clock.deadline).expires_to)
        kind = receipt_pb2.DUE_KIND_EXPIRED if expires else receipt_pb2.DUE_KIND_OVERDUE
        return [_event(case, clock, kind, clock.due_at)]
    if clock.warn_at and at >= clock.warn_at and not clock.warned:
        return [_event(case, clock, receipt_pb2.DUE_KIND_WARNING, clock.warn_at)]
    return []


def _event(case: Case, clock: Clock, kind: receipt_pb2.DueKind, due_at: datetime) -> Due:
    """Named by case, deadline, cycle and kind: however often it is computed, it is one event."""
    name = f"{case.case_id.hex()}/{clock.deadline}/{clock.cycle}/{kind}"
    return Due(uuid.uuid5(_EVENT_NAMESPACE, name).bytes, kind, clock.deadline, clock.cycle, due_at)


def mark(clock: Clock, event: Due) -> Clock:
    """The clock after its event."""
    if event.kind == receipt_pb2.DUE_KIND_WARNING:
        return msgspec.structs.replace(clock, warned=True)
    return msgspec.structs.replace(clock, overdue=True)
