"""A small world on Apache Kafka, one of whose nodes is killed from outside: it ends as it should."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.exchange import PATIENCE_S

if TYPE_CHECKING:
    import random

    import pytest

ROOT = Path(__file__).parents[2]


def kill_a_broker(out: Path, run: subprocess.Popen[str]) -> str:
    """Kills one as soon as anything is in the log; gives its name."""
    while not (out / "log" / "tile").exists() or not (out / "world.json").exists():
        assert run.poll() is None, run.communicate()
        time.sleep(0.05)
    row = next(row for row in json.loads((out / "world.json").read_text()) if row["name"].startswith("broker"))
    os.kill(row["pid"], signal.SIGKILL)
    return str(row["name"])


def test_a_world_on_apache_kafka_ends_well(request: pytest.FixtureRequest, rng: random.Random, tmp_path: Path) -> None:
    out, seed = tmp_path / "out", rng.randrange(10**6)
    words = ("run", "--cases", "24", "--seed", str(seed), "--kafka", request.config.getoption("kafka"), "--out", str(out))
    with subprocess.Popen(
        [sys.executable, "-m", "simulator", *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        killed = kill_a_broker(out, run)
        said, _ = run.communicate(timeout=5 * PATIENCE_S)
    assert run.returncode == 0, said
    report = json.loads((out / "report.json").read_text())
    assert (report["open"], report["lost"], report["doubled"], report["audit"]["verdict"]) == (0, 0, 0, "ok")
    assert sum(sum(endings.values()) for endings in report["cases"].values()) >= 24
    assert [fault["process"] for fault in report["faults"] if fault["by"] == "outside"] == [killed]
    assert report["delivered_via"]["kafka"] > 0
