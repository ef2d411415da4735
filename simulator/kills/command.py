"""`yrdx-sim faults`: what it prints, and its exit status."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rich.console import Console

from runtime import process
from runtime.clock import SystemClock, sleep
from simulator import trouble
from simulator.kills.ordeals import ordeals
from simulator.kills.plan import kills
from simulator.kills.run import KillRun, options
from simulator.layout import Layout
from simulator.trouble import FINDING, FINE, USAGE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from simulator.report.figures import Report

_NEVER: str = "was never checked"


def faults(seed: int, only: Sequence[str], out: Path) -> int:
    """Kills; the exit status says whether every kill was survived and the whole was right."""
    layout, console = Layout.of(out), Console()

    def tell(text: str) -> None:
        console.print(text, soft_wrap=True, highlight=False, markup=False)

    wanted, suffered = kills(*only), ordeals(*only)
    slots = len(wanted) + len(suffered)
    if not slots:
        tell(f"nothing fits {' or '.join(only)}; a pattern is compared with process and point, for example 'hub ledger.*'")
        return USAGE
    run = KillRun(options(slots, seed, layout), layout, console, SystemClock(), sleep, kills=wanted, ordeals=suffered)
    reports: list[Report] = []

    async def main() -> None:
        reports.append(await run.report())

    def work() -> None:
        layout.make()
        process.run(main, name="simulator", log=layout.simulator_log)

    if failed := trouble.attempt(work, tell, layout.simulator_log):
        return failed
    if not reports:
        tell(f"stopped; what is known so far: {out}/faults.json")
        return FINDING
    problems = _problems(reports[0], complete=slots == len(kills()) + len(ordeals()))
    wrong = sum(not row.is_right for row in run.rows)
    for text in [f"!! {problem}" for problem in problems]:
        tell(text)
    tell(f"{len(run.rows)} rows, {wrong} not as they must be · {_summary(reports[0])}")
    log, root = (shlex.quote(str(out / name)) for name in ("log", "root.pem"))
    tell(f"{out}/faults.json · where each program stood: {out}/kills.jsonl · next: yrdx-audit verify {log} --root {root}")
    return FINDING if wrong or problems else FINE


def _problems(report: Report, *, complete: bool) -> list[str]:
    """What is wrong with the whole. A few kills are too short a run for everything to be checked."""
    return [problem for problem in report.problems() if complete or not problem.endswith(_NEVER)]


def _summary(report: Report) -> str:
    cases = sum(sum(counts.values()) for counts in report.cases.values())
    checks, violations = sum(item.checked for item in report.invariants), sum(item.violations for item in report.invariants)
    audit = f"audit {report.audit['verdict']}"
    return f"{cases} cases · {checks:,} checks, {violations} violations · lost {report.lost} · doubled {report.doubled} · {audit}"
