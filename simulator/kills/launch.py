"""`python -m simulator.kills.launch TRAP MODULE ARGUMENT…`: runs a program as `python -m MODULE` would, with its points watched.

Decides how a callable is watched: it is put behind one that tells the trap before and after. The program's own files stay as they are, so
that what is killed is what is run. The hub's scribe is started by the hub; it is watched as well.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import runpy
import sys
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simulator.kills.points import HUB, POINTS, SCRIBE
from simulator.kills.trap import Trap

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from simulator.kills.points import Point

MODULE: Final = "simulator.kills.launch"


def found(code: str) -> tuple[Any, str, Callable[..., Any]]:
    """What holds the callable that `code` names, its name there, and the callable itself.

    Raises:
        ImportError, AttributeError: there is none; the point must be named anew.
    """
    module, _, path = code.partition(":")
    *outer, name = path.split(".")
    holder: Any = importlib.import_module(module)
    for part in outer:
        holder = getattr(holder, part)
    return holder, name, getattr(holder, name)


def watch(points: Sequence[Point], trap: Trap) -> None:
    """Watches these points in this process."""
    for code in dict.fromkeys(point.code for point in points):
        before = [point for point in points if point.code == code and not point.is_after]
        after = [point for point in points if point.code == code and point.is_after]
        holder, name, plain = found(code)
        setattr(holder, name, (_watched_coroutine if inspect.iscoroutinefunction(plain) else _watched)(plain, before, after, trap))


def _watched(plain: Callable[..., Any], before: Sequence[Point], after: Sequence[Point], trap: Trap) -> Callable[..., Any]:
    @wraps(plain)
    def watched(*arguments: Any, **named: Any) -> Any:
        for point in before:
            trap.passed(point, arguments)
        answer = plain(*arguments, **named)
        for point in after:
            trap.passed(point, arguments)
        return answer

    return watched


def _watched_coroutine(
    plain: Callable[..., Awaitable[Any]], before: Sequence[Point], after: Sequence[Point], trap: Trap
) -> Callable[..., Awaitable[Any]]:
    @wraps(plain)
    async def watched(*arguments: Any, **named: Any) -> Any:
        for point in before:
            trap.passed(point, arguments)
        answer = await plain(*arguments, **named)
        for point in after:
            trap.passed(point, arguments)
        return answer

    return watched


def _watch_scribe(folder: str) -> None:
    """Lets this process start its scribe through the launcher."""
    plain = asyncio.create_subprocess_exec

    @wraps(plain)
    async def started(program: str, *words: str, **streams: Any) -> asyncio.subprocess.Process:
        if words[:2] == ("-m", SCRIBE):
            words = ("-m", MODULE, folder, *words[1:])
        return await plain(program, *words, **streams)

    setattr(asyncio, plain.__name__, started)


def main() -> None:
    """Watches, then runs."""
    folder, module, *arguments = sys.argv[1:]
    watch([point for point in POINTS if point.program == module], Trap(Path(folder)))
    if module == HUB:
        _watch_scribe(folder)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
