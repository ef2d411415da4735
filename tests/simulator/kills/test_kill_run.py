"""`yrdx-sim faults` as somebody else sees it, with three of its kills and everything that is suffered."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from simulator.kills.ordeals import ordeals
from tests.simulator.test_background import HERE
from tests.simulator.test_run import pids
from tests.simulator.test_world import lives

if TYPE_CHECKING:
    from pathlib import Path


def test_kills_and_ordeals_are_survived_and_told(tmp_path: Path) -> None:
    patterns = ["*ledger.committed", *ordeals()]
    words = [word for pattern in patterns for word in ("--only", pattern)]
    command = [sys.executable, "-m", "simulator", "faults", *words, "--out", str(tmp_path)]
    run = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout
    rows = json.loads((tmp_path / "faults.json").read_text())
    killed, suffered = rows[:3], rows[3:]
    assert [row["process"] for row in killed] == ["hub", "postgres", "broker"]
    assert sorted(f"{row['process'].partition('-')[0]} {row['point']}" for row in suffered) == sorted(ordeals())
    assert all(set(row) == {"process", "point", "pid", "in_flight", "recovered_s", "lost", "doubled", "log_ok"} for row in rows)
    assert all(row["in_flight"] >= 1 and row["recovered_s"] is not None and row["log_ok"] for row in rows)
    assert [(row["lost"], row["doubled"]) for row in rows] == [(0, 0)] * len(rows)
    stood = [json.loads(line) for line in (tmp_path / "kills.jsonl").read_text().splitlines()]
    for row, told in zip(killed, stood, strict=True):
        assert told["killed"] == row["process"]
        assert told["stood"]["stack"][0].startswith("hub.ledger.committer:Committer._attempt line ")
        assert (told["stood"]["pid"] == row["pid"]) == (row["process"] == "hub")
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["lost"], report["doubled"], report["open"], report["audit"]["verdict"]) == (0, 0, 0, "ok")
    assert "8 of 8" in run.stdout
    assert not [pid for pid in pids(tmp_path).values() if lives(pid)]


def test_a_pattern_that_fits_nothing_is_a_mistake(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulator", "faults", "--only", "nobody", "--out", str(tmp_path / "out")]
    run = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, (tmp_path / "out").exists()) == (2, False)
    assert "nobody" in run.stdout
