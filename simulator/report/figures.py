"""The report of a run: the figures of `report.json`, and whether the run was right.

Decides what is reported under which name (design: docs/exchange-cycle.md, README) and what makes a run wrong: a violation, an invariant
that was never checked, a message lost or doubled, a case left open, a fault without recovery, a process that ended by itself, an audit
that found something, an end before the end. Only arranges: what is counted comes from the log, the desks, the oracle and the auditor.
"""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from core.calendar import SHANGHAI
from core.procedures.model import CLOSED
from simulator.faults import CRASH
from simulator.oracle.verdict import Invariant  # noqa: TC001 - msgspec reads it

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from core.calendar import Calendar
    from simulator.faults import Fault
    from simulator.report.log_figures import LogFigures
    from yrdx.v1 import desk_pb2

_COMPLETE: Final = "landed"
# Journeys to a window that one move took before: at least four, two in each province (domain facts, press reports of 2020).
_WINDOW_VISITS_ON_PAPER: Final = 4


class Report(msgspec.Struct, kw_only=True):
    """`report.json`."""

    complete: bool
    seed: int
    cases: dict[str, dict[str, int]]
    open: int
    pairs: int
    messages: int
    run_s: float
    latency_ms: dict[str, float]
    rates: dict[str, float]
    delivered_via: dict[str, int]
    delivered_via_outside_of_faults: dict[str, int]
    prechecks: dict[str, int]
    lost: int
    doubled: int
    invariants: list[Invariant]
    faults: list[Fault]
    log: dict[str, int | str]
    journal: dict[str, int | str]
    audit: dict[str, object]

    def problems(self) -> list[str]:
        """Why the run was not right; empty when it was."""
        checks = [
            (not self.complete, "the run was ended before its end"),
            (self.open, f"{self.open} cases are still open"),
            (self.lost, f"{self.lost} messages lost"),
            (self.doubled, f"{self.doubled} effects doubled"),
            (not self.invariants, "the oracle did not speak"),
            (self.audit.get("verdict") != "ok", f"audit: {self.audit.get('verdict')}"),
        ]
        checks += [(not item.checked, f"{item.name} was never checked") for item in self.invariants]
        checks += [(item.violations, f"{item.name}: {item.violations} violations") for item in self.invariants]
        checks += [(item.recovered_s is None, f"{item.process} did not recover") for item in self.faults]
        checks += [(item.by == CRASH, f"{item.process} crashed by itself, see process-logs and world/errors") for item in self.faults]
        return [text for wrong, text in checks if wrong]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The cases of a run as their destinations saw them at the end."""

    endings: Mapping[str, Mapping[str, int]]
    open: int
    corrections: int
    completed: frozenset[bytes]


def ended(cases: Iterable[desk_pb2.CaseView]) -> Ended:
    """Counts cases by service and ending; a case that the hub never opened is none."""
    endings: dict[str, Counter[str]] = {}
    still_open = corrections = 0
    completed = set()
    for case in cases:
        if case.state == CLOSED and case.ending:
            endings.setdefault(case.service, Counter())[case.ending] += 1
            corrections += case.ending == f"{_COMPLETE}-after-correction"
            if case.ending.startswith(_COMPLETE):
                completed.add(case.case_id)
        elif case.state != CLOSED:
            still_open += 1
    return Ended(endings=endings, open=still_open, corrections=corrections, completed=frozenset(completed))


def latency(milliseconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile."""
    if len(milliseconds) < 2:  # noqa: PLR2004 - a percentile needs two values
        return dict.fromkeys(("p50", "p95", "p99"), round(sum(milliseconds), 1))
    cuts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    return {f"p{n}": round(cuts[n - 1], 1) for n in (50, 95, 99)}


def rates(figures: LogFigures, end: Ended, play_s: float, calendar: Calendar) -> dict[str, float]:
    """Speed of the exchange, and what the citizens were spared."""
    days = [_working_days(figures, case_id, calendar) for case_id in end.completed if case_id in figures.spans]
    total = sum(sum(counts.values()) for counts in end.endings.values())
    return {
        "cases_per_s": round(total / play_s, 2),
        "messages_per_s": round(figures.messages / play_s, 1),
        "window_visits": 2 * len(end.completed) + end.corrections,
        "window_visits_on_paper": _WINDOW_VISITS_ON_PAPER * len(end.completed),
        "median_working_days": statistics.median(days) if days else 0,
    }


def _working_days(figures: LogFigures, case_id: bytes, calendar: Calendar) -> int:
    """Working days from the application to the last message, the first day not counted."""
    first, last = (at.astimezone(SHANGHAI).date() for at in figures.spans[case_id])
    days = (last - first).days
    return sum(calendar.is_working_day(type(first).fromordinal(first.toordinal() + n)) for n in range(1, days + 1))
