"""The named points: places in the code just before or just after a durable write, a send or a decision.

Decides which there are and what they are called; the first word of a name is the step of docs/exchange-cycle.md or the stroke that the
point belongs to. The programs themselves know nothing of points: `simulator.kills.launch` watches the callables that are named here when
it starts a program, and nowhere else. A callable that is no longer there stops the start, and a test.

A place reads `before MODULE:CALLABLE` or `after MODULE:CALLABLE`, and may go on

    within MODULE:CALLABLE     only when called from there, however deep
    outside MODULE:CALLABLE    only when not called from there
    with NAME                  only when an argument has something under that name, as a batch has `due_events`
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

HUB: Final = "hub"
SCRIBE: Final = "hub.log.scribe"
NODE: Final = "nodes"
REGISTER: Final = "simulator.registers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One place.

    Attributes:
        name: for people, unlike that of any other point of the program.
        program: the module that is run.
        code: the callable that is watched.
        is_after: whether it has returned; one that raises has no "after".
        within: the callable that must be among the callers, or "".
        outside: the callable that must not be, or "".
        carrying: the name under which an argument must have something, or "".
        at_start: it is passed while a program takes up its work again.
        at_leisure: it is passed when a program has had nothing to do for a while.
    """

    name: str
    program: str
    code: str
    is_after: bool
    within: str = ""
    outside: str = ""
    carrying: str = ""
    at_start: bool = False
    at_leisure: bool = False

    @property
    def place(self) -> str:
        """Where it is, as it is written below."""
        more = (("within", self.within), ("outside", self.outside), ("with", self.carrying))
        side = "after" if self.is_after else "before"
        return " ".join([side, self.code, *(f"{word} {value}" for word, value in more if value)])


def _read(program: str, table: str, *, at_start: bool = False, at_leisure: bool = False) -> tuple[Point, ...]:
    points = [_point(program, line.split()) for line in table.strip().splitlines()]
    return tuple(replace(point, at_start=at_start, at_leisure=at_leisure) for point in points)


def _point(program: str, words: list[str]) -> Point:
    name, side, code, *more = words
    said = dict(zip(more[::2], more[1::2], strict=True))
    return Point(
        name=name,
        program=program,
        code=code,
        is_after={"before": False, "after": True}[side],
        within=said.pop("within", ""),
        outside=said.pop("outside", ""),
        carrying=said.pop("with", ""),
    )


_HUB: Final = """
    submit.received            before hub.submit:Submitter.submit
    verify.begun               before hub.verify:Verifier.read
    verify.done                after  hub.verify:Verifier.read
    verify.materials-checked   after  hub.submit:check_materials
    ledger.read                after  hub.ledger.store:LedgerStore.snapshot
    ledger.decided             after  hub.ledger.committer:Committer._decide
    ledger.before-commit       before hub.ledger.store:LedgerStore.commit with messages
    ledger.committed           after  hub.ledger.store:LedgerStore.commit with messages
    ledger.told                after  hub.herald:Herald.tell
    ledger.answered            after  hub.submit:Submitter.submit
    publish.taken              before hub.publish:Publisher._publish
    publish.before-produce     before runtime.kafka:Producer.publish
    publish.produced           after  runtime.kafka:Producer.publish
    publish.cursor-moved       after  hub.publish:Publisher._publish
    deliver.arrived            before hub.mailbox:Mailbox.arrived
    deliver.queued             after  hub.channel:Channel.put
    deliver.before-write       after  hub.mailbox:Mailbox.send
    acknowledge.taken          before hub.acknowledge:Acknowledger._settle
    acknowledge.verified       after  hub.verify:Verifier.read_receipts
    acknowledge.before-commit  before hub.ledger.store:LedgerStore.commit with acknowledgements
    acknowledge.committed      after  hub.ledger.store:LedgerStore.commit with acknowledgements
    acknowledge.told           after  hub.deliver:Deliverer.tell
    log.read                   after  hub.log.reading:LedgerReader.objects
    log.before-store           before hub.log.scribe:Scribe.store
    log.stored                 after  hub.log.scribe:Scribe.store
    log.compared               after  hub.log.writer:LogWriter._compare_with_ledger
    log.signed                 after  hub.log.writer:sign_checkpoint
    log.row-set                after  hub.log.reading:LedgerReader.compare_and_set
    log.published              after  hub.log.scribe:Scribe.publish
    audit.asked                before hub.audit:AuditService.ProveInclusion
    audit.proven               after  hub.audit:AuditService.ProveInclusion
    time.moved                 after  hub.ledger.store:LedgerStore.advance
    time.before-due            before hub.ledger.store:LedgerStore.commit with due_events
    time.due-committed         after  hub.ledger.store:LedgerStore.commit with due_events
    materials.receiving        before hub.materials:Materials._receive
    materials.received         before hub.materials:Materials._complete
    materials.stored           after  hub.materials:Materials._complete
    materials.granted          after  hub.materials:Materials._grant
"""

_HUB_LEISURE: Final = """
    publish.before-save        before hub.ledger.outbox:Outbox.save_cursors
    publish.saved              after  hub.ledger.outbox:Outbox.save_cursors
"""

_HUB_START: Final = """
    start.ledger-there         after  hub.composition:Hub.begin
    start.log-compared         before hub.log.writer:LogWriter._store_anew
    start.log-taken-up         after  hub.log.writer:LogWriter.resume
    start.rules-in-force       after  hub.composition:Hub.put_in_force
    start.clock-has-acted      after  hub.business_time:BusinessTime.act within hub.composition:_started
    start.publisher-resumed    after  hub.publish:Publisher._resume
    start.lease-taken          after  hub.ledger.leases:Leases.take
    start.catching-up          before hub.sweep:Sweeper._send
"""

_SCRIBE: Final = """
    log.objects-written        after  hub.log.files:LogFiles._store_objects
    log.tile-written           after  hub.log.files:LogFiles._put
    log.tiles-written          after  hub.log.files:LogFiles._store_tiles
    log.read-back              after  hub.log.files:LogFiles._read_back
    log.before-checkpoint      before hub.log.files:LogFiles.publish
    log.checkpoint-written     after  hub.log.files:LogFiles._write within hub.log.files:LogFiles.publish
    log.superseded-removed     after  hub.log.files:LogFiles.publish
"""

_NODE: Final = """
    submit.asked               before nodes.common.desk:DeskService._check_application
    submit.before-commit       before nodes.common.store.database:Transaction.finish within nodes.common.desk:DeskService.OpenCase
    submit.durable             after  nodes.common.store.database:Transaction.finish within nodes.common.desk:DeskService.OpenCase
    submit.before-send         before nodes.common.outbox:Outbox._current
    submit.answered            before nodes.common.outbox:Outbox._settle
    submit.answer-verified     after  nodes.common.outbox:Outbox._answers
    submit.before-taking       before nodes.common.store.database:Transaction.finish within nodes.common.outbox:Outbox._settle
    submit.answer-stored       after  nodes.common.store.database:Transaction.finish within nodes.common.outbox:Outbox._settle
    deliver.received           before nodes.common.inbox:Inbox.take
    deliver.verified           after  nodes.common.verify:Verifier.step
    deliver.before-commit      before nodes.common.store.database:Transaction.finish within nodes.common.inbox:Inbox.take
    deliver.committed          after  nodes.common.store.database:Transaction.finish within nodes.common.inbox:Inbox.take
    acknowledge.signed         after  nodes.common.inbox:Inbox._receipt
    acknowledge.before-send    after  nodes.common.inbox:Inbox.take
    result.asked               before nodes.common.intake:Intake._write
    result.before-commit       before nodes.common.store.database:Transaction.finish within nodes.common.intake:Intake._write
    result.durable             after  nodes.common.store.database:Transaction.finish within nodes.common.intake:Intake._write
    materials.before-upload    before nodes.common.documents:DocumentOffice._upload
    materials.uploaded         after  nodes.common.documents:DocumentOffice._upload
    materials.before-commit    before nodes.common.store.database:Transaction.finish within nodes.common.documents:DocumentOffice.put
    materials.noted            after  nodes.common.store.database:Transaction.finish within nodes.common.documents:DocumentOffice.put
    materials.fetched          after  nodes.common.documents:DocumentOffice._download
    reserve.before-call        before nodes.common.register:RegisterClient.reserve
    reserve.held               after  nodes.common.register:RegisterClient.reserve
    reserve.listed             after  nodes.common.worklist:Worklist._put
    reserve.completed          after  nodes.common.worklist:Worklist.complete
    reserve.before-queueing    before nodes.common.store.database:Transaction.finish within nodes.common.strokes:Strokes._reserve outside nodes.common.strokes:Strokes._reject
    reserve.queued             after  nodes.common.store.database:Transaction.finish within nodes.common.strokes:Strokes._reserve outside nodes.common.strokes:Strokes._reject
    reject.before-commit       before nodes.common.store.database:Transaction.finish within nodes.common.strokes:Strokes._reject
    reject.durable             after  nodes.common.store.database:Transaction.finish within nodes.common.strokes:Strokes._reject
    reject.before-release      before nodes.common.register:RegisterClient.release within nodes.common.strokes:Strokes._end_rejected
    reject.released            after  nodes.common.register:RegisterClient.release within nodes.common.strokes:Strokes._end_rejected
    reject.before-telling      before nodes.common.store.database:Transaction.finish within nodes.common.strokes:Strokes._end_rejected
    reject.told                after  nodes.common.store.database:Transaction.finish within nodes.common.strokes:Strokes._end_rejected
    finalise.before-call       before nodes.common.register:RegisterClient.finalise
    finalise.made              after  nodes.common.register:RegisterClient.finalise
    entered.before-queueing    before nodes.common.store.database:Transaction.finish within nodes.common.strokes:Strokes._finalise outside nodes.common.strokes:Strokes._fail
    entered.queued             after  nodes.common.store.database:Transaction.finish within nodes.common.strokes:Strokes._finalise outside nodes.common.strokes:Strokes._fail
    failed.before-queueing     before nodes.common.store.database:Transaction.finish within nodes.common.strokes:Strokes._fail
    failed.queued              after  nodes.common.store.database:Transaction.finish within nodes.common.strokes:Strokes._fail
    release.before-call        before nodes.common.register:RegisterClient.release within nodes.common.strokes:Strokes._release
    release.answered           after  nodes.common.register:RegisterClient.release within nodes.common.strokes:Strokes._release
    release.before-commit      before nodes.common.store.database:Transaction.finish within nodes.common.strokes:Strokes._release
    release.durable            after  nodes.common.store.database:Transaction.finish within nodes.common.strokes:Strokes._release
    annul.before-queueing      before nodes.common.store.database:Transaction.finish within nodes.common.strokes:Strokes._annul
    annul.queued               after  nodes.common.store.database:Transaction.finish within nodes.common.strokes:Strokes._annul
"""  # noqa: E501 - a table

_NODE_START: Final = """
    start.before-resuming      before nodes.common.inbox:Inbox.resume
    start.resumed              after  nodes.common.inbox:Inbox.resume
    start.stream-open          after  nodes.common.stream:Stream._stand
"""

_REGISTER: Final = """
    find.asked                 before simulator.registers.store:Store.find
    reserve.asked              before simulator.registers.store:Store.reserve
    reserve.before-commit      after  simulator.registers.store:Store._hold
    reserve.committed          after  simulator.registers.store:Store.reserve
    finalise.asked             before simulator.registers.store:Store.finalise
    finalise.before-commit     after  simulator.registers.store:Store._make
    finalise.committed         after  simulator.registers.store:Store.finalise
    release.asked              before simulator.registers.store:Store.release
    release.before-commit      after  simulator.registers.store:Store.state within simulator.registers.store:Store.release
    release.committed          after  simulator.registers.store:Store.release
    poll.fetched               after  simulator.registers.polling:Polling._fetch
    poll.answered              after  simulator.registers.polling:Polling._answer
"""

POINTS: Final = (
    *_read(HUB, _HUB),
    *_read(HUB, _HUB_LEISURE, at_leisure=True),
    *_read(HUB, _HUB_START, at_start=True),
    *_read(SCRIBE, _SCRIBE),
    *_read(NODE, _NODE),
    *_read(NODE, _NODE_START, at_start=True),
    *_read(REGISTER, _REGISTER),
)
