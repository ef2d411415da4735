from __future__ import annotations

import msgspec
import pytest

from core.procedures.household_transfer import HOUSEHOLD_TRANSFER
from simulator.faults import Fault
from simulator.oracle import Invariant
from simulator.report.figures import Report, ended, latency
from simulator.report.page import page
from yrdx.v1 import desk_pb2


def right() -> Report:
    return Report(
        complete=True,
        seed=7,
        cases={"household-transfer": {"landed": 3, "refused-by-in": 1}},
        open=0,
        pairs=12,
        messages=20,
        run_s=30.5,
        latency_ms={"p50": 12.0, "p95": 40.0, "p99": 80.0},
        rates={"window_visits": 8, "window_visits_on_paper": 16, "median_working_days": 2},
        delivered_via={"kafka": 19, "ledger": 1},
        delivered_via_outside_of_faults={"kafka": 12, "ledger": 0},
        prechecks={"pass": 0, "warn": 4, "fail": 1},
        lost=0,
        doubled=0,
        invariants=[Invariant(name="I1", checked=4, violations=0)],
        faults=[Fault(at="2026-01-01T00:00:00Z", process="hub", by="self", in_flight=12, recovered_s=1.9)],
        log={"size": 50, "root": "abc="},
        journal={"lines": 7, "chain": "ab"},
        audit={"verdict": "ok", "checks": [{"number": 1, "title": "checkpoint signed", "checked": 3, "findings": 0}]},
    )


def test_a_right_run_has_no_problem() -> None:
    assert right().problems() == []


@pytest.mark.parametrize(
    "change",
    [
        {"complete": False},
        {"open": 1},
        {"lost": 1},
        {"doubled": 1},
        {"invariants": []},
        {"invariants": [Invariant(name="I1", checked=0, violations=0)]},
        {"invariants": [Invariant(name="I1", checked=1, violations=1)]},
        {"faults": [Fault(at="2026-01-01T00:00:00Z", process="hub", by="outside", in_flight=0)]},
        {"faults": [Fault(at="2026-01-01T00:00:00Z", process="hub", by="crash", in_flight=0, recovered_s=1.0)]},
        {"audit": {"verdict": "findings"}},
        {"audit": {}},
    ],
)
def test_whatever_is_wrong_is_a_problem(change: dict[str, object]) -> None:
    assert len(msgspec.structs.replace(right(), **change).problems()) == 1


def test_cases_are_counted_by_their_endings_and_open_ones_apart() -> None:
    cases = [
        desk_pb2.CaseView(case_id=b"1", service="household-transfer", state="closed", ending="landed"),
        desk_pb2.CaseView(case_id=b"2", service="household-transfer", state="closed", ending="landed-after-correction"),
        desk_pb2.CaseView(case_id=b"3", service="household-transfer", state="permitted"),
    ]
    end = ended(cases)
    assert end.endings == {"household-transfer": {"landed": 1, "landed-after-correction": 1}}
    assert (end.open, end.corrections, end.completed) == (1, 1, frozenset((b"1", b"2")))


def test_the_page_has_a_chinese_name_for_every_ending() -> None:
    endings = {arrow.ending or arrow.destines for arrow in HOUSEHOLD_TRANSFER.transitions}
    endings |= {arrow.corrected_ending for arrow in HOUSEHOLD_TRANSFER.transitions}
    endings |= {deadline.expires_to for deadline in HOUSEHOLD_TRANSFER.deadlines}
    for ending in endings - {""}:
        text = page(msgspec.structs.replace(right(), cases={"household-transfer": {ending: 1}}))
        assert f"<code>{ending}</code>" in text
        assert f"<td></td><td><code>{ending}</code>" not in text, ending


def test_percentiles() -> None:
    assert latency([float(n) for n in range(101)]) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert latency([]) == {"p50": 0, "p95": 0, "p99": 0}


def test_the_page_stands_alone_and_says_what_is_wrong() -> None:
    text = page(right())
    assert "http" not in text
    for wanted in ("all right", "<b>5 / 1</b>", "2026-01-01 08:00:00", "<b>100 %</b>", "<b>95 %</b>", "checkpoint signed", "nothing found"):
        assert wanted in text
    assert "3 messages lost" in page(msgspec.structs.replace(right(), lost=3))
