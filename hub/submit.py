"""Step 1 of 9 - submit. A node hands in a batch; each envelope gets its own answer, in order.

Decides how much of a batch is taken on: at most 256 envelopes, and so many messages of one province between submit and answer. What is not
taken on is answered at once with the advice when to try again; nothing of it was looked at.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from core.refusals import BATCH_TOO_LARGE, DRAINING, TOO_MANY_IN_FLIGHT, Refused
from hub.ledger.work import Done, Submission
from hub.verify import check_materials
from runtime.grpc_errors import problem
from yrdx.v1 import envelope_pb2, exchange_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from hub.ledger.committer import Committer
    from hub.ledger.work import Outcome
    from hub.verify import MaterialStore, Verifier

MAX_BATCH: Final = 256
_RETRY_S: Final = 0.5


@dataclass(kw_only=True)
class Submitter:
    """Takes batches through steps 1 to 3.

    Attributes:
        max_in_flight: messages of one province between submit and answer.
        checkpoint: gives size and root of the newest published checkpoint.
        executor: for verification.
        draining: nothing new is taken on.
        in_flight: messages between submit and answer, by province.
    """

    verifier: Verifier
    materials: MaterialStore
    committer: Committer
    executor: Executor
    max_in_flight: int
    checkpoint: Callable[[], envelope_pb2.SeenCheckpoint]
    draining: bool = False
    in_flight: Counter[str] = field(default_factory=Counter)

    async def submit(self, request: exchange_pb2.SubmitRequest, caller: str) -> exchange_pb2.SubmitResponse:
        """Answers a batch of the province `caller`.

        Raises:
            Refused: DRAINING or BATCH_TOO_LARGE, about the batch as a whole.
        """
        if self.draining:
            raise Refused(DRAINING)
        if len(request.envelopes) > MAX_BATCH:
            raise Refused(BATCH_TOO_LARGE, "envelopes")
        room = max(0, self.max_in_flight - self.in_flight[caller])
        taken, left = request.envelopes[:room], request.envelopes[room:]
        self.in_flight[caller] += len(taken)
        try:
            outcomes = await self._settle(taken, caller)
        finally:
            self.in_flight[caller] -= len(taken)
        outcomes += [Refused(TOO_MANY_IN_FLIGHT, retry_after_s=_RETRY_S) for _ in left]
        return exchange_pb2.SubmitResponse(results=map(_result, outcomes), checkpoint=self.checkpoint())

    async def _settle(self, envelopes: Sequence[envelope_pb2.Envelope], caller: str) -> list[Outcome]:
        """The outcome of each envelope; those that pass reach the ledger together and in order."""
        loop = asyncio.get_running_loop()
        read = await loop.run_in_executor(self.executor, self.verifier.read, envelopes, caller)
        checked = await check_materials(read, self.materials)
        settled = iter(await self.committer.settle([work for work in checked if isinstance(work, Submission)]))
        return [next(settled) if isinstance(work, Submission) else work for work in checked]


def _result(outcome: Outcome) -> exchange_pb2.SubmitResult:
    if isinstance(outcome, Done):
        return exchange_pb2.SubmitResult(receipts=outcome.receipts)
    return exchange_pb2.SubmitResult(problem=problem(outcome))
