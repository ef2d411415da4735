"""The kills of a run, one after the other: a point is armed, a program stands there, the world is held still, looked at, and struck.

Decides which kills are tried when: the next of the list, and beside it those whose point is passed only now and then. Decides what counts
as recovered: the process serves again and nothing of what was under way at the kill is under way any more. A program that stands while
nothing is under way is let go, and the next passage counts.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from simulator.kills.plan import Victim
from simulator.kills.points import HUB, NODE, SCRIBE
from simulator.kills.work import Kind
from simulator.processes import BROKER, POSTGRES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from runtime.clock import Clock, Sleep
    from simulator.faults import Faults
    from simulator.kills.plan import Kill
    from simulator.kills.points import Point
    from simulator.kills.trap import Standing, Trap
    from simulator.kills.work import Item, Work
    from simulator.processes import Processes

_POLL_S: Final = 0.005
_LOOK_S: Final = 0.05
_PATIENCE_S: Final = 60.0
_SLOTS: Final = 8
"""So many slots a rare point is waited for, before others have their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blow:
    """A kill that happened, or something that a process suffered without dying.

    Attributes:
        point: where, or what, for people.
        process: its name in `world.json`.
        items: what was under way.
        recovered_s: None when it did not recover in a minute.
        place: of the point.
        standing: who stood there.
    """

    point: str
    process: str
    pid: int
    at: datetime
    items: frozenset[Item]
    recovered_s: float | None
    place: str = ""
    standing: Standing | None = None


@dataclass(slots=True, kw_only=True)
class Strikes:
    """What is still to be killed.

    Attributes:
        kills: still to be done.
        programs: names of the processes that can be held still.
    """

    kills: list[Kill]
    trap: Trap
    work: Work
    processes: Processes
    faults: Faults
    clock: Clock
    sleep: Sleep
    programs: Sequence[str] = field(default_factory=list)
    _waited: int = 0

    async def during(self, quiet: asyncio.Event) -> Blow | None:
        """At most one kill while a slot is played; `quiet` says that nothing happens in it any more."""
        if not self.kills:
            return None
        first, wanted = self.kills[0], self._wanted()
        self.trap.arm(list(wanted))
        try:
            blow = await self._awaited(wanted, quiet) if await self._is_prepared(first.point, quiet) else None
        finally:
            self._let_go()
        self._waited = 0 if blow else self._waited + 1
        if self._waited >= (_SLOTS if first.is_rare else 1):
            self.kills.append(self.kills.pop(0))  # others first: it may be passed in another slot
            self._waited = 0
        return blow

    async def _awaited(self, wanted: Mapping[Point, Kill], quiet: asyncio.Event) -> Blow | None:
        while True:
            standing = self.trap.standing()
            if standing is not None:
                kill = next(kill for point, kill in wanted.items() if (point.program, point.name) == (standing.program, standing.point))
                if (blow := await self._struck(kill, standing)) is not None:
                    self.kills.remove(kill)
                    return blow
                self.trap.arm(list(wanted))
            elif quiet.is_set() and self.trap.disarm():
                return None
            await self.sleep(_POLL_S)

    def _wanted(self) -> Mapping[Point, Kill]:
        """The next kill, and beside it the rare ones; of several at one point the first. Ordinary ones would always be before rare ones."""
        first = self.kills[0]
        wanted = {first.point: first}
        if first.point.at_start or first.point.at_leisure:
            return wanted
        for kill in self.kills:
            if kill.is_rare:
                wanted.setdefault(kill.point, kill)
        return wanted

    async def _is_prepared(self, point: Point, quiet: asyncio.Event) -> bool:
        """Brings a program to a point that is not on the way of a message; false when nothing is under way to do it in.

        To a start by a kill, to leisure by holding a node still to which something is on its way.
        """
        if not (point.at_start or point.at_leisure):
            return True
        while not (mail := [item for item in await self.work.open() if item.kind is Kind.DELIVERY]):
            if quiet.is_set() and self.trap.disarm():
                return False
            await self.sleep(_LOOK_S)
        node = f"node-{min(mail).province}"
        if point.at_leisure:
            self.processes.send(node, signal.SIGSTOP)
            return True
        name = HUB if point.program == HUB else node
        self.faults.expect(name, await self.faults.ledger.in_flight())
        self.processes.send(name, signal.SIGKILL)
        return True

    async def _struck(self, kill: Kill, standing: Standing) -> Blow | None:
        """Holds the world still, looks, kills, lets go, waits; None when nothing was under way and nobody was killed."""
        process, pid = self._victim(kill, standing)
        self._signal(signal.SIGSTOP)
        try:
            items = await self.work.open()
            at = self.clock.now()
            if items:
                if process in self.processes.rows:
                    self.faults.expect(process, await self.faults.ledger.in_flight())
                os.kill(pid, signal.SIGKILL)
        finally:
            self._signal(signal.SIGCONT)
            with suppress(ProcessLookupError):
                os.kill(standing.pid, signal.SIGCONT)
        if not items:
            return None
        recovered_s = await self._recovered(process, pid, at, items)
        return Blow(
            point=kill.name,
            process=process,
            pid=pid,
            at=at,
            items=frozenset(items),
            recovered_s=recovered_s,
            place=kill.point.place,
            standing=standing,
        )

    async def _recovered(self, process: str, pid: int, at: datetime, items: set[Item]) -> float | None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while not self._is_back(process, pid) or items & await self.work.open():
                    await self.sleep(_LOOK_S)
        except TimeoutError:
            return None
        return round((self.clock.now() - at).total_seconds(), 3)

    def _let_go(self) -> None:
        """When the run is ended early, nobody is left standing, and nobody held still."""
        self.trap.disarm()
        if (standing := self.trap.standing()) is not None:
            os.kill(standing.pid, signal.SIGCONT)
        self._signal(signal.SIGCONT)

    def _is_back(self, process: str, pid: int) -> bool:
        """The hub starts its scribe anew by itself; whatever waits for it is not delivered before."""
        row = self.processes.rows.get(process)
        return row is None or (row.pid != pid and process not in self.processes.down)

    def _victim(self, kill: Kill, standing: Standing) -> tuple[str, int]:
        """Name and pid of who is to die."""
        stands = next((name for name, row in self.processes.rows.items() if row.pid == standing.pid), SCRIBE.rpartition(".")[2])
        if kill.victim is Victim.ITSELF:
            return stands, standing.pid
        province = stands.removeprefix("node-") if kill.point.program == NODE else standing.province
        names = {
            Victim.HUB: HUB,
            Victim.NODE: f"node-{province}",
            Victim.HOLDER: f"register-{province}",
            Victim.POSTGRES: POSTGRES,
            Victim.BROKER: BROKER,
        }
        name = names[kill.victim]
        return name, self.processes.rows[name].pid

    def _signal(self, number: signal.Signals) -> None:
        for name in self.programs:
            self.processes.send(name, number)
