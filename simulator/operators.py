"""The operators of the world: they look at hub and nodes through `Operations`, and the one of the simulation moves business time.

Decides when a slot has been played: the hub and every node say that they are idle, in two looks one after the other that show the same
figures. One look is not enough: a message may be on its way between two parties that were both asked at the wrong moment. A party that
cannot be reached is not idle.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from runtime.grpc_errors import refused
from runtime.surroundings import MEASURED
from simulator.trouble import Trouble
from yrdx.v1 import operations_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from runtime.clock import Sleep
    from yrdx.v1 import operations_pb2_grpc

HUB: Final = "hub"
_CALL_S: Final = 5.0
_BETWEEN_LOOKS_S: Final = 0.05
_PATIENCE_S: Final = 240.0


class Stuck(Trouble):
    """A slot did not come to rest; the text names who is still busy."""


@dataclass(slots=True)
class Tally:
    """A counter of a process that begins at zero again whenever the process does."""

    before: int = 0
    last: int = 0

    def see(self, value: int) -> None:
        """Notes a reading."""
        if value < self.last:
            self.before += self.last
        self.last = value

    @property
    def total(self) -> int:
        """Counted in all lives of the process, up to what died unread with it."""
        return self.before + self.last


@dataclass(slots=True)
class Operators:
    """Stubs with operator certificates, by name of the party; the hub under `HUB`."""

    parties: Mapping[str, operations_pb2_grpc.OperationsAsyncStub]
    sleep: Sleep
    by_kafka: Tally = field(default_factory=Tally)
    by_ledger: Tally = field(default_factory=Tally)
    busy: tuple[str, ...] = ()
    """Who was not idle at the last look."""

    @property
    def via(self) -> dict[str, int]:
        """By which way messages were delivered first, in all lives of the hub."""
        return {"kafka": self.by_kafka.total, "ledger": self.by_ledger.total}

    async def advance(self, to: datetime) -> operations_pb2.AdvanceBusinessTimeResponse:
        """Moves business time to `to`; tries again while the hub is away. A repeat after a lost answer finds it there already."""
        moment = Timestamp()
        moment.FromDatetime(to)
        while True:
            try:
                request = operations_pb2.AdvanceBusinessTimeRequest(to=moment)
                return await self.parties[HUB].AdvanceBusinessTime(request, timeout=_CALL_S)
            except grpc.aio.AioRpcError as error:
                refusal = refused(error)
                if refusal is not None and refusal.retry_after_s is None:
                    raise refusal from error
            await self.sleep(_BETWEEN_LOOKS_S)

    async def settle(self) -> operations_pb2.StatusResponse:
        """Waits until nothing is under way; returns the hub's last status.

        Raises:
            Stuck: after four minutes.
        """
        try:
            async with asyncio.timeout(_PATIENCE_S):
                before = None
                while True:
                    seen = await self.look()
                    if not self.busy and seen == before:
                        return seen[HUB]
                    before = seen
                    await self.sleep(_BETWEEN_LOOKS_S)
        except TimeoutError as error:
            raise Stuck(f"not idle after {_PATIENCE_S:.0f} s: {', '.join(self.busy) or 'figures keep changing'}") from error

    async def published(self) -> None:
        """Waits until everything that the hub accepted stands under a checkpoint: who dies from then on takes nothing with him."""
        while True:
            hub = await self._status(HUB)
            if hub is not None and hub.checkpoint_size == hub.log_size:
                return
            await self.sleep(_BETWEEN_LOOKS_S)

    async def look(self) -> dict[str, operations_pb2.StatusResponse]:
        """The status of everybody who answers, without what changes by itself; notes who is busy."""
        answers = await asyncio.gather(*(self._status(name) for name in self.parties))
        seen = {name: status for name, status in zip(self.parties, answers, strict=True) if status is not None}
        self.busy = tuple(name for name in self.parties if name not in seen or not seen[name].idle)
        if HUB in seen:
            self.by_kafka.see(seen[HUB].counters["delivered_by_kafka"])
            self.by_ledger.see(seen[HUB].counters["delivered_by_ledger"])
        return seen

    async def _status(self, name: str) -> operations_pb2.StatusResponse | None:
        try:
            status = await self.parties[name].Status(operations_pb2.StatusRequest(), timeout=_CALL_S)
        except grpc.aio.AioRpcError:
            return None
        status.ClearField("recorded_at")
        for measured in [counter for counter in status.counters if counter.endswith(MEASURED)]:
            del status.counters[measured]
        if name != HUB:
            status.ClearField("business_at")  # a node's runs on between two words of the hub
        return status
