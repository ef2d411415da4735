"""Checks 10 and 11: every case is replayed through the procedure that its headers name.

What the hub accepted, `advance` must accept at the entry's business time, with the same step; what it refused for a reason of the
procedure, `advance` must refuse for that reason; whatever the clock had to say must have been said before, and nothing else. A case in
which the hub decided otherwise gives one finding and is left alone from there on, as is one of which something cannot be read.

Not covered: claims. PERSON_CLAIMED is the hub's word, because tags are not in the log; here it only must be an action that claims. Nor
that the clock spoke *in time*: an event may come late as long as nothing of the case overtook it.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from audit.findings import Check
from core.procedures import clocks, engine
from core.receipts import timestamp
from core.refusals import BY_NUMBER, PERSON_CLAIMED, Refused

if TYPE_CHECKING:
    from audit.entries import Record
    from audit.findings import Findings
    from audit.gaps import Gaps
    from audit.rules import LoggedRules
    from core.envelope import ReadMessage
    from core.procedures.engine import Rules
    from core.procedures.model import Case
    from yrdx.v1 import receipt_pb2

_PROCEDURE_REFUSALS = range(4001, 5000)


class Replay:
    """The state of every case after the entries so far."""

    def __init__(self, rules: LoggedRules, gaps: Gaps, findings: Findings) -> None:
        """Starts without cases."""
        self._rules, self._gaps, self._findings = rules, gaps, findings
        self._cases: dict[bytes, Case] = {}
        self._lost: set[bytes] = set()

    def accepted(self, record: Record, message: ReadMessage, rules: Rules) -> None:
        """Replays an ACTION entry."""
        if self._skips(record):
            return
        case = self._clock_silent(record)
        try:
            after = engine.advance(case, _under(rules, message), record.business_at, rules)
        except Refused as refusal:
            self._give_up(record, f"accepts what the procedure refuses: {refusal.kind.name}")
            return
        if after.step != record.entry.step:
            self._give_up(record, f"has step {record.entry.step} where the case is at {after.step}")
            return
        self._cases[after.case_id] = after

    def refused(self, record: Record, message: ReadMessage, rules: Rules) -> None:
        """Replays a REFUSED entry: nothing changes but that it uses up its number."""
        if self._skips(record):
            return
        case = self._clock_silent(record)
        if (text := _wrong_refusal(record, case, message, rules)) is not None:
            self._give_up(record, text)
            return
        if case is not None:
            self._cases[case.case_id] = engine.consume_sequence(case, message)

    def delivered(self, record: Record, action: str) -> None:
        """Replays a DELIVERED entry: limits from receipt start."""
        case = self._cases.get(record.entry.case_id)
        if self._skips(record) or case is None or not action:
            return
        rules = self._rules.of_case(case)
        try:
            self._cases[case.case_id] = engine.received(case, record.entry.message_id, action, record.business_at, rules)
        except Refused as refusal:
            self._give_up(record, f"starts a limit that cannot be computed: {refusal.kind.name}")

    def due(self, record: Record, event: receipt_pb2.DueEvent) -> None:
        """Replays a DUE entry: it must be the next thing that the clock had to say."""
        if self._skips(record):
            return
        case = self._cases.get(record.entry.case_id)
        if case is None:
            self._findings.add(Check.DUE_EVENTS, "is about no case", entry=record.index)
            return
        rules = self._rules.of_case(case)
        expected = next(iter(engine.due(case, record.business_at, rules.procedure)), None)
        if expected is None or not _is(event, expected, case):
            self._findings.add(Check.DUE_EVENTS, "was not what the clock had to say", entry=record.index)
            self._lost.add(case.case_id)
            return
        self._cases[case.case_id] = engine.apply_due(case, expected, rules)

    def _skips(self, record: Record) -> bool:
        if record.entry.case_id in self._lost or self._gaps.hide(record.entry.case_id):
            return True
        self._findings.count(Check.REPLAY)
        return False

    def _clock_silent(self, record: Record) -> Case | None:
        """The case before an action; a limit that had passed by then and was not logged is a finding."""
        case = self._cases.get(record.entry.case_id)
        if case is not None:
            for event in engine.due(case, record.business_at, self._rules.of_case(case).procedure)[:1]:
                text = f"overtakes the limit {event.deadline}, due {event.due_at:%Y-%m-%d %H:%M} UTC"
                self._findings.add(Check.DUE_EVENTS, text, entry=record.index)
        return case

    def _give_up(self, record: Record, text: str) -> None:
        self._findings.add(Check.REPLAY, text, entry=record.index)
        self._lost.add(record.entry.case_id)


def _under(rules: Rules, message: ReadMessage) -> ReadMessage:
    """The message with its action as the *logged* procedure defines it, which may be older than this software's."""
    action = rules.procedure.action(message.routing.action)
    return message if action is None else dataclasses.replace(message, action=action)


def _wrong_refusal(record: Record, case: Case | None, message: ReadMessage, rules: Rules) -> str | None:
    """Why the procedure would not have refused so, or None."""
    kind = BY_NUMBER.get(record.entry.refusal)
    if kind is None or kind.number not in _PROCEDURE_REFUSALS:
        return f"refuses for {record.entry.refusal}, which is no reason of a procedure"
    try:
        engine.advance(case, _under(rules, message), record.business_at, rules)
    except Refused as refusal:
        return None if refusal.kind is kind else f"refuses for {kind.name} where the procedure says {refusal.kind.name}"
    if kind is PERSON_CLAIMED and message.action.claims:
        return None
    return f"refuses for {kind.name} what the procedure accepts"


def _is(event: receipt_pb2.DueEvent, expected: clocks.Due, case: Case) -> bool:
    said = (event.event_id, event.kind, event.deadline, event.cycle, event.due_at, event.step, event.service)
    right = (expected.event_id, expected.kind, expected.deadline, expected.cycle, timestamp(expected.due_at), case.step + 1, case.service)
    return said == right
