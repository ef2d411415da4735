"""`yrdx-sim faults` from its beginning to its end: a run like any other, with a siege for its play and a table for its screen."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from core.ids import PROVINCES
from runtime.postgres import pool
from simulator.kills.launch import MODULE
from simulator.kills.log_watch import LogWatch
from simulator.kills.ordeals import Ordeals
from simulator.kills.siege import A_SLOT, Siege
from simulator.kills.stock import Stock, peopled
from simulator.kills.strikes import Strikes
from simulator.kills.table import Table
from simulator.kills.trap import Trap
from simulator.kills.verdicts import Verdicts, missed
from simulator.kills.work import Work
from simulator.movers import impeded
from simulator.picture import Picture
from simulator.programs import HUB
from simulator.run import Options, Run, ordinary
from simulator.servers import Servers
from simulator.slots import Slots
from simulator.world import BUSINESS_START

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from simulator.filings import Filing
    from simulator.kills.plan import Kill
    from simulator.kills.strikes import Blow
    from simulator.kills.verdicts import Row
    from simulator.layout import Layout
    from simulator.play import Play
    from simulator.world import World

_SPARE: int = 50
"""Slots in which nobody may pass the point that is waited for."""


@dataclass(slots=True, kw_only=True)
class KillRun(Run):
    """One run in its folder.

    Attributes:
        kills: what is to be killed.
        ordeals: what is to be suffered.
        rows: what was.
    """

    kills: list[Kill]
    ordeals: list[str]
    rows: list[Row] = field(default_factory=list)

    def filings(self, scene: World) -> list[Filing]:
        """As in any run, in a hurry."""
        held = {code: impeded(people) for code, people in scene.people.items()}
        return peopled(Run.filings(self, scene), held, self.kills)

    async def show(self, _picture: Picture) -> None:
        """The table is written as rows come."""

    @asynccontextmanager
    async def playing(self, scene: World, filings: Sequence[Filing]) -> AsyncIterator[Play]:
        """The siege; whatever could not be killed is in the table at its end."""
        async with AsyncExitStack() as stack:
            work = await self._work(stack)
            table = Table(len(self.kills) + len(self.ordeals), self._tell, self.clock)
            verdicts = Verdicts(self.layout, work, LogWatch(self.layout.log))

            async def judge(blow: Blow) -> None:
                self._note_row(await verdicts.judge(blow), table)
                self._note_blow(blow)

            siege = Siege(
                slots=Slots(self.calendar),
                now=BUSINESS_START,
                operators=scene.operators,
                processes=scene.processes,
                faults=scene.faults,
                picture=Picture(self.options.cases, scene.faults.records),
                followed=ordinary(filings),
                strikes=self._strikes(scene, work),
                ordeals=self._ordeals(scene, work),
                auditor=scene.auditor,
                judge=judge,
                stock=Stock(filings, frozenset(person.id_number for people in scene.people.values() for person in impeded(people))),
            )
            yield siege
            for kill in siege.strikes.kills:
                self._note_row(missed(kill.process, kill.name), table)
            for name in siege.ordeals.left:
                self._note_row(missed(*name.split(" ", 1)), table)

    def _strikes(self, scene: World, work: Work) -> Strikes:
        return Strikes(
            kills=list(self.kills),
            trap=Trap(self.layout.trap),
            work=work,
            processes=scene.processes,
            faults=scene.faults,
            clock=self.clock,
            sleep=self.sleep,
            programs=[name for name in scene.processes.rows if self.layout.pid_file(name).exists()],
        )

    def _ordeals(self, scene: World, work: Work) -> Ordeals:
        return Ordeals(
            left=list(self.ordeals),
            work=work,
            processes=scene.processes,
            kafka=scene.kafka,
            clock=self.clock,
            sleep=self.sleep,
        )

    async def _work(self, stack: AsyncExitStack) -> Work:
        names = {code: f"node-{code}" for code in sorted(PROVINCES)}
        hub = await stack.enter_async_context(pool(self.layout.dsn(HUB), size=1, sleep=self.sleep))
        nodes = {
            code: await stack.enter_async_context(pool(self.layout.dsn(name), size=1, sleep=self.sleep)) for code, name in names.items()
        }
        return Work(hub, nodes, self.sleep)

    def _note_row(self, row: Row, table: Table) -> None:
        """If we crash here, the file has every row but this one."""
        self.rows.append(row)
        new = self.layout.folder / ".faults.json.new"
        new.write_bytes(msgspec.json.format(msgspec.json.encode(self.rows)) + b"\n")
        new.replace(self.layout.folder / "faults.json")
        table.add(row)

    def _note_blow(self, blow: Blow) -> None:
        """What `faults.json` has no room for: where exactly the program stood."""
        if blow.standing is None:
            return
        known = {"row": len(self.rows), "at": blow.at.isoformat(timespec="milliseconds"), "killed": blow.process, "signal": "SIGKILL"}
        known |= {"place": blow.place, "stood": msgspec.to_builtins(blow.standing)}
        with (self.layout.folder / "kills.jsonl").open("ab") as file:
            file.write(msgspec.json.encode(known) + b"\n")


def options(slots: int, seed: int, layout: Layout) -> Options:
    """Enough people that in so many slots, and a few more, somebody applies."""
    cases = A_SLOT * (slots + _SPARE)
    return Options(cases=cases, seed=seed, servers=Servers(), kills=(), launcher=(MODULE, str(layout.trap)))
