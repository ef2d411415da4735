"""A register that calls nobody's service and has none: it fetches its work from its node's desk and leaves the answers there.

Decides when it asks: again as soon as all it was given is done; the node answers when there is something, or after `_WAIT_S` that there is
not. What could not be completed (the file fails, the node went away) stays listed and is done again after a pause. The store answers a
repeat as before, so that a kill between any two steps needs no healing here.
"""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING, Any, Final, NoReturn

import grpc
from google.protobuf.duration_pb2 import Duration

from core.refusals import BAD_FIELD, Refused
from runtime import process_log
from runtime.grpc_errors import problem
from yrdx.v1 import desk_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from google.protobuf.message import Message

    from runtime.clock import Sleep
    from simulator.registers.service import RegisterService
    from yrdx.v1 import desk_pb2_grpc

    Call = Callable[[Any, None], Awaitable[Message]]

_WAIT_S: Final = 5
_CALL_S: Final = 5.0
_PAUSE_S: Final = 0.2

_LOG = process_log.get("register.polling")


class Polling:
    """Works off one node's list."""

    def __init__(self, service: RegisterService, desk: desk_pb2_grpc.DeskAsyncStub, sleep: Sleep) -> None:
        """Answers with `service` what `desk` lists."""
        self._desk, self._sleep = desk, sleep
        self._reached = True
        self._calls: Mapping[str | None, Call] = {
            "find": service.Find,
            "check": service.Check,
            "reserve": service.Reserve,
            "finalise": service.Finalise,
            "release": service.Release,
        }

    async def run(self) -> NoReturn:
        """Polls for ever."""
        while True:
            try:
                items = await self._fetch()
                async with asyncio.TaskGroup() as group:
                    done = [group.create_task(self._do(item)) for item in items]
                complete = all(task.result() for task in done)
            except grpc.aio.AioRpcError as error:
                self._complain(error)
                complete = False
            if not complete:
                await self._sleep(_PAUSE_S)

    async def _fetch(self) -> list[desk_pb2.WorkItem]:
        request = desk_pb2.ListWorkRequest(wait=Duration(seconds=_WAIT_S))
        items = list((await self._desk.ListWork(request, timeout=_WAIT_S + _CALL_S)).items)
        self._reached = True
        return items

    async def _do(self, item: desk_pb2.WorkItem) -> bool:
        """Whether the item is done with."""
        try:
            # If we crash after the store's commit, the item is still listed and gets the same answer.
            answer = await self._answer(item)
            await self._desk.CompleteWork(answer, timeout=_CALL_S)
        except sqlite3.Error as error:
            _LOG.error("work cannot be done", work_id=item.work_id.hex(), exc_info=error)
        except grpc.aio.AioRpcError as error:
            self._complain(error)
        else:
            return True
        return False

    async def _answer(self, item: desk_pb2.WorkItem) -> desk_pb2.CompleteWorkRequest:
        answer, name = desk_pb2.CompleteWorkRequest(work_id=item.work_id), item.WhichOneof("call")
        try:
            if name is None:
                raise Refused(BAD_FIELD, "call")  # noqa: TRY301 - a call of a newer node is refused like any that has no form
            getattr(answer, name).CopyFrom(await self._calls[name](getattr(item, name), None))
        except Refused as refusal:
            answer.refusal.CopyFrom(problem(refusal))
        return answer

    def _complain(self, error: grpc.aio.AioRpcError) -> None:
        """Says once that the node is away."""
        if self._reached:
            self._reached = False
            _LOG.warning("the node cannot be polled", code=error.code().name)
