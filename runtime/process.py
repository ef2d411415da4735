"""The life of a service process: one event loop, two signals, an ordered end.

Decides how a process starts and ends. SIGTERM or SIGINT cancels `main`, whose `async with` blocks then close in reverse order:
the server withdraws its readiness and lets calls in flight finish, then workers end, then pools close. A second signal cuts that
short. A process that is still there `PATIENCE_S` after the first signal ends by force with its stacks on standard error (a native
thread can hang at the end: grpc pull request 40989). Nothing may rely on an orderly end: kill -9 at any moment is survived by the
stores, not here.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import signal
from typing import TYPE_CHECKING, NoReturn

import uvloop

from core.refusals import BAD_SETTINGS, ENGINE_MISSING, Refused
from runtime import process_log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

PATIENCE_S = 30
_COLLECT = 20_000, 20, 20
"""Thresholds of the garbage collector. A batch makes thousands of objects that all die with it: looking every 700, as is usual, finds none
of them dead and walks through all of them again and again."""
_STATUS = {BAD_SETTINGS: 2, ENGINE_MISSING: 3}


def run(main: Callable[[], Awaitable[None]], *, name: str, log: Path | None = None) -> None:
    """Runs `main` until it returns or a signal ends it; both are success.

    Args:
        main: the service; it holds its resources in `async with` blocks and then awaits `until_stopped()`.
        name: the process in its log, for example `node-310000`.
        log: the log file; None is standard error.

    Raises:
        SystemExit: status 2 for unusable settings, 3 for something to install, 1 for any other refusal.
    """
    process_log.configure(name, log)
    gc.freeze()  # what the program consists of is never garbage
    gc.set_threshold(*_COLLECT)
    try:
        uvloop.run(_stoppable(main))
    except Refused as refusal:
        process_log.get("process").critical("refused to run", number=refusal.kind.number, reason=str(refusal))
        raise SystemExit(_STATUS.get(refusal.kind, 1)) from refusal


async def until_stopped() -> NoReturn:
    """Waits for the signal that ends the process; ends by cancellation like every other wait."""
    await asyncio.get_running_loop().create_future()
    raise AssertionError  # pragma: no cover - nobody has that future


async def _stoppable(main: Callable[[], Awaitable[None]]) -> None:
    loop, log = asyncio.get_running_loop(), process_log.get("process")
    this = asyncio.current_task()
    stopping = False

    def stop(number: signal.Signals) -> None:
        nonlocal stopping
        log.info("stopping", signal=number.name, again=stopping)
        if not stopping:
            faulthandler.dump_traceback_later(PATIENCE_S, exit=True)
        stopping = True
        if this is not None:
            this.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    try:
        await main()
    except asyncio.CancelledError:
        if not stopping:
            raise
    log.info("stopped")
