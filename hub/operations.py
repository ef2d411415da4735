"""The Operations service of the hub: how it is, and the few things that an operator may do.

Only operators of the hub itself are answered; a province's operator has his own node.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from core.ids import ID_BYTES, PROVINCES
from core.receipts import timestamp
from core.refusals import BAD_FIELD, WRONG_ROLE, Refused
from hub.ledger import figures
from hub.mailbox import Via
from pki.identity import HUB
from runtime.figures import CLAIMS_ONLY_UNDER
from runtime.identity import identity
from yrdx.v1 import operations_pb2, operations_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    import asyncpg
    import grpc

    from hub.business_time import BusinessTime
    from hub.deliver import Deliverer
    from hub.ledger.committer import Committer
    from hub.ledger.figures import Covered, Figures
    from hub.ledger.holding import Holding
    from hub.publish import Publisher
    from hub.submit import Submitter
    from hub.trust import TrustInForce
    from runtime.clock import Clock, Sleep
    from runtime.surroundings import Surroundings
    from yrdx.v1 import envelope_pb2

    Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_DRAIN_POLL_S: Final = 0.05


@dataclass(frozen=True, kw_only=True)
class OperationsService(operations_pb2_grpc.OperationsServicer):
    """Serves `yrdx.v1.Operations`.

    Attributes:
        name: of this process.
        checkpoint: gives size and root of the newest published checkpoint.
    """

    name: str
    pool: asyncpg.Pool
    submitter: Submitter
    committer: Committer
    publisher: Publisher
    deliverer: Deliverer
    holding: Holding
    business_time: BusinessTime
    trust: TrustInForce
    checkpoint: Callable[[], envelope_pb2.SeenCheckpoint]
    surroundings: Surroundings
    clock: Clock
    sleep: Sleep

    async def Status(  # noqa: N802 - gRPC
        self, _request: operations_pb2.StatusRequest, context: Context
    ) -> operations_pb2.StatusResponse:
        """How the hub is."""
        _check_operator(context)
        return await self.status()

    async def status(self) -> operations_pb2.StatusResponse:
        """The same for this process. Idle: nothing between submit and commit, nothing committed and not acknowledged (hence published).

        Raises:
            Refused: UNAVAILABLE when the database cannot be reached, and before the first trust list.
        """
        checkpoint = self.checkpoint()
        covered = await figures.covered(self.pool, checkpoint.size)
        trust = self.trust.current()
        found = await figures.read(self.pool, trust.tag_epochs)
        under_way, now = sum(self.submitter.in_flight.values()) + self.committer.pending, self.clock.now()
        return operations_pb2.StatusResponse(
            name=self.name,
            version=version("yrdx"),
            recorded_at=timestamp(now),
            business_at=timestamp(found.business_at if self.business_time.simulated else now),
            idle=not under_way and not found.mail,
            next_due=timestamp(found.next_due) if found.next_due else None,
            log_size=found.size,
            checkpoint_size=checkpoint.size,
            checkpoint_root=checkpoint.root,
            trust_list_version=trust.version,
            members=[self._member(code, found) for code in PROVINCES],
            counters={**self._counters(found, under_way, trust.tag_epochs), **_ages(covered, now), **self.surroundings.counters(now)},
            draining=self.submitter.draining,
        )

    async def Drain(  # noqa: N802 - gRPC
        self, _request: operations_pb2.DrainRequest, context: Context
    ) -> operations_pb2.DrainResponse:
        """Takes on no further batch and answers when those in hand are settled; streams and receipts go on."""
        _check_operator(context)
        self.submitter.draining = True
        while any(self.submitter.in_flight.values()) or self.committer.pending:
            await self.sleep(_DRAIN_POLL_S)
        return operations_pb2.DrainResponse()

    async def AdvanceBusinessTime(  # noqa: N802 - gRPC
        self, request: operations_pb2.AdvanceBusinessTimeRequest, context: Context
    ) -> operations_pb2.AdvanceBusinessTimeResponse:
        """Moves simulated business time and answers when everything due is in the ledger."""
        _check_operator(context)
        try:
            to = request.to.ToDatetime(UTC)
        except (ValueError, OverflowError) as error:  # protobuf, for a moment outside the years 1 to 9999
            raise Refused(BAD_FIELD, "to") from error
        made = await self.business_time.advance(to)
        return operations_pb2.AdvanceBusinessTimeResponse(business_at=request.to, due_events=made)

    async def PublishTrustList(  # noqa: N802 - gRPC
        self, request: operations_pb2.PublishTrustListRequest, context: Context
    ) -> operations_pb2.PublishTrustListResponse:
        """Puts the next version of the trust list in force."""
        _check_operator(context)
        index = await self.trust.publish(request.trust_list, self.committer.append)
        return operations_pb2.PublishTrustListResponse(log_index=index)

    async def Held(  # noqa: N802 - gRPC
        self, _request: operations_pb2.HeldRequest, context: Context
    ) -> operations_pb2.HeldResponse:
        """What is held."""
        _check_operator(context)
        return operations_pb2.HeldResponse(held=await self.holding.held())

    async def Replay(  # noqa: N802 - gRPC
        self, request: operations_pb2.ReplayRequest, context: Context
    ) -> operations_pb2.ReplayResponse:
        """Sends a held delivery again, at once if its receiver listens here."""
        _check_operator(context)
        if len(request.message_id) != ID_BYTES:
            raise Refused(BAD_FIELD, "message_id")
        self.deliverer.ask(request.receiver, await self.holding.replay(request.message_id, request.receiver))
        return operations_pb2.ReplayResponse()

    def _member(self, code: str, found: Figures) -> operations_pb2.MemberStatus:
        mail = found.mail.get(code)
        return operations_pb2.MemberStatus(
            code=code,
            connected=code in self.deliverer.streams,
            undelivered=mail.undelivered if mail else 0,
            oldest_undelivered=timestamp(mail.oldest) if mail else None,
            overdue=found.overdue.get(code, 0),
            held=found.held.get(code, 0),
        )

    def _counters(self, found: Figures, under_way: int, tag_epochs: Sequence[int]) -> dict[str, int]:
        first = {via.value: sum(box.first[via] for box in self.deliverer.boxes.values()) for via in Via}
        return {
            **first,
            "in_flight": under_way,
            "unpublished": self.publisher.unpublished,
            "kafka_reached": int(self.publisher.reached),
            "open_cases": found.open_cases,
            **{f"{CLAIMS_ONLY_UNDER}{epoch}": found.only_under.get(epoch, 0) for epoch in tag_epochs},
        }


def _ages(covered: Covered, now: datetime) -> dict[str, int]:
    """Whole seconds from what the newest checkpoint shows, and since when something waits for the next one."""
    return {
        "checkpoint_age_seconds": _since(covered.until, now),
        "checkpoint_behind_seconds": _since(covered.waiting_since, now),
    }


def _since(then: datetime | None, now: datetime) -> int:
    return max(0, int((now - then).total_seconds())) if then else 0  # the clock may have been set back since


def _check_operator(context: Context) -> None:
    caller = identity(context)
    if caller.member != HUB:
        raise Refused(WRONG_ROLE, caller.member)
