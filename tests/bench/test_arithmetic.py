"""What the report computes from what was measured."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bench import cpu
from bench.end_to_end import _measured
from bench.floor import Floor
from bench.floor.crypto import Crypto
from bench.latency import percentiles
from bench.plan import Call, Calls, Stage
from bench.report import ratio, row, table


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentiles([float(n) for n in range(100, 0, -1)]) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert percentiles([7.0]) == {"p50": 7.0, "p95": 7.0, "p99": 7.0}
    assert percentiles([1.0, 9.0])["p50"] == 1.0
    assert percentiles([]) == {"p50": 0.0, "p95": 0.0, "p99": 0.0}


def test_a_message_counts_in_the_seconds_in_which_its_receipt_came_home() -> None:
    ids = [bytes([n]) for n in range(6)]
    calls = [Call("310000", one, 9.0 + n) for n, one in enumerate(ids)]
    stages = [Stage("idle", 8.5, 9.5), Stage("warm", 9.5, 10.0), Stage("saturated", 10.0, 12.0), Stage("half", 12.0, 20.0)]
    delivered = {("310000", one): 9.25 + n for n, one in enumerate(ids[:4])}  # 9.25, 10.25, 11.25, 12.25; the others are on their way
    delivered[("320000", ids[4])] = 11.0  # known at the receiver, which proves nothing
    readings = [{"hub": 1.0, "node-310000": 2.0}, {"hub": 1.5, "node-310000": 2.25, "node-320000": 0.25}]
    found = _measured(Calls(stages=stages, calls=calls, refused={"5002": 3}), delivered, readings, 0.95)
    assert (found.messages, found.rate) == (2, 1.0)
    assert found.latency_ms == {"p50": 250.0, "p95": 250.0, "p99": 250.0, "idle_p50": 250.0, "half_rate_p99": 250.0}
    assert found.cpu_us == {"hub": 250_000.0, "node": 250_000.0}


def test_processes_of_a_kind_are_counted_together() -> None:
    took = {"node-310000": 1.0, "node-320000": 2.0, "postgres node_310000": 3.0, "postgres node_320000": 4.0, "postgres hub": 5.0}
    assert cpu.grouped(took) == {"node": 3.0, "postgres node": 7.0, "postgres hub": 5.0}


def test_the_floor_is_all_cores_by_the_sum_of_its_parts() -> None:
    parts = {"sign": 90.0, "verify": 240.0, "seal": 100.0, "open": 70.0, "rows": 300.0, "kafka": 50.0, "hops": 150.0}
    least = Floor(parts, 100.0, Crypto(sign=30.0, verify=60.0, seal=100.0, open=70.0, bare={}))
    assert least.rate == (os.cpu_count() or 1) * 1000.0
    assert least.hub_rate == round((os.cpu_count() or 1) * 1e6 / (30 + 60 + 100 + 50), 1)


def test_a_row_without_anything_beside_it_has_no_ratio() -> None:
    assert ratio(1.0, None) is None
    assert ratio(None, 2.0) is None
    assert row("x", 1.0, "1/s", floor=4.0, peer=2.0, conditions="").ratio == 0.25
    assert row("x", 1.0, "1/s", peer=2.0, conditions="").ratio == 0.5
    assert "–" in table([row("x", None, "1/s", conditions="")])[1]


def test_cpu_counts_a_process_with_what_it_started() -> None:
    work = "t=__import__('time')\nwhile t.process_time() < 0.3: pass"
    program = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {work!r}])\nprint('done', flush=True)\nsys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        spent = cpu.spent({"it": process.pid, "nobody": 2**22 + 1})
        process.communicate()
    assert spent["it"] >= 0.3
    assert "nobody" not in spent
    assert cpu.between({"it": 1.0}, {"it": 1.5, "new": 0.5}) == pytest.approx({"it": 0.5, "new": 0.5})
