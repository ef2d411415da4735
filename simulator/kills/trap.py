"""The trap: how a program that passes a named point stops there, and how the simulator learns of it.

Two files in one folder. `armed` lists the points that are wanted now. A program that passes one of them renames the file, which only one
passage of all programs can do, writes down where it is (`standing`), and stops itself with SIGSTOP: no thread of it does anything any
more. The simulator looks at the world, and kills. A trap that is not armed costs a passage one question to the file system.
"""

from __future__ import annotations

import inspect
import os
import signal
import threading
from typing import TYPE_CHECKING, Final

import msgspec

from core.ids import PROVINCES
from runtime import files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path
    from types import FrameType

    from simulator.kills.points import Point

_OURS: Final = ("hub", "nodes", "simulator.registers", "runtime")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A program that stands at a point.

    Attributes:
        province: that the passage is about, as far as its arguments name one; else "".
        stack: callables of the project that are under way there, the innermost first, with the line each is at.
    """

    program: str
    point: str
    pid: int
    province: str
    stack: list[str]


class Trap:
    """One trap for a whole world."""

    def __init__(self, folder: Path) -> None:
        """Takes a folder that exists."""
        self._armed, self._taken, self._standing = folder / "armed", folder / "taken", folder / "standing"

    def arm(self, points: Collection[Point]) -> None:
        """From now on the first passage of any of these points stops its program."""
        self._standing.unlink(missing_ok=True)
        files.write(self._armed, "\n".join(map(_key, points)))

    def disarm(self) -> bool:
        """Whether no passage has taken the trap, and none will."""
        try:
            self._armed.unlink()
        except FileNotFoundError:
            return False
        return True

    def standing(self) -> Standing | None:
        """Who has stopped, as soon as all of it has."""
        try:
            standing = msgspec.json.decode(self._standing.read_bytes(), type=Standing)
        except FileNotFoundError:
            return None
        return standing if is_stopped(standing.pid) else None

    def passed(self, point: Point, arguments: Sequence[object]) -> None:
        """A program passes a point: it goes on, or stops here until somebody continues or kills it."""
        try:
            wanted = self._armed.read_text().splitlines()
        except FileNotFoundError:
            return
        if _key(point) not in wanted or not _fits(point, arguments):
            return
        try:
            self._armed.rename(self._taken)
        except FileNotFoundError:
            return
        province = next((one for one in arguments if isinstance(one, str) and one in PROVINCES), "")
        standing = Standing(program=point.program, point=point.name, pid=os.getpid(), province=province, stack=list(_stack()))
        files.write(self._standing, msgspec.json.encode(standing).decode())
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def is_stopped(pid: int) -> bool:
    """Whether a process exists and is stopped (proc(5))."""
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - no path of ours
            return file.read().rpartition(")")[2].split()[0] == "T"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _key(point: Point) -> str:
    return f"{point.program} {point.name}"


def _fits(point: Point, arguments: Sequence[object]) -> bool:
    if point.carrying and not any(getattr(one, point.carrying, None) for one in arguments):
        return False
    if not point.within:
        return True
    callers = {_code(frame) for frame in _frames()}
    return point.within in callers and point.outside not in callers


def _frames() -> Iterator[FrameType]:
    frame = inspect.currentframe()
    while frame is not None:
        yield frame
        frame = frame.f_back


def _code(frame: FrameType) -> str:
    return f"{frame.f_globals.get('__name__', '')}:{frame.f_code.co_qualname}"


def _stack() -> Iterator[str]:
    for frame in _frames():
        if frame.f_globals.get("__name__", "").startswith(_OURS):
            yield f"{_code(frame)} line {frame.f_lineno}"
