"""One run: slot after slot, from the first application to the last closed case.

Decides when the next slot opens (`simulator.operators.settle`) and which one it is: the earliest with a visit planned or a clock due. All
visits of a slot play at once, a few a province, as at that many counters. When nothing is planned and cases are still open, the
offices look at what waits for them and plan again; what then moves nothing any more is left open and reported.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from core.ids import PROVINCES
from core.procedures.model import CLOSED
from simulator.agenda import Agenda, Visit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from simulator.faults import Faults
    from simulator.filings import Filing
    from simulator.officers.dossier import Dossier, When
    from simulator.officers.office import Office, Plan
    from simulator.operators import Operators
    from simulator.picture import Picture
    from simulator.processes import Processes
    from simulator.slots import Slots
    from yrdx.v1 import operations_pb2

_COUNTERS: Final = 8
"""Visits that a province handles at once."""


@dataclass(slots=True, kw_only=True)
class Play:
    """The parts of a run that move.

    Attributes:
        now: the slot that is being played; before the first, the moment at which business time begins.
        followed: whose case is shown step by step.
        via_in_calm: by which way messages were delivered first, in the slots in which nothing died.
    """

    slots: Slots
    now: datetime
    operators: Operators
    processes: Processes
    faults: Faults
    picture: Picture
    followed: Dossier
    offices: dict[str, Office] = field(default_factory=dict)
    agenda: Agenda = field(default_factory=Agenda)
    via_in_calm: Counter[str] = field(default_factory=lambda: Counter(kafka=0, ledger=0))
    _chased_at: int = -1
    _next_due: datetime | None = None
    _counters: dict[str, asyncio.Semaphore] = field(default_factory=lambda: {code: asyncio.Semaphore(_COUNTERS) for code in PROVINCES})

    def planner(self, province: str) -> Plan:
        """The calendar of one office."""

        def plan(when: When, counterpart: str, act: Callable[[], Awaitable[None]]) -> None:
            self.agenda.plan(self.slots.later(self.now, when.days, when.number), Visit(province, counterpart, act))

        return plan

    async def run(self, filings: Sequence[Filing]) -> None:
        """Plays until nothing moves any more."""
        for filing in filings:
            dossier = filing.dossier
            accept = partial(self.offices[dossier.destination].accept, dossier)
            self.planner(dossier.destination)(filing.when, dossier.home, accept)
        while (slot := await self.next_slot()) is not None:
            await self._play(slot)

    async def _play(self, slot: datetime) -> None:
        self.now = slot
        self.picture.business_at = slot
        deaths, via = len(self.faults.records), Counter(self.operators.via)
        hub = await self.played(slot)
        if len(self.faults.records) == deaths:
            self.via_in_calm.update(Counter(self.operators.via) - via)
        self._next_due = hub.next_due.ToDatetime(self.now.tzinfo) if hub.HasField("next_due") else None
        self.picture.log_size = hub.log_size
        await self._follow()

    async def played(self, slot: datetime) -> operations_pb2.StatusResponse:
        """What happens in a slot; returns the hub's status once nothing is under way any more."""
        await self._advance(slot)
        visits = self.agenda.take(slot)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.faults.strike(visits, self.processes))
            for visit in visits:
                group.create_task(self._visit(visit))
        hub = await self.operators.settle()
        await self.faults.over()
        return hub

    async def _advance(self, slot: datetime) -> None:
        self.picture.due_events += (await self.operators.advance(slot)).due_events

    async def _visit(self, visit: Visit) -> None:
        async with self._counters[visit.province]:
            await visit.act()

    async def next_slot(self) -> datetime | None:
        """When something happens next, or None when nothing will."""
        if self.agenda.next_slot() is None and self._open_cases() and self._chased_at < self.picture.log_size:
            self._chased_at = self.picture.log_size  # once; again only if it led to something
            for office in self.offices.values():
                await office.refresh()
                office.chase()
        planned = self.agenda.next_slot()
        if planned is None and not self._open_cases():
            return None
        due = self.slots.at_or_after(self._next_due) if self._next_due else None
        return min((slot for slot in (planned, due) if slot is not None), default=None)

    def _open_cases(self) -> int:
        return sum(case.state != CLOSED for office in self.offices.values() for case in office.cases.values())

    async def _follow(self) -> None:
        """Looks at the followed case as its destination's officers see it."""
        office = self.offices[self.followed.destination]
        self.picture.followed = await office.look(self.followed) or self.picture.followed
