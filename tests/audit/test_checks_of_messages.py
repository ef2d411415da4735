"""A hub that lies consistently: tree, digests and checkpoint are right, one statement is false. Each is found: checks 8, 9."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from core.entries import ACTION, DELIVERED, read_entry
from core.envelope import sha256
from core.receipts import timestamp
from core.refusals import OUT_OF_PROCEDURE
from pki.identity import HUB
from tests.audit.lying import FIRST, apply, restart, say
from tests.audit.verifying import found_in
from tests.support.log_folder import IN, OUT, LogBuilder
from tests.support.trust import BEGINNING, Keys
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from pathlib import Path


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
