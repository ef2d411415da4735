"""The state of a case from its steps: pure, through the same functions as the hub's.

A node applies steps 1, 2, 3… in the order that the hub signed, whatever the order in which it learnt of them; a gap ends the fold. Logged
receipts act after the step that they name, so one that comes late finds its place. Sequence numbers of the other side are taken as the
ledger counted them: a refused message uses one up and is never seen here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from core.envelope import ReadMessage, read_header
from core.procedures import engine
from core.procedures.clocks import Due
from core.receipts import read_due_event
from nodes.common.store.steps import HUB

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from core.procedures.model import Case
    from core.rules import RuleBook
    from nodes.common.store.steps import Receipt, Step

NONE: Final[Mapping[bytes, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Folded:
    """What the steps add up to.

    Attributes:
        case: after the last applicable step; None when step 1 is missing.
        messages: those among the applied steps, by step.
    """

    case: Case | None
    messages: dict[int, ReadMessage]

    @property
    def last_header(self) -> bytes:
        """SHA-256 of the last applied header, empty when there was none among the steps."""
        return self.messages[max(self.messages)].digest if self.messages else b""


def fold(
    case: Case | None, steps: Iterable[Step], receipts: Sequence[Receipt], book: RuleBook, actions: Mapping[bytes, str] = NONE
) -> Folded:
    """Applies to a case the steps behind it, up to the first gap, and each receipt after the step that it names.

    Args:
        case: the state so far; None to begin with step 1.
        steps: of this case, in order.
        receipts: that have not acted yet; one that names an earlier step than the first of these does nothing here.
        book: every known rule.
        actions: of messages before these steps that receipts are about.

    Raises:
        Refused: when hub and node disagree about a step, or its rules are not known here: nothing can be applied from there on.
    """
    known, messages = dict(actions), dict[int, ReadMessage]()
    if case is not None:
        case = _received(case, receipts, known, book)
    for step in steps:
        if step.step != (case.step if case else 0) + 1:
            break
        if step.sender == HUB:
            case = _due(case, step, book)
        else:
            message = messages[step.step] = step.message or read_header(step.body)
            known[message.routing.message_id] = message.routing.action
            case = _action(case, message, step, book)
        case = _received(case, receipts, known, book)
    return Folded(case, messages)


def can_start_limits(case: Case, book: RuleBook) -> bool:
    """Whether a receipt may change the case as it stands, whichever message it is about."""
    return any(limit.from_receipt and case.state in {*limit.runs_in, *limit.pauses_in} for limit in book.of(case).procedure.deadlines)


def starts_a_limit(case: Case, body: bytes, book: RuleBook) -> bool:
    """Whether the receipt of this message may ever change the case."""
    action = read_header(body).routing.action
    return any(limit.from_receipt and action in limit.started_by for limit in book.of(case).procedure.deadlines)


def _action(case: Case | None, message: ReadMessage, step: Step, book: RuleBook) -> Case:
    if case is not None:
        sequences = {**case.sequences, message.routing.sender: message.header.case_seq - 1}
        case = msgspec.structs.replace(case, sequences=sequences)
    return engine.advance(case, message, step.business_at, book.of(case or message.header))


def _due(case: Case | None, step: Step, book: RuleBook) -> Case:
    event = read_due_event(step.body)
    assert case is not None  # noqa: S101 - step 1 opens a case, and only a message can
    due = Due(event.event_id, event.kind, event.deadline, event.cycle, event.due_at.ToDatetime(UTC))
    return engine.apply_due(case, due, book.of(case))


def _received(case: Case, receipts: Iterable[Receipt], actions: Mapping[bytes, str], book: RuleBook) -> Case:
    for receipt in receipts:
        if receipt.step == case.step and receipt.message_id in actions:
            case = engine.received(case, receipt.message_id, actions[receipt.message_id], receipt.business_at, book.of(case))
    return case
