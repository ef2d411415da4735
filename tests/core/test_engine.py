"""The procedure under random sequences by both sides: no illegal action accepted, always an owner and a clock, every race one winner."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
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
    CONTENT_UNUSABLE,
    KEY_MATERIAL_OPEN,
    NOT_A_PARTY,
    OUT_OF_PROCEDURE,
    PRIOR_MISSING,
    REASON_REQUIRED,
    RULES_CHANGED,
    WRONG_PARTY,
    Refused,
)
from tests.core.messages import AT, BOOK, message, new_id
from tests.core.play import DECEASED, IN, MISMATCH, OUT, WISH, Play, deregistered, permitted


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


def test_nothing_irreversible_happens_while_a_key_material_is_owed() -> None:
    play = Play()
    play.do("apply", IN, open_key_materials=1)
    play.do("permit", IN)
    play.refused(KEY_MATERIAL_OPEN, "deregister", OUT)
    assert play.do("supplement", IN).state == "permitted"
    assert play.do("deregister", OUT).state == "deregistering"


def test_content_that_its_receiver_cannot_use_is_sealed_again_before_anything_irreversible() -> None:
    play = permitted()
    permit = play.case.brought_by
    play.refused(CONCERNS_OTHER, "content-refused", IN, concerns=permit)
    play.refused(CONCERNS_OTHER, "content-refused", OUT, concerns=new_id())
    assert play.do("content-refused", OUT, concerns=permit).state == "permitted"
    play.refused(CONTENT_UNUSABLE, "deregister", OUT)
    play.refused(CONCERNS_OTHER, "content-refused", OUT, concerns=permit)
    play.refused(CONCERNS_OTHER, "reseal", OUT, supersedes=permit)
    play.refused(CONCERNS_OTHER, "reseal", IN, supersedes=permit, plaintext_commitment=b"x" * 32)
    play.do("reseal", IN, supersedes=permit)
    play.refused(CONCERNS_OTHER, "reseal", IN, supersedes=permit)
    assert play.do("deregister", OUT).state == "deregistering"


ACTIONS = [action.name for action in HOUSEHOLD_TRANSFER.actions]
moves = st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from([IN, OUT]), st.integers(0, 96)), max_size=40)


@example([("pause", IN, 0), *[("apply", IN, 96)] * 6])  # a limit that stands still beside one that has passed
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
    running = [clock for clock in case.clocks if clock.paused_at is None]
    assert running, "no case without a clock that runs"
    assert engine.next_due(case) is not None or all(clock.overdue for clock in running)
