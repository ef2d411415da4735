"""The Operations service of a node: how it is, and draining. Everything else there is the hub's."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from core.receipts import timestamp
from core.refusals import NOT_FOUND, Refused
from nodes.common.store import outbox, steps, work
from nodes.common.store.operations import Stroke
from yrdx.v1 import operations_pb2, operations_pb2_grpc

if TYPE_CHECKING:
    import grpc

    from nodes.common.business_time import BusinessTime
    from nodes.common.desk import DeskService
    from nodes.common.store.database import Database
    from nodes.common.store.operations import Operations
    from nodes.common.stream import Stream
    from nodes.common.trust import NodeTrust
    from runtime.clock import Clock, Sleep
    from runtime.surroundings import Surroundings

    Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_DRAIN_POLL_S: Final = 0.05


@dataclass(frozen=True, kw_only=True)
class OperationsService(operations_pb2_grpc.OperationsServicer):
    """Serves `yrdx.v1.Operations`, as far as a node has any."""

    name: str
    database: Database
    operations: Operations
    stream: Stream
    desk: DeskService
    trust: NodeTrust
    business_time: BusinessTime
    surroundings: Surroundings
    clock: Clock
    sleep: Sleep

    async def Status(  # noqa: N802 - gRPC
        self, _request: operations_pb2.StatusRequest, _context: Context
    ) -> operations_pb2.StatusResponse:
        """How the node is."""
        return await self.status()

    async def status(self) -> operations_pb2.StatusResponse:
        """The same for this process. Idle: nothing to send or apply, no operation between strokes (one that failed waits for people).

        Raises:
            Refused: UNAVAILABLE when the database cannot be reached.
        """
        counters, now = await self._counters(), self.clock.now()
        return operations_pb2.StatusResponse(
            name=self.name,
            version=version("yrdx"),
            recorded_at=timestamp(now),
            business_at=timestamp(self.business_time.now()),
            idle=self.stream.active and not any(counters[name] for name in ("outbox", "inbox", "unapplied", "operations")),
            trust_list_version=self.trust.current.version,
            counters={**counters, **self.surroundings.counters(now)},
            draining=self.desk.draining,
        )

    async def Drain(  # noqa: N802 - gRPC
        self, _request: operations_pb2.DrainRequest, _context: Context
    ) -> operations_pb2.DrainResponse:
        """Takes on nothing new from the desk and answers when what is in hand has reached the hub; deliveries go on."""
        self.desk.draining = True
        while (counters := await self._counters())["outbox"] or counters["operations"]:
            await self.sleep(_DRAIN_POLL_S)
        return operations_pb2.DrainResponse()

    async def AdvanceBusinessTime(  # noqa: N802 - gRPC
        self, _request: operations_pb2.AdvanceBusinessTimeRequest, _context: Context
    ) -> operations_pb2.AdvanceBusinessTimeResponse:
        """The hub's alone."""
        raise Refused(NOT_FOUND, "ask the hub")

    async def PublishTrustList(  # noqa: N802 - gRPC
        self, _request: operations_pb2.PublishTrustListRequest, _context: Context
    ) -> operations_pb2.PublishTrustListResponse:
        """The hub's alone."""
        raise Refused(NOT_FOUND, "ask the hub")

    async def Held(  # noqa: N802 - gRPC
        self, _request: operations_pb2.HeldRequest, _context: Context
    ) -> operations_pb2.HeldResponse:
        """The hub's alone."""
        raise Refused(NOT_FOUND, "ask the hub")

    async def Replay(  # noqa: N802 - gRPC
        self, _request: operations_pb2.ReplayRequest, _context: Context
    ) -> operations_pb2.ReplayResponse:
        """The hub's alone."""
        raise Refused(NOT_FOUND, "ask the hub")

    async def _counters(self) -> dict[str, int]:
        async with self.database.reading() as connection:
            unfinished = await self.operations.unfinished(connection)
            failed = sum(one.stroke is Stroke.FAILED for one in unfinished)
            oldest = await outbox.oldest(connection)
            return {
                "outbox": await outbox.count(connection),
                "oldest_unsent_age_seconds": max(0, int((self.clock.now() - oldest).total_seconds())) if oldest else 0,
                "inbox": self.stream.waiting,
                "unapplied": len(await steps.unapplied(connection)),
                "operations": len(unfinished) - failed,
                "failed_operations": failed,
                "held": self.stream.holds.here,
                "work": await work.count(connection),
                "stream_active": int(self.stream.active),
            }
