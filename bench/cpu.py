"""CPU seconds of processes, as the kernel counts them (proc(5): utime, stime, and those of children that have ended).

A process counts with everything that it started; the process in which the hub writes its log folder has a name of its own. A PostgreSQL
backend counts by the database that it serves, so that hub and nodes, which share a server here, are told apart.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_BACKEND: Final = re.compile(rb"postgres: \w+ (\w+) ")
_SCRIBE: Final = b"hub.log.scribe"
POSTGRES: Final = "postgres"


class _Process(NamedTuple):
    parent: int
    seconds: float
    title: bytes


def spent(roots: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds so far of each named process with its descendants; backends of "postgres" under "postgres DATABASE"."""
    processes = _all()
    children: defaultdict[int, list[int]] = defaultdict(list)
    for pid, process in processes.items():
        children[process.parent].append(pid)
    found: defaultdict[str, float] = defaultdict(float)
    for name, root in roots.items():
        waiting = [root] if root in processes else []
        while waiting:
            pid = waiting.pop()
            waiting += children[pid]
            found[_name(name, processes[pid].title)] += processes[pid].seconds
    return found


def between(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What was spent from one reading to the next."""
    return {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}


def grouped(took: Mapping[str, float]) -> dict[str, float]:
    """The four nodes together, their databases together, and so on."""
    found: defaultdict[str, float] = defaultdict(float)
    for name, seconds in took.items():
        found[name.replace("_", "-").rstrip("-0123456789")] += seconds
    return found


def _name(name: str, title: bytes) -> str:
    backend = _BACKEND.match(title) if name == POSTGRES else None
    if backend:
        return f"{name} {backend[1].decode()}"
    return f"{name} scribe" if _SCRIBE in title else name


def _all() -> dict[int, _Process]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            process = _read(entry)
            if process is not None:
                found[int(entry.name)] = process
    return found


def _read(entry: Path) -> _Process | None:
    try:
        fields = (entry / "stat").read_text().rpartition(")")[2].split()
        title = (entry / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return None
    return _Process(int(fields[1]), sum(map(int, fields[11:15])) / _TICKS, title)
