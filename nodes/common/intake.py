"""Takes decisions from the desk: what comes at once becomes durable in one transaction, for a commit costs more than a decision.

Each decision has its own answer or refusal; one that is refused leaves nothing behind and does not hold up its neighbours. A call that is
given up by its caller goes on: whoever repeats it finds the answer under its request id.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from core.refusals import Refused
from nodes.common.decisions import is_plain

if TYPE_CHECKING:
    from nodes.common.decisions import Asked, Decisions
    from nodes.common.pace import Pace
    from nodes.common.store.cases import CaseRow
    from nodes.common.store.database import Database, Transaction
    from nodes.common.store.requests import Known

_MOST: Final = 64

Decided = tuple[bytes, bytes | None]
"""The serialised answer, or the id of an operation that must be carried on first."""


class _Item(NamedTuple):
    asked: Asked
    done: asyncio.Future[Decided]

    def settle(self, outcome: Decided | Refused) -> None:
        """Tells the caller, if he still waits."""
        if self.done.done():
            return
        if isinstance(outcome, Refused):
            self.done.set_exception(outcome)
        else:
            self.done.set_result(outcome)


@dataclass(slots=True, kw_only=True)
class Intake:
    """The one place of a node where decisions are written down."""

    database: Database
    decisions: Decisions
    pace: Pace
    _queue: deque[_Item] = field(default_factory=deque)
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)

    async def decide(self, asked: Asked) -> Decided:
        """Hands a decision in and waits until it is durable.

        Raises:
            Refused: what `Decisions.decide` raises; REQUEST_CONFLICT or the stored refusal for a repeat; UNAVAILABLE.
        """
        item = _Item(asked, asyncio.get_running_loop().create_future())
        self._queue.append(item)
        self._wanted.set()
        return await item.done

    async def run(self) -> NoReturn:
        """Writes decisions down, for ever."""
        while True:
            await self._wanted.wait()
            while self._queue:
                async with self.pace.turn():
                    await self._write(self._next())
            self._wanted.clear()

    def _next(self) -> list[_Item]:
        """The next in the queue, together with those behind it that do not touch the same case or request."""
        items = [self._queue.popleft()]
        seen = set(_touched(items[0].asked))
        while self._queue and len(items) < _MOST and is_plain(items[0].asked.request):
            asked = self._queue[0].asked
            if not is_plain(asked.request) or not seen.isdisjoint(_touched(asked)):
                break
            seen.update(_touched(asked))
            items.append(self._queue.popleft())
        return items

    async def _write(self, items: list[_Item]) -> None:
        """If we crash before the commit, nothing was decided; after it, a repeat gets its answer, or goes on with the strokes."""
        outcomes: list[Decided | Refused] = []
        try:
            async with self.database.writing() as transaction:
                known = await self.decisions.requests.several(transaction, {one.asked.request_id: one.asked.digest for one in items})
                rows = await self.decisions.cases.several(transaction, {one.asked.request.case_id for one in items})
                for item in items:
                    asked = item.asked
                    outcomes.append(await self._one(transaction, asked, known.get(asked.request_id), rows.get(asked.request.case_id)))
        except Refused as refusal:
            outcomes = [refusal] * len(items)
        for item, outcome in zip(items, outcomes, strict=True):
            item.settle(outcome)

    async def _one(self, transaction: Transaction, asked: Asked, known: Known | Refused | None, row: CaseRow | None) -> Decided | Refused:
        if isinstance(known, Refused):
            return known
        if known is not None:
            return await self._repeated(transaction, asked, known)
        if not is_plain(asked.request):
            return await self.decisions.decide(transaction, row, asked)
        mark = transaction.mark()
        try:
            return await self.decisions.decide(transaction, row, asked)
        except Refused as refusal:
            transaction.take_back(mark)
            return refusal

    async def _repeated(self, transaction: Transaction, asked: Asked, known: Known) -> Decided:
        if known.answer is not None:
            return known.answer, None
        operation = await self.decisions.operations.of_request(transaction, asked.request_id)
        return b"", operation.operation_id if operation else None


def _touched(asked: Asked) -> tuple[bytes, bytes]:
    return asked.request_id, asked.request.case_id
