"""The trap, with a small program of its own: who passes an armed point stands still there, all of him, and only one does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from simulator.kills.points import Point
from simulator.kills.trap import Trap, is_stopped
from tests.simulator.test_background import HERE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BEFORE = Point(name="before", program="toy", code="runtime.files:write", is_after=False)
AFTER = Point(name="after", program="toy", code="runtime.files:write", is_after=True)
WITHIN = Point(name="within", program="toy", code="runtime.files:write", is_after=True, within="__main__:caller", outside="__main__:other")
CARRYING = Point(name="carrying", program="toy", code="runtime.files:write", is_after=False, carrying="parents")
EMPTY = Point(name="empty", program="toy", code="runtime.files:write", is_after=False, carrying="due_events")
POINTS = (BEFORE, AFTER, WITHIN, CARRYING, EMPTY)
PROGRAM = f"""
import sys
from pathlib import Path
from runtime import files
from simulator.kills.launch import watch
from simulator.kills.points import Point
from simulator.kills.trap import Trap
watch({POINTS!r}, Trap(Path(sys.argv[1])))
def caller(number): files.write(Path(sys.argv[2]), str(number))
def other(number): caller(number)
for line in sys.stdin:
    (other if line.strip() == "0" else caller)(int(line))
    print("done", flush=True)
"""


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A program that writes each number it reads to a file, in `caller`; for 0 that is called by `other`."""
    words = [sys.executable, "-c", PROGRAM, str(tmp_path), str(tmp_path / "written")]
    with subprocess.Popen(words, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def tell(toy: subprocess.Popen[str], number: int) -> None:
    assert toy.stdin is not None
    toy.stdin.write(f"{number}\n")
    toy.stdin.flush()


def done(toy: subprocess.Popen[str]) -> str:
    assert toy.stdout is not None
    return toy.stdout.readline().strip()


def stands(trap: Trap, toy: subprocess.Popen[str]) -> str:
    """Waits until it stands; its point."""
    while (standing := trap.standing()) is None:
        assert toy.poll() is None
        time.sleep(0.005)
    assert standing.pid == toy.pid
    return standing.point


def test_whoever_passes_stands_before_or_after_the_call_and_goes_on_when_he_may(tmp_path: Path, toy: subprocess.Popen[str]) -> None:
    trap, written = Trap(tmp_path), tmp_path / "written"
    tell(toy, 1)
    assert (done(toy), trap.standing(), written.read_text()) == ("done", None, "1")
    for number, point, text in ((2, BEFORE, "1"), (3, AFTER, "3")):
        trap.arm([point])
        tell(toy, number)
        assert (stands(trap, toy), written.read_text(), trap.disarm()) == (point.name, text, False)
        os.kill(toy.pid, signal.SIGCONT)
        assert (done(toy), written.read_text(), is_stopped(toy.pid)) == ("done", str(number), False)
    tell(toy, 4)
    assert done(toy) == "done"  # a trap catches once


def test_it_stands_only_where_the_point_says(tmp_path: Path, toy: subprocess.Popen[str]) -> None:
    trap = Trap(tmp_path)
    trap.arm([EMPTY])
    tell(toy, 1)
    assert (done(toy), trap.disarm()) == ("done", True)
    trap.arm([WITHIN])
    tell(toy, 0)
    assert (done(toy), trap.standing()) == ("done", None)
    tell(toy, 1)
    assert stands(trap, toy) == "within"
    os.kill(toy.pid, signal.SIGCONT)
    assert done(toy) == "done"
    trap.arm([EMPTY, CARRYING])
    tell(toy, 2)
    assert stands(trap, toy) == "carrying"


def test_who_is_killed_where_he_stands_has_done_nothing_more(tmp_path: Path, toy: subprocess.Popen[str]) -> None:
    trap = Trap(tmp_path)
    tell(toy, 1)
    assert done(toy) == "done"
    trap.arm([BEFORE])
    tell(toy, 2)
    stands(trap, toy)
    os.kill(toy.pid, signal.SIGKILL)
    assert toy.wait(10) == -signal.SIGKILL
    assert ((tmp_path / "written").read_text(), trap.standing()) == ("1", None)
