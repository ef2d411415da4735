"""Thresholds, and that the page for operators names the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from hub.alarms import THRESHOLDS, Level, Threshold, alarms
from runtime.figures import Figure

PAGE: Final = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
UNITS: Final = {"": 1, "s": 1, "min": 60, "h": 3600, "GiB": 1 << 30}
ROW: Final = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", re.MULTILINE)


def limit(cell: str) -> tuple[float | None, bool]:
    """A cell of the table: the limit, and whether it is below that it alarms."""
    if cell.strip() == "–":
        return None, False
    found = re.fullmatch(r"(below|from) ([\d.]+) ?(\w*)", cell.strip())
    assert found, cell
    return float(found[2]) * UNITS[found[3]], found[1] == "below"


def test_the_page_has_the_same_table() -> None:
    section = PAGE.partition("## Alarms")[2].partition("\n## ")[0]
    page = {}
    for figure, *cells in ROW.findall(section):
        (warn, low), (act, lower) = map(limit, cells)
        page[figure] = Threshold(figure=figure, warn=warn, act=act, below=low or lower)
    assert page == {one.figure: one for one in THRESHOLDS}


@pytest.mark.parametrize("threshold", THRESHOLDS, ids=lambda one: one.figure)
def test_it_gets_worse_from_warn_to_act(threshold: Threshold) -> None:
    limits = [one for one in (threshold.warn, threshold.act) if one is not None]
    assert limits == sorted(limits, reverse=threshold.below)
    assert limits


def test_the_limit_itself_alarms_upwards_and_is_fine_downwards() -> None:
    high = Threshold(figure="a", warn=5, act=9)
    assert [high.passed(value) for value in (4, 5, 8, 9)] == [None, (Level.WARN, 5), (Level.WARN, 5), (Level.ACT, 9)]
    low = Threshold(figure="b", warn=9, act=5, below=True)
    assert [low.passed(value) for value in (9, 8, 5, 4)] == [None, (Level.WARN, 9), (Level.WARN, 9), (Level.ACT, 5)]
    assert Threshold(figure="c", warn=None, act=1).passed(0) is None


def test_each_labelled_figure_is_judged_by_itself() -> None:
    found = alarms([Figure("connected", 1, {"member": "310000"}), Figure("connected", 0, {"member": "320000"}), Figure("size", 0)])
    assert [(one.figure.labels, one.level) for one in found] == [({"member": "320000"}, Level.WARN)]
