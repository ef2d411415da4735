"""The journal of a run that was edited by hand: no line of it can be changed, taken away, put in or moved unnoticed."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from simulator.oracle import judge
from simulator.oracle.journal import read_journal
from simulator.oracle.verdict import Tally
from tests.simulator.run_folder import read_lines, usual, write_lines

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The usual run, with a report that names the end of its journal. Tests leave it as it was."""
    folder = usual().write(tmp_path_factory.mktemp("right"))
    lines = read_lines(folder / "journal.jsonl")
    (folder / "report.json").write_text(json.dumps({"seed": 7, "journal": {"lines": len(lines), "chain": lines[-1]["chain"]}}))
    return folder


@pytest.fixture
def folder(right: Path, tmp_path: Path) -> Path:
    for name in ("journal.jsonl", "report.json"):
        shutil.copyfile(right / name, tmp_path / name)
    return tmp_path


def findings(folder: Path, lines: Lines) -> list[str]:
    """What the oracle says of the form of these lines."""
    (folder / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    tally = Tally()
    list(read_journal(folder, tally))
    return tally.verdict().findings


def test_what_nobody_touched_is_right_however_it_is_spaced(right: Path, folder: Path) -> None:
    assert judge(right).is_right
    assert findings(folder, read_lines(folder / "journal.jsonl")) == []


def test_any_word_of_any_line_is_kept(folder: Path) -> None:
    lines = read_lines(folder / "journal.jsonl")
    for number, line in enumerate(lines, 1):
        for name, value in line.items():
            other = (
                {**value, "code": "ABORTED"} if name == "answer" and value["code"] != "ABORTED" else f"{value}7" if name != "answer" else {}
            )
            found = findings(folder, [*lines[: number - 1], {**line, name: other}, *lines[number:]])
            assert f"I5 journal.jsonl line {number}: is not what was written here" in found, (number, name)


MOVES: dict[str, Callable[[Lines, int], object]] = {
    "gone": lambda lines, at: lines.pop(at),
    "twice": lambda lines, at: lines.insert(at, lines[at]),
    "later": lambda lines, at: lines.insert(at + 1, lines.pop(at)),
    "all from here": lambda lines, at: lines.__delitem__(slice(at, None)),
}


@pytest.mark.parametrize("move", MOVES)
def test_no_line_is_taken_away_or_put_in_or_moved(folder: Path, rng: random.Random, move: str) -> None:
    lines = read_lines(folder / "journal.jsonl")
    for at in (0, rng.randrange(1, len(lines) - 1), len(lines) - 1):
        changed = list(lines)
        MOVES[move](changed, at)
        assert changed == lines or findings(folder, changed)


def test_a_chain_made_anew_ends_otherwise_than_the_report_says(folder: Path) -> None:
    lines = read_lines(folder / "journal.jsonl")
    lines[3]["request_id"] = "another"
    write_lines(folder / "journal.jsonl", lines)
    tally = Tally()
    list(read_journal(folder, tally))
    assert "I5 journal.jsonl: does not end as report.json says" in tally.verdict().findings
    (folder / "report.json").write_text("no report")
    tally = Tally()
    list(read_journal(folder, tally))
    assert "I5 journal.jsonl: does not end as report.json says" in tally.verdict().findings
