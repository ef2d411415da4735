"""`yrdx-sim run` as somebody else sees it: a command, a folder, processes that can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from tests.simulator.test_background import HERE
from tests.simulator.test_world import lives

if TYPE_CHECKING:
    from pathlib import Path


def begun(folder: Path, cases: int) -> subprocess.Popen[str]:
    """A run whose world serves."""
    command = [sys.executable, "-m", "simulator", "run", "--cases", str(cases), "--out", str(folder)]
    run = subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while not (folder / "world.json").exists():
        assert run.poll() is None
        time.sleep(0.05)
    return run


def pids(folder: Path) -> dict[str, int]:
    return {row["name"]: row["pid"] for row in json.loads((folder / "world.json").read_text())}


def test_a_run_whose_hub_and_register_are_killed_ends_well_and_leaves_everything(tmp_path: Path) -> None:
    run = begun(tmp_path, 6)
    first = pids(tmp_path)
    os.kill(first["hub"], signal.SIGKILL)
    os.kill(first["register-330000"], signal.SIGKILL)
    printed, _ = run.communicate(timeout=120)
    assert run.returncode == 0, printed
    report = json.loads((tmp_path / "report.json").read_text())
    assert {(fault["process"], fault["by"]) for fault in report["faults"]} == {("hub", "outside"), ("register-330000", "outside")}
    assert (report["open"], report["lost"], report["doubled"], report["audit"]["verdict"]) == (0, 0, 0, "ok")
    assert sum(report["cases"]["household-transfer"].values()) == 6
    assert "6 cases" in printed
    for name in ("report.html", "journal.jsonl", "root.pem", "log/checkpoint", "registers/310000.jsonl", "process-logs/hub.log"):
        assert (tmp_path / name).stat().st_size, name
    assert not [pid for pid in {*first.values(), *pids(tmp_path).values()} if lives(pid)]


def test_a_run_that_is_interrupted_says_so_and_leaves_no_process(tmp_path: Path) -> None:
    run = begun(tmp_path, 6)
    run.send_signal(signal.SIGINT)
    printed, _ = run.communicate(timeout=60)
    assert (run.returncode, "Traceback" in printed) == (1, False)
    assert "stopped" in printed
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["complete"], report["audit"]["verdict"]) == (False, "not run")
    assert not [pid for pid in pids(tmp_path).values() if lives(pid)]
