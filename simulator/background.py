"""`yrdx-sim up` and `yrdx-sim down`: the world is left to a process of its own (`simulator.supervisor`), which outlives the terminal.

Decides whether that process serves, and that nothing of it is left in the end, however it ended.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from rich.console import Console

from simulator.claim import holder
from simulator.directions import addresses
from simulator.layout import Layout
from simulator.processes import clear, read_rows
from simulator.supervisor import SERVING
from simulator.trouble import FINDING, FINE, attempt

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.servers import Servers

_PATIENCE_S: Final = 40.0


def up(seed: int, servers: Servers, out: Path) -> int:
    """Starts a world, or says that there is one; the exit status."""
    layout = Layout.of(out)
    if (pid := holder(layout.folder)) is not None:
        _print(f"a world is running in {out} already (process {pid}); yrdx-sim down --out {out} stops it", *addresses(read_rows(layout)))
        return FINE
    if failed := attempt(layout.make, _print, layout.simulator_log):
        return failed
    words = ["--folder", out, "--seed", seed, "--kafka", servers.kafka]
    words += ["--dsn-dir", servers.dsn_folder.absolute()] if servers.dsn_folder else []
    with layout.simulator_log.open("ab") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "simulator.supervisor", *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    try:
        return _watched(process)
    except KeyboardInterrupt:
        process.terminate()
        return process.wait() or FINDING


def down(out: Path) -> int:
    """Ends a world and whatever is left of it; the exit status."""
    layout = Layout.of(out)
    pid = holder(layout.folder)
    if pid is not None:
        with suppress(ProcessLookupError):  # it has just gone by itself
            _end(pid)
    asyncio.run(clear(layout))
    with suppress(FileNotFoundError, NotADirectoryError):
        (layout.folder / "world.json").unlink()
    _print(f"nothing was running in {out}" if pid is None else f"the world in {out} is down")
    return FINE


def _watched(process: subprocess.Popen[str]) -> int:
    """Shows what the supervisor says until it serves or is gone."""
    for line in process.stdout or ():
        if line.rstrip() == SERVING:
            return FINE
        _print(line.rstrip())
    return process.wait() or FINDING


def _end(pid: int) -> None:
    """Asks the supervisor to end its world and itself, then insists; returns when it is gone."""
    process = os.pidfd_open(pid)
    try:
        for number in (signal.SIGTERM, signal.SIGKILL):
            signal.pidfd_send_signal(process, number)
            if select.select([process], [], [], _PATIENCE_S)[0]:
                return
    finally:
        os.close(process)


def _print(*lines: str) -> None:
    console = Console(soft_wrap=True)
    for line in lines:
        console.print(line, highlight=False, markup=False)
