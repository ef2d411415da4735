"""Reading envelopes strictly: every wrong form has its number, and no input raises anything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import tags
from core.envelope import MAX_PAYLOAD_BYTES, payload_commitment, read_envelope, read_header, seal_info, sha256
from core.refusals import (
    BAD_FIELD,
    BAD_FORMAT_VERSION,
    BY_NUMBER,
    MALFORMED,
    PAYLOAD_DIGEST_MISMATCH,
    TAG_COMMITMENT_MISMATCH,
    TOO_LARGE,
    UNKNOWN_ACTION,
    UNKNOWN_HEADER_FIELD,
    UNKNOWN_PROVINCE,
    UNKNOWN_SERVICE,
    Kind,
    Refused,
)
from tests.core.messages import JIANGSU, SHANGHAI, header, new_id
from tests.core.refusing import refused
from yrdx.v1 import envelope_pb2

SALT, TAG = b"s" * 32, b"t" * 32


def opened(**fields: Any) -> envelope_pb2.Header:
    commitment = tags.commitment(SALT, [(1, TAG)])
    return header("apply", SHANGHAI, JIANGSU, 1, new_id(), **{"tag_commitment": commitment, **fields})


def envelope(head: envelope_pb2.Header, **fields: Any) -> envelope_pb2.Envelope:
    opening = envelope_pb2.TagOpening(salt=SALT, tags=[envelope_pb2.Tag(epoch=1, value=TAG)])
    values: dict[str, Any] = {"header": head.SerializeToString(), "sealed_payload": b"sealed", "tag_opening": opening, **fields}
    return envelope_pb2.Envelope(**values)


def rerouted(**fields: Any) -> envelope_pb2.Header:
    head = opened()
    routing = envelope_pb2.Routing.FromString(head.routing)
    for name, value in fields.items():
        setattr(routing, name, value)
    head.routing = routing.SerializeToString()
    return head


def test_a_right_envelope_is_read() -> None:
    head = opened()
    read = read_envelope(envelope(head))
    assert read.digest == sha256(head.SerializeToString())
    assert (read.routing.sender, read.action.name) == (SHANGHAI, "apply")


@pytest.mark.parametrize(
    ("kind", "field", "head"),
    [
        (BAD_FORMAT_VERSION, "format", opened(format=2)),
        (BAD_FIELD, "case_seq", opened(case_seq=0)),
        (BAD_FIELD, "created_at", opened(created_at=None)),
        (BAD_FIELD, "legal_basis", opened(legal_basis="第四十三条 张三")),
        (BAD_FIELD, "purpose", opened(purpose="")),
        (BAD_FIELD, "officer_reference", opened(officer_reference=b"short")),
        (BAD_FIELD, "payload_digest", opened(payload_digest=b"")),
        (BAD_FIELD, "plaintext_commitment", opened(plaintext_commitment=b"x" * 31)),
        (BAD_FIELD, "previous_header", opened(previous_header=b"x")),
        (BAD_FIELD, "concerns", opened(concerns=b"x")),
        (BAD_FIELD, "policy_digest", opened(policy_digest=b"")),
        (BAD_FIELD, "materials", opened(materials=[envelope_pb2.MaterialReference(digest=b"x", size=1)])),
        (TOO_LARGE, "materials", opened(materials=[envelope_pb2.MaterialReference(digest=b"d" * 32, size=1)] * 65)),
        (BAD_FIELD, "message_id", rerouted(message_id=b"1")),
        (BAD_FIELD, "case_id", rerouted(case_id=b"")),
        (UNKNOWN_PROVINCE, "sender", rerouted(sender="110000")),
        (UNKNOWN_PROVINCE, "receiver", rerouted(receiver="hub")),
        (BAD_FIELD, "receiver", rerouted(receiver=SHANGHAI)),
        (BAD_FIELD, "unit", rerouted(unit="31010100000x")),
        (UNKNOWN_SERVICE, "service", rerouted(service="fortune-telling")),
        (UNKNOWN_ACTION, "action", rerouted(action="divorce")),
        (PAYLOAD_DIGEST_MISMATCH, "payload_digest", opened(payload_digest=sha256(b"another"))),
        (TAG_COMMITMENT_MISMATCH, "tag_commitment", opened(tag_commitment=b"x" * 32)),
        (BAD_FIELD, "tag_opening", header("permit", SHANGHAI, JIANGSU, 2, new_id())),
    ],
)
def test_each_wrong_form_has_its_number(kind: Kind, field: str, head: envelope_pb2.Header) -> None:
    with refused(kind, field):
        read_envelope(envelope(head))


def test_unknown_fields_are_refused_wherever_they_hide() -> None:
    surplus = bytes([0xF8, 0x3F, 0x01])  # field 1023, varint 1
    head = opened(materials=[envelope_pb2.MaterialReference(digest=b"d" * 32, size=1)])
    with refused(UNKNOWN_HEADER_FIELD, "header"):
        read_header(head.SerializeToString() + surplus)
    with refused(UNKNOWN_HEADER_FIELD, "routing"):
        read_header(opened(routing=head.routing + surplus).SerializeToString())
    nested = envelope_pb2.MaterialReference.FromString(head.materials[0].SerializeToString() + surplus)
    with refused(UNKNOWN_HEADER_FIELD, "header"):
        read_header(opened(materials=[nested]).SerializeToString())


def test_sizes_are_limited_before_anything_is_parsed() -> None:
    with refused(TOO_LARGE, "sealed_payload"):
        read_envelope(envelope(opened(), header=b"\xff", sealed_payload=bytes(MAX_PAYLOAD_BYTES + 1)))
    with refused(TOO_LARGE, "header"):
        read_header(bytes(16 * 1024 + 1))


def test_a_claiming_action_needs_its_tags() -> None:
    for opening in (None, envelope_pb2.TagOpening(salt=SALT), envelope_pb2.TagOpening(tags=[envelope_pb2.Tag(epoch=1, value=TAG)])):
        with refused(BAD_FIELD, "tag_opening"):
            read_envelope(envelope(opened(), tag_opening=opening))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_by_number(data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_header(data)
    assert caught.value.kind.number // 1000 == 1


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_changed_header_is_another_message_or_refused(position: int, mask: int) -> None:
    original = opened().SerializeToString()
    data = bytearray(original)
    data[position % len(data)] ^= mask
    try:
        digest, number = read_header(bytes(data)).digest, 1000
    except Refused as refusal:
        digest, number = b"", refusal.kind.number
    assert digest != sha256(original)
    assert number // 1000 == 1


@given(st.integers(0, 400))
def test_truncated_headers_are_refused(length: int) -> None:
    data = opened().SerializeToString()
    with pytest.raises(Refused) as caught:
        read_header(data[: length % len(data)])
    assert caught.value.kind in (MALFORMED, BAD_FORMAT_VERSION, BAD_FIELD, UNKNOWN_PROVINCE, UNKNOWN_SERVICE)


def test_commitments_bind_type_salt_and_plaintext() -> None:
    base = payload_commitment("a.B", SALT, b"text")
    assert (
        len({base, payload_commitment("a.C", SALT, b"text"), payload_commitment("a.B", TAG, b"text"), payload_commitment("a.B", SALT, b"")})
        == 4
    )
    assert seal_info(b"r") != b"r"


def test_numbers_tell_how_a_refusal_behaves() -> None:
    for number, kind in BY_NUMBER.items():
        assert kind.number == number
        assert kind.en.endswith(".")
        assert kind.zh.endswith("。")
        assert number // 1000 != 3 or kind.retriable, kind.name
        assert number // 1000 != 4 or not kind.retriable, kind.name
