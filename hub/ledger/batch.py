"""Decides a batch in memory: what every work does to its case. Pure but for the signing.

For each work, in the order of the batch, on the state that the works before it left behind:

* a submission: (1) a stored message with the same id is a repeat (its receipts) or a conflict, (2) the objection of verify, (3) the tag
  opening covers every epoch in force, (4) the clock acts first, (5) `advance`, (6) no other case holds one of its tags. A refusal of the
  procedure or of a claim becomes a signed REFUSED; any other stores nothing, not even the events of the clock, which come by themselves;
* an acknowledgement: the delivery exists, is the one meant, and has no receipt yet; limits "from receipt" start;
* a due check: the events of the clock.

Not decided here: whether the snapshot still holds. The commit compares; the works of a case that lost come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from core.envelope import read_header
from core.procedures import clocks, engine
from core.procedures.model import CLOSED
from core.refusals import BAD_FIELD, CONFLICTING_REPEAT, NOT_FOUND, PERSON_CLAIMED, TAG_EPOCH_MISSING, Refused
from core.values import canonical
from hub.ledger.draft import Draft
from hub.ledger.rows import CaseRow
from hub.ledger.work import Acknowledgement, Done, Submission
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Collection

    from core.procedures.model import Case
    from core.rules import RuleBook
    from hub.ledger.notary import Notary
    from hub.ledger.snapshot import Snapshot, StoredDelivery, StoredMessage
    from hub.ledger.work import Outcome, Work

_OF_PROCEDURE = 4
"""Thousands of the refusals that are signed and stored."""


@dataclass(slots=True)
class Standing:
    """A case on its way through the batch."""

    expected: int
    case: Case | None
    changed: bool = False


class Hope(NamedTuple):
    """The outcome of a work if its case wins."""

    case_id: bytes
    done: Done


class Ticked(NamedTuple):
    """A case after the clock has acted, and what the clock said: each event with the case before it."""

    case: Case | None
    events: list[tuple[Case, clocks.Due]]


class Batch:
    """A batch while it is decided.

    Attributes:
        draft: what will be committed.
        settled: outcomes that need no commit, by number of the work.
        hoped: outcomes that the commit confirms or not.
        deferred: works to be decided in the next batch.
    """

    def __init__(self, snapshot: Snapshot, notary: Notary, rules: RuleBook, tag_epochs: Collection[int]) -> None:
        """Starts with nothing decided."""
        self.draft = Draft(notary)
        self.settled: dict[int, Outcome] = {}
        self.hoped: dict[int, Hope] = {}
        self.deferred: list[int] = []
        self._snapshot, self._rules = snapshot, rules
        self._business_at = notary.moment.business_at
        self._tag_epochs = frozenset(tag_epochs)
        self._standings: dict[bytes, Standing] = {}
        self._taken: set[tuple[bytes, str]] = set()
        self._tags: set[bytes] = set()
        self._waiting_cases: set[bytes] = set()

    def take(self, number: int, work: Work) -> None:
        """Decides one work; its outcome stands in `settled` or `hoped`, or it is `deferred`."""
        if self._must_wait(work):
            self._waiting_cases.add(work.case_id)  # what follows in the same case must not overtake it
            self.deferred.append(number)
            return
        try:
            if isinstance(work, Submission):
                self._submission(number, work)
            elif isinstance(work, Acknowledgement):
                self._acknowledgement(number, work)
            else:
                self._due_check(number, work.case_id)
        except Refused as refusal:
            self.settled[number] = refusal

    def finish(self) -> Draft:
        """Adds a row for every case on which something in the draft depends."""
        dependent = {entry.case_id for entry in self.draft.rows.entries}
        for case_id, standing in self._standings.items():
            key = UUID(bytes=case_id)
            if key in dependent:
                self.draft.rows.cases.append(self._case_row(key, standing))
        return self.draft

    def _must_wait(self, work: Work) -> bool:
        """Whether the fate of something in this very batch must be known first: a twin, or a case that holds or wants the same tag."""
        if work.case_id in self._waiting_cases:
            return True
        if isinstance(work, Acknowledgement):
            return (work.receipt.message_id, work.receipt.receiver) in self._taken
        if not isinstance(work, Submission):
            return False
        tags = {claim.tag for claim in work.claims}
        holders = {self._snapshot.claims[tag] for tag in tags if tag in self._snapshot.claims}
        twin = (work.message.routing.message_id, "") in self._taken
        return twin or not tags.isdisjoint(self._tags) or not holders.isdisjoint(self._standings)

    def _submission(self, number: int, work: Submission) -> None:
        message_id = work.message.routing.message_id
        stored = self._snapshot.messages.get(message_id)
        if stored is not None:
            self.settled[number] = _repeat(work, stored)
            return
        self._check_admissible(work)
        ticked = self._tick(self._standing(work.case_id).case)
        after, refusal = self._judge(work, ticked.case)
        self._say(ticked)
        if refusal or after is None:
            signed = self.draft.refused(work, refusal)
        else:
            signed = self.draft.accepted(work, after.step)
            self._tags.update(claim.tag for claim in work.claims)
        self._taken.add((message_id, ""))
        self._move(work.case_id, after)
        self.hoped[number] = Hope(work.case_id, Done((signed,)))

    def _check_admissible(self, work: Submission) -> None:
        if work.objection is not None:
            raise work.objection
        if work.message.action.claims and not self._tag_epochs <= {claim.epoch for claim in work.claims}:
            raise Refused(TAG_EPOCH_MISSING, "tag_opening")

    def _judge(self, work: Submission, case: Case | None) -> tuple[Case | None, int]:
        """The case after the message, and the number of the signed refusal or 0."""
        message = work.message
        try:
            after = engine.advance(case, message, self._business_at, self._rules.of(case or message.header))
        except Refused as refusal:
            if refusal.kind.number // 1000 != _OF_PROCEDURE:
                raise
            return case and engine.consume_sequence(case, message), refusal.kind.number
        if any(claim.tag in self._snapshot.claims for claim in work.claims):
            return case and engine.consume_sequence(case, message), PERSON_CLAIMED.number
        return after, 0

    def _acknowledgement(self, number: int, work: Acknowledgement) -> None:
        receipt = work.receipt
        stored = self._snapshot.deliveries.get((receipt.message_id, receipt.receiver))
        if stored is None:
            raise Refused(NOT_FOUND, "message_id")
        if (receipt.header_digest, receipt.case_id) != (stored.digest, stored.case_id):
            raise Refused(BAD_FIELD, "header_digest")
        if stored.acknowledged:
            self.settled[number] = Done()
            return
        if work.objection is not None:
            raise work.objection
        case = self._standing(work.case_id).case
        self._move(work.case_id, self._received(case, work, stored))
        self.draft.acknowledged(work, stored, case.step if case is not None else 0)
        self._taken.add((receipt.message_id, receipt.receiver))
        self.hoped[number] = Hope(work.case_id, Done())

    def _received(self, case: Case | None, work: Acknowledgement, stored: StoredDelivery) -> Case | None:
        if case is None or stored.header is None or case.brought_by != work.receipt.message_id:
            return case
        action = read_header(stored.header).routing.action
        return engine.received(case, work.receipt.message_id, action, self._business_at, self._rules.of(case))

    def _due_check(self, number: int, case_id: bytes) -> None:
        ticked = self._tick(self._standing(case_id).case)
        if not ticked.events:
            self.settled[number] = Done()
            return
        self._say(ticked)
        self._move(case_id, ticked.case)
        self.hoped[number] = Hope(case_id, Done(events=len(ticked.events)))

    def _tick(self, case: Case | None) -> Ticked:
        events: list[tuple[Case, clocks.Due]] = []
        while case is not None:
            rules = self._rules.of(case)
            found = engine.due(case, self._business_at, rules.procedure)
            if not found:
                break
            events.append((case, found[0]))
            case = engine.apply_due(case, found[0], rules)
        return Ticked(case, events)

    def _say(self, ticked: Ticked) -> None:
        for case, event in ticked.events:
            self.draft.due(case, event)

    def _standing(self, case_id: bytes) -> Standing:
        if case_id not in self._standings:
            stored = self._snapshot.cases.get(case_id)
            self._standings[case_id] = Standing(stored.version, stored.case) if stored else Standing(0, None)
        return self._standings[case_id]

    def _move(self, case_id: bytes, after: Case | None) -> None:
        standing = self._standings[case_id]
        standing.changed |= after is not standing.case and after != standing.case
        standing.case = after

    def _case_row(self, key: UUID, standing: Standing) -> CaseRow:
        case = standing.case
        if case is None or not standing.changed:
            return CaseRow(key, standing.expected)
        overdue = overdue_at(case, self._rules)
        return CaseRow(key, standing.expected, canonical(case), engine.next_due(case), case.state != CLOSED, overdue)


def overdue_at(case: Case, rules: RuleBook) -> str | None:
    """The province that holds the ball of an open case while a limit has passed, else None."""
    if case.state == CLOSED or not any(clock.overdue for clock in case.clocks):
        return None
    return case.parties.get(rules.of(case).procedure.state(case.state).ball)


def _repeat(work: Submission, stored: StoredMessage) -> Done:
    if stored.digest != work.message.digest:
        raise Refused(CONFLICTING_REPEAT, "message_id")
    return Done(tuple(receipt_pb2.SignedReceipt.FromString(receipt) for receipt in stored.receipts))
