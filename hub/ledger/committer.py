"""Group commit: collects works, decides them as one batch, commits them in one round trip, tells everybody.

One batch at a time: while it is on its way to the database the next one gathers, and for a moment longer behind a batch of many, so that
batches grow with the load by themselves: every batch costs a transaction, a request to Kafka and one back for each province. Signing
and deciding happen in a worker thread, the database's lock is held only inside the one call. A work is answered when it is durable, or
when it is clear that nothing of it was stored; when the database does not answer, the caller is told to try again and finds out.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

from core.refusals import TIME_BACKWARDS, UNAVAILABLE, Refused
from hub.ledger.batch import Batch
from hub.ledger.notary import Notary
from hub.ledger.store import Commit
from hub.ledger.ticket import Item, Ticket
from hub.ledger.work import News, Submission
from runtime import process_log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from concurrent.futures import Executor
    from datetime import datetime

    from core.rules import RuleBook
    from hub.ledger.artefacts import Artefact, Artefacts
    from hub.ledger.draft import Draft
    from hub.ledger.moment import Moment
    from hub.ledger.snapshot import Snapshot
    from hub.ledger.store import LedgerStore
    from hub.ledger.work import Outcome, Work
    from pki.signer import Signer
    from pki.trust import Trust
    from runtime.clock import Clock

BATCH_WORKS: Final = 128
"""Larger batches cost no less a message (measured: 114 µs at 64, 129 at 128, 142 at 256) and make everybody in them wait longer."""
BATCH_BYTES: Final = 16 * 1024 * 1024
_TRIES: Final = 20
"""A work that lost so often is answered with UNAVAILABLE; each loss means that somebody else won."""

_ENOUGH: Final = 64
"""With so many works waiting nothing more is waited for: a larger batch is no cheaper a message."""
_REST_A_WORK_S: Final = 0.0015
"""For each work of a batch the next one begins so much later: next to nothing when the hub is idle, more the more there is to do."""
_LONGEST_REST_S: Final = 0.1

_LOG = process_log.get("hub.ledger")


@dataclass(kw_only=True, slots=True)
class Committer:
    """The one writer of this process.

    Attributes:
        store: the commit path.
        artefacts: the objects table.
        signer: the hub's signing key.
        rules: every rule that a case can run under.
        trust: gives the trust list in force as this process knows it.
        follow: puts a newer version from the ledger in force here, when another process has logged it.
        verify_again: checks a work that was verified under another version.
        tell: is told of every commit, in order, before its callers are.
        doubt: is told when it is unknown whether a batch was committed.
        executor: decides and signs; one thread is enough.
        simulated: business time stands still between moves.
    """

    store: LedgerStore
    artefacts: Artefacts
    signer: Signer
    rules: RuleBook
    trust: Callable[[], Trust]
    follow: Callable[[int], Awaitable[None]]
    verify_again: Callable[[Work, Trust], Work]
    tell: Callable[[News], None]
    doubt: Callable[[], None]
    clock: Clock
    executor: Executor
    simulated: bool
    _queue: deque[Item] = field(default_factory=deque)
    _in_hand: int = 0
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)
    _enough: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _head: Moment | None = None

    @property
    def pending(self) -> int:
        """Works that have no answer yet."""
        return len(self._queue) + self._in_hand

    async def settle(self, works: Sequence[Work]) -> list[Outcome]:
        """Hands works in and waits for the outcome of each.

        Works of one case are decided in the order in which they were handed in. Cancelling the wait does not take them back.
        """
        if not works:
            return []
        ticket = Ticket(works, asyncio.get_running_loop().create_future())
        self._queue.extend(Item(work, ticket, number) for number, work in enumerate(works))
        self._wanted.set()
        if len(self._queue) >= _ENOUGH:
            self._enough.set()
        await ticket.done
        return ticket.outcomes

    async def run(self) -> NoReturn:
        """Commits for ever. Cancelled in the middle, it leaves callers unanswered, never half a batch."""
        while True:
            await self._wanted.wait()
            async with self._turn:
                items = self._next()
                self._in_hand = len(items)
                await self._commit(items)
                self._in_hand = 0
            if not self._queue:
                self._wanted.clear()
            await self._gather(len(items))

    async def move_time(self, to: datetime) -> None:
        """Moves simulated business time.

        Raises:
            Refused: TIME_BACKWARDS when it stands later already.
        """
        async with self._turn:
            self._head = None
            if not await self.store.advance(to):
                raise Refused(TIME_BACKWARDS, "to")

    async def append(self, artefact: Artefact, in_force: Callable[[], None]) -> int:
        """Logs a trust list or rules between two batches and, in the same turn, puts it in force.

        Returns:
            The log index.

        Raises:
            Refused: UNAVAILABLE when the database is away or another process moved the head; nothing is known to be written then.
        """
        async with self._turn:
            self._head = None
            head = await self.store.head()
            at = head.next(self.clock.now(), simulated=self.simulated)
            if artefact.version is not None:
                at = dataclasses.replace(at, trust_list_version=artefact.version)
            index = await self.artefacts.append(head, at, artefact)
            if index is None:
                raise Refused(UNAVAILABLE, "ledger")
            in_force()
        self.tell(News((), ()))
        return index

    async def _gather(self, taken: int) -> None:
        """Lets the next batch gather behind one of `taken` works."""
        self._enough.clear()
        if len(self._queue) < _ENOUGH:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(taken * _REST_A_WORK_S, _LONGEST_REST_S)):
                    await self._enough.wait()

    def _next(self) -> list[Item]:
        items: list[Item] = []
        size = 0
        while self._queue and len(items) < BATCH_WORKS and size < BATCH_BYTES:
            item = self._queue.popleft()
            items.append(item)
            if isinstance(item.work, Submission):
                size += len(item.work.envelope.sealed_payload)
        return items

    async def _commit(self, items: list[Item]) -> None:
        try:
            await self._attempt(items)
        except Refused as refusal:
            _LOG.error("a batch failed", works=len(items), exc_info=refusal)
            self._head = None
            self.doubt()
            for item in items:
                item.settle(Refused(UNAVAILABLE, "ledger"))

    async def _attempt(self, items: list[Item]) -> None:
        works = [item.work for item in items]
        head = self._head or await self._read_head()
        moment = head.next(self.clock.now(), simulated=self.simulated)
        snapshot = await self.store.snapshot(works)
        loop = asyncio.get_running_loop()
        batch = await loop.run_in_executor(self.executor, self._decide, works, snapshot, moment)
        draft = batch.finish()
        commit = await self.store.commit(moment, draft.rows) if draft.rows.entries else Commit(stale=False)
        if commit.stale:
            self._head = None
            self._put_back(items)
            return
        self._head = moment if draft.rows.entries else head
        self.tell(_news(draft, commit))
        self._settle(items, batch, commit)

    async def _read_head(self) -> Moment:
        head = await self.store.head()
        if head.trust_list_version != self.trust().version:
            await self.follow(head.trust_list_version)
        return head

    def _decide(self, works: Sequence[Work], snapshot: Snapshot, moment: Moment) -> Batch:
        trust = self.trust()
        batch = Batch(snapshot, Notary(self.signer, moment), self.rules, trust.tag_epochs)
        for number, work in enumerate(works):
            batch.take(number, self.verify_again(work, trust))
        return batch

    def _settle(self, items: Sequence[Item], batch: Batch, commit: Commit) -> None:
        back = []
        for number, item in enumerate(items):
            hope = batch.hoped.get(number)
            if number in batch.settled:
                item.settle(batch.settled[number])
            elif hope is not None and hope.case_id not in commit.lost:
                item.settle(hope.done)
            else:
                back.append(item)
        self._put_back(back)

    def _put_back(self, items: Sequence[Item]) -> None:
        """Losers and deferred works go first into the next batch, in their order."""
        for item in reversed(items):
            if item.tries < _TRIES:
                self._queue.appendleft(item.again())
            else:
                item.settle(Refused(UNAVAILABLE, "ledger"))


def _news(draft: Draft, commit: Commit) -> News:
    seqs = iter(commit.seqs)
    placed = []
    for row, delivery in zip(draft.rows.deliveries, draft.placed, strict=True):
        if row.case_id.bytes not in commit.lost:
            delivery.delivery.delivery_seq = next(seqs)
            placed.append(delivery)
    receipts = zip(draft.rows.acknowledgements, draft.logged, strict=True)
    return News(placed, [logged for row, logged in receipts if row.case_id.bytes not in commit.lost])
