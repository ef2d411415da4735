"""What a person who watches a run is told."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from core.procedures import PROCEDURES
from core.procedures.model import CLOSED
from simulator.faults import Fault
from simulator.live import line, screen
from simulator.picture import _ACTIONS, _SAYINGS, Picture
from yrdx.v1 import desk_pb2

SHANGHAI, JIANGSU = "310000", "320000"
BEGUN = datetime(2026, 1, 26, 1, tzinfo=UTC)


def case(number: int, state: str, ending: str = "") -> desk_pb2.CaseView:
    return desk_pb2.CaseView(case_id=bytes([number]) * 16, state=state, ending=ending, parties={"IN": SHANGHAI, "OUT": JIANGSU})


def seen(picture: Picture, *cases: desk_pb2.CaseView) -> None:
    for one in cases:
        for province in (JIANGSU, SHANGHAI):
            picture.see(province, one)


def test_a_case_is_told_once_by_its_doer_and_counted_once() -> None:
    picture = Picture(1, [])
    seen(picture, case(1, "applied"), case(1, "applied"), case(1, "deregistering"))
    assert [text.split()[:3] for text in picture.happenings] == [["沪", "──▶", "苏"], ["苏", "──▶", "沪"]]
    assert "──  1 ─▶ 苏" in picture.matrix()[0]
    seen(picture, case(1, "closed", "landed"))
    assert (picture.closed, picture.pairs.total()) == (1, 0)
    assert picture.happenings[-1].endswith("landed")


def test_a_case_that_the_hub_never_opened_is_not_counted() -> None:
    picture = Picture(1, [])
    seen(picture, case(1, "closed"))
    assert (picture.closed, picture.pairs.total()) == (0, 0)
    assert "not taken up" in picture.happenings[-1]


def test_the_line_without_a_terminal_has_the_newest_fault() -> None:
    fault = Fault(at="", process="hub", by="self", in_flight=31)
    picture = Picture(72, [fault], business_at=BEGUN)
    assert "cases 0/72" in line(picture, BEGUN + timedelta(seconds=5), BEGUN)
    assert line(picture, BEGUN, BEGUN).endswith("hub killed (-9) with 31 in flight … recovering")
    fault.recovered_s = 1.94
    assert line(picture, BEGUN, BEGUN).endswith("back, all delivered after 1.9 s")


def busy() -> Picture:
    """Everything that a screen can show at once."""
    faults = [Fault(at="", process=name, by="outside", in_flight=11, recovered_s=1.0) for name in ("node-310000", "broker", "hub")]
    picture = Picture(72, faults, business_at=BEGUN)
    seen(picture, *(case(number, "applied") for number in range(20)))
    steps = [desk_pb2.MessageView(action=action, sender=SHANGHAI, refusal=0) for action in _ACTIONS]
    steps.append(desk_pb2.MessageView(action="land", sender=SHANGHAI, refusal=4005))
    followed = case(1, "deregistered")
    followed.ball_holder, followed.owner = SHANGHAI, JIANGSU
    followed.due_at.FromDatetime(BEGUN)
    picture.followed = desk_pb2.GetCaseResponse(case=followed, messages=steps)
    return picture


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (60, 30)])
def test_the_screen_fits_and_shows_everything_that_matters(width: int, height: int) -> None:
    console = Console(width=width, height=height, file=io.StringIO(), record=True)
    console.print(screen(busy(), BEGUN, BEGUN, height - 1))
    shown = console.export_text().splitlines()
    assert len(shown) < height
    text = "\n".join(shown)
    for wanted in (
        "cases 0/72",
        "following 0101…0101",
        "✗ 落户 by 上海  refused, 4005",
        "waiting for 上海 · due 2026-01-26",
        "!! hub killed (-9)",
    ):
        assert wanted in text
    assert text.count("following") == 1
    assert "asks about a resident" in text


def test_every_state_and_action_has_its_words() -> None:
    procedure = PROCEDURES["household-transfer"]
    assert {state.name for state in procedure.states} == {CLOSED, *_SAYINGS}
    assert {action.name for action in procedure.actions} == set(_ACTIONS)
