"""Brings cases up to date with their known steps: the node's part of step 5 that changes something.

Runs in the transaction that stored the steps, or later in one of its own: a step that waits for an earlier one is applied when that one
comes. If we crash before the commit, the same call at the next start does the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, takewhile
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from core import tags
from core.envelope import read_header
from core.procedures.model import CLOSED, RESEAL
from core.refusals import TAG_COMMITMENT_MISMATCH, Refused
from nodes.common.content import SealedContent, documents_of, payload, tags_commitment
from nodes.common.fold import can_start_limits, fold, starts_a_limit
from nodes.common.services import SERVICES
from nodes.common.services.service import Beside
from nodes.common.store import outbox
from nodes.common.store import steps as steps_of
from nodes.common.store.cases import CaseRow, Shown
from runtime import process_log

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from core.envelope import ReadMessage
    from core.procedures.model import Case, Content
    from core.rules import RuleBook
    from nodes.common.replies import Replies
    from nodes.common.store.cases import Cases
    from nodes.common.store.database import Transaction
    from nodes.common.store.steps import Receipt, Step

    Heard = tuple[Receipt, bytes]
    from pki.storage import StorageCipher

_SOMEBODY_ELSE: Final = TAG_COMMITMENT_MISMATCH.number

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
    replies: Replies
    tag_keys: Mapping[int, bytes]

    async def take(self, transaction: Transaction, steps: Sequence[Step], heard: Sequence[Heard] = ()) -> list[Step]:
        """Stores logged receipts and steps and applies whatever can be applied; returns steps whose place is taken by something else.

        Receipts first: one that comes after the next step costs a look at the whole case. A case of which nothing is new stays as it is:
        a repeat must not take an officer's decision for outdated.
        """
        rows = await self.cases.several(transaction, {step.case_id for step in steps} | {receipt.case_id for receipt, _ in heard})
        if heard:
            await self._hear_all(transaction, rows, heard)
        if not steps:
            return []
        unsettled = {step.case_id for step in steps if step.case_id not in rows or not rows[step.case_id].settled}
        waiting, receipts = await steps_of.waiting(transaction, unsettled) if unsettled else ([], [])
        expected = _lines(rows, [*waiting, *steps])
        new = await steps_of.add(transaction, steps, {(case_id, step.step) for case_id, line in expected.items() for step in line})
        contradicted = await steps_of.contradicting(transaction, [step for step in steps if step.message_id not in new])
        news = _News(receipts, await _earlier(transaction, receipts, [*waiting, *steps]))
        known = [*waiting, *(step for step in steps if step.message_id in new)]
        for case_id, line in _lines(rows, known).items():
            marked = [step for step in expected[case_id] if step.message_id in new]
            await self._advance(transaction, rows.get(case_id), _Line(line, marked, _is_all(case_id, line, known, receipts)), news)
        return contradicted

    async def resume(self, transaction: Transaction, case_ids: Collection[bytes]) -> None:
        """Applies what can be applied of steps that wait."""
        rows = await self.cases.several(transaction, case_ids)
        waiting, receipts = await steps_of.waiting(transaction, case_ids)
        news = _News(receipts, await _earlier(transaction, receipts, waiting))
        for case_id, line in _lines(rows, waiting).items():
            await self._advance(transaction, rows.get(case_id), _Line(line, (), _is_all(case_id, line, waiting, receipts)), news)

    def save(self, transaction: Transaction, row: CaseRow, *, keeps_version: bool = False) -> None:
        """Writes a case with what it is listed by; plain text and salt of own messages are there to be sealed again until it is closed.

        What the other side said stays, for an officer to read, and so does what the case keeps of both (`Service.kept`).
        """
        listed = shown(row, self.book)
        self.cases.save(transaction, row, listed, keeps_version=keeps_version)
        if listed.state == CLOSED:
            # If we crash before the commit, the case is not closed either.
            outbox.forget(transaction, row.case_id)

    async def _advance(self, transaction: Transaction, row: CaseRow | None, found: _Line, news: _News) -> None:
        """Applies the steps of a line to a case."""
        before, line, marked = _step(row), found.steps, found.marked
        if row is not None and not found.is_all:
            self._unsettle(row)
        if not line:
            if marked:  # the step before them turned out to be another
                steps_of.applied(transaction, marked[0].case_id, before, before)
            return
        case_id = line[0].case_id
        receipts = [one for one in news.receipts if one.case_id == case_id]
        try:
            folded = fold(row.case if row else None, line, receipts, self.book, news.actions)
        except Refused as refusal:
            _LOG.error("hub and node disagree about a case", case_id=case_id.hex(), number=refusal.kind.number, field=refusal.field)
            self.cases.unsettle(case_id)
            steps_of.applied(transaction, case_id, before, before)
            return
        case = folded.case
        assert case is not None  # noqa: S101 - the line goes on where the case stands
        row = row or self._received_row(case, line[0])
        learnt = {number: self._learn(row, line[number - line[0].step], message, case) for number, message in folded.messages.items()}
        row.case, row.last_header, row.opened_at = case, folded.last_header or row.last_header, case.opened_at
        row.settled = found.is_all
        if [step.message_id for step in line] != [step.message_id for step in marked]:
            steps_of.applied(transaction, case_id, before, case.step)
        if any(one.step <= case.step for one in receipts):
            steps_of.delivered_applied(transaction, case_id, case.step)
        for number, problem in learnt.items():
            await self.replies.reply(transaction, row, folded.messages[number], problem)
        self.save(transaction, row)

    async def _hear_all(self, transaction: Transaction, rows: Mapping[bytes, CaseRow], heard: Sequence[Heard]) -> None:
        """Lets those receipts act that name a step which is in the state of its case; the others wait for it."""
        due = {receipt.message_id for receipt, _ in heard if receipt.step <= _step(rows.get(receipt.case_id))}
        for early in (receipt for receipt, _ in heard if receipt.message_id not in due and receipt.case_id in rows):
            self._unsettle(rows[early.case_id])
        new = [receipt for receipt in await steps_of.add_delivered(transaction, heard, due) if receipt.message_id in due]
        mattering = [receipt.message_id for receipt in new if self._may_matter(receipt, rows[receipt.case_id])]
        bodies = await steps_of.bodies(transaction, mattering) if mattering else {}
        for case_id in sorted({receipt.case_id for receipt in new}):
            await self._hear(transaction, rows[case_id], [receipt for receipt in new if receipt.case_id == case_id], bodies)

    def _unsettle(self, row: CaseRow) -> None:
        row.settled = False
        self.cases.unsettle(row.case_id)

    def _may_matter(self, receipt: Receipt, row: CaseRow) -> bool:
        """Whether the message of a receipt must be looked at: it is late, or the case has limits that count from receipt."""
        case = row.case
        return case is not None and (
            receipt.step < case.step or (receipt.message_id == case.brought_by and can_start_limits(case, self.book))
        )

    async def _hear(self, transaction: Transaction, row: CaseRow, receipts: Sequence[Receipt], bodies: Mapping[bytes, bytes]) -> None:
        case = row.case
        assert case is not None  # noqa: S101 - these receipts name a step that it has
        late = [one for one in receipts if one.step < case.step and one.message_id in bodies]
        if any(starts_a_limit(case, bodies[one.message_id], self.book) for one in late):
            row.case = await self._again(transaction, case)
        else:
            own = {one.message_id: bodies[one.message_id] for one in receipts if one.message_id in bodies}
            row.case = fold(case, (), receipts, self.book, _actions(own)).case
        if row.case != case:
            self.save(transaction, row, keeps_version=_without_clocks(row.case) == _without_clocks(case))

    async def _again(self, transaction: Transaction, case: Case) -> Case:
        """The same case from its first step on, every receipt in its place."""
        known = await steps_of.headers(transaction, case.case_id, case.step)
        folded = fold(None, known, await steps_of.delivered(transaction, case.case_id), self.book).case
        assert folded is not None  # noqa: S101 - all these steps were applied before
        return folded

    def _received_row(self, case: Case, first: Step) -> CaseRow:
        """A case that the other province opened."""
        return CaseRow(
            case_id=case.case_id,
            service=case.service,
            counterpart=first.sender,
            role=next(role for role, code in case.parties.items() if code == self.province),
            opened_at=case.opened_at,
        )

    def _learn(self, row: CaseRow, step: Step, message: ReadMessage, case: Case) -> int:
        """Takes the content of an applied message into the facts; an own decision is no longer pending.

        Returns:
            The number of why the content cannot be used, or 0.
        """
        if step.sender == self.province:
            row.pending = "" if row.pending == message.routing.action else row.pending
        first = case.content(message.header.supersedes) if message.action.name == RESEAL else None
        problem = step.problem or self._learn_content(row, step, message, first)
        if row.alarm != _SOMEBODY_ELSE:  # no other content makes that right, and none may hide it
            row.alarm = problem or (0 if first else row.alarm)
        return problem

    def _learn_content(self, row: CaseRow, step: Step, message: ReadMessage, first: Content | None) -> int:
        """As `_learn`, for content that was opened; `first` is what a second sealing brings again."""
        action = first.action if first else message.routing.action
        content = step.opened or SealedContent.FromString(self.cipher.decrypt(step.content, step.message_id))
        about, kept = _numbers(row), SERVICES[row.service].kept(action, content.payload)
        row.facts = row.facts.after({} if kept is None else {action: kept}, documents_of(content, step.sender))
        claimed = message.header.tag_commitment or (first.tag_commitment if first else b"")
        if not self._is_claimed(row, content, claimed, about):
            _LOG.error("a message is about somebody else than the case claims", case_id=row.case_id.hex(), sender=step.sender)
            return _SOMEBODY_ELSE
        return 0 if step.sender == self.province else self._fault(row, step, message, (action, content))

    def _fault(self, row: CaseRow, step: Step, message: ReadMessage, said: tuple[str, SealedContent]) -> int:
        """Why what the other side says is against the rules of the service, which its own node should have seen; or 0.

        A reason that the policy does not know is none: an officer can read it all the same. The line names no code, which may be anything.
        """
        action, content = said[0], payload(said[1])
        service, policy = SERVICES[row.service], self.book.of(message.header).policy
        if service.has_unknown_reason(action, content, policy):
            _LOG.warning("a reason that the policy does not know", case_id=row.case_id.hex(), sender=step.sender, action=action)
        beside = Beside(
            at=step.business_at,
            policy=policy,
            open_key_materials=None if message.action.name == RESEAL else message.header.open_key_materials,
            documents={document.code for document in row.facts.documents},
        )
        try:
            service.check_content(content, beside)
        except Refused as refusal:
            _LOG.error("content is against the rules", case_id=row.case_id.hex(), number=refusal.kind.number, field=refusal.field)
            return refusal.kind.number
        return 0

    def _is_claimed(self, row: CaseRow, content: SealedContent, commitment: bytes, about: set[str]) -> bool:
        """Whether the case is about the persons whom it claims, now that a message was learnt; before, it was `about` these numbers."""
        if commitment:
            return self._tags_are_right(row.service, content, commitment)
        return _numbers(row) == about

    def _tags_are_right(self, service: str, content: SealedContent, commitment: bytes) -> bool:
        """Recomputes every tag from the real numbers: the hub cannot, and one that is wrong or missing would let a person move twice."""
        claimed = {(tag.epoch, tag.value) for tag in content.tag_opening.tags}
        try:
            numbers = SERVICES[service].numbers(payload(content))
            epochs = {epoch for epoch, _ in claimed} & self.tag_keys.keys()
            right = {(epoch, tags.tag(self.tag_keys[epoch], *number)) for epoch in epochs for number in numbers}
            judged = tags_commitment(content) == commitment
        except Refused:  # no number at all: nobody, hence not the person who is claimed
            return False
        return judged and bool(claimed) and claimed == right


class _Line(NamedTuple):
    """The steps that a case can take now.

    Attributes:
        marked: those of them that are stored as applied already.
        is_all: nothing of the case waits any longer behind them.
    """

    steps: Sequence[Step]
    marked: Sequence[Step]
    is_all: bool


class _News(NamedTuple):
    """Receipts that have not acted yet, and the actions of messages before the steps at hand that they are about."""

    receipts: Sequence[Receipt]
    actions: Mapping[bytes, str]


async def _earlier(transaction: Transaction, receipts: Iterable[Receipt], steps: Iterable[Step]) -> dict[bytes, str]:
    """The actions of the messages of these receipts, without those that are among the steps."""
    wanted = {receipt.message_id for receipt in receipts} - {step.message_id for step in steps}
    return _actions(await steps_of.bodies(transaction, wanted)) if wanted else {}


def _actions(bodies: Mapping[bytes, bytes]) -> dict[bytes, str]:
    return {message_id: read_header(body).routing.action for message_id, body in bodies.items()}


def _lines(rows: Mapping[bytes, CaseRow], steps: Iterable[Step]) -> dict[bytes, list[Step]]:
    """For each case the steps that follow its state without a gap, in order."""
    places: dict[bytes, dict[int, Step]] = {}
    for step in steps:
        places.setdefault(step.case_id, {}).setdefault(step.step, step)
    return {
        case_id: [found[number] for number in takewhile(found.__contains__, count(_step(rows.get(case_id)) + 1))]
        for case_id, found in sorted(places.items())
    }


def _is_all(case_id: bytes, line: Sequence[Step], known: Iterable[Step], receipts: Iterable[Receipt]) -> bool:
    """Whether these steps are all that are known of their case and not applied, and no receipt names a later one."""
    last = line[-1].step if line else 0
    return sum(step.case_id == case_id for step in known) == len(line) and all(
        receipt.step <= last for receipt in receipts if receipt.case_id == case_id
    )


def _numbers(row: CaseRow) -> set[str]:
    """Whom the case is about."""
    return {person.id_number for person in SERVICES[row.service].people(row.facts)}


def _without_clocks(case: Case | None) -> Case | None:
    """What an officer decides upon: that a limit runs now since the other side has his message makes no decision outdated."""
    return case and msgspec.structs.replace(case, clocks=(), cycles=0)


def _step(row: CaseRow | None) -> int:
    return row.case.step if row is not None and row.case is not None else 0


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
