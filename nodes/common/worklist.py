"""Work for a register that only polls: the calls of `Register` as items that its system fetches and completes at the desk.

Decides which call is which item. A write has one item an operation: the same call again finds it, and its answer if that has come; another
call about the same operation takes its place, and an answer to the old one then finds nobody. A read is an item of its own and is dropped
when nobody can wait for it any more. An answer is handed out once, and its item is gone with it: whoever loses it asks anew, and the
register, which keeps every operation id for ever, says the same again. So nothing here has to outlive its call for the sake of the strokes.

Does not check what a register answers beyond its kind; that is the register's word, here as over `nodes.common.register`.
"""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from core.ids import ID_BYTES, RANDOM_BYTES, uuid7
from core.refusals import BAD_FIELD, RECORD_NOT_FOUND, UNAVAILABLE, Refused
from runtime.grpc_errors import from_problem
from yrdx.v1 import desk_pb2, register_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

    from nodes.common.store.database import Database
    from nodes.common.store.work import Work
    from runtime.clock import Clock

_LOOK_S: Final = 0.5
_LOOKS: Final = 8
_FORGOTTEN: Final = timedelta(seconds=20)
_USUAL_PAGE, _LARGEST_PAGE = 50, 200
_LONGEST_WAIT_S: Final = 10.0
_NANOS: Final = 1_000_000_000


@dataclass(slots=True, kw_only=True)
class Worklist:
    """A `Register` that waits to be asked for its work; also serves whoever fetches it.

    A call waits four seconds for its answer, then raises UNAVAILABLE, which says nothing about what the register did or will do.

    Attributes:
        random: makes work ids.
    """

    database: Database
    work: Work
    clock: Clock
    random: Callable[[int], bytes]
    _waiting: dict[bytes, asyncio.Event] = field(default_factory=dict)
    _added: asyncio.Event = field(default_factory=asyncio.Event)
    _closed: bool = False

    async def find(self, id_number: str) -> register_pb2.FindResponse | None:
        """The person's record, or None."""
        try:
            return (await self._ask(desk_pb2.WorkItem(find=register_pb2.FindRequest(id_number=id_number)))).find
        except Refused as refusal:
            if refusal.kind is RECORD_NOT_FOUND:
                return None
            raise

    async def check(self, id_number: str, name: str) -> register_pb2.CheckResponse:
        """What differs between a claim and the record."""
        return (await self._ask(desk_pb2.WorkItem(check=register_pb2.CheckRequest(id_number=id_number, name=name)))).check

    async def reserve(self, request: register_pb2.ReserveRequest) -> register_pb2.ReserveResponse:
        """Stroke 1."""
        return (await self._ask(desk_pb2.WorkItem(reserve=request), request.operation_id)).reserve

    async def finalise(self, request: register_pb2.FinaliseRequest) -> register_pb2.FinaliseResponse:
        """Stroke 3."""
        return (await self._ask(desk_pb2.WorkItem(finalise=request), request.operation_id)).finalise

    async def release(self, operation_id: bytes) -> register_pb2.ReleaseResponse:
        """Ends a reservation, unless it is finalised."""
        item = desk_pb2.WorkItem(release=register_pb2.ReleaseRequest(operation_id=operation_id))
        return (await self._ask(item, operation_id)).release

    async def open(self, request: desk_pb2.ListWorkRequest) -> list[desk_pb2.WorkItem]:
        """What is to be done, oldest first; waits for the first item as long as asked.

        Raises:
            Refused: BAD_FIELD, or UNAVAILABLE.
        """
        size, wait_s = request.page_size or _USUAL_PAGE, request.wait.seconds + request.wait.nanos / _NANOS
        if size > _LARGEST_PAGE:
            raise Refused(BAD_FIELD, "page_size")
        if not 0 <= wait_s <= _LONGEST_WAIT_S:
            raise Refused(BAD_FIELD, "wait")
        for _ in range(math.ceil(wait_s / _LOOK_S)):
            added = self._added
            items = await self._list(size)
            if items or self._closed:
                return items
            await _within(added, _LOOK_S)  # another instance of this node may be asked meanwhile
        return await self._list(size)

    async def complete(self, answer: desk_pb2.CompleteWorkRequest) -> None:
        """Takes the register's answer to an item.

        Raises:
            Refused: BAD_FIELD when it answers another call, or UNAVAILABLE.
        """
        if len(answer.work_id) != ID_BYTES:
            raise Refused(BAD_FIELD, "work_id")
        # If we crash before the commit, the item is listed again and the register answers the same; after it, the answer waits to be taken.
        async with self.database.aside() as aside:
            item = await self.work.find(aside, answer.work_id)
            if item is None:
                return
            if answer.WhichOneof("answer") not in {item.WhichOneof("call"), "refusal"}:
                raise Refused(BAD_FIELD, "answer")
            await self.work.answer(aside, answer)
        if answer.work_id in self._waiting:
            self._waiting[answer.work_id].set()

    def close(self) -> None:
        """Nobody waits for work any more: the server is going down."""
        self._closed = True
        self._added.set()

    async def _ask(self, call: desk_pb2.WorkItem, operation_id: bytes | None = None) -> desk_pb2.CompleteWorkRequest:
        work_id = await self._put(call, operation_id)
        answered = self._waiting.setdefault(work_id, asyncio.Event())
        try:
            answer = await self._answer(work_id, answered)
        finally:
            self._waiting.pop(work_id, None)
        if answer.HasField("refusal"):
            raise from_problem(answer.refusal)
        return answer

    async def _put(self, call: desk_pb2.WorkItem, operation_id: bytes | None) -> bytes:
        """Names the item of a call, which is durable then. If we crash afterwards, a write is found again and a read is dropped."""
        async with self.database.aside() as aside:
            known = None if operation_id is None else await self.work.of_operation(aside, operation_id)
            if known is not None:
                call.work_id = known.work_id
                if call == known:
                    return known.work_id
            call.work_id = self._new_id()
            await self.work.put(aside, call, operation_id, self.clock.now())
        self._added.set()
        self._added = asyncio.Event()
        return call.work_id

    async def _answer(self, work_id: bytes, answered: asyncio.Event) -> desk_pb2.CompleteWorkRequest:
        """Looks from time to time on its own: another instance of this node may have been told."""
        for _ in range(_LOOKS):
            # If we crash after this commit, the answer is lost; the call comes again as a new item.
            async with self.database.aside() as aside:
                answer = await self.work.take(aside, work_id)
            if answer is not None:
                return answer
            await _within(answered, _LOOK_S)
        raise Refused(UNAVAILABLE, "register")

    def _new_id(self) -> bytes:
        return uuid7(int(self.clock.now().timestamp() * 1000), self.random(RANDOM_BYTES))

    async def _list(self, size: int) -> list[desk_pb2.WorkItem]:
        async with self.database.aside() as aside:
            await self.work.forget_reads(aside, self.clock.now() - _FORGOTTEN)
            return await self.work.open(aside, size)


async def _within(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
