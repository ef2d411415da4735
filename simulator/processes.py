"""The processes of a world: started together, watched, brought back when something kills them, stopped in order.

Decides when a process is up (its health service says SERVING) and what follows a death that nobody asked for: `world.json` is rewritten,
the same command starts again, `died` is told. Children have their own sessions, so a Ctrl-C at the terminal reaches the simulator alone.
What a killed simulator leaves behind is ended by `clear`, at the next start in the same folder.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grpc
import msgspec
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]  # its wheel has no types

from runtime.grpc_client import channel

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from runtime.clock import Sleep
    from runtime.settings import TlsFiles
    from simulator.crew import Crew

_START_S: Final = 60.0
_STOP_S: Final = 10.0
_POLL_S: Final = 0.1
_TRIES: Final = 5


class WillNotStart(Exception):  # noqa: N818 - reads as the sentence it is
    """A program ended or stayed silent instead of serving; the text names it and its output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process.

    Attributes:
        name: for example "hub" or "node-310000".
        command: what to run; names a file below the world's folder, by which `clear` knows it again.
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
    """The running programs of one world.

    Attributes:
        folder: of the world.
        crew: owns the watchers.
        sleep: waits.
        died: told of each death with the program's name; runs beside the restart.
        rows: what stands in `world.json`.
        down: programs that are dead or not serving yet.
    """

    folder: Path
    crew: Crew
    sleep: Sleep
    died: Callable[[str], Coroutine[object, object, None]]
    rows: dict[str, Row] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    _running: dict[str, Process] = field(default_factory=dict)
    _watchers: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self, programs: Sequence[Program]) -> None:
        """Starts all at once and returns when all serve.

        Raises:
            WillNotStart: when one does not.
        """
        for program in programs:
            await self._spawn(program)
        for program, serves in zip(programs, await asyncio.gather(*map(self._up, programs)), strict=True):
            if not serves:
                raise WillNotStart(f"{program.name} does not start, see world/{program.name}.stderr and process-logs/{program.name}.log")
            self._watchers.append(self.crew.add(self._watch(program)))

    def engine(self, name: str, pid: int, address: str) -> None:
        """Lists an engine that somebody else started."""
        self.rows[name] = Row(name=name, pid=pid, address=address, dsn_file=None)
        self._write()

    def send(self, name: str, number: signal.Signals) -> None:
        """Sends a signal to a running program; nothing when it is gone already."""
        with suppress(ProcessLookupError):
            self._running[name].send_signal(number)

    async def stop(self) -> None:
        """Ends all, the last started first; who does not go in time is killed."""
        for watcher in self._watchers:
            watcher.cancel()
        for process in reversed(self._running.values()):
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.terminate()
        await asyncio.gather(*(_ended(process) for process in self._running.values()))

    async def _spawn(self, program: Program) -> None:
        """If we crash here, the child runs on unlisted until its own `clear`: its command names the folder."""
        with (self.folder / "world" / f"{program.name}.stderr").open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *program.command, stdin=DEVNULL, stdout=errors, stderr=errors, start_new_session=True
            )
        self._running[program.name] = process
        dsn = str(program.dsn_file) if program.dsn_file else None
        self.rows[program.name] = Row(name=program.name, pid=process.pid, address=program.address, dsn_file=dsn)
        self._write()

    async def _watch(self, program: Program) -> None:
        while True:
            await self._running[program.name].wait()
            self.down.add(program.name)
            told = self.crew.add(self.died(program.name))
            await self._restart(program)
            self.down.remove(program.name)
            await told

    async def _restart(self, program: Program) -> None:
        for _ in range(_TRIES):  # it may be killed again while it starts
            await self._spawn(program)
            if await self._up(program):
                return
        raise WillNotStart(f"{program.name} does not come back, see world/{program.name}.stderr")

    async def _up(self, program: Program) -> bool:
        """Waits until the program serves; False when it ends first or takes over a minute."""
        process = self._running[program.name]
        try:
            async with asyncio.timeout(_START_S):
                while not await _serves(program):
                    if process.returncode is not None:
                        return False
                    await self.sleep(_POLL_S)
        except TimeoutError:
            return False
        return True

    def _write(self) -> None:
        """Readers see the old or the new file, never half."""
        new = self.folder / ".world.json.new"
        new.write_bytes(msgspec.json.format(msgspec.json.encode(list(self.rows.values()))) + b"\n")
        new.replace(self.folder / "world.json")


def clear(folder: Path) -> int:
    """Kills what an earlier simulator in this folder left running; returns how many. Nobody else's process is touched."""
    mark = str(folder.absolute() / "world")
    left = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal() and _names(entry, mark)]
    for pid in left:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return len(left)


def _names(entry: Path, mark: str) -> bool:
    """Whether a process is one of our Python programs started with settings below `mark`."""
    try:
        words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False
    return "--settings" in words and any(word.startswith(mark + "/") for word in words)


async def _serves(program: Program) -> bool:
    async with channel(program.address, program.operator) as link:
        try:
            answer = await health_pb2_grpc.HealthStub(link).Check(health_pb2.HealthCheckRequest(), timeout=2.0)
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def _ended(process: Process) -> None:
    try:
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
