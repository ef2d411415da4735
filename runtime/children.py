"""Child processes that never outlive their use.

Decides how a server program is started and ended so that nothing is left behind: the kernel ends it when its parent dies, and what
a lost race leaves is found by its pid file at the next start in the same folder. A pid file holds the pid **and** the start time of
its process: a pid that was given to somebody else meanwhile is never signalled.

Start children from the event loop's own thread only: to the kernel "the parent" is the thread that forked.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.clock import sleep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runtime.clock import Sleep

_LAUNCH = Path(__file__).parent / "embedded" / "launch.py"
_POLL_S = 0.01
_DIE_S = 10.0


class Child:
    """A running child process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Its process id; also that of the server program."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether its end was not noticed yet."""
        return self._process.returncode is None

    async def ended(self) -> int:
        """Waits for its end, whoever caused it; returns the exit status, negative for a signal."""
        return await self._process.wait()

    async def end(self, *steps: tuple[signal.Signals, float]) -> None:
        """Ends it: each signal in turn with so many seconds to obey, then SIGKILL."""
        for number, patience_s in (*steps, (signal.SIGKILL, _DIE_S)):
            if not self.running:
                return
            self._process.send_signal(number)
            try:
                async with asyncio.timeout(patience_s):
                    await self._process.wait()
            except TimeoutError:
                continue


async def spawn(
    program: Sequence[str | Path],
    *,
    log: Path,
    pid_file: Path | None = None,
    user: str | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
    environment: Mapping[str, str] | None = None,
) -> Child:
    """Starts `program`.

    Args:
        program: path and arguments.
        log: where standard output and error are appended.
        pid_file: what `clear` looks for at the next start; written before the program runs.
        user: the unprivileged user that the program runs as (root only).
        death_signal: what the kernel sends it when this process dies.
        environment: added to a minimal one; nothing else is inherited.
    """
    head = (sys.executable, "-I", "-S", _LAUNCH, os.getpid(), int(death_signal), user or "-", pid_file or "-")
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *(str(word) for word in (*head, *program)),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={"PATH": os.defpath, "TZ": "UTC", "LC_ALL": "C.UTF-8", **(environment or {})},
            start_new_session=True,  # control-C in a terminal is the parent's to handle
        )
    return Child(process)


async def clear(pid_file: Path, number: signal.Signals = signal.SIGKILL, *, sleep: Sleep = sleep) -> None:
    """Ends what an earlier parent left running under `pid_file`: by `number`, after 10 s by SIGKILL.

    If we crash here, the next start does it again: the file stays until `spawn` overwrites it.
    """
    left = _left(pid_file)
    if left is None:
        return
    for step in (number, signal.SIGKILL):
        if await _gone(*left, step, sleep):
            return


def _left(pid_file: Path) -> tuple[int, str] | None:
    """Pid and start time in a pid file; None without one, or when the launcher died while it wrote: nothing ran then."""
    words = pid_file.read_text().split() if pid_file.exists() else []
    return (int(words[0]), words[1]) if len(words) == 2 else None  # noqa: PLR2004 - "PID START"


async def _gone(pid: int, started: str, number: signal.Signals, sleep: Sleep) -> bool:
    if _start_time(pid) == started:
        os.kill(pid, number)
    for _ in range(int(_DIE_S / _POLL_S)):
        if _start_time(pid) != started:
            return True
        await sleep(_POLL_S)
    return False


def _start_time(pid: int) -> str | None:
    """When the living process `pid` started, in ticks since boot; None when there is none, or only its unreaped rest."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]  # proc(5): fields 3 and 22
