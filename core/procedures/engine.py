"""What a message or the clock does to a case: pure, the same at hub, node and auditor.

`advance` checks in this order and raises the first that fails: (1) the case exists, or the action opens it, (2) sender and receiver are its
two parties, (3) `case_seq` is the next of its sender, (4) the case is open, (5) the rules are those of the case, (6) the procedure has such
an arrow from the present state for this party, (7) the arrow's own conditions. NOT checked: form, signature and tags (core.envelope,
hub.verify), claims (the ledger). The caller applies `due` before `advance`, so that a deadline that has passed is never overtaken.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from core.procedures.model import CLOSED, Case, Clock, Procedure
from core.refusals import (
    CASE_CLOSED,
    CASE_EXISTS,
    CASE_UNKNOWN,
    CONCERNS_OTHER,
    CONFLICTING_REPEAT,
    KEY_MATERIAL_OPEN,
    LIMIT_NOT_PASSED,
    NO_LIVE_PERMIT,
    NOT_A_PARTY,
    OUT_OF_PROCEDURE,
    PRIOR_MISSING,
    REASON_REQUIRED,
    RULES_CHANGED,
    WRONG_PARTY,
    Refused,
)
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from datetime import datetime

    from core.calendar import Calendar
    from core.envelope import ReadMessage
    from core.procedures.model import Deadline, Limit, Policy, Transition

_EVENT_NAMESPACE = uuid.UUID("6ab1b6de-8f0c-5d2e-9a54-0c6f3f2f7a11")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a case runs under; each part is a log artefact named by its digest in every header."""

    procedure: Procedure
    calendar: Calendar
    policy: Policy
    procedure_digest: bytes
    policy_digest: bytes


@dataclass(frozen=True, slots=True)
class Due:
    """Something the clock does to a case now. `event_id` is the same whoever computes it."""

    event_id: bytes
    kind: receipt_pb2.DueKind
    deadline: str
    cycle: int
    due_at: datetime


def advance(case: Case | None, message: ReadMessage, at: datetime, rules: Rules) -> Case:
    """The next state of a case after an action.

    Args:
        case: the state before, or None when there is no such case.
        message: the action, its form already checked.
        at: business time of the log entry.
        rules: those of the case; of a new case, those that its header names.

    Raises:
        Refused: PRIOR_MISSING (retriable) or CONFLICTING_REPEAT about the sequence; else a 4xxx kind, which uses up the `case_seq`.
    """
    if case is None:
        return _open(message, at, rules)
    _check_party(case, message)
    _check_sequence(case, message)
    _check_open(case, message)
    arrow = _arrow(case, message, rules.procedure)
    _check_conditions(case, message, arrow, at)
    return _move(case, message, arrow, at, rules)


def consume_sequence(case: Case, message: ReadMessage) -> Case:
    """The case after a signed refusal: unchanged, but the refused message has used up its `case_seq`.

    What is not between the two parties of the case has no number in it (its `case_seq` was never compared) and uses none up.
    """
    if not _between_parties(case, message):
        return case
    sequences = {**case.sequences, message.routing.sender: message.header.case_seq}
    return msgspec.structs.replace(case, sequences=sequences)


def received(case: Case, message_id: bytes, action: str, at: datetime, rules: Rules) -> Case:
    """The case after the DELIVERED entry of a message: limits "from receipt" start, if the message's state still lasts."""
    if case.brought_by != message_id:
        return case
    return _start_clocks(case, action, at, rules, from_receipt=True)


def due(case: Case, at: datetime, procedure: Procedure) -> list[Due]:
    """Everything the clock has to say about a case at business time `at`, in order of time; empty when nothing is due.

    An expiry ends the case, so nothing after it is said.
    """
    if case.state == CLOSED:
        return []
    found = [event for clock in case.clocks for event in _due_of(case, clock, at, procedure)]
    found.sort(key=lambda event: (event.due_at, event.deadline))
    expired = next((n for n, event in enumerate(found, 1) if event.kind == receipt_pb2.DUE_KIND_EXPIRED), len(found))
    return found[:expired]


def next_due(case: Case) -> datetime | None:
    """The next moment at which `due` will have something to say, or None."""
    if case.state == CLOSED:
        return None
    running = [clock for clock in case.clocks if not clock.overdue and clock.paused_at is None]
    moments = [clock.due_at for clock in running]
    moments += [clock.warn_at for clock in running if clock.warn_at and not clock.warned]
    return min(moments, default=None)


def apply_due(case: Case, event: Due, rules: Rules) -> Case:
    """The case after a hub-made event: the clock is marked, or the case ends (a limit with `expires_to`)."""
    step = case.step + 1
    if event.kind == receipt_pb2.DUE_KIND_EXPIRED:
        ending = rules.procedure.deadline(event.deadline).expires_to
        return msgspec.structs.replace(case, step=step, state=CLOSED, ending=ending, clocks=())
    marked = tuple(_mark(clock, event) if clock.cycle == event.cycle else clock for clock in case.clocks)
    return msgspec.structs.replace(case, step=step, clocks=marked)


def legal_actions(case: Case, role: str, at: datetime, procedure: Procedure) -> list[str]:
    """Actions that a role may take now, by the procedure alone (the hub still judges races and claims)."""
    arrows = [arrow for arrow in procedure.transitions if arrow.at == case.state and arrow.by == role]
    return sorted({arrow.action for arrow in arrows if _running(case, arrow.needs_running, at) and _passed(case, arrow.needs_passed)})


def _open(message: ReadMessage, at: datetime, rules: Rules) -> Case:
    if not message.action.opens:
        raise Refused(CASE_UNKNOWN, "case_id")
    if message.header.case_seq != 1:
        raise Refused(PRIOR_MISSING, "case_seq")
    routing, header, procedure = message.routing, message.header, rules.procedure
    case = Case(
        case_id=routing.case_id,
        service=routing.service,
        parties=dict(zip(procedure.roles, (routing.sender, routing.receiver), strict=True)),
        state=procedure.states[0].name,
        step=1,
        opened_at=at,
        clocks=(),
        sequences={routing.sender: 1},
        brought_by=routing.message_id,
        procedure_digest=header.procedure_digest,
        calendar_digest=header.calendar_digest,
        policy_digest=header.policy_digest,
        open_key_materials=header.open_key_materials,
    )
    return _start_clocks(case, routing.action, at, rules, from_receipt=False)


def _between_parties(case: Case, message: ReadMessage) -> bool:
    return {message.routing.sender, message.routing.receiver} == set(case.parties.values())


def _check_party(case: Case, message: ReadMessage) -> None:
    if not _between_parties(case, message):
        raise Refused(NOT_A_PARTY, "sender")


def _check_sequence(case: Case, message: ReadMessage) -> None:
    expected = case.sequences.get(message.routing.sender, 0) + 1
    if message.header.case_seq > expected:
        raise Refused(PRIOR_MISSING, "case_seq")
    if message.header.case_seq < expected:
        raise Refused(CONFLICTING_REPEAT, "case_seq")


def _check_open(case: Case, message: ReadMessage) -> None:
    if message.action.opens:
        raise Refused(CASE_EXISTS, "case_id")
    if case.state == CLOSED:
        raise Refused(CASE_CLOSED, "case_id")
    header = message.header
    named = (header.procedure_digest, header.calendar_digest, header.policy_digest)
    if named != (case.procedure_digest, case.calendar_digest, case.policy_digest):
        raise Refused(RULES_CHANGED, "procedure_digest")


def _arrow(case: Case, message: ReadMessage, procedure: Procedure) -> Transition:
    arrows = procedure.arrows(message.routing.action, case.state)
    if not arrows:
        raise Refused(OUT_OF_PROCEDURE, "action")
    role = case.role_of(message.routing.sender)
    own = [arrow for arrow in arrows if arrow.by == role]
    if not own:
        raise Refused(WRONG_PARTY, "sender")
    reason = message.header.reason_class
    arrow = next((arrow for arrow in own if arrow.reason == reason), None) or next((arrow for arrow in own if not arrow.reason), None)
    if arrow is None:
        raise Refused(OUT_OF_PROCEDURE, "reason_class")
    return arrow


def _check_conditions(case: Case, message: ReadMessage, arrow: Transition, at: datetime) -> None:
    header, action = message.header, message.action
    if not _running(case, arrow.needs_running, at):
        raise Refused(NO_LIVE_PERMIT, "action")
    if not _passed(case, arrow.needs_passed):
        raise Refused(LIMIT_NOT_PASSED, "action")
    if action.irreversible and (header.open_key_materials or case.open_key_materials):
        raise Refused(KEY_MATERIAL_OPEN, "open_key_materials")
    if action.needs_reason and not header.reason_class:
        raise Refused(REASON_REQUIRED, "reason_class")
    if action.settles and header.concerns != case.concerns:
        raise Refused(CONCERNS_OTHER, "concerns")


def _running(case: Case, deadline: str, at: datetime) -> bool:
    if not deadline:
        return True
    clock = case.clock(deadline)
    return clock is not None and at < clock.due_at


def _passed(case: Case, deadline: str) -> bool:
    """Whether a limit has passed, as its event says: the clock acts before every message, so nothing is overtaken."""
    if not deadline:
        return True
    clock = case.clock(deadline)
    return clock is not None and clock.overdue


def _move(case: Case, message: ReadMessage, arrow: Transition, at: datetime, rules: Rules) -> Case:
    state = arrow.to or case.returned_from
    returning = message.routing.action == "return"
    destined = _destined(case, arrow)
    moved = msgspec.structs.replace(
        consume_sequence(case, message),
        step=case.step + 1,
        state=state,
        brought_by=case.brought_by if message.action.aside else message.routing.message_id,
        clocks=_kept_clocks(case, state, at, rules),
        concerns=message.routing.message_id if message.action.irreversible else case.concerns,
        returned_from=case.state if returning else case.returned_from,
        corrections=case.corrections + returning,
        ending=arrow.ending or (destined if state == CLOSED else ""),
        destined=destined,
        open_key_materials=message.header.open_key_materials if message.action.owes else case.open_key_materials,
    )
    return _start_clocks(moved, message.routing.action, at, rules, from_receipt=False)


def _destined(case: Case, arrow: Transition) -> str:
    if not arrow.destines:
        return case.destined
    return arrow.corrected_ending if case.corrections and arrow.corrected_ending else arrow.destines


def _kept_clocks(case: Case, state: str, at: datetime, rules: Rules) -> tuple[Clock, ...]:
    """The clocks that the next state keeps: running, standing still, or going on with what was left."""
    kept = []
    for clock in case.clocks:
        deadline = rules.procedure.deadline(clock.deadline)
        if state in deadline.runs_in:
            kept.append(clock if clock.paused_at is None else _resumed(clock, at, rules))
        elif state in deadline.pauses_in:
            kept.append(msgspec.structs.replace(clock, paused_at=clock.paused_at or at))
    return tuple(kept)


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


def _start_clocks(case: Case, action: str, at: datetime, rules: Rules, *, from_receipt: bool) -> Case:
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


def _due_of(case: Case, clock: Clock, at: datetime, procedure: Procedure) -> list[Due]:
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


def _mark(clock: Clock, event: Due) -> Clock:
    if event.kind == receipt_pb2.DUE_KIND_WARNING:
        return msgspec.structs.replace(clock, warned=True)
    return msgspec.structs.replace(clock, overdue=True)
