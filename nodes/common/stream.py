"""The node's end of its stream at the hub: deliveries in, receipts out, credits as they are worked off.

One stream at a time, opened again whenever it ends. What comes is handled in chunks: while one is on its way to the database the next one
gathers. Receipts that a broken stream swallowed are asked for again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

import grpc

from core.refusals import Refused
from nodes.common.store import steps as steps_of
from runtime import process_log
from runtime.groups import pass_on_cancellation
from runtime.grpc_errors import refused
from yrdx.v1 import exchange_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from nodes.common.holds import Holds
    from nodes.common.inbox import Inbox
    from nodes.common.pace import Pace
    from nodes.common.store.database import Database
    from runtime.clock import Sleep
    from yrdx.v1 import exchange_pb2_grpc

_CHUNK: Final = 128
_WANTED: Final = 1000
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0

_LOG = process_log.get("nodes.stream")

Incoming = asyncio.Queue[exchange_pb2.DeliverResponse]
Leaving = asyncio.Queue[exchange_pb2.DeliverRequest | None]


@dataclass(slots=True, kw_only=True)
class Stream:
    """The stream of this instance.

    Attributes:
        instance: its name at the hub.
        credits: deliveries that may be on their way at once.
        active: whether this instance holds the province's stream.
        waiting: responses that came and are not handled yet.
    """

    instance: str
    credits: int
    database: Database
    exchange: exchange_pb2_grpc.ExchangeAsyncStub
    inbox: Inbox
    holds: Holds
    sleep: Sleep
    pace: Pace
    active: bool = False
    waiting: int = 0
    _pause_s: float = field(default=_FIRST_PAUSE_S)

    async def run(self) -> NoReturn:
        """Holds a stream for ever."""
        while True:
            try:
                await self._hold()
            except* (grpc.aio.AioRpcError, Refused) as ended:
                self._complain(ended)
            pass_on_cancellation()
            self.active, self.waiting = False, 0
            await self.sleep(self._pause_s)
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)

    async def _hold(self) -> None:
        """One stream, until it breaks."""
        incoming, leaving = Incoming(self.credits), Leaving()
        leaving.put_nowait(exchange_pb2.DeliverRequest(opening=exchange_pb2.DeliverOpening(instance=self.instance)))
        leaving.put_nowait(exchange_pb2.DeliverRequest(credits=self.credits))
        async with asyncio.TaskGroup() as group:
            working = group.create_task(self._work(incoming, leaving))
            call = self.exchange.Deliver(_drained(leaving))
            try:
                async for response in call:
                    self.waiting += 1
                    await incoming.put(response)  # full: receipts, which need no credit, wait in the hub
            finally:
                call.cancel()
                leaving.put_nowait(None)  # a call that has ended by itself does not end its reader
            working.cancel()

    async def _work(self, incoming: Incoming, leaving: Leaving) -> NoReturn:
        while True:
            chunk = [await incoming.get()]
            async with self.pace.turn():
                while len(chunk) < _CHUNK and not incoming.empty():
                    chunk.append(incoming.get_nowait())
                await self._handle(chunk, leaving)
            self.waiting -= len(chunk)

    async def _handle(self, chunk: Sequence[exchange_pb2.DeliverResponse], leaving: Leaving) -> None:
        deliveries = [delivery for one in chunk for delivery in one.deliveries]
        told = [receipt for one in chunk for receipt in one.receipts]
        if deliveries or told:
            answers = await self.inbox.take(deliveries, told)
            if deliveries:
                leaving.put_nowait(
                    exchange_pb2.DeliverRequest(receipts=answers.receipts, cannot_process=answers.cannot_process, credits=len(deliveries))
                )
        for one in chunk:
            if one.HasField("stand_by"):
                await self._stand(one.stand_by, leaving)
            if one.HasField("holds"):
                self.holds.replace(one.holds.held)
            for problem in one.problems:
                _LOG.error("the hub does not take an answer", number=problem.number, field=problem.field)

    async def _stand(self, told: exchange_pb2.StandBy, leaving: Leaving) -> None:
        """The lease came or went; with it come the receipts that nobody heard meanwhile."""
        self.active, self._pause_s = told.active, _FIRST_PAUSE_S
        if not told.active:
            _LOG.info("standing by: another instance holds the stream")
            return
        _LOG.info("the stream is open")
        async with self.database.reading() as connection:
            wanted = await steps_of.without_receipt(connection, _WANTED)
        if wanted:
            leaving.put_nowait(exchange_pb2.DeliverRequest(receipts_wanted=exchange_pb2.ReceiptsWanted(message_ids=wanted)))

    def _complain(self, ended: BaseExceptionGroup[Exception]) -> None:
        if self._pause_s == _FIRST_PAUSE_S:
            _LOG.warning("the stream ended", reasons=[_reason(error) for error in ended.exceptions])


async def _drained(leaving: Leaving) -> AsyncIterator[exchange_pb2.DeliverRequest]:
    while (request := await leaving.get()) is not None:
        yield request


def _reason(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(_reason(inner) for inner in error.exceptions)
    if isinstance(error, grpc.aio.AioRpcError):
        return str(refused(error) or error.code())
    return str(error)
