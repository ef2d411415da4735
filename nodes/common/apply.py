"""Brings cases up to date with their known steps: the node's part of step 5 that changes something.

Runs in the transaction that stored the steps, or later in one of its own: a step that waits for an earlier one is applied when that one
comes. If we crash before the commit, the same call at the next start does the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import tags
from core.procedures.model import CLOSED
from core.refusals import TAG_COMMITMENT_MISMATCH, Refused
from nodes.common.content import SealedContent, documents_of, payload
from nodes.common.fold import Folded, fold
from nodes.common.services import SERVICES
from nodes.common.store import steps as steps_of
from nodes.common.store.cases import CaseRow, Shown
from runtime import process_log

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from core.envelope import ReadMessage
    from core.rules import RuleBook
    from nodes.common.store.cases import Cases
    from nodes.common.store.database import Connection
    from nodes.common.store.steps import Step
    from pki.storage import StorageCipher

_LOG = process_log.get("nodes.apply")


@dataclass(frozen=True, slots=True, kw_only=True)
class Applier:
    """Applies steps to the cases of one province.

    Attributes:
        tag_keys: by epoch, to recompute what a message claims from the real number.
    """

    province: str
    cases: Cases
    cipher: StorageCipher
    book: RuleBook
    tag_keys: Mapping[int, bytes]

    async def apply(self, connection: Connection, case_ids: Collection[bytes], *, heard: bool = False) -> None:
        """Applies whatever is known and not applied of these cases; `heard`: there is news of their messages, which the desk shows.

        A case of which nothing is new stays as it is: a repeat must not take an officer's decision for outdated.
        """
        for case_id in case_ids:
            await self._apply(connection, case_id, heard=heard)

    async def save(self, connection: Connection, row: CaseRow) -> None:
        """Writes a case with what it is listed by."""
        await self.cases.save(connection, row, shown(row, self.book))

    async def _apply(self, connection: Connection, case_id: bytes, *, heard: bool) -> None:
        known = await steps_of.of_case(connection, case_id)
        receipts = await steps_of.delivered(connection, case_id)
        row = await self.cases.find(connection, case_id)
        try:
            folded = fold(known, receipts, self.book)
        except Refused as refusal:
            _LOG.error("hub and node disagree about a case", case_id=case_id.hex(), number=refusal.kind.number, field=refusal.field)
            return
        if folded.case is None:
            return
        row = row or self._received_row(folded, known[0])
        if row.case == folded.case and not heard:
            return
        before = row.case.step if row.case else 0
        for step in known[before : folded.case.step]:
            self._learn(row, step, folded.messages.get(step.step))
        row.case, row.last_header, row.opened_at = folded.case, folded.last_header, folded.case.opened_at
        await steps_of.applied(connection, case_id, folded.case.step)
        await self.save(connection, row)

    def _received_row(self, folded: Folded, first: Step) -> CaseRow:
        """A case that the other province opened."""
        case = folded.case
        assert case is not None  # noqa: S101 - the caller has seen it
        return CaseRow(
            case_id=case.case_id,
            service=case.service,
            counterpart=first.sender,
            role=next(role for role, code in case.parties.items() if code == self.province),
            opened_at=case.opened_at,
        )

    def _learn(self, row: CaseRow, step: Step, message: ReadMessage | None) -> None:
        """Takes the content of an applied message into the facts; an own decision is no longer pending."""
        if message is None:
            return
        if step.sender == self.province:
            row.pending = "" if row.pending == message.routing.action else row.pending
        if step.problem:
            row.alarm = step.problem
            return
        content = SealedContent.FromString(self.cipher.decrypt(step.content, step.message_id))
        about = SERVICES[row.service].person(row.facts).id_number
        row.facts = row.facts.with_payload(message.routing.action, content.payload, documents_of(content, step.sender))
        if not self._is_claimed(row, message, content, about):
            row.alarm = TAG_COMMITMENT_MISMATCH.number
            _LOG.error("a message is about somebody else than the case claims", case_id=row.case_id.hex(), sender=step.sender)

    def _is_claimed(self, row: CaseRow, message: ReadMessage, content: SealedContent, about: str) -> bool:
        """Whether the case is about the person whom it claims, now that a message was learnt; before, it was `about` this number."""
        if message.action.claims:
            return self._tags_are_right(row.service, content)
        return SERVICES[row.service].person(row.facts).id_number == about

    def _tags_are_right(self, service: str, content: SealedContent) -> bool:
        """Recomputes the tags from the real number: the hub cannot, and a wrong tag would let one person move twice."""
        claimed = {(tag.epoch, tag.value) for tag in content.tag_opening.tags}
        try:
            numbers = SERVICES[service].numbers(payload(content))
            right = {(epoch, tags.tag(self.tag_keys[epoch], *number)) for epoch in self.tag_keys for number in numbers}
        except Refused:  # no number at all: nobody, hence not the person who is claimed
            return False
        return bool(claimed) and claimed <= right


def shown(row: CaseRow, book: RuleBook) -> Shown:
    """What a case is listed by."""
    case = row.case
    if case is None:
        return Shown(CLOSED if row.refusal and not row.pending else "", "", None)
    state = book.of(case).procedure.state(case.state)
    return Shown(case.state, case.parties.get(state.ball, ""), nearest(row))


def nearest(row: CaseRow) -> datetime | None:
    """When the nearest limit of an open case ends."""
    if row.case is None or row.case.state == CLOSED:
        return None
    return min((clock.due_at for clock in row.case.clocks), default=None)
