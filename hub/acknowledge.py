"""Step 6 of 9 - acknowledge. The receiver's signed DELIVERED receipt, sent after its inbox commit, goes through the ledger like a message.

Decides nothing about a case: receipts of a stream are collected while the chunk before them is under way, verified in a worker thread, and
handed to the committer, where they become log entries and start limits. A repeat is fine and changes nothing. What is refused is told to
the sender; the delivery then stays unacknowledged and comes again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from core.refusals import Refused
from hub.ledger.work import Acknowledgement
from runtime import process_log
from runtime.grpc_errors import problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor

    from hub.channel import Channel
    from hub.ledger.committer import Committer
    from hub.verify import Verifier
    from yrdx.v1 import receipt_pb2

_MAX_PENDING: Final = 1024
_CHUNK: Final = 128

_LOG = process_log.get("hub.acknowledge")


@dataclass(frozen=True, kw_only=True)
class Acknowledging:
    """What every stream's acknowledger works with."""

    verifier: Verifier
    committer: Committer
    executor: Executor


class Acknowledger:
    """The receipts of one stream."""

    def __init__(self, parts: Acknowledging, province: str, channel: Channel) -> None:
        """Starts with none."""
        self._parts, self._province, self._channel = parts, province, channel
        self._pending: asyncio.Queue[receipt_pb2.SignedReceipt] = asyncio.Queue(_MAX_PENDING)

    async def add(self, receipts: Iterable[receipt_pb2.SignedReceipt]) -> None:
        """Takes receipts; waits, and with it the peer, while too many are pending."""
        for signed in receipts:
            await self._pending.put(signed)

    async def finish(self) -> None:
        """Waits until every receipt that was taken is settled."""
        await self._pending.join()

    async def run(self) -> NoReturn:
        """Settles chunk after chunk."""
        while True:
            chunk = [await self._pending.get()]
            while len(chunk) < _CHUNK and not self._pending.empty():
                chunk.append(self._pending.get_nowait())
            await self._settle(chunk)
            for _ in chunk:
                self._pending.task_done()

    async def _settle(self, chunk: list[receipt_pb2.SignedReceipt]) -> None:
        loop = asyncio.get_running_loop()
        read = await loop.run_in_executor(self._parts.executor, self._parts.verifier.read_receipts, chunk, self._province)
        outcomes = await self._parts.committer.settle([work for work in read if isinstance(work, Acknowledgement)])
        for refusal in [*read, *outcomes]:
            if isinstance(refusal, Refused):
                _LOG.warning("a receipt was refused", province=self._province, number=refusal.kind.number, field=refusal.field)
                self._channel.complain(problem(refusal))
