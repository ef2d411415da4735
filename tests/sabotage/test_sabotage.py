"""The runner is a judge: it must not call a defence watched that nobody watches. And the table must follow the code."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.sabotage.__main__ import red_without_sabotage, try_without
from tests.sabotage.bench import ROOT, NoSuchDefence, take_out
from tests.sabotage.defence import Defence
from tests.sabotage.rows import DEFENCES
from tests.sabotage.verdict import Ending, verdict

if TYPE_CHECKING:
    from pathlib import Path

SUMS = """
def total(parts):
    if any(part < 0 for part in parts):
        raise ValueError
    return sum(parts)
"""
TESTS = """
import pytest
from core.sums import total

def test_sum(): assert total([1, 2]) == 3
def test_negative():
    with pytest.raises(ValueError): total([-1])
def test_nothing(): assert total([]) == 0
"""


def row(remove: str, instead: str, noticed_by: str, green: str = "test_nothing") -> Defence:
    return Defence("a defence", "core/sums.py", remove, instead, f"tests/test_sums.py::{noticed_by}", f"tests/test_sums.py::{green}")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of two files, and the plugin."""
    shutil.copytree(ROOT / "tests" / "sabotage", tmp_path / "tests" / "sabotage")
    for name, text in (("core/sums.py", SUMS), ("core/__init__.py", ""), ("tests/test_sums.py", TESTS), ("tests/__init__.py", "")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\ntestpaths = ['tests']\n")
    return tmp_path


@pytest.mark.parametrize("defence", DEFENCES, ids=lambda defence: defence.name)
def test_every_row_names_what_there_is(defence: Defence) -> None:
    assert (ROOT / defence.file).read_text("utf-8").count(defence.remove) == 1
    assert defence.remove != defence.instead
    for test in (defence.noticed_by, defence.green):
        file, *names = test.partition("[")[0].split("::")
        text = (ROOT / file).read_text("utf-8")
        assert all(f"def {name}(" in text or f"class {name}:" in text or f"{name} = " in text or name == "runTest" for name in names), test
    assert defence.noticed_by != defence.green


def test_every_defence_has_a_name_of_its_own() -> None:
    assert len({defence.name for defence in DEFENCES}) == len(DEFENCES)


def test_a_defence_that_is_watched_is_noticed_and_the_tree_stays_as_it_was(tree: Path) -> None:
    found = try_without(tree, row("part < 0", "part < -9", "test_negative"))
    assert (found.noticed, found.how) == (True, "DID NOT RAISE ValueError")
    assert (tree / "core/sums.py").read_text() == SUMS


def test_a_defence_that_nobody_watches_is_not(tree: Path) -> None:
    found = try_without(tree, row("part < 0", "part < -9", "test_sum"))
    assert not found.noticed
    assert found.how.startswith("nobody notices")


def test_a_crash_is_no_notice(tree: Path) -> None:
    found = try_without(tree, row("return sum(parts)", "return parts / 0", "test_sum", "test_negative"))
    assert not found.noticed
    assert "TypeError" in found.how


def test_a_tree_that_does_not_even_run_is_no_notice(tree: Path) -> None:
    found = try_without(tree, row("return sum(parts)", "return (", "test_sum"))
    assert not found.noticed
    assert "did not run" in found.how


def test_a_defence_that_is_not_there_is_an_error_and_changes_nothing(tree: Path) -> None:
    for remove in ("part > 0", "part", ""):
        defence = row(remove, "x", "test_negative")
        with pytest.raises(NoSuchDefence):
            take_out(tree, defence)
        found = try_without(tree, defence)
        assert not found.noticed
        assert found.how.startswith("core/sums.py has ")
    assert not try_without(tree, row("part < 0", "x", "test_negative")._replace(file="core/nothing.py")).noticed


def test_what_is_red_before_is_said(tree: Path) -> None:
    defences = [row("part < 0", "False", "test_sum"), row("part < 0", "False", "test_gone")]
    assert red_without_sabotage(tree, defences[:1]) == []
    assert red_without_sabotage(tree, defences) == ["tests/test_sums.py::test_gone did not run"]


PASSED = [Ending("good", phase, "passed", "", "") for phase in ("setup", "call", "teardown")]


@pytest.mark.parametrize(
    ("ending", "noticed"),
    [
        (Ending("bad", "call", "failed", "assert 1 == 2", "AssertionError"), True),
        (Ending("bad", "call", "failed", "", "TypeError"), False),
        (Ending("bad", "call", "passed", "", ""), False),
        (Ending("bad", "call", "skipped", "", "Skipped"), False),
        (Ending("bad", "setup", "failed", "assert 1 == 2", "AssertionError"), False),
    ],
)
def test_only_the_assertion_of_the_test_itself_counts(ending: Ending, *, noticed: bool) -> None:
    assert verdict([*PASSED, ending], "bad", "good").noticed is noticed


def test_a_neighbour_that_is_red_spoils_the_proof() -> None:
    ending = Ending("bad", "call", "failed", "assert 1 == 2", "AssertionError")
    assert not verdict([ending], "bad", "good").noticed
    assert not verdict([ending, *PASSED[:2], Ending("good", "teardown", "failed", "", "OSError")], "bad", "good").noticed
