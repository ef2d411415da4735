"""What a person who watches a run is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.procedures import PROCEDURES
from core.procedures.model import CLOSED
from simulator.faults import Fault
from simulator.live import line
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
    assert line(picture, BEGUN, BEGUN).endswith("hub killed (by self) with 31 in flight … recovering")
    fault.recovered_s = 1.94
    assert line(picture, BEGUN, BEGUN).endswith("back, all delivered after 1.9 s")


def test_every_state_and_action_has_its_words() -> None:
    procedure = PROCEDURES["household-transfer"]
    assert {state.name for state in procedure.states} == {CLOSED, *_SAYINGS}
    assert {action.name for action in procedure.actions} == set(_ACTIONS)
