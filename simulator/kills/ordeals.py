"""What a process suffers without being killed: it is cut off over a long weekend, starved, out of disk space, or told everything twice.

Decides how each begins and ends, and what must go on meanwhile: while one node stands still or crawls, everything between the others is
done. In flight is what waits when the ordeal ends (of the hub's full disk and of repeated records: what was under way when it began),
recovered when none of that is under way any more.

A full disk is a limit of nothing on the size of files (`RLIMIT_FSIZE`): each write to a file fails, those to sockets and databases go on.
"""

from __future__ import annotations

import asyncio
import resource
import signal
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from hub.topics import PARTITIONS, TOPICS
from runtime.kafka import Consumer, Outgoing, Producer
from simulator.crew import Crew
from simulator.kills.plan import fits
from simulator.kills.strikes import Blow
from simulator.kills.work import Kind
from simulator.processes import BROKER
from simulator.programs import HUB

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from runtime.clock import Clock, Sleep
    from runtime.settings import KafkaSettings
    from simulator.kills.work import Item, Work
    from simulator.processes import Processes

AWAY: Final = "node away.long-weekend"
SLOW: Final = "node slow.one-part-in-twenty"
HUB_FULL: Final = "hub disk.full"
REGISTER_FULL: Final = "register disk.full"
AGAIN: Final = "broker records.repeated-in-disorder"
ALL: Final = (AWAY, SLOW, HUB_FULL, REGISTER_FULL, AGAIN)

_SUFFERS: Final = {REGISTER_FULL: Kind.STROKE}
_WEEKEND: Final = timedelta(days=4)
_LOOK_S: Final = 0.02
_PATIENCE_S: Final = 60.0
_STANDS_S, _RUNS_S = 0.19, 0.01
_FULL_S: Final = 3.0
_GATHER: Final = 2
"""So many records are told again together, in reverse."""


def ordeals(*patterns: str) -> list[str]:
    """Those whose process and name fit a shell pattern; without patterns all."""
    return [name for name in ALL if fits(name, patterns)]


@dataclass(frozen=True, slots=True)
class Slot:
    """The slot in which something is suffered.

    Attributes:
        quiet: nothing happens in it any more.
        pass_time: moves business time on, beyond its end.
    """

    quiet: asyncio.Event
    pass_time: Callable[[timedelta], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Ordeals:
    """What is still to be suffered.

    Attributes:
        left: still to come.
        kafka: where the transport is.
    """

    left: list[str]
    work: Work
    processes: Processes
    kafka: KafkaSettings
    clock: Clock
    sleep: Sleep

    async def during(self, slot: Slot) -> Blow | None:
        """The next one, while a slot is played; None when nothing was under way in it that could suffer."""
        name = self.left.pop(0)
        items = await self._under_way(_SUFFERS.get(name, Kind.DELIVERY), slot)
        blow = await self._ORDEALS[name](self, name, items, slot) if items else None
        if blow is None:
            self.left.append(name)
        return blow

    async def _under_way(self, kind: Kind, slot: Slot) -> set[Item]:
        """What is under way, as soon as something of that kind is."""
        while not slot.quiet.is_set():
            items = await self.work.open()
            if any(item.kind is kind for item in items):
                return items
            await self.sleep(_LOOK_S)
        return set()

    async def _away(self, name: str, items: set[Item], slot: Slot) -> Blow:
        """Cut off: business goes on without it, and then a long weekend passes."""
        province = min(item.province for item in items if item.kind is Kind.DELIVERY)
        node = f"node-{province}"
        self.processes.send(node, signal.SIGSTOP)
        try:
            await self._others_done(province)
            await slot.pass_time(_WEEKEND)
            waiting = await self._others_done(province)
        finally:
            self.processes.send(node, signal.SIGCONT)
        return await self._over(name, node, waiting)

    async def _slow(self, name: str, items: set[Item], _slot: Slot) -> Blow:
        """Starved of processor time: whoever does not write to it notices nothing."""
        province = min(item.province for item in items if item.kind is Kind.DELIVERY)
        node = f"node-{province}"
        async with Crew() as crew:
            crew.add(self._starve(node))
            waiting = await self._others_done(province)
        self.processes.send(node, signal.SIGCONT)
        return await self._over(name, node, waiting)

    async def _starve(self, node: str) -> None:
        while True:
            self.processes.send(node, signal.SIGSTOP)
            await self.sleep(_STANDS_S)
            self.processes.send(node, signal.SIGCONT)
            await self.sleep(_RUNS_S)

    async def _hub_full(self, name: str, items: set[Item], _slot: Slot) -> Blow | None:
        """No log file, no document and no line of the process log can be written: one scribe after the other ends."""
        pid = self.processes.rows[HUB].pid
        scribes = _children(pid)
        with _full_disk(pid, *scribes):
            async with asyncio.timeout(_PATIENCE_S):
                while _children(pid) == scribes:
                    await self.sleep(_LOOK_S)
            await self.sleep(_FULL_S)
        return await self._over(name, HUB, items)

    async def _register_full(self, name: str, items: set[Item], _slot: Slot) -> Blow | None:
        """No operation can be stored: whatever it is asked to do waits. None when it had done everything already."""
        province = min(item.province for item in items if item.kind is Kind.STROKE)
        register = f"register-{province}"
        with _full_disk(self.processes.rows[register].pid):
            await self.sleep(_FULL_S)
            waiting = {item for item in await self.work.open() if item.kind is Kind.STROKE and item.province == province}
        return await self._over(name, register, waiting) if waiting else None

    async def _again(self, name: str, items: set[Item], slot: Slot) -> Blow | None:
        """Kafka brings every record a second time, and of the repeats the later one first. None when there were too few to repeat."""
        said: set[bytes] = set()
        async with Crew() as crew:
            for topic in TOPICS:
                crew.add(self._repeat(topic, said))
            blow = await self._over(name, BROKER, items)
            await slot.quiet.wait()
        return blow if said else None

    async def _repeat(self, topic: str, said: set[bytes]) -> None:
        held: list[Outgoing] = []
        async with Consumer(self.kafka, topic, PARTITIONS) as consumer, Producer(self.kafka, [topic], PARTITIONS) as producer:
            async for record in consumer:
                if record.value in said:
                    continue
                held.append(Outgoing(record.partition, b"again", record.value))
                if len(held) == _GATHER:
                    said.update(one.value for one in held)
                    await producer.publish(topic, held[::-1])
                    held = []

    async def _others_done(self, province: str) -> set[Item]:
        """What waits for this province, once nothing else is under way; empty when that takes a minute."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                while True:
                    items = await self.work.open()
                    if items and all(item.province == province for item in items):
                        return items
                    await self.sleep(_LOOK_S)
        return set()

    async def _over(self, name: str, process: str, items: set[Item]) -> Blow:
        at, recovered_s = self.clock.now(), None
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                while items & await self.work.open():
                    await self.sleep(_LOOK_S)
                recovered_s = round((self.clock.now() - at).total_seconds(), 3)
        pid = self.processes.rows[process].pid
        return Blow(point=name.partition(" ")[2], process=process, pid=pid, at=at, items=frozenset(items), recovered_s=recovered_s)

    _ORDEALS: ClassVar[Mapping[str, Callable[[Ordeals, str, set[Item], Slot], Awaitable[Blow | None]]]] = {
        AWAY: _away,
        SLOW: _slow,
        HUB_FULL: _hub_full,
        REGISTER_FULL: _register_full,
        AGAIN: _again,
    }


def _children(pid: int) -> list[int]:
    """Processes that another has started, as the hub its scribe; none of one that is gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


@contextmanager
def _full_disk(*pids: int) -> Iterator[None]:
    """Nothing that these processes write goes into a file, nor what those write that they start meanwhile."""
    for pid in pids:
        _limit(pid, 0)
    try:
        yield
    finally:
        for pid in (*pids, *_children(pids[0])):
            _limit(pid, resource.RLIM_INFINITY)


def _limit(pid: int, size: int) -> None:
    """How long files may become by what a process writes; only the soft limit, which may be raised again."""
    with suppress(ProcessLookupError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
