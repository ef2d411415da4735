"""A play in which something is killed in every slot: a few people apply in each.

Decides that each slot brings applications, permits, deregistrations and landings, and things that go wrong, in all four provinces, and that
an auditor asks the hub in each. Business time moves on by a slot from kill to kill. When all kills are done nobody
applies any more, and what is open plays to its end.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import grpc

from simulator.agenda import Visit
from simulator.kills.ordeals import Slot
from simulator.play import Play
from yrdx.v1 import audit_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
    from datetime import datetime, timedelta

    from simulator.filings import Filing
    from simulator.kills.ordeals import Ordeals
    from simulator.kills.stock import Stock
    from simulator.kills.strikes import Blow, Strikes
    from yrdx.v1 import audit_pb2_grpc, operations_pb2

A_SLOT: Final = 2
"""People who apply in a slot."""
_CALL_S: Final = 10.0


@dataclass(slots=True, kw_only=True)
class Siege(Play):
    """The play.

    Attributes:
        auditor: what an auditor asks the hub.
        judge: is told of everything once the world is at rest again.
        stock: who has not applied yet.
    """

    strikes: Strikes
    ordeals: Ordeals
    auditor: audit_pb2_grpc.AuditAsyncStub
    judge: Callable[[Blow], Awaitable[None]]
    stock: Stock

    async def run(self, _filings: Sequence[Filing]) -> None:
        """Plays until everything is killed and nothing moves any more."""
        await Play.run(self, ())

    async def next_slot(self) -> datetime | None:
        """The following one, as long as there is something to kill; or the one in which the clock acts, where it is the clock's turn."""
        if not (self.goes_on and self.stock):
            return await Play.next_slot(self)
        following = self.slots.following(self.now)
        if self.strikes.kills and self.strikes.kills[0].is_of_the_clock and self._next_due:
            return max(following, self.slots.at_or_after(self._next_due))
        return following

    @property
    def goes_on(self) -> bool:
        """Whether anything is still to be killed or suffered."""
        return bool(self.strikes.kills or self.ordeals.left)

    async def pass_time(self, span: timedelta) -> None:
        """Moves business time on by more than a slot."""
        self.now = self.slots.at_or_after(self.now + span)
        await self._advance(self.now)

    async def played(self, slot: datetime) -> operations_pb2.StatusResponse:
        """A slot with a kill in it."""
        visits = [*self.agenda.take(slot), *self._applications()]
        quiet, clock = asyncio.Event(), [self._advance(slot)]
        if not self.strikes.kills:  # a kill may meet the clock in the middle; an ordeal moves it on itself
            await clock.pop()
        async with asyncio.TaskGroup() as group:
            struck = group.create_task(self._trial(quiet))
            await self._everything([self._audit(), *map(self._visit, visits), *clock])
            await self.operators.settle()
            quiet.set()
        hub = await self.operators.settle()
        await self.faults.over()
        await self.operators.published()
        if (blow := struck.result()) is not None and blow.recovered_s is not None:
            await self.judge(blow)
        return hub

    async def _trial(self, quiet: asyncio.Event) -> Blow | None:
        """What befalls somebody in this slot. Where there is no recovery there may be no rest either: that is judged at once."""
        blow = None
        if self.strikes.kills:
            blow = await self.strikes.during(quiet)
        elif self.ordeals.left:
            blow = await self.ordeals.during(Slot(quiet, self.pass_time))
        if blow is not None and blow.recovered_s is None:
            await self.judge(blow)
        return blow

    async def _everything(self, together: Iterable[Coroutine[None, None, None]]) -> None:
        async with asyncio.TaskGroup() as group:
            for one in together:
                group.create_task(one)

    async def _audit(self) -> None:
        """An auditor has a proof made; one that does not come he will ask for another time."""
        with suppress(grpc.aio.AioRpcError):
            await self.auditor.ProveInclusion(audit_pb2.ProveInclusionRequest(index=0), timeout=_CALL_S)

    def _applications(self) -> list[Visit]:
        next_kill = self.strikes.kills[0] if self.strikes.kills else None
        dossiers = [filing.dossier for filing in self.stock.take(A_SLOT, next_kill)] if self.goes_on else []
        return [Visit(one.destination, one.home, partial(self.offices[one.destination].accept, one)) for one in dossiers]
