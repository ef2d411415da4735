"""The oracle counts each case by the table that its opening names, found in the trust lists of the log, and minds whose table it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.envelope import sha256
from core.policy import read_policy
from simulator.oracle import judge
from tests.simulator.run_folder import SHANGHAI, ZHEJIANG, RunFolder
from tests.support.tables import REGIONAL, table
from tests.support.trust import Keys

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = table(ZHEJIANG, 1, days={"review": 9}), table(ZHEJIANG, 2, days={"review": 4})
ELSEWHERE = table(SHANGHAI, 1, days={"review": 2})


@pytest.fixture
def run() -> RunFolder:
    keys = Keys()
    keys.policies = {ZHEJIANG: OLD, SHANGHAI: ELSEWHERE}
    return RunFolder(keys)


def findings(run: RunFolder, folder: Path) -> dict[str, int]:
    """Findings by invariant."""
    return {item.name: item.violations for item in judge(run.write(folder)).invariants if item.violations}


def test_cases_of_before_and_after_a_change_run_side_by_side(run: RunFolder, tmp_path: Path) -> None:
    old = run.apply(SHANGHAI, ZHEJIANG)
    run.log.keys.policies[ZHEJIANG] = NEW
    run.log.trust_list()
    new = run.apply(SHANGHAI, ZHEJIANG)
    run.wait(7)
    assert [bool(run.log.cases[one].clocks[0].overdue) for one in (old, new)] == [False, True]
    run.wait(7)
    run.decide(old, "permit")
    run.decide(new, "permit")
    assert findings(run, tmp_path) == {}


def test_a_clock_that_runs_by_the_new_table_in_an_old_case_is_a_finding(run: RunFolder, tmp_path: Path) -> None:
    run.log.book.provincial[sha256(OLD)] = read_policy(NEW, ZHEJIANG)  # a hub that mixes them up
    run.apply(SHANGHAI, ZHEJIANG)
    run.wait(7)
    assert findings(run, tmp_path)["I8"] > 0


@pytest.mark.parametrize("policy", [OLD, ELSEWHERE, REGIONAL], ids=["superseded", "another province's", "regional"])
def test_an_opening_under_another_table_is_a_finding(run: RunFolder, tmp_path: Path, policy: bytes) -> None:
    run.log.keys.policies[ZHEJIANG] = NEW
    run.log.trust_list()
    run.apply(SHANGHAI, ZHEJIANG, policy_digest=sha256(policy))
    assert findings(run, tmp_path) == {"I8": 1}
