"""The processes of a world: started together, watched, brought back when something kills them, stopped in order.

Decides when a program is up (its health service says SERVING) and what follows a death that nobody asked for: the same command starts
again at the same address, `world.json` is rewritten, `died` is told. Programs have sessions of their own, so a Ctrl-C at the terminal
reaches the simulator alone; the kernel ends them when the simulator is killed, and `clear` what was left in spite of that, at the next
start in the same folder.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from core.refusals import Refused
from runtime import children
from runtime.health import serves
from simulator.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runtime.children import Child
    from runtime.clock import Sleep
    from runtime.embedded.engine import Engine
    from runtime.settings import TlsFiles
    from simulator.crew import Crew
    from simulator.layout import Layout

POSTGRES: Final = "postgres"
BROKER: Final = "broker"

Died = Callable[[str, int], Coroutine[object, object, None]]

_START_S: Final = 60.0
_STOP_S: Final = 10.0
_POLL_S: Final = 0.05
_TRIES: Final = 5


class WillNotStart(Trouble):
    """A process ended or stayed silent instead of serving; the text names it and its output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process.

    Attributes:
        name: for example "hub" or "node-310000".
        command: what to run.
        address: `host:port` it serves on.
        operator: certificate to ask for its health with.
        dsn_file: of its database, or None.
    """

    name: str
    command: tuple[str, ...]
    address: str
    operator: TlsFiles
    dsn_file: Path | None = None


class Row(msgspec.Struct, kw_only=True):
    """A line of `world.json`."""

    name: str
    pid: int
    address: str
    dsn_file: str | None


@dataclass(slots=True)
class Processes:
    """The running processes of one world.

    Attributes:
        rows: what stands in `world.json`.
        down: names of those that are dead or not serving again yet.
    """

    layout: Layout
    sleep: Sleep
    rows: dict[str, Row] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    _programs: dict[str, Program] = field(default_factory=dict)
    _running: dict[str, Child] = field(default_factory=dict)
    _engines: dict[str, Engine] = field(default_factory=dict)
    _watchers: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self, programs: Sequence[Program]) -> None:
        """Starts all at once and returns when all serve.

        Raises:
            WillNotStart: when one does not.
        """
        for program in programs:
            self._programs[program.name] = program
            await self._spawn(program)
        for program, up in zip(programs, await asyncio.gather(*map(self._up, programs)), strict=True):
            if not up:
                raise WillNotStart(f"{program.name} does not start: {self._last_words(program.name)}")

    async def start_engine(self, name: str, engine: Engine) -> None:
        """Starts an embedded server and lists it.

        Raises:
            Refused: as `Engine.start`.
        """
        self._engines[name] = engine
        await engine.start()
        self._list(name, engine.pid, engine.address)

    def watch(self, crew: Crew, died: Died) -> None:
        """From now on brings back whatever ends; `died` is told of each death, by name and exit status, and runs beside the restart."""
        self._watchers += [crew.add(self._watch(name, crew, died)) for name in self.rows]
        self._write()

    def send(self, name: str, number: signal.Signals) -> bool:
        """Sends a signal to a program; whether it was still there to get it."""
        child = self._running[name]
        if not child.running:
            return False
        try:
            os.kill(child.pid, number)
        except ProcessLookupError:
            return False
        return True

    def stop_watching(self) -> None:
        """From now on an end is an end."""
        for watcher in self._watchers:
            watcher.cancel()

    async def stop(self) -> None:
        """Ends the programs, then the servers under them; who does not go in time is killed."""
        self.stop_watching()
        for name in self._running:
            self.send(name, signal.SIGCONT)
        await asyncio.gather(*(child.end((signal.SIGTERM, _STOP_S)) for child in self._running.values()))
        await asyncio.gather(*(engine.stop() for engine in self._engines.values()))

    async def _spawn(self, program: Program) -> None:
        """If we crash here, the kernel ends the child with us; if it came too late for that, `clear` finds the pid file."""
        child = self._running[program.name] = await children.spawn(
            program.command,
            log=self.layout.errors(program.name),
            pid_file=self.layout.pid_file(program.name),
            environment=os.environ,
        )
        self._list(program.name, child.pid, program.address, program.dsn_file)

    async def _watch(self, name: str, crew: Crew, died: Died) -> None:
        while True:
            status = await self._ended(name)
            self.down.add(name)
            for _ in range(_TRIES):  # it may be killed again while it starts
                crew.add(died(name, status))
                if await self._started(name):
                    break
                status = await self._ended(name)
            else:
                raise WillNotStart(f"{name} does not come back: {self._last_words(name)}")
            self.down.remove(name)

    async def _ended(self, name: str) -> int:
        return await (self._engines.get(name) or self._running[name]).ended()

    async def _started(self, name: str) -> bool:
        if name not in self._engines:
            await self._spawn(self._programs[name])
            if await self._up(self._programs[name]):
                return True
            await self._running[name].end()  # what stays silent must not stand in its successor's way
            return False
        try:
            await self.start_engine(name, self._engines[name])
        except Refused:
            return False
        return True

    async def _up(self, program: Program) -> bool:
        """Waits until the program serves; False when it ends first or takes over a minute."""
        child = self._running[program.name]
        try:
            async with asyncio.timeout(_START_S):
                while not (_listens(program.address) and await serves(program.address, program.operator)):
                    if not child.running:
                        return False
                    await self.sleep(_POLL_S)
        except TimeoutError:
            return False
        return True

    def _list(self, name: str, pid: int, address: str, dsn_file: Path | None = None) -> None:
        """Nobody is told of processes that are not watched yet: whoever kills by `world.json` meets a world that can bear it."""
        self.rows[name] = Row(name=name, pid=pid, address=address, dsn_file=str(dsn_file) if dsn_file else None)
        if self._watchers:
            self._write()

    def _write(self) -> None:
        """Readers of `world.json` see the old or the new file, never half."""
        new = self.layout.folder / ".world.json.new"
        new.write_bytes(msgspec.json.format(msgspec.json.encode(list(self.rows.values()))) + b"\n")
        new.replace(self.layout.folder / "world.json")

    def _last_words(self, name: str) -> str:
        """The last line that a program left, and where to read more."""
        log, errors = self.layout.process_log(name), self.layout.errors(name)
        written = next(
            (text for file in (errors, log) if file.exists() and (text := file.read_text(errors="replace").strip())), "it said nothing"
        )
        return f"{written.splitlines()[-1]} (see {log} and {errors})"


def read_rows(layout: Layout) -> list[Row]:
    """`world.json` as it stands; empty without one."""
    try:
        return msgspec.json.decode((layout.folder / "world.json").read_bytes(), type=list[Row])
    except FileNotFoundError:
        return []


async def clear(layout: Layout) -> None:
    """Ends what an earlier simulator in this folder left running; nobody else's process is touched."""
    async with asyncio.TaskGroup() as group:
        for pid_file in (layout.private / "pids").glob("*"):
            group.create_task(children.clear(pid_file))
        group.create_task(children.clear(layout.engine(POSTGRES) / "pid", signal.SIGQUIT))
        for pid_file in (place for depth in ("pid", "*/pid") for place in layout.engine(BROKER).glob(depth)):
            group.create_task(children.clear(pid_file))


def _listens(address: str) -> bool:
    """Whether anybody takes connections there: cheaper to ask than a TLS channel that is refused."""
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0
