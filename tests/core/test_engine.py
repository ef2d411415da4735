"""The procedure under random sequences by both sides: no illegal action accepted, always an owner and a clock, every race one winner."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.procedures import engine
from core.procedures.household_transfer import HOUSEHOLD_TRANSFER
from core.procedures.model import CLOSED, Case
from core.refusals import (
    CASE_CLOSED,
    CASE_EXISTS,
    CASE_UNKNOWN,
    CONCERNS_OTHER,
    CONFLICTING_REPEAT,
    KEY_MATERIAL_OPEN,
    LIMIT_NOT_PASSED,
    NO_LIVE_PERMIT,
    NOT_A_PARTY,
    OUT_OF_PROCEDURE,
    PRIOR_MISSING,
    REASON_REQUIRED,
    RULES_CHANGED,
    WRONG_PARTY,
    Kind,
    Refused,
)
from tests.core.messages import AT, BOOK, JIANGSU, SHANGHAI, message, new_id
from yrdx.v1 import envelope_pb2, receipt_pb2

if TYPE_CHECKING:
    from core.envelope import ReadMessage

IN, OUT = SHANGHAI, JIANGSU
REASONED = {action.name for action in HOUSEHOLD_TRANSFER.actions if action.needs_reason}
MISMATCH, WISH = {"reason_class": envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH}, {"reason_class": envelope_pb2.REASON_CLASS_APPLICANT_WISH}
DECEASED, NO_SHOW = {"reason_class": envelope_pb2.REASON_CLASS_DECEASED}, {"reason_class": envelope_pb2.REASON_CLASS_NO_SHOW}


@dataclass
class Play:
    """Drives one case the way the ledger does: due first, then the action; refused actions use up their number."""

    case: Any = None
    """A Case once `apply` was accepted; Any, because most tests start behind that point."""
    at: datetime = AT
    case_id: bytes = field(default_factory=new_id)
    history: list[str] = field(default_factory=list)

    def other(self, sender: str) -> str:
        return OUT if sender == IN else IN

    def message(self, action: str, sender: str, **fields: Any) -> ReadMessage:
        seq = (self.case.sequences.get(sender, 0) if self.case else 0) + 1
        if action in REASONED:
            fields.setdefault("reason_class", 1)
        if action in ("entered", "execution-failed") and self.case:
            fields.setdefault("concerns", self.case.concerns)
        fields.setdefault("case_seq", seq)
        return message(action, sender, self.other(sender), case_id=self.case_id, seq=fields.pop("case_seq"), **fields)

    def do(self, action: str, sender: str, **fields: Any) -> Any:
        sent = self.message(action, sender, **fields)
        rules = BOOK.of(sent.header)
        self.clock(rules)
        self.case = engine.advance(self.case, sent, self.at, rules)
        self.case = engine.received(self.case, sent.routing.message_id, action, self.at, rules)
        self.history.append(action)
        return self.case

    def clock(self, rules: engine.Rules) -> None:
        while self.case and (events := engine.due(self.case, self.at, rules.procedure)):
            self.case = engine.apply_due(self.case, events[0], rules)

    def refused(self, kind: Kind, action: str, sender: str, **fields: Any) -> None:
        before = self.case
        with pytest.raises(Refused) as caught:
            self.do(action, sender, **fields)
        assert caught.value.kind is kind
        assert self.case == before


def permitted() -> Play:
    play = Play()
    play.do("apply", IN)
    play.do("permit", IN)
    return play


def deregistered() -> Play:
    play = permitted()
    play.do("deregister", OUT)
    play.do("entered", OUT)
    return play


def test_main_line_ends_landed_and_the_owner_changes_once() -> None:
    play, owners = Play(), []
    for action, sender in (("apply", IN), ("permit", IN), ("deregister", OUT), ("entered", OUT), ("land", IN)):
        owners.append(HOUSEHOLD_TRANSFER.state(play.do(action, sender).state).owner)
    assert owners == ["OUT", "OUT", "OUT", "IN", "IN"]
    done = play.do("entered", IN)
    assert (done.state, done.ending, done.clocks, done.step) == (CLOSED, "landed", (), 6)


GONE = (("permit", IN), ("deregister", OUT), ("entered", OUT))


@pytest.mark.parametrize(
    ("actions", "ending"),
    [
        ([("refuse", IN)], "refused-by-in"),
        ([("refuse", OUT)], "refused-by-out"),
        ([("permit", IN), ("refuse", OUT)], "refused-by-out"),
        ([("permit", IN), ("revoke", IN)], "permit-revoked"),
        ([("permit", IN), ("return", OUT), ("revoke", IN)], "permit-revoked"),
        ([("withdraw", IN)], "withdrawn-before-deregistration"),
        ([("return", OUT), ("withdraw", IN)], "withdrawn-before-deregistration"),
        ([("permit", IN), ("withdraw", IN)], "withdrawn-before-deregistration"),
        ([("return", OUT), ("refuse", IN)], "refused-by-in"),
        (
            [("permit", IN), ("return", OUT), ("resubmit", IN), ("deregister", OUT), ("entered", OUT), ("land", IN), ("entered", IN)],
            "landed-after-correction",
        ),
        ([("permit", IN), ("deregister", OUT), ("execution-failed", OUT), ("annul", OUT)], "annulled-not-executable"),
        ([("refuse", OUT, MISMATCH)], "closed-for-identity-mismatch"),
        ([("return", OUT), ("refuse", IN, MISMATCH)], "closed-for-identity-mismatch"),
        ([("switch-to-paper", IN)], "switched-to-paper"),
        ([("permit", IN), ("pause", OUT), ("switch-to-paper", OUT)], "switched-to-paper"),
        ([("pause", IN), ("resume", IN), ("permit", IN), ("revoke", IN)], "permit-revoked"),
        ([*GONE, ("land", IN, DECEASED), ("entered", IN)], "landed-and-deceased"),
        ([*GONE, ("land", IN, WISH), ("entered", IN)], "landed-then-moved-back"),
        ([*GONE, ("land", IN, WISH), ("execution-failed", IN), ("entered", IN)], "landed-then-moved-back"),
        ([("return", OUT), ("resubmit", IN), *GONE, ("land", IN, DECEASED), ("entered", IN)], "landed-and-deceased"),
    ],
)
def test_endings(actions: list[tuple[Any, ...]], ending: str) -> None:
    play = Play()
    play.do("apply", IN)
    for action, sender, *fields in actions:
        play.do(action, sender, **(fields[0] if fields else {}))
    assert play.case
    assert (play.case.state, play.case.ending) == (CLOSED, ending)


@pytest.mark.parametrize(("first", "second"), [(("revoke", IN), ("deregister", OUT)), (("deregister", OUT), ("revoke", IN))])
def test_revocation_and_deregistration_race_has_one_winner(first: tuple[str, str], second: tuple[str, str]) -> None:
    play = permitted()
    play.do(*first)
    play.refused(CASE_CLOSED if first[0] == "revoke" else OUT_OF_PROCEDURE, *second)


def test_nothing_is_deregistered_without_a_permit() -> None:
    play = Play()
    play.do("apply", IN)
    play.refused(OUT_OF_PROCEDURE, "deregister", OUT)
    play.do("permit", IN)
    play.do("return", OUT)
    play.refused(OUT_OF_PROCEDURE, "deregister", OUT)


def test_landing_waits_for_entered() -> None:
    play = permitted()
    play.do("deregister", OUT)
    play.refused(OUT_OF_PROCEDURE, "land", IN)
    play.refused(WRONG_PARTY, "entered", IN)
    play.do("execution-failed", OUT)
    play.refused(OUT_OF_PROCEDURE, "land", IN)
    play.do("entered", OUT)
    play.do("land", IN)


def test_execution_failed_is_legal_only_before_entered_and_heals() -> None:
    play = deregistered()
    play.refused(OUT_OF_PROCEDURE, "execution-failed", OUT)
    play.do("land", IN)
    play.do("execution-failed", IN)
    play.refused(WRONG_PARTY, "entered", OUT)
    assert play.do("entered", IN).ending == "landed"


def test_numbered_refusals() -> None:
    play = Play()
    play.refused(CASE_UNKNOWN, "permit", IN)
    play.refused(PRIOR_MISSING, "apply", IN, case_seq=2)
    play.do("apply", IN)
    play.refused(CASE_EXISTS, "apply", IN)
    play.refused(PRIOR_MISSING, "permit", IN, case_seq=3)
    play.refused(CONFLICTING_REPEAT, "permit", IN, case_seq=1)
    play.refused(REASON_REQUIRED, "refuse", IN, reason_class=0)
    play.refused(WRONG_PARTY, "permit", OUT)
    play.refused(OUT_OF_PROCEDURE, "revoke", IN)
    play.do("permit", IN)
    play.refused(KEY_MATERIAL_OPEN, "deregister", OUT, open_key_materials=1)
    play.do("deregister", OUT)
    play.refused(CONCERNS_OTHER, "entered", OUT, concerns=new_id())


def test_a_stranger_has_no_part() -> None:
    play = Play()
    play.do("apply", IN)
    stranger = message("permit", "330000", OUT, 1, play.case_id)
    with pytest.raises(Refused) as caught:
        engine.advance(play.case, stranger, AT, BOOK.of(stranger.header))
    assert caught.value.kind is NOT_A_PARTY


def test_what_is_not_between_the_parties_uses_up_no_number() -> None:
    play = permitted()
    elsewhere = message("withdraw", IN, "340000", 7, play.case.case_id)
    assert engine.consume_sequence(play.case, elsewhere) is play.case


def test_other_rules_than_those_of_the_case_are_refused() -> None:
    play = Play()
    case = play.do("apply", IN)
    changed = play.message("permit", IN, policy_digest=b"p" * 32)
    with pytest.raises(Refused) as caught:
        engine.advance(case, changed, AT, BOOK.of(case))
    assert caught.value.kind is RULES_CHANGED


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


def test_nothing_irreversible_happens_while_a_key_material_is_owed() -> None:
    play = Play()
    play.do("apply", IN, open_key_materials=1)
    play.do("permit", IN)
    play.refused(KEY_MATERIAL_OPEN, "deregister", OUT)
    assert play.do("supplement", IN).state == "permitted"
    assert play.do("deregister", OUT).state == "deregistering"


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


ACTIONS = [action.name for action in HOUSEHOLD_TRANSFER.actions]
moves = st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from([IN, OUT]), st.integers(0, 96)), max_size=40)


@given(moves)
def test_random_sequences_by_both_sides(sequence: list[tuple[str, str, int]]) -> None:
    play = Play()
    play.do("apply", IN)
    for action, sender, hours in sequence:
        play.at += timedelta(hours=hours)
        before, accepted = play.case, True
        rules = BOOK.of(before)
        legal = action in engine.legal_actions(settled(before, play.at, rules), before.role_of(sender), play.at, rules.procedure)
        number = 4000
        try:
            play.do(action, sender)
        except Refused as refusal:
            accepted, number = False, refusal.kind.number
            play.case = engine.consume_sequence(play.case, play.message(action, sender))
        assert accepted == legal
        assert number // 1000 == 4
        check_always_true(play.case, before)


def settled(case: Case, at: datetime, rules: engine.Rules) -> Case:
    while events := engine.due(case, at, rules.procedure):
        case = engine.apply_due(case, events[0], rules)
    return case


def check_always_true(case: Case, before: Case) -> None:
    assert case.step >= before.step
    if case.state == CLOSED:
        assert case.ending
        return
    state = HOUSEHOLD_TRANSFER.state(case.state)
    assert state.owner in case.parties
    assert state.ball in case.parties
    assert case.clocks, "no case without a clock"
    assert engine.next_due(case) is not None or all(clock.overdue for clock in case.clocks)
