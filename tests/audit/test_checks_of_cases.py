"""A hub that lies consistently: tree, digests and checkpoint are right, one statement is false. Each is found: checks 10, 11."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from core.entries import read_entry
from core.envelope import sha256
from core.procedures import PROCEDURES
from core.receipts import timestamp
from core.refusals import CASE_CLOSED, NOT_A_PARTY, OUT_OF_PROCEDURE, PERSON_CLAIMED, RULES_CHANGED, UNKNOWN_RULES, WRONG_PARTY
from core.values import canonical
from tests.audit.lying import FIRST, apply, restart, say
from tests.audit.verifying import found_in
from tests.support.log_folder import IN, OUT, LogBuilder, transfer
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from pathlib import Path


class TestDueEvents:
    """Check 10."""

    @pytest.fixture
    def overdue(self, log: LogBuilder) -> bytes:
        """A case whose review has just become due for a warning."""
        case_id = apply(log)
        log.wait(days=40)
        return case_id

    def test_an_event_signed_by_a_province(self, log: LogBuilder, overdue: bytes, tmp_path: Path) -> None:
        log.due(overdue, signer=log.keys.signer(IN))
        assert found_in(log, tmp_path) == {(10, FIRST + 1): "key of hub may not sign: UNKNOWN_KEY"}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("event_id", b"e" * 16),
            ("deadline", "landing"),
            ("cycle", 9),
            ("kind", receipt_pb2.DUE_KIND_EXPIRED),
            ("service", "newborn"),
            ("step", 9),
        ],
    )
    def test_an_event_that_the_clock_did_not_make(self, log: LogBuilder, overdue: bytes, tmp_path: Path, field: str, value: Any) -> None:
        log.due(overdue, **{field: value})
        assert found_in(log, tmp_path) == {(10, FIRST + 1): "was not what the clock had to say"}

    def test_an_event_before_its_time(self, log: LogBuilder, overdue: bytes, tmp_path: Path) -> None:
        log.due(overdue)
        event = read_entry(log.entries.pop())
        log.business_at -= timedelta(days=30)
        data = receipt_pb2.DueEvent.FromString(log.objects.pop(event.object.hex()))
        log.objects.pop(event.signature.hex())
        data.business_at.CopyFrom(timestamp(log.business_at))
        early = restart(log)
        early.append_due(data.SerializeToString(deterministic=True), data)
        assert found_in(early, tmp_path) == {(10, FIRST + 1): "was not what the clock had to say"}

    def test_the_same_event_twice(self, log: LogBuilder, overdue: bytes, tmp_path: Path) -> None:
        log.due(overdue)
        event = receipt_pb2.DueEvent.FromString(log.objects[read_entry(log.entries[-1]).object.hex()])
        event.step += 1
        log.append_due(event.SerializeToString(deterministic=True), event)
        assert found_in(log, tmp_path) == {(10, FIRST + 2): "was not what the clock had to say"}

    def test_an_action_that_overtakes_a_limit(self, log: LogBuilder, overdue: bytes, tmp_path: Path) -> None:
        say(log, overdue, "permit", IN)
        assert found_in(log, tmp_path)[10, FIRST + 1].startswith("overtakes the limit review, due 2026-0")

    def test_an_event_about_no_case(self, log: LogBuilder, overdue: bytes, tmp_path: Path) -> None:
        log.due(overdue)
        event = receipt_pb2.DueEvent.FromString(log.objects[read_entry(log.entries[-1]).object.hex()])
        event.case_id = b"n" * 16
        log.append_due(event.SerializeToString(deterministic=True), event)
        assert found_in(log, tmp_path) == {(10, FIRST + 2): "is about no case"}

    def test_an_entry_that_says_something_else(self, log: LogBuilder, overdue: bytes, tmp_path: Path) -> None:
        log.due(overdue)
        entry = read_entry(log.entries.pop())
        entry.step += 1
        again = restart(log)
        again.append_bytes(entry.SerializeToString(deterministic=True))
        assert found_in(again, tmp_path) == {(10, FIRST + 1): "records an event with another step"}


class TestReplay:
    """Check 11."""

    def test_an_action_out_of_procedure_is_accepted(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.accept(log.message(case_id, "land", IN, OUT), judged=False, step=2)
        assert found_in(log, tmp_path) == {(11, FIRST + 1): "accepts what the procedure refuses: OUT_OF_PROCEDURE"}

    def test_landing_before_the_deregistration_is_entered(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.deliver(say(log, case_id, "permit", IN))
        say(log, case_id, "deregister", OUT)
        log.accept(log.message(case_id, "land", IN, OUT), judged=False, step=4)
        assert found_in(log, tmp_path) == {(11, FIRST + 4): "accepts what the procedure refuses: OUT_OF_PROCEDURE"}

    def test_a_step_left_out(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        message = log.message(case_id, "permit", IN, OUT)
        log.accept(message, judged=False, step=3)
        assert found_in(log, tmp_path) == {(11, FIRST + 1): "has step 3 where the case is at 2"}

    def test_a_legal_action_is_refused(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.refuse(log.message(case_id, "permit", IN, OUT), OUT_OF_PROCEDURE.number)
        assert found_in(log, tmp_path) == {(11, FIRST + 1): "refuses for OUT_OF_PROCEDURE what the procedure accepts"}

    def test_a_refusal_for_another_reason(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.refuse(log.message(case_id, "permit", OUT, IN), CASE_CLOSED.number)
        assert found_in(log, tmp_path) == {(11, FIRST + 1): "refuses for CASE_CLOSED where the procedure says WRONG_PARTY"}

    def test_a_refusal_for_no_reason_of_a_procedure(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.refuse(log.message(case_id, "permit", IN, OUT), UNKNOWN_RULES.number)
        assert found_in(log, tmp_path) == {(11, FIRST + 1): "refuses for 1012, which is no reason of a procedure"}

    def test_a_claim_is_the_hubs_word_but_only_for_an_action_that_claims(self, log: LogBuilder, tmp_path: Path) -> None:
        log.refuse(log.message(log.new_id(), "apply", IN, OUT), PERSON_CLAIMED.number)
        case_id = apply(log)
        log.refuse(log.message(case_id, "permit", IN, OUT), PERSON_CLAIMED.number)
        assert found_in(log, tmp_path) == {(11, FIRST + 2): "refuses for PERSON_CLAIMED what the procedure accepts"}

    def test_true_refusals_of_several_kinds(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.refuse(log.message(case_id, "permit", OUT, IN), WRONG_PARTY.number)
        log.refuse(log.message(case_id, "permit", "320000", IN), NOT_A_PARTY.number)
        say(log, case_id, "refuse", IN)
        log.refuse(log.message(case_id, "permit", IN, OUT), CASE_CLOSED.number)
        assert found_in(log, tmp_path) == {}

    def test_a_case_stays_under_its_rules_when_newer_ones_come(self, log: LogBuilder, tmp_path: Path) -> None:
        """Newer rules know one limit less; the case still has it, whatever rules a message names."""
        case_id = apply(log)
        newer = canonical(
            msgspec.structs.replace(PROCEDURES["household-transfer"], deadlines=PROCEDURES["household-transfer"].deadlines[1:])
        )
        log.rules("procedure", newer)
        log.refuse(log.message(case_id, "permit", IN, OUT, procedure_digest=sha256(newer)), RULES_CHANGED.number)
        log.wait(days=40)
        log.refuse(log.message(case_id, "permit", IN, OUT, procedure_digest=sha256(newer)), RULES_CHANGED.number)
        found = found_in(log, tmp_path)
        assert list(found) == [(10, FIRST + 3)]
        assert found[10, FIRST + 3].startswith("overtakes the limit review")

    def test_one_lie_about_a_case_is_one_finding(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.accept(log.message(case_id, "land", IN, OUT), judged=False, step=2)
        log.accept(log.message(case_id, "entered", IN, OUT, case_seq=3), judged=False, step=3)
        transfer(log)
        assert set(found_in(log, tmp_path)) == {(11, FIRST + 1)}
