"""Several people in one case, as the oracle sees them: all of them move or nobody, each of them is claimed, of the dead there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simulator.oracle import judge
from tests.simulator.run_folder import ANHUI, JIANGSU, SHANGHAI, ZHEJIANG, RunFolder, usual
from yrdx.v1 import envelope_pb2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from simulator.oracle import Verdict

    Doctor = Callable[[RunFolder], object]


def family(run: RunFolder, *actions: str, **header: Any) -> bytes:
    """Three of Shanghai on their way to Zhejiang."""
    case_id = run.apply(SHANGHAI, ZHEJIANG, others=[run.people[SHANGHAI].pop() for _ in range(2)])
    run.decide(case_id, "permit")
    for action in actions:
        run.carry_out(case_id, action, **(header if action == "land" else {}))
    return case_id


def record(run: RunFolder, code: str, person: str) -> dict[str, Any]:
    return next(line for line in reversed(run.registers[code]) if line["id_number"] == person)


def judged(run: RunFolder, folder: Path) -> Verdict:
    return judge(run.write(folder))


def broken(verdict: Verdict) -> set[str]:
    return {item.name for item in verdict.invariants if item.violations}


def test_a_family_that_moved_is_right(tmp_path: Path) -> None:
    run = usual()
    family(run, "deregister", "land")
    verdict = judged(run, tmp_path)
    assert verdict.findings == []
    assert verdict.is_right


def one_stayed(run: RunFolder) -> None:
    record(run, SHANGHAI, run.movers(family(run, "deregister"))[1]).update(status="active", since="2020-01-01T00:00:00Z")


def one_never_came(run: RunFolder) -> None:
    case_id = family(run, "deregister", "land")
    run.registers[ZHEJIANG].remove(record(run, ZHEJIANG, run.movers(case_id)[2]))


def one_came_twice(run: RunFolder) -> None:
    case_id = family(run, "deregister", "land")
    run.registers[ZHEJIANG].append(dict(record(run, ZHEJIANG, run.movers(case_id)[1])))


def one_came_later(run: RunFolder) -> None:
    case_id = family(run, "deregister", "land")
    record(run, ZHEJIANG, run.movers(case_id)[2])["since"] = "2026-03-01T00:00:00Z"


def one_is_not_told_of(run: RunFolder) -> None:
    """The desks leave a child out, wherever they speak of the case."""
    case_id = family(run, "deregister", "land")
    movers = " ".join(run.movers(case_id))
    for line in run.journal:
        if line["answer"].get("id_number") == movers:
            line["answer"]["id_number"] = movers.rsplit(" ", 1)[0]


def one_desk_leaves_one_out(run: RunFolder) -> None:
    case_id = family(run, "deregister", "land")
    line = next(line for line in reversed(run.journal) if line["answer"].get("id_number") == " ".join(run.movers(case_id)))
    line["answer"]["id_number"] = " ".join(run.movers(case_id)[:2])


def one_is_told_of_twice(run: RunFolder) -> None:
    case_id = family(run)
    movers = " ".join(run.movers(case_id))
    for line in run.journal:
        if line["answer"].get("id_number") == movers:
            line["answer"]["id_number"] = f"{movers} {run.movers(case_id)[0]}"


def two_died(run: RunFolder) -> None:
    case_id = family(run, "deregister", "land", reason_class=envelope_pb2.REASON_CLASS_DECEASED)
    record(run, ZHEJIANG, run.movers(case_id)[0])["status"] = "deceased"


def nobody_died(run: RunFolder) -> None:
    case_id = family(run, "deregister", "land", reason_class=envelope_pb2.REASON_CLASS_DECEASED)
    record(run, ZHEJIANG, run.movers(case_id)[2])["status"] = "active"


def somebody_else_died(run: RunFolder) -> None:
    run.registers[ZHEJIANG][0]["status"] = "deceased"
    nobody_died(run)


def claimed_with_another_family(run: RunFolder) -> None:
    """The hub lets a second family have one of the first."""
    case_id = family(run)
    shared = run.movers(case_id)[1]
    del run._open[shared]
    run.apply(SHANGHAI, ANHUI, others=[shared])


def half_claimed(run: RunFolder) -> None:
    """A family that was refused keeps the others of it from moving."""
    case_id = family(run)
    alone = run.people[SHANGHAI].pop()
    run.apply(SHANGHAI, ANHUI, alone, others=[run.movers(case_id)[1]])
    run._open[alone] = b""
    run.apply(SHANGHAI, JIANGSU, alone)


WRONG: list[tuple[Doctor, str]] = [
    (one_stayed, "I1"),
    (one_never_came, "I1"),
    (one_came_twice, "I1"),
    (one_came_later, "I1"),
    (one_is_not_told_of, "I1"),
    (one_desk_leaves_one_out, "I3"),
    (one_is_told_of_twice, "I3"),
    (two_died, "I1"),
    (nobody_died, "I1"),
    (somebody_else_died, "I1"),
    (claimed_with_another_family, "I3"),
    (half_claimed, "I3"),
]


@pytest.mark.parametrize(("doctor", "invariant"), WRONG)
def test_half_a_family_is_noticed(tmp_path: Path, doctor: Doctor, invariant: str) -> None:
    run = usual()
    doctor(run)
    assert invariant in broken(judged(run, tmp_path))


@pytest.mark.parametrize(("doctor", "lost", "doubled"), [(one_stayed, 1, 0), (one_never_came, 1, 0), (one_came_twice, 0, 1)])
def test_who_of_a_family_is_lost_or_doubled_is_counted(tmp_path: Path, doctor: Doctor, lost: int, doubled: int) -> None:
    run = usual()
    doctor(run)
    verdict = judged(run, tmp_path)
    assert (verdict.lost, verdict.doubled) == (lost, doubled)
