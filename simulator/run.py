"""The main job: a world begins, people move, the world ends, two judges look at what is left, a report says how it was.

Decides the order of these, and what becomes of a run that is ended early: a partial report that says so.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from core.rules import shipped_rules
from simulator import live, oracle, outcome
from simulator.citizens import dossiers, people_needed, plan
from simulator.claim import claimed
from simulator.crew import Crew
from simulator.officers.desk import Desk
from simulator.officers.journal import Journal
from simulator.officers.office import Office
from simulator.picture import Picture
from simulator.play import Play
from simulator.population import population
from simulator.processes import clear
from simulator.report.figures import Report, ended, latency, rates
from simulator.report.log_figures import LogFigures, read
from simulator.report.page import page
from simulator.slots import Slots
from simulator.staff import staff
from simulator.world import BUSINESS_START, Wish, World, world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime

    from rich.console import Console

    from core.calendar import Calendar
    from runtime.clock import Clock, Sleep
    from simulator.faults import Fault
    from simulator.filings import Filing
    from simulator.layout import Layout
    from simulator.officers.dossier import Dossier
    from simulator.operators import Operators
    from simulator.servers import Servers
    from yrdx.v1 import desk_pb2


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for.

    Attributes:
        cases: how many people want to move.
        seed: repeats a plan.
        servers: PostgreSQL and broker under the run.
        kills: processes to kill on the way, in this order.
        launcher: as in `simulator.programs`.
    """

    cases: int
    seed: int
    servers: Servers
    kills: tuple[str, ...] = ("node", "hub")
    launcher: tuple[str, ...] = ()


@dataclass(slots=True)
class Run:
    """One run in its folder.

    Attributes:
        complete: whether the play came to its own end.
        cases: every case as its destination saw it last.
        via: by which way messages were delivered first.
        via_in_calm: the same, in the slots in which nothing died.
        prechecks: how often the rules of both provinces came out how, before a case was opened.
    """

    options: Options
    layout: Layout
    console: Console
    clock: Clock
    sleep: Sleep
    calendar: Calendar = field(default_factory=lambda: next(reversed(shipped_rules().calendars.values())))
    complete: bool = False
    cases: list[desk_pb2.CaseView] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    via: Mapping[str, int] = field(default_factory=lambda: {"kafka": 0, "ledger": 0})
    via_in_calm: Mapping[str, int] = field(default_factory=lambda: {"kafka": 0, "ledger": 0})
    prechecks: dict[str, int] = field(default_factory=dict)
    play_s: float = 0.0
    journal: dict[str, int | str] = field(default_factory=dict)

    async def report(self) -> Report:
        """Runs, and leaves everything in the folder; the report is also left when the run is cancelled.

        Raises:
            NotUsable: when another simulator holds the folder, or a server that was named is not there; nothing was touched then.
            NotInstalled: for a server that is not there.
        """
        await self.options.servers.check()
        with claimed(self.layout.folder):
            return await self._reported()

    async def _reported(self) -> Report:
        begun = self.clock.now()
        try:
            await self._lived()
        finally:
            # Ended early: whoever started the run finds what is known so far. If we crash here, there is no report, which says it too.
            if not self.complete:
                self._write(self._arranged(begun, oracle.Verdict(), {"verdict": "not run"}, LogFigures(0, "")))
        self._tell("the world has ended; an auditor and an oracle look at what it left")
        audit, verdict = await asyncio.gather(outcome.audit(self.layout.folder), asyncio.to_thread(oracle.judge, self.layout.folder))
        report = self._arranged(begun, verdict, audit, read(self.layout.log))
        self._write(report)
        return report

    async def _lived(self) -> None:
        """The world from its beginning to its end."""
        await clear(self.layout)
        self.layout.clean()
        wish = Wish(
            layout=self.layout,
            servers=self.options.servers,
            people=lambda: population(self.options.seed, people_needed(self.options.cases)),
            tell=self._tell,
            clock=self.clock,
            sleep=self.sleep,
            launcher=self.options.launcher,
        )
        with Journal(self.layout.journal, self.clock) as journal:
            async with world(wish) as scene:
                scene.faults.planned = list(self.options.kills)
                self.faults = scene.faults.records
                await self._played(scene, self.filings(scene), journal)
            self.journal = {"lines": journal.lines, "chain": journal.chain}
        outcome.leave(self.layout)
        self.complete = True

    def _tell(self, text: str) -> None:
        self.console.print(text, soft_wrap=True, highlight=False, markup=False)

    async def _played(self, scene: World, filings: Sequence[Filing], journal: Journal) -> None:
        begun = self.clock.now()
        known = dossiers(filings)
        async with self.playing(scene, filings) as play, Crew() as crew:
            for code, stub in scene.desks.items():
                chance = random.Random(f"{self.options.seed}:requests:{code}")  # noqa: S311 - ids, no secret
                desk = Desk(code, stub, journal, self.sleep, chance)
                office = Office(desk, staff(self.options.seed, code), known, play.planner(code), play.picture.see)
                play.offices[code] = office
                crew.add(office.watch())
            crew.add(self.show(play.picture))
            try:
                await play.run(filings)
                for office in play.offices.values():
                    await office.refresh()
                await scene.operators.published()
            finally:
                self._note(play, scene.operators, begun)

    def filings(self, scene: World) -> list[Filing]:
        """Who comes, and when."""
        return plan(self.options.seed, self.options.cases, scene.people)

    async def show(self, picture: Picture) -> None:
        """Shows the run until cancelled."""
        await live.show(picture, self.console, self.clock, self.sleep)

    @asynccontextmanager
    async def playing(self, scene: World, filings: Sequence[Filing]) -> AsyncIterator[Play]:
        """The play of this run."""
        yield Play(
            slots=Slots(self.calendar),
            now=BUSINESS_START,
            operators=scene.operators,
            processes=scene.processes,
            faults=scene.faults,
            picture=Picture(self.options.cases, scene.faults.records),
            followed=ordinary(filings),
        )

    def _note(self, play: Play, operators: Operators, begun: datetime) -> None:
        """Keeps what only the running world knows."""
        self.cases = [case for code, office in play.offices.items() for case in office.cases.values() if case.parties["IN"] == code]
        self.via, self.via_in_calm = operators.via, play.via_in_calm
        grades = sum((office.prechecks for office in play.offices.values()), Counter[str]())
        self.prechecks = {name: grades[name] for name in ("pass", "warn", "fail")}
        self.play_s = (self.clock.now() - begun).total_seconds()

    def _arranged(self, begun: datetime, verdict: oracle.Verdict, audit: dict[str, object], log: LogFigures) -> Report:
        end = ended(self.cases)
        return Report(
            complete=self.complete,
            seed=self.options.seed,
            cases={service: dict(counts) for service, counts in end.endings.items()},
            open=end.open,
            pairs=len(log.pairs),
            messages=log.messages,
            run_s=round((self.clock.now() - begun).total_seconds(), 1),
            latency_ms=latency(log.latencies_ms),
            rates=rates(log, end, self.play_s or 1.0, self.calendar),
            delivered_via=dict(self.via),
            delivered_via_outside_of_faults=dict(self.via_in_calm),
            prechecks=self.prechecks,
            lost=verdict.lost,
            doubled=verdict.doubled,
            invariants=verdict.invariants,
            faults=self.faults,
            log={"size": log.size, "root": log.root},
            journal=self.journal,
            audit=audit,
        )

    def _write(self, report: Report) -> None:
        (self.layout.folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
        (self.layout.folder / "report.html").write_text(page(report), encoding="utf-8")


def ordinary(filings: Sequence[Filing]) -> Dossier:
    """Somebody whose move should go without incident, to be followed on the screen."""
    return next((filing.dossier for filing in filings if filing.is_ordinary), filings[0].dossier)
