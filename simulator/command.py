"""`yrdx-sim run` and `yrdx-sim check`: what they print, and their exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console

from runtime import process
from runtime.clock import SystemClock, sleep
from simulator import oracle, trouble
from simulator.layout import Layout
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
    log = layout.folder / "simulator.log"

    async def main() -> None:
        reports.append(await running.report())

    def work() -> None:
        layout.folder.mkdir(parents=True, exist_ok=True)
        process.run(main, name="simulator", log=log)

    if failed := trouble.attempt(work, lambda text: console.print(text, style="bold red", highlight=False, markup=False), log):
        return failed
    if not reports:
        console.print(f"stopped; what is known so far: {out}/report.json", highlight=False)
        return FINDING
    _say(console, reports[0], out)
    return FINDING if reports[0].problems() else FINE


def check(folder: Path) -> int:
    """Judges a run again by its files; prints every invariant and what is wrong."""
    console = Console()
    try:
        verdict = oracle.judge(folder)
    except OSError as error:
        console.print(f"cannot read the run: {error}", highlight=False, markup=False)
        return USAGE
    for item in verdict.invariants:
        console.print(f"{item.name}: {item.checked} checked, {item.violations} violations", highlight=False)
    console.print(f"lost {verdict.lost} · doubled {verdict.doubled}", highlight=False)
    for finding in verdict.findings[:_FINDINGS_SHOWN]:
        console.print(f"!! {finding}", highlight=False, markup=False)
    if len(verdict.findings) > _FINDINGS_SHOWN:
        console.print(f"and {len(verdict.findings) - _FINDINGS_SHOWN} more", highlight=False)
    return FINE if verdict.is_right else FINDING


def _say(console: Console, report: Report, out: Path) -> None:
    for text in [*_summary(report), f"open {out}/report.html · next: make up · yrdx-audit verify {out}/log --root {out}/root.pem"]:
        console.print(text, soft_wrap=True, highlight=False, markup=False)


def _summary(report: Report) -> list[str]:
    """The run in a few lines."""
    cases = sum(sum(counts.values()) for counts in report.cases.values())
    endings = sum(len(counts) for counts in report.cases.values())
    checks, violations = sum(item.checked for item in report.invariants), sum(item.violations for item in report.invariants)
    visits, on_paper, days = (report.rates[name] for name in ("window_visits", "window_visits_on_paper", "median_working_days"))
    p50, p95 = report.latency_ms["p50"], report.latency_ms["p95"]
    kafka, ledger = report.delivered_via["kafka"], report.delivered_via["ledger"]
    faults = [
        f"{fault.process} killed (by {fault.by}) with {fault.in_flight} in flight · recovered in {fault.recovered_s} s"
        for fault in report.faults
    ]
    return [
        f"{cases} cases · {endings} endings · {report.pairs} province pairs · {checks:,} checks · {violations} violations",
        f"window visits {visits:.0f} instead of {on_paper:.0f} · median {days:.0f} working days",
        f"{report.messages} messages · delivered in {p50:.0f} ms, p95 {p95:.0f} ms · {kafka} by Kafka, {ledger} from the ledger",
        *faults,
        f"lost {report.lost} · doubled {report.doubled} · audit: {report.audit['verdict']}, {report.log['size']} entries",
        *(f"!! {problem}" for problem in report.problems()),
    ]
