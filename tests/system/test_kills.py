"""A run under attack: processes are killed and stopped from outside, by the pids of `world.json`, wherever it stands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.ids import PROVINCES
from tests.simulator.test_world import lives

if TYPE_CHECKING:
    import random

HERE = Path(__file__).parents[2]
PATIENCE_S = 180.0
STOPPED_S = 8.0


class Attacked:
    """`yrdx-sim run`, watched and molested by somebody who knows its folder only."""

    def __init__(self, folder: Path, cases: int, *options: str) -> None:
        command = [sys.executable, "-m", "simulator", "run", "--cases", str(cases), "--out", str(folder), *options]
        self.folder, self.killed, self.pids = folder, Counter[str](), set[int]()
        self.process = subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def world(self) -> dict[str, int]:
        """The processes by name, as soon as they are told; none when the run is over."""
        while self.process.poll() is None and not (self.folder / "world.json").exists():
            time.sleep(0.05)
        rows = {row["name"]: row["pid"] for row in json.loads((self.folder / "world.json").read_text())}
        self.pids |= set(rows.values())
        return rows if self.process.poll() is None else {}

    def until(self, entries: int) -> None:
        """Waits until the log has grown to so many entries."""
        while self.process.poll() is None and self.size() < entries:
            time.sleep(0.05)

    def size(self) -> int:
        checkpoint = self.folder / "log" / "checkpoint"
        return int(checkpoint.read_text().split("\n")[1]) if checkpoint.exists() else 0

    def send(self, name: str, number: signal.Signals) -> None:
        """Sends it to the process; to its successor, when it just died by itself."""
        while True:
            with suppress(ProcessLookupError):
                os.kill(self.world()[name], number)
                self.killed[name] += number is signal.SIGKILL
                return

    def ended(self) -> dict[str, Any]:
        """Waits for the end; the report."""
        printed, _ = self.process.communicate(timeout=PATIENCE_S)
        assert self.process.returncode == 0, printed
        assert "Traceback" not in printed
        self.world()
        report: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        return report


def test_whatever_is_killed_comes_back_and_nothing_is_lost(tmp_path: Path, rng: random.Random) -> None:
    """Hub, a node, a register, broker and PostgreSQL, in any order; the broker is stopped for a while as well."""
    run = Attacked(tmp_path, 40, "--seed", str(rng.randrange(10_000)))
    victims = ["hub", "node-320000", "register-330000", "broker", "postgres"]
    rng.shuffle(victims)
    for number, name in enumerate(victims):
        run.until(40 + 50 * number)
        run.send(name, signal.SIGKILL)
    run.send("broker", signal.SIGSTOP)
    before = run.size()
    run.until(before + 10)  # the hub goes on without it
    run.send("broker", signal.SIGCONT)
    report = run.ended()
    outside = Counter(fault["process"] for fault in report["faults"] if fault["by"] == "outside")
    assert outside == run.killed
    assert all(fault["recovered_s"] is not None for fault in report["faults"])
    assert (report["open"], report["lost"], report["doubled"], report["audit"]["verdict"]) == (0, 0, 0, "ok")
    assert len(report["cases"]["household-transfer"]) >= 6
    assert not [pid for pid in run.pids if lives(pid)]


def test_a_kill_of_everything_at_the_very_end_loses_nothing(tmp_path: Path) -> None:
    """When the officers have looked a last time, nothing may be left to be written."""
    run = Attacked(tmp_path, 1)
    run.world()
    while run.process.poll() is None and (tmp_path / "journal.jsonl").read_text().count("ListCases") < len(PROVINCES):
        time.sleep(0.01)
    for pid in run.world().values():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    report = run.ended()
    assert (report["open"], report["lost"], report["doubled"], report["audit"]["verdict"]) == (0, 0, 0, "ok")


def test_what_a_killed_run_left_the_next_one_clears_away(tmp_path: Path) -> None:
    """The kernel ends the children of a simulator that was killed; one that was stopped meanwhile must not survive either."""
    run = Attacked(tmp_path, 24)
    run.until(30)
    run.send("node-340000", signal.SIGSTOP)
    run.process.kill()
    run.process.communicate()
    first = run.pids
    again = Attacked(tmp_path, 1)
    report = again.ended()
    assert (report["complete"], report["open"]) == (True, 0)
    assert not [pid for pid in first | again.pids if lives(pid)]
    assert not first & again.pids
