"""The state of a case from its steps: pure, through the same functions as the hub's.

A node applies steps 1, 2, 3… in the order that the hub signed, whatever the order in which it learnt of them; a gap ends the fold. Logged
receipts act after the step that they name, so one that comes late finds its place. Sequence numbers of the other side are taken as the
ledger counted them: a refused message uses one up and is never seen here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

import msgspec

from core.envelope import read_header
from core.procedures import engine
from core.procedures.engine import Due
from core.receipts import read_due_event
from nodes.common.store.steps import HUB

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.envelope import ReadMessage
    from core.procedures.model import Case
    from core.rules import RuleBook
    from nodes.common.store.steps import Receipt, Step


@dataclass(frozen=True, slots=True)
class Folded:
    """What the steps add up to.

    Attributes:
        case: after the last applicable step; None when step 1 is missing.
        messages: the applied messages by step, without due events.
    """

    case: Case | None
    messages: dict[int, ReadMessage]

    @property
    def last_header(self) -> bytes:
        """SHA-256 of the last applied header, empty without one."""
        return self.messages[max(self.messages)].digest if self.messages else b""


def fold(steps: Iterable[Step], receipts: Sequence[Receipt], book: RuleBook) -> Folded:
    """Applies the steps of one case from the first up to the first gap.

    Raises:
        Refused: when hub and node disagree about a step, or its rules are not known here: nothing can be applied from there on.
    """
    case: Case | None = None
    messages: dict[int, ReadMessage] = {}
    for step in steps:
        if step.step != (case.step if case else 0) + 1:
            break
        if step.sender == HUB:
            case = _due(case, step, book)
        else:
            message = messages[step.step] = read_header(step.body)
            case = _action(case, message, step, book)
        case = _received(case, [one for one in receipts if one.step == step.step], messages, book)
    return Folded(case, messages)


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


def _received(case: Case, receipts: Iterable[Receipt], messages: dict[int, ReadMessage], book: RuleBook) -> Case:
    actions = {message.routing.message_id: message.routing.action for message in messages.values()}
    for receipt in receipts:
        if receipt.message_id in actions:
            case = engine.received(case, receipt.message_id, actions[receipt.message_id], receipt.business_at, book.of(case))
    return case
