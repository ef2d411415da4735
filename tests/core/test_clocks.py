"""The clocks of a case: when limits start, stand still, warn, pass and end a case."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.procedures import engine
from core.procedures.model import CLOSED
from core.refusals import (
    LIMIT_NOT_PASSED,
    NO_LIVE_PERMIT,
    Refused,
)
from tests.core.messages import AT, BOOK, new_id
from tests.core.play import IN, NO_SHOW, OUT, Play, deregistered, permitted
from yrdx.v1 import receipt_pb2


def test_an_expired_permit_ends_the_case_and_is_no_longer_good() -> None:
    play = permitted()
    rules = BOOK.of(play.case)
    play.at = play.case.clock("permit-validity").due_at
    deregister = play.message("deregister", OUT)
    with pytest.raises(Refused) as caught:
        engine.advance(play.case, deregister, play.at, rules)
    assert caught.value.kind is NO_LIVE_PERMIT
    play.clock(rules)
    assert play.case.ending == "permit-expired"


def test_who_does_not_come_is_landed_only_once_the_limit_has_passed() -> None:
    play = deregistered()
    play.refused(LIMIT_NOT_PASSED, "land", IN, **NO_SHOW)
    play.at = play.case.clock("landing").due_at
    play.do("land", IN, **NO_SHOW)
    assert play.do("entered", IN).ending == "landed-after-no-show"


def test_a_correction_that_does_not_come_ends_the_case() -> None:
    play = Play()
    play.do("apply", IN)
    play.do("return", OUT)
    play.at = play.case.clock("correction").due_at
    play.clock(BOOK.of(play.case))
    assert (play.case.state, play.case.ending) == (CLOSED, "correction-lapsed")


def test_a_limit_stands_still_while_something_is_found_out() -> None:
    play = permitted()
    whole = play.case.clock("deregister").due_at
    play.do("pause", OUT)
    play.at += timedelta(days=10)
    play.clock(BOOK.of(play.case))
    assert play.case.clock("deregister").overdue is False
    assert play.case.clock("permit-validity").paused_at is None, "a permit grows old whatever is found out"
    play.do("resume", OUT)
    resumed = play.case.clock("deregister")
    assert resumed.paused_at is None
    assert resumed.due_at == BOOK.of(play.case).calendar.deadline(play.at, 1, "working") > whole


def test_a_limit_from_receipt_starts_although_the_receipt_comes_behind_a_pause() -> None:
    play = Play()
    play.do("apply", IN)
    sent = play.message("permit", IN)
    rules = BOOK.of(sent.header)
    play.case = engine.advance(play.case, sent, play.at, rules)
    play.do("pause", OUT)
    play.case = engine.received(play.case, sent.routing.message_id, "permit", play.at, rules)
    assert play.case.clock("deregister").paused_at == play.at
    play.do("resume", OUT)
    assert play.case.clock("deregister").paused_at is None


def test_limits_from_receipt_start_at_receipt() -> None:
    play = Play()
    play.do("apply", IN)
    sent = play.message("permit", IN)
    rules = BOOK.of(sent.header)
    case = engine.advance(play.case, sent, AT, rules)
    assert case.clock("deregister") is None
    assert case.clock("permit-validity")
    later = AT + timedelta(days=3)
    assert engine.received(case, new_id(), "permit", later, rules) == case
    started = engine.received(case, sent.routing.message_id, "permit", later, rules).clock("deregister")
    assert started is not None
    assert started.due_at == rules.calendar.deadline(later, 1, "working")


def test_due_events_come_once_and_have_the_same_id_whoever_computes_them() -> None:
    play = permitted()
    rules = BOOK.of(play.case)
    late = play.case.clock("deregister").due_at + timedelta(hours=1)
    first, again = (engine.due(play.case, late, rules.procedure) for _ in range(2))
    assert first == again
    assert [event.kind for event in first] == [receipt_pb2.DUE_KIND_OVERDUE]
    after = engine.apply_due(play.case, first[0], rules)
    assert after.step == play.case.step + 1
    assert engine.due(after, late, rules.procedure) == []
    assert after.state == play.case.state, "overdue escalates, it never approves"
