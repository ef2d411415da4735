"""`yrdx-sim run` and `yrdx-sim check`: what they print, and their exit status."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING, Final

from rich.console import Console

from runtime import process
from runtime.clock import SystemClock, sleep
from simulator import oracle, trouble
from simulator.faults import told
from simulator.layout import Layout
from simulator.report.page import INVARIANTS
from simulator.run import Options, Run
from simulator.trouble import FINDING, FINE, USAGE

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.report.figures import Report
    from simulator.servers import Servers

_FINDINGS_SHOWN: Final = 20


def run(cases: int, seed: int, servers: Servers, out: Path) -> int:
    """Runs the main job; the exit status says whether everything was right."""
    layout, console = Layout.of(out), Console()
    options = Options(cases=cases, seed=seed, servers=servers)
    running = Run(options, layout, console, SystemClock(), sleep)
    reports: list[Report] = []

    async def main() -> None:
        reports.append(await running.report())

    def work() -> None:
        layout.make()
        process.run(main, name="simulator", log=layout.simulator_log)

    if failed := trouble.attempt(work, lambda text: _print(console, text, "bold red"), layout.simulator_log):
        return failed
    if not reports:
        _print(console, f"stopped; what is known so far: {out}/report.json")
        return FINDING
    _say(console, reports[0], out)
    return FINDING if reports[0].problems() else FINE


def check(folder: Path) -> int:
    """Judges a run again by its files; prints every invariant and what is wrong."""
    console = Console()
    try:
        verdict = oracle.judge(folder)
    except OSError as error:
        _print(console, f"cannot read the run: {error}")
        return USAGE
    for item in verdict.invariants:
        _print(console, f"{item.name} {item.checked:>8,} checked {item.violations:>4,} violations   {INVARIANTS[item.name]}")
    for finding in verdict.findings[:_FINDINGS_SHOWN]:
        _print(console, f"!! {finding}")
    if len(verdict.findings) > _FINDINGS_SHOWN:
        _print(console, f"!! and {len(verdict.findings) - _FINDINGS_SHOWN:,} more")
    unseen = [item.name for item in verdict.invariants if not item.checked]
    if unseen:
        _print(console, f"!! never checked, which proves nothing: {', '.join(unseen)}")
    outcome = "everything holds" if verdict.is_right else "this run is not right"
    _print(console, f"lost {verdict.lost} · doubled {verdict.doubled} · {outcome}")
    return FINE if verdict.is_right else FINDING


def _say(console: Console, report: Report, out: Path) -> None:
    page, log, root = (shlex.quote(str(out / name)) for name in ("report.html", "log", "root.pem"))
    for text in [*_summary(report), f"open {page} · next: make up · yrdx-audit verify {log} --root {root}"]:
        _print(console, text)


def _print(console: Console, text: str, style: str | None = None) -> None:
    """A line as it is: whoever reads it through a pipe gets it whole."""
    console.print(text, style=style, soft_wrap=True, highlight=False, markup=False)


def _summary(report: Report) -> list[str]:
    """The run in a few lines."""
    cases = sum(sum(counts.values()) for counts in report.cases.values())
    endings = sum(len(counts) for counts in report.cases.values())
    checks, violations = sum(item.checked for item in report.invariants), sum(item.violations for item in report.invariants)
    visits, on_paper, days = (report.rates[name] for name in ("window_visits", "window_visits_on_paper", "median_working_days"))
    p50, p95 = report.latency_ms["p50"], report.latency_ms["p95"]
    kafka, ledger = report.delivered_via["kafka"], report.delivered_via["ledger"]
    refused = report.prechecks.get("fail", 0)
    counts = Counter[str]()
    for found in report.cases.values():
        counts.update(found)
    return [
        f"{cases} cases · {endings} endings · {report.pairs} province pairs · {checks:,} checks · {violations} violations",
        " · ".join(f"{ending} {count}" for ending, count in counts.most_common()) or "no case came to an end",
        f"window visits {visits:.0f} instead of {on_paper:.0f} · median {days:.0f} working days",
        f"{sum(report.prechecks.values())} prechecks by the rules of both provinces · {refused} came out against it",
        f"{report.messages} messages · delivered in {p50:.0f} ms, p95 {p95:.0f} ms · {kafka} by Kafka, {ledger} from the ledger",
        *map(told, report.faults),
        f"lost {report.lost} · doubled {report.doubled} · audit: {report.audit['verdict']}, {report.log['size']} entries",
        *(f"!! {problem}" for problem in report.problems()),
    ]
