"""`yrdx-sim up` and `down`: a world outlives the command that started it, but never the one that ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.simulator.test_world import lives

HERE = Path(__file__).parents[2]


def sim(*words: str | Path, path: str | Path = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator", *map(str, words)]
    environment = {"PATH": str(path), "LANG": "C.UTF-8"}
    return subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=120, check=False, env=environment)


def pids(folder: Path) -> set[int]:
    """The world's processes and their supervisor."""
    rows = json.loads((folder / "world.json").read_text())
    return {row["pid"] for row in rows} | {int((folder / "simulator.pid").read_text())}


def status(folder: Path) -> dict[str, object]:
    command = [sys.executable, "-m", "hub.ops_client", "status", "--dir", str(folder), "--json"]
    asked = subprocess.run(command, cwd=HERE, capture_output=True, timeout=30, check=False)
    assert asked.returncode in {0, 1}, asked.stderr  # 1: something is alarming, such as a node that is not connected yet
    answer: dict[str, object] = json.loads(asked.stdout)
    return answer


def test_up_leaves_a_world_that_down_ends_whatever_happened_to_its_supervisor(tmp_path: Path) -> None:
    folder = tmp_path / "up"
    begun = sim("up", "--out", folder)
    assert begun.returncode == 0, begun.stdout + begun.stderr
    assert f"yrdx-sim down --out {folder}" in begun.stdout
    assert status(folder)["name"] == "hub"
    first = pids(folder)
    assert all(map(lives, first))

    again = sim("up", "--out", folder)
    assert (again.returncode, pids(folder)) == (0, first)
    assert "already" in again.stdout
    refused = sim("run", "--cases", "1", "--out", folder)
    assert (refused.returncode, pids(folder)) == (2, first)
    assert "is running" in refused.stdout

    os.kill(int((folder / "simulator.pid").read_text()), signal.SIGKILL)
    assert sim("up", "--out", folder).returncode == 0
    second = pids(folder)
    assert not second & first
    assert not [pid for pid in first if lives(pid)]

    assert sim("down", "--out", folder).returncode == 0
    assert not [pid for pid in second if lives(pid)]
    assert not (folder / "world.json").exists()
    assert sim("down", "--out", folder).returncode == 0


def test_down_where_nothing_is_makes_nothing(tmp_path: Path) -> None:
    ended = sim("down", "--out", tmp_path / "nowhere")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_what_must_be_installed_and_what_makes_no_sense_is_said_in_a_sentence(tmp_path: Path) -> None:
    begun = time.monotonic()
    missing = sim("up", "--kafka", "apache", "--out", tmp_path / "a", path=tmp_path)
    assert (missing.returncode, missing.stderr) == (3, "")
    assert "apt-get install" in missing.stdout
    unnamed = sim("up", "--dsn-dir", tmp_path, "--out", tmp_path / "b")
    assert (unnamed.returncode, unnamed.stderr) == (2, "")
    assert "node-340000" in unnamed.stdout
    assert sim("up", "--kafka", "nonsense", "--out", tmp_path / "c").returncode == 2
    assert sim("run", "--cases", "0", "--out", tmp_path / "d").returncode == 2
    assert sim("run", "--seed", "1.5", "--out", tmp_path / "d").returncode == 2
    (tmp_path / "file").touch()
    for command in ("run", "up"):
        unusable = sim(command, "--out", tmp_path / "file")
        assert (unusable.returncode, unusable.stderr) == (2, "")
        assert "file cannot be used" in unusable.stdout
    assert sim("down", "--out", tmp_path / "file").returncode == 0
    assert time.monotonic() - begun < 30
