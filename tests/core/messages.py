"""Headers and envelopes for tests of the pure rules: right in every field unless told otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from core import ids
from core.envelope import ReadMessage, read_header, sha256
from core.receipts import timestamp
from core.rules import RuleBook, shipped_rules
from yrdx.v1 import envelope_pb2

AT = datetime(2026, 1, 26, 1, 0, tzinfo=UTC)
SHANGHAI, JIANGSU = "310000", "320000"
BOOK: RuleBook = shipped_rules()
_numbers = count(1)


def new_id() -> bytes:
    return ids.uuid7(1_700_000_000_000, next(_numbers).to_bytes(10, "big"))


def header(action: str, sender: str, receiver: str, seq: int, case_id: bytes, **fields: Any) -> envelope_pb2.Header:
    procedure, calendar, policy = BOOK.current("household-transfer")
    routing = envelope_pb2.Routing(
        message_id=new_id(),
        case_id=case_id,
        service="household-transfer",
        action=action,
        sender=sender,
        receiver=receiver,
        unit=f"{sender[:2]}0101000000",
    )
    values: dict[str, Any] = {
        "format": 1,
        "routing": routing.SerializeToString(),
        "case_seq": seq,
        "created_at": timestamp(AT),
        "legal_basis": "gtz-2021-12-43",
        "purpose": "household-transfer",
        "officer_reference": b"o" * 32,
        "payload_digest": sha256(b"sealed"),
        "plaintext_commitment": b"c" * 32,
        "procedure_digest": procedure,
        "calendar_digest": calendar,
        "policy_digest": policy,
    }
    return envelope_pb2.Header(**{**values, **fields})


def message(action: str, sender: str, receiver: str, seq: int, case_id: bytes, **fields: Any) -> ReadMessage:
    return read_header(header(action, sender, receiver, seq, case_id, **fields).SerializeToString())
