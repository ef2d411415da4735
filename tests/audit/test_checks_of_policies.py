"""Policy tables in a log: each case is replayed under the one of its opening; a table out of place is found. Checks 5, 6, 7, 10."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.envelope import sha256
from tests.audit.lying import say
from tests.audit.verifying import found_in
from tests.support.log_folder import IN, OUT, LogBuilder
from tests.support.tables import REGIONAL, table

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = table(IN, 1, days={"review": 9}), table(IN, 2, days={"review": 4})
ELSEWHERE = table(OUT, 1, days={"review": 2})
WORKING_WEEK = 7


@pytest.fixture
def log() -> LogBuilder:
    """A log whose first list has a table of either province."""
    made = LogBuilder()
    made.keys.policies = {IN: OLD, OUT: ELSEWHERE}
    return made.begin()


def opened(log: LogBuilder, **header: bytes) -> bytes:
    """A case that IN opens."""
    case_id = log.new_id()
    log.wait(seconds=1)
    log.accept(log.message(case_id, "apply", IN, OUT, **header))
    return case_id


def test_each_case_has_the_limits_of_the_day_it_was_opened(log: LogBuilder, tmp_path: Path) -> None:
    old = opened(log)
    log.keys.policies[IN] = NEW
    log.trust_list()
    new = opened(log)
    log.wait(days=WORKING_WEEK)
    assert log.due(old) == []
    assert len(log.due(new)) == 1
    log.wait(days=WORKING_WEEK)
    assert len(log.due(old)) == 1
    say(log, old, "permit", IN)
    say(log, new, "permit", IN)
    assert found_in(log, tmp_path) == {}
    assert log.cases[old].policy_digest != log.cases[new].policy_digest


@pytest.mark.parametrize("policy", [OLD, ELSEWHERE, REGIONAL], ids=["superseded", "another province's", "regional"])
def test_an_opening_under_another_table(log: LogBuilder, tmp_path: Path, policy: bytes) -> None:
    log.keys.policies[IN] = NEW
    log.trust_list()
    at = len(log.entries)
    opened(log, policy_digest=sha256(policy))
    assert found_in(log, tmp_path) == {(7, at): "opens a case under another policy than the one in force for its province"}


def test_a_table_that_comes_after_the_opening(log: LogBuilder, tmp_path: Path) -> None:
    at = len(log.entries)
    log.accept(log.message(log.new_id(), "apply", IN, OUT, policy_digest=sha256(NEW)), judged=False, step=1)
    log.keys.policies[IN] = NEW
    log.trust_list()
    assert found_in(log, tmp_path) == {(7, at): "names rules that are not in the log before it"}


@pytest.mark.parametrize("after", [table(IN, 1, days={"review": 5}), b""], ids=["same number", "taken away"])
def test_a_table_that_goes_back(log: LogBuilder, tmp_path: Path, after: bytes) -> None:
    log.keys.policies[IN] = after
    at = len(log.entries)
    log.trust_list(2, log.keys.trust_list(2))
    assert found_in(log, tmp_path) == {(6, at): f"takes a policy table back: members[{IN}].policy"}


def test_a_table_that_goes_back_while_its_province_is_away(log: LogBuilder, tmp_path: Path) -> None:
    everybody = log.keys.members
    log.keys.members = tuple(code for code in everybody if code != IN)
    log.trust_list(2, log.keys.trust_list(2))
    log.keys.members, log.keys.policies[IN] = everybody, table(IN, 1, days={"review": 5})
    at = len(log.entries)
    log.trust_list(3, log.keys.trust_list(3))
    assert found_in(log, tmp_path) == {(6, at): f"takes a policy table back: members[{IN}].policy"}


def test_a_changed_number_in_a_table_is_found(log: LogBuilder, tmp_path: Path) -> None:
    """The bytes of a table lie in the object of the trust list; whoever changes a limit in them changes what the log names."""
    opened(log)
    name, data = next((name, data) for name, data in log.objects.items() if OLD in data)
    log.objects[name] = data.replace(b'"days": 9', b'"days": 8')
    assert any(check == 5 for check, _ in found_in(log, tmp_path))
