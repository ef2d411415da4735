"""A hub that lies consistently: tree, digests and checkpoint are right, one statement is false. Each lie is found by its check."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from core.entries import ACTION, DELIVERED, RULES, TRUST_LIST, read_entry
from core.envelope import sha256
from core.procedures import PROCEDURES
from core.procedures.model import Policy, canonical, parse
from core.receipts import timestamp
from core.refusals import CASE_CLOSED, NOT_A_PARTY, OUT_OF_PROCEDURE, PERSON_CLAIMED, RULES_CHANGED, UNKNOWN_RULES, WRONG_PARTY
from pki.identity import HUB
from tests.audit.verifying import found_in
from tests.support.log_folder import IN, OUT, LogBuilder, transfer
from tests.support.trust import BEGINNING, Keys
from yrdx.v1 import envelope_pb2, receipt_pb2

if TYPE_CHECKING:
    from pathlib import Path

FIRST = 4
"""Index of the first entry about a case: before it stand the trust list and three rules."""


@pytest.fixture
def log() -> LogBuilder:
    return LogBuilder().begin()


def apply(log: LogBuilder, **changes: Any) -> bytes:
    """An accepted application; returns the case id."""
    case_id = log.new_id()
    log.accept(log.message(case_id, "apply", IN, OUT), **changes)
    return case_id


def say(log: LogBuilder, case_id: bytes, action: str, sender: str, **header: Any) -> bytes:
    return log.accept(log.message(case_id, action, sender, OUT if sender == IN else IN, **header))


class TestEntries:
    """Check 4."""

    def test_time_goes_back(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.recorded_at -= timedelta(microseconds=1)
        say(log, case_id, "permit", IN)
        log.business_at -= timedelta(microseconds=1)
        say(log, case_id, "revoke", IN)
        assert found_in(log, tmp_path) == {
            (4, FIRST + 1): "was recorded before the entry that it follows",
            (4, FIRST + 2): "has a business time before that of the entry that it follows",
        }

    def test_equal_times_are_in_order(self, log: LogBuilder, tmp_path: Path) -> None:
        say(log, apply(log), "permit", IN)
        assert found_in(log, tmp_path) == {}

    def test_a_log_without_a_trust_list_at_its_head(self, tmp_path: Path) -> None:
        log = LogBuilder()
        log.version = 1
        log.rules(*log.book.artefacts[0])
        log.trust_list(1)
        assert found_in(log, tmp_path) == {(4, 0): "is the first entry and not a trust list"}

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"case_id": b"c" * 15}, "case_id"),
            ({"message_id": b""}, "message_id"),
            ({"step": 0}, "step"),
            ({"refusal": 4006}, "refusal"),
            ({"rules_kind": "policy"}, "rules_kind"),
            ({"business_at": None}, "business_at"),
        ],
    )
    def test_a_field_out_of_place(self, log: LogBuilder, tmp_path: Path, fields: dict[str, Any], wrong: str) -> None:
        apply(log, entry=fields)
        assert found_in(log, tmp_path)[4, FIRST] == f"has a wrong {wrong}"

    def test_an_entry_that_cannot_be_read_hides_what_follows_and_nothing_else(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.append_bytes(b"\xff")
        permit = say(log, case_id, "permit", IN)
        log.deliver(permit)
        assert found_in(log, tmp_path) == {(4, FIRST + 1): "cannot be read: MALFORMED entry"}

    def test_an_unknown_field(self, log: LogBuilder, tmp_path: Path) -> None:
        log.append_bytes(log.entries[0] + b"\xa0\x06\x01")
        assert found_in(log, tmp_path) == {(4, FIRST): "cannot be read: UNKNOWN_HEADER_FIELD entry"}

    def test_another_serialisation_of_the_same_entry(self, log: LogBuilder, tmp_path: Path) -> None:
        entry = log.entries[3]
        log.append_bytes(entry[2:] + entry[:2])  # the first field last
        assert found_in(log, tmp_path) == {(4, FIRST): "is not in canonical form"}

    def test_a_time_that_is_none(self, log: LogBuilder, tmp_path: Path) -> None:
        entry = read_entry(log.entries[3])
        entry.recorded_at.seconds = 2**60
        log.append_bytes(entry.SerializeToString(deterministic=True))
        assert found_in(log, tmp_path) == {(4, FIRST): "has a time that is none"}


class TestTrustLists:
    """Check 6."""

    def test_a_version_left_out(self, log: LogBuilder, tmp_path: Path) -> None:
        log.trust_list(3)
        assert found_in(log, tmp_path) == {(6, FIRST): "is version 3 after version 1"}

    def test_a_version_rolled_back(self, log: LogBuilder, tmp_path: Path) -> None:
        log.trust_list(2)
        log.trust_list(1)
        assert found_in(log, tmp_path) == {(6, FIRST + 1): "is version 1 after version 2"}

    def test_a_list_of_another_root(self, log: LogBuilder, tmp_path: Path) -> None:
        log.trust_list(2, Keys().trust_list(2))
        assert found_in(log, tmp_path) == {(6, FIRST): "does not verify up to the root: BAD_TRUST_LIST signature"}

    def test_a_list_that_names_another_version(self, log: LogBuilder, tmp_path: Path) -> None:
        log.append(TRUST_LIST, {"trust_list_version": 1}, log.store(log.keys.trust_list(2)))
        assert found_in(log, tmp_path) == {(6, FIRST): "puts version 2 in force and names version 1"}

    def test_a_message_checked_under_an_older_list(self, log: LogBuilder, tmp_path: Path) -> None:
        log.trust_list(2)
        log.version = 1
        apply(log)
        assert found_in(log, tmp_path) == {(6, FIRST + 1): "was made under version 1 instead of 2"}


class TestRules:
    """Check 7."""

    def test_rules_that_are_not_in_the_log(self, tmp_path: Path) -> None:
        log = LogBuilder()
        log.trust_list()
        apply(log)
        assert found_in(log, tmp_path) == {(7, 1): "names rules that are not in the log before it"}

    def test_rules_that_come_after_the_message(self, tmp_path: Path) -> None:
        log = LogBuilder()
        log.trust_list()
        apply(log)
        for kind, data in log.book.artefacts:
            log.rules(kind, data)
        assert found_in(log, tmp_path) == {(7, 1): "names rules that are not in the log before it"}

    def test_an_artefact_that_cannot_be_read(self, log: LogBuilder, tmp_path: Path) -> None:
        log.rules("policy", b"{}")
        log.rules("law", b"{}")
        assert found_in(log, tmp_path) == {
            (7, FIRST): "cannot be read as policy: BAD_FIELD",
            (7, FIRST + 1): "cannot be read as law: UNKNOWN_RULES",
        }

    @pytest.mark.parametrize("part", ["states", "deadlines"])
    def test_a_procedure_that_refers_to_nothing(self, log: LogBuilder, tmp_path: Path, part: str) -> None:
        procedure = msgspec.structs.replace(PROCEDURES["household-transfer"], **{part: ()})
        log.rules("procedure", canonical(procedure))
        assert found_in(log, tmp_path)[7, FIRST].startswith(f"is no usable procedure: {part}")

    @pytest.mark.parametrize("limit", [None, {"days": 0}, {"days": 10**9}, {"days": 5, "warn_days": 10**9}])
    def test_a_policy_that_no_case_can_run_under(self, log: LogBuilder, tmp_path: Path, limit: dict[str, int] | None) -> None:
        policy = msgspec.to_builtins(parse(dict(log.book.artefacts)["policy"], Policy))
        policy["limits"]["landing"] = {"unit": "calendar", **(limit or {})}
        if limit is None:
            del policy["limits"]["landing"]
        data = msgspec.json.encode(policy)
        log.rules("policy", data)
        message = log.message(log.new_id(), "apply", IN, OUT, policy_digest=sha256(data))
        log.accept(message, judged=False, step=1)
        assert found_in(log, tmp_path) == {(7, FIRST + 1): "names a policy without a usable limit for landing"}


class TestMessages:
    """Check 8."""

    def test_a_message_signed_by_the_other_province(self, log: LogBuilder, tmp_path: Path) -> None:
        apply(log, signer=log.keys.signer(OUT))
        assert found_in(log, tmp_path) == {(8, FIRST): f"key of {IN} may not sign: UNKNOWN_KEY"}

    def test_a_message_signed_by_the_hub(self, log: LogBuilder, tmp_path: Path) -> None:
        apply(log, signer=log.keys.signer(HUB))
        assert found_in(log, tmp_path) == {(8, FIRST): f"key of {IN} may not sign: UNKNOWN_KEY"}

    def test_a_signature_over_something_else(self, log: LogBuilder, tmp_path: Path) -> None:
        apply(log)
        false = receipt_pb2.EntrySignature(key_id=log.keys.signer(IN).key_id, signature=log.keys.signer(IN).sign(b"else"))
        entry = read_entry(log.entries.pop())
        log.objects.pop(entry.signature.hex())
        entry.signature = log.store(false.SerializeToString())
        rebuilt = restart(log)
        rebuilt.append_bytes(entry.SerializeToString(deterministic=True))
        assert found_in(rebuilt, tmp_path) == {(8, FIRST): f"signature of {IN} does not hold"}

    def test_an_expired_key(self, tmp_path: Path) -> None:
        log = LogBuilder(Keys(days=20)).begin()
        apply(log)
        found = found_in(log, tmp_path)
        assert found[8, FIRST] == f"key of {IN} may not sign: KEY_EXPIRED"
        assert found[9, FIRST] == "key of hub may not sign: KEY_EXPIRED"

    def test_a_key_of_the_future(self, tmp_path: Path) -> None:
        keys = Keys()
        keys.add_key(IN, BEGINNING + timedelta(days=60), days=10)
        log = LogBuilder(keys).begin()
        apply(log)
        assert found_in(log, tmp_path) == {(8, FIRST): f"key of {IN} may not sign: KEY_NOT_YET_VALID"}

    def test_a_revoked_key_counts_until_the_entry_that_revokes_it(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.keys.revoke(IN)
        log.trust_list()
        say(log, case_id, "permit", IN)
        assert found_in(log, tmp_path) == {(8, FIRST + 2): f"key of {IN} may not sign: KEY_REVOKED"}

    def test_a_message_logged_twice(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = log.new_id()
        message = log.message(case_id, "apply", IN, OUT)
        log.accept(message)
        log.accept(message, judged=False, step=2)
        found = found_in(log, tmp_path)
        assert found[8, FIRST + 1] == f"records a message that entry {FIRST} recorded already"
        assert found[11, FIRST + 1].startswith("accepts what the procedure refuses")

    def test_an_entry_that_names_another_case(self, log: LogBuilder, tmp_path: Path) -> None:
        other = log.new_id()
        apply(log, entry={"case_id": other}, receipt={"case_id": other})
        assert found_in(log, tmp_path)[8, FIRST] == "records the header of another message or case"

    def test_a_header_that_must_be_refused(self, log: LogBuilder, tmp_path: Path) -> None:
        message = log.message(log.new_id(), "apply", IN, OUT)
        bad = message.header_bytes + b"\xa0\x06\x01"
        about = {"case_id": message.routing.case_id, "message_id": message.routing.message_id}
        receipt = log._receipt(
            receipt_pb2.RECEIPT_KIND_ACCEPTED,
            {**about, "header_digest": sha256(bad), "business_at": timestamp(log.business_at), "step": 1, "trust_list_version": 1},
            log.keys.signer(HUB),
        )
        log.append(ACTION, {**about, "step": 1}, log.store(bad), signature=log.store(b""), receipt=log.store(receipt))
        assert found_in(log, tmp_path) == {(8, FIRST): "has a header that must be refused: UNKNOWN_HEADER_FIELD header"}


class TestReceipts:
    """Check 9."""

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("message_id", b"m" * 16),
            ("header_digest", b"d" * 32),
            ("case_id", b"c" * 16),
            ("business_at", timestamp(BEGINNING)),
            ("recorded_at", timestamp(BEGINNING)),
            ("trust_list_version", 7),
            ("step", 7),
            ("refusal", 4006),
            ("receiver", OUT),
        ],
    )
    def test_a_hub_receipt_that_says_something_else(self, log: LogBuilder, tmp_path: Path, field: str, value: Any) -> None:
        apply(log, receipt={field: value})
        assert found_in(log, tmp_path) == {(9, FIRST): f"has a receipt with another {field}"}

    def test_a_refusal_passed_off_as_acceptance(self, log: LogBuilder, tmp_path: Path) -> None:
        apply(log, receipt={"kind": receipt_pb2.RECEIPT_KIND_REFUSED})
        assert found_in(log, tmp_path) == {(9, FIRST): "names a receipt of another kind"}

    def test_a_receipt_of_another_message_in_place_of_this_one(self, log: LogBuilder, tmp_path: Path) -> None:
        apply(log)
        other = read_entry(log.entries[-1]).receipt
        case_id = log.new_id()
        message = log.message(case_id, "apply", IN, OUT)
        log.accept(message, entry={"receipt": other})
        found = found_in(log, tmp_path)
        assert found[9, FIRST + 1] == "has a receipt with another message_id, header_digest, case_id"

    def test_a_delivery_receipt_of_the_sender(self, log: LogBuilder, tmp_path: Path) -> None:
        apply(log)
        log.deliver(next(iter(log.sent)), receiver=IN)
        assert found_in(log, tmp_path) == {(9, FIRST + 1): f"is from {IN}, to whom it was not sent"}

    def test_a_delivery_receipt_that_the_hub_made_up(self, log: LogBuilder, tmp_path: Path) -> None:
        apply(log)
        log.deliver(next(iter(log.sent)), signer=log.keys.signer(HUB))
        assert found_in(log, tmp_path) == {(9, FIRST + 1): f"key of {OUT} may not sign: UNKNOWN_KEY"}

    def test_a_second_delivery_receipt(self, log: LogBuilder, tmp_path: Path) -> None:
        apply(log)
        log.deliver(next(iter(log.sent)))
        log.deliver(next(iter(log.sent)))
        assert found_in(log, tmp_path) == {(9, FIRST + 2): f"is a second receipt of {OUT}"}

    def test_a_delivery_before_the_acceptance(self, log: LogBuilder, tmp_path: Path) -> None:
        apply(log)
        log.deliver(next(iter(log.sent)))
        log.entries[-2:] = reversed(log.entries[-2:])
        found = found_in(restart(log), tmp_path)
        assert found == {(9, FIRST): "is about nothing that was accepted before it"}

    def test_a_refused_message_delivered(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        refused = log.refuse(log.message(case_id, "land", IN, OUT), OUT_OF_PROCEDURE.number)
        log.deliver(refused)
        assert found_in(log, tmp_path) == {(9, FIRST + 2): "is about nothing that was accepted before it"}

    @pytest.mark.parametrize("field", ["message_id", "header_digest", "case_id"])
    def test_a_delivery_receipt_about_something_else(self, log: LogBuilder, tmp_path: Path, field: str) -> None:
        apply(log)
        log.deliver(next(iter(log.sent)), receipt={field: b"x" * (32 if field == "header_digest" else 16)})
        assert found_in(log, tmp_path) == {(9, FIRST + 1): f"has a receipt with another {field}"}

    def test_objects_that_are_no_receipts(self, log: LogBuilder, tmp_path: Path) -> None:
        apply(log)
        entry = read_entry(log.entries[-1])
        for data in (b"\xff", receipt_pb2.SignedReceipt(receipt=b"\xff").SerializeToString()):
            fields = {"case_id": entry.case_id, "message_id": entry.message_id}
            log.append(DELIVERED, fields, entry.object, receipt=log.store(data))
        assert found_in(log, tmp_path) == {
            (9, FIRST + 1): "names a receipt that cannot be read",
            (9, FIRST + 2): "names a receipt that must be refused: MALFORMED receipt",
        }


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


class TestSequences:
    """Check 12."""

    def test_a_number_left_out(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.accept(log.message(case_id, "permit", IN, OUT, case_seq=3), judged=False, step=2)
        found = found_in(log, tmp_path)
        assert found[12, FIRST + 1] == f"has number 3 of {IN} where 2 is next"
        assert found[11, FIRST + 1] == "accepts what the procedure refuses: PRIOR_MISSING"

    def test_a_number_used_twice(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.refuse(log.message(case_id, "land", IN, OUT, case_seq=1), OUT_OF_PROCEDURE.number)
        found = found_in(log, tmp_path)
        assert found[12, FIRST + 1] == f"has number 1 of {IN} where 2 is next"

    def test_a_refused_application_uses_no_number(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = log.new_id()
        log.refuse(log.message(case_id, "apply", IN, OUT), PERSON_CLAIMED.number)
        log.accept(log.message(case_id, "apply", IN, OUT))
        assert found_in(log, tmp_path) == {}


class TestSeen:
    """Check 13."""

    def test_a_sender_saw_another_log(self, log: LogBuilder, tmp_path: Path) -> None:
        seen = envelope_pb2.SeenCheckpoint(size=3, root=b"r" * 32)
        log.accept(log.message(log.new_id(), "apply", IN, OUT, seen_checkpoint=seen))
        assert found_in(log, tmp_path) == {(13, FIRST): "saw a log that had another root at size 3"}

    def test_a_sender_saw_more_than_there_was(self, log: LogBuilder, tmp_path: Path) -> None:
        seen = envelope_pb2.SeenCheckpoint(size=FIRST + 1, root=b"r" * 32)
        log.accept(log.message(log.new_id(), "apply", IN, OUT, seen_checkpoint=seen))
        assert found_in(log, tmp_path) == {(13, FIRST): f"saw a checkpoint of {FIRST + 1} entries before there were so many"}

    def test_no_checkpoint_seen_yet(self, log: LogBuilder, tmp_path: Path) -> None:
        log.accept(log.message(log.new_id(), "apply", IN, OUT, seen_checkpoint=envelope_pb2.SeenCheckpoint()))
        assert found_in(log, tmp_path) == {}


def restart(log: LogBuilder) -> LogBuilder:
    """A builder over the entries that another one now has."""
    again = LogBuilder(log.keys)
    for entry in log.entries:
        again.append_bytes(entry)
    again.objects, again.version, again.recorded_at, again.business_at = log.objects, log.version, log.recorded_at, log.business_at
    return again


def test_the_kinds_used_here_are_those_of_the_head_of_a_log(log: LogBuilder) -> None:
    assert [read_entry(entry).kind for entry in log.entries] == [TRUST_LIST, RULES, RULES, RULES]
    assert len(log.entries) == FIRST
