"""What goes wrong in a run, on purpose or not, and how long it takes to be right again.

Decides when the demonstration kills: a receiving node, then the hub, each in a slot busy enough that at least ten messages are in
flight. To be sure of that the receivers are stopped (SIGSTOP) until the ledger shows them, then comes SIGKILL. A death is over when
the process serves again and everything that was in flight is acknowledged. Deaths that nobody here caused are recorded the same way:
by "outside" when a signal caused them, by "crash" when the process ended by itself, which no run that is right has.
"""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Final

import msgspec

from core.ids import PROVINCES

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Sequence
    from datetime import datetime

    from runtime.clock import Clock, Sleep
    from simulator.agenda import Visit
    from simulator.ledger_view import LedgerView, Place
    from simulator.processes import Processes

SELF, OUTSIDE, CRASH = "self", "outside", "crash"

AT_LEAST: Final = 10
_BUSY_ENOUGH: Final = 12
"""Visits of a slot that will write to the stopped receivers: a few more than needed, for some decide nothing."""
_ASKED: Final = frozenset({signal.SIGHUP, signal.SIGINT, signal.SIGTERM})
_GATHER_S: Final = 15.0
_POLL_S: Final = 0.05


class Fault(msgspec.Struct, kw_only=True):
    """A line of the report. `recovered_s` is null while it lasts."""

    at: str
    process: str
    by: str
    in_flight: int
    recovered_s: float | None = None


def told(fault: Fault) -> str:
    """The line for people."""
    how = {SELF: "killed (-9)", OUTSIDE: "killed (-9) from outside", CRASH: "crashed by itself"}[fault.by]
    then = f"back, all delivered after {fault.recovered_s:.1f} s" if fault.recovered_s is not None else "recovering"
    return f"{fault.process} {how} with {fault.in_flight} in flight … {then}"


@dataclass(slots=True)
class Faults:
    """The deaths of a run.

    Attributes:
        planned: kinds of process still to be killed here, in this order.
        records: every death so far.
    """

    clock: Clock
    sleep: Sleep
    ledger: LedgerView
    planned: list[str]
    records: list[Fault] = field(default_factory=list)
    _own: dict[str, set[Place]] = field(default_factory=dict)

    def died(self, name: str, status: int, processes: Processes) -> Coroutine[object, object, None]:
        """Records a death with this exit status, at once, so that `over` knows of it; what it returns stays until it is over."""
        at = self.clock.now()
        waiting = self._own.pop(name, None)
        by = SELF if waiting is not None else CRASH if _crashed(status) else OUTSIDE
        fault = Fault(at=at.isoformat(timespec="milliseconds"), process=name, by=by, in_flight=len(waiting or ()))
        self.records.append(fault)
        return self._mourned(fault, at, waiting, processes)

    async def _mourned(self, fault: Fault, at: datetime, waiting: set[Place] | None, processes: Processes) -> None:
        if waiting is None:
            waiting = await self.ledger.in_flight()
            fault.in_flight = len(waiting)
        while fault.process in processes.down or waiting & await self.ledger.in_flight():
            await self.sleep(_POLL_S)
        fault.recovered_s = round((self.clock.now() - at).total_seconds(), 3)

    def expect(self, name: str, waiting: set[Place]) -> None:
        """Somebody here is about to kill; `waiting` is in flight."""
        self._own[name] = waiting

    async def strike(self, visits: Sequence[Visit], processes: Processes) -> None:
        """Kills what is planned next, if these visits keep it busy enough; to be run beside them."""
        stopped = _receivers(visits, 1 if self.planned[:1] == ["node"] else 2) if self.planned else ()
        if not stopped:
            return
        nodes = [f"node-{code}" for code in stopped]
        victim = nodes[0] if self.planned[0] == "node" else self.planned[0]
        for node in nodes:
            processes.send(node, signal.SIGSTOP)
        try:
            waiting = await self._gathered(stopped)
            if len(waiting) >= AT_LEAST and processes.send(victim, signal.SIGKILL):
                self.expect(victim, waiting)
                self.planned.pop(0)
        finally:
            for node in nodes:
                processes.send(node, signal.SIGCONT)

    async def over(self) -> None:
        """Waits until every death is over."""
        while any(fault.recovered_s is None for fault in self.records):
            await self.sleep(_POLL_S)

    async def _gathered(self, receivers: Sequence[str]) -> set[Place]:
        """What is in flight to the stopped receivers, as soon as it is enough, or after a while."""
        waiting: set[Place] = set()
        try:
            async with asyncio.timeout(_GATHER_S):
                while len(waiting := await self.ledger.in_flight(receivers)) < AT_LEAST:
                    await self.sleep(_POLL_S)
        except TimeoutError:
            return waiting
        return waiting


def _crashed(status: int) -> bool:
    """Whether a process ended itself, as broken. Asked to end by a signal, a service ends with 0, and Java with 128 and the number."""
    return status > 0 and status - 128 not in _ASKED


def _receivers(visits: Iterable[Visit], count: int) -> tuple[str, ...]:
    """The `count` provinces that the others will write to most in these visits; none when that is too little."""
    pairs = Counter((visit.province, visit.counterpart) for visit in visits)

    def expected(receivers: tuple[str, ...]) -> int:
        return sum(number for (sender, receiver), number in pairs.items() if receiver in receivers and sender not in receivers)

    busiest = max(combinations(sorted(PROVINCES), count), key=expected)
    return busiest if expected(busiest) >= _BUSY_ENOUGH else ()
