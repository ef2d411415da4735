"""Each lie is noticed, under the invariant that it breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.oracle import judge
from tests.simulator.lies import LIES, Lie, entered_again, never_delivered, never_entered, two_entries
from tests.simulator.lies_told import case
from tests.simulator.run_folder import RunFolder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("name", "lie"), [(name, lie) for name, lies in LIES.items() for lie in lies])
def test_a_lie_is_noticed(tmp_path: Path, name: str, lie: Lie) -> None:
    run = RunFolder(residents=3)
    lie(run)
    verdict = judge(run.write(tmp_path))
    assert name in {item.name for item in verdict.invariants if item.violations}, verdict.findings
    assert not verdict.is_right


@pytest.mark.parametrize("lie", [never_delivered, never_entered])
def test_what_did_not_come_is_lost(tmp_path: Path, lie: Lie) -> None:
    run = RunFolder(residents=3)
    lie(run)
    verdict = judge(run.write(tmp_path))
    assert (verdict.lost, verdict.doubled) == (1, 0)


@pytest.mark.parametrize("lie", [two_entries, entered_again])
def test_what_came_twice_is_doubled(tmp_path: Path, lie: Lie) -> None:
    run = RunFolder(residents=3)
    lie(run)
    verdict = judge(run.write(tmp_path))
    assert verdict.doubled == 1


@pytest.mark.parametrize("actions", [(), ("permit",), ("permit", "revoke"), ("permit", "deregister"), ("permit", "deregister", "land")])
def test_what_the_lies_begin_with_is_right(tmp_path: Path, actions: tuple[str, ...]) -> None:
    run = RunFolder(residents=3)
    case(run, *actions)
    findings = judge(run.write(tmp_path)).findings
    assert findings == []
