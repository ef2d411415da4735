"""What a message or the clock does to a case: pure, the same at hub, node and auditor.

`advance` checks in this order and raises the first that fails: (1) the case exists, or the action opens it, (2) sender and receiver are its
two parties, (3) `case_seq` is the next of its sender, (4) the case is open, (5) the rules are those of the case, (6) the procedure has such
an arrow from the present state for this party, (7) the arrow's own conditions. NOT checked: form, signature and tags (core.envelope,
hub.verify), claims (the ledger). The caller applies `due` before `advance`, so that a deadline that has passed is never overtaken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from core.procedures import clocks
from core.procedures.model import CLOSED, CONTENT_REFUSED, Case, Content, Procedure, Transition
from core.refusals import (
    CASE_CLOSED,
    CASE_EXISTS,
    CASE_UNKNOWN,
    CONCERNS_OTHER,
    CONFLICTING_REPEAT,
    CONTENT_UNUSABLE,
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
    from core.policy import Policy
    from core.procedures.clocks import Due


@dataclass(frozen=True, slots=True)
class Rules:
    """What a case runs under; each part is a log artefact named by its digest in every header."""

    procedure: Procedure
    calendar: Calendar
    policy: Policy
    procedure_digest: bytes
    policy_digest: bytes


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
    return clocks.start(case, action, at, rules, from_receipt=True)


def due(case: Case, at: datetime, procedure: Procedure) -> list[Due]:
    """Everything the clock has to say about a case at business time `at`, in order of time; empty when nothing is due.

    An expiry ends the case, so nothing after it is said.
    """
    if case.state == CLOSED:
        return []
    found = [event for clock in case.clocks for event in clocks.due_of(case, clock, at, procedure)]
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
    marked = tuple(clocks.mark(clock, event) if clock.cycle == event.cycle else clock for clock in case.clocks)
    return msgspec.structs.replace(case, step=step, clocks=marked)


def legal_actions(case: Case, role: str, at: datetime, procedure: Procedure) -> list[str]:
    """Actions that a role may take now, by the procedure alone (the hub still judges races and claims)."""
    arrows = [arrow for arrow in procedure.transitions if arrow.at == case.state and arrow.by == role]
    return sorted(
        {
            arrow.action
            for arrow in arrows
            if clocks.is_running(case, arrow.needs_running, at) and clocks.has_passed(case, arrow.needs_passed)
        }
    )


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
        contents=(_content(message),),
    )
    return clocks.start(case, routing.action, at, rules, from_receipt=False)


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
    if message.action.anywhere:
        _check_about_content(case, message)
        return Transition(message.action.name, "", case.state, case.state)
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


def _check_about_content(case: Case, message: ReadMessage) -> None:
    """A refusal names content of the other side that stands; a second sealing, what was refused, by its author and with its commitment."""
    header, sender = message.header, message.routing.sender
    if message.action.name == CONTENT_REFUSED:
        content = case.content(header.concerns)
        if content is None or content.sender == sender or case.unusable:
            raise Refused(CONCERNS_OTHER, "concerns")
        return
    content = case.content(header.supersedes)
    author = content is not None and content.message_id == case.unusable and content.sender == sender
    if not author or content is None or content.commitment != header.plaintext_commitment:
        raise Refused(CONCERNS_OTHER, "supersedes")


def _check_conditions(case: Case, message: ReadMessage, arrow: Transition, at: datetime) -> None:
    header, action = message.header, message.action
    if not clocks.is_running(case, arrow.needs_running, at):
        raise Refused(NO_LIVE_PERMIT, "action")
    if not clocks.has_passed(case, arrow.needs_passed):
        raise Refused(LIMIT_NOT_PASSED, "action")
    if action.irreversible and (header.open_key_materials or case.open_key_materials):
        raise Refused(KEY_MATERIAL_OPEN, "open_key_materials")
    if action.irreversible and case.unusable:
        raise Refused(CONTENT_UNUSABLE, "action")
    if action.needs_reason and not header.reason_class:
        raise Refused(REASON_REQUIRED, "reason_class")
    if action.settles and header.concerns != case.concerns:
        raise Refused(CONCERNS_OTHER, "concerns")


def _move(case: Case, message: ReadMessage, arrow: Transition, at: datetime, rules: Rules) -> Case:
    state = arrow.to or case.returned_from
    returning = message.routing.action == "return"
    destined = _destined(case, arrow)
    moved = msgspec.structs.replace(
        consume_sequence(case, message),
        step=case.step + 1,
        state=state,
        brought_by=case.brought_by if message.action.aside else message.routing.message_id,
        clocks=clocks.kept(case, state, at, rules),
        concerns=message.routing.message_id if message.action.irreversible else case.concerns,
        returned_from=case.state if returning else case.returned_from,
        corrections=case.corrections + returning,
        ending=arrow.ending or (destined if state == CLOSED else ""),
        destined=destined,
        contents=_contents(case, message),
        unusable=_unusable(case, message),
        open_key_materials=message.header.open_key_materials if message.action.owes else case.open_key_materials,
    )
    return clocks.start(moved, message.routing.action, at, rules, from_receipt=False)


def _content(message: ReadMessage) -> Content:
    routing, header = message.routing, message.header
    return Content(routing.message_id, routing.sender, routing.action, header.plaintext_commitment, header.tag_commitment)


def _contents(case: Case, message: ReadMessage) -> tuple[Content, ...]:
    """With what this message says under seal; what is about a message, or answers for the register, is not asked for again."""
    if message.action.anywhere or message.action.settles:
        return case.contents
    new = _content(message)
    return (*(content for content in case.contents if (content.sender, content.action) != (new.sender, new.action)), new)


def _unusable(case: Case, message: ReadMessage) -> bytes:
    if not message.action.anywhere:
        return case.unusable
    return message.header.concerns if message.action.name == CONTENT_REFUSED else b""


def _destined(case: Case, arrow: Transition) -> str:
    if not arrow.destines:
        return case.destined
    return arrow.corrected_ending if case.corrections and arrow.corrected_ending else arrow.destines
