"""The envelope: reading it strictly, and the digests and commitments that bind its parts.

Checks of `read_envelope`, in this order: (1) sizes, (2) header and routing parse, (3) no unknown fields in them, (4) format version,
(5) every field has its form, (6) service and action exist, (7) the sealed payload has the signed digest, (8) the tag opening fits its
commitment. NOT checked here: who the caller is, the signature, clocks, rules digests, materials and the state of the case; they are owed by
`hub.verify` and the ledger.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from google.protobuf.message import DecodeError, Message

from core import tags
from core.ids import PROVINCES
from core.procedures import PROCEDURES
from core.refusals import (
    BAD_FIELD,
    BAD_FORMAT_VERSION,
    MALFORMED,
    PAYLOAD_DIGEST_MISMATCH,
    TAG_COMMITMENT_MISMATCH,
    TOO_LARGE,
    UNKNOWN_ACTION,
    UNKNOWN_HEADER_FIELD,
    UNKNOWN_PROVINCE,
    UNKNOWN_SERVICE,
    Refused,
)
from yrdx.v1 import envelope_pb2

if TYPE_CHECKING:
    from core.procedures.model import Action

Parsed = TypeVar("Parsed", bound=Message)

FORMAT = 1
MAX_HEADER_BYTES = 16 * 1024
MAX_PAYLOAD_BYTES = 1024 * 1024
MAX_MATERIALS = 64
MAX_TAGS = 64
DIGEST_BYTES = 32
UUID_BYTES = 16

_UNIT = re.compile(r"\d{12}")
_WORD = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_COMMITMENT_DOMAIN = b"yrdx/v1/plaintext-commitment\0"
_SEAL_DOMAIN = b"yrdx/v1/seal\0"
_DOCUMENT_DOMAIN = b"yrdx/v1/seal-document\0"


def sha256(data: bytes) -> bytes:
    """SHA-256, 32 bytes."""
    return hashlib.sha256(data).digest()


def payload_commitment(payload_type: str, salt: bytes, plaintext: bytes) -> bytes:
    """Binds a header to the plain payload without telling it: SHA-256 over domain, type, 32-byte salt and plaintext."""
    return sha256(_COMMITMENT_DOMAIN + payload_type.encode() + b"\0" + salt + plaintext)


def seal_info(routing: bytes) -> bytes:
    """The HPKE `info` (RFC 9180 section 5.1) of a message: a sealed payload opens only under its own routing."""
    return _SEAL_DOMAIN + routing


def document_info(sender: str, receiver: str) -> bytes:
    """The HPKE `info` of a document: it is sealed before the message that names it exists, so only the two provinces are bound."""
    return _DOCUMENT_DOMAIN + sender.encode() + b">" + receiver.encode()


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """A header whose form was checked, with its identity. Nothing here says that it is authentic."""

    header_bytes: bytes
    header: envelope_pb2.Header
    routing: envelope_pb2.Routing
    digest: bytes
    action: Action


def read_header(header_bytes: bytes) -> ReadMessage:
    """Reads a header strictly: checks 1 to 6.

    Raises:
        Refused: a 1xxx kind; `field` names what is wrong.
    """
    if len(header_bytes) > MAX_HEADER_BYTES:
        raise Refused(TOO_LARGE, "header")
    header = _parse(envelope_pb2.Header(), header_bytes, "header")
    routing = _parse(envelope_pb2.Routing(), header.routing, "routing")
    if header.format != FORMAT:
        raise Refused(BAD_FORMAT_VERSION, "format")
    _check_routing(routing)
    _check_header(header)
    return ReadMessage(header_bytes, header, routing, sha256(header_bytes), _action(routing))


def read_envelope(envelope: envelope_pb2.Envelope) -> ReadMessage:
    """Reads a whole envelope strictly: checks 1 to 8.

    Raises:
        Refused: a 1xxx kind; `field` names what is wrong.
    """
    if len(envelope.sealed_payload) > MAX_PAYLOAD_BYTES:
        raise Refused(TOO_LARGE, "sealed_payload")
    message = read_header(envelope.header)
    if sha256(envelope.sealed_payload) != message.header.payload_digest:
        raise Refused(PAYLOAD_DIGEST_MISMATCH, "payload_digest")
    _check_opening(message, envelope)
    return message


def _parse(into: Parsed, data: bytes, name: str) -> Parsed:
    try:
        into.ParseFromString(data)
    except DecodeError as error:
        raise Refused(MALFORMED, name) from error
    size = into.ByteSize()
    into.DiscardUnknownFields()  # wherever they hide; what it leaves is smaller then
    if into.ByteSize() != size:
        raise Refused(UNKNOWN_HEADER_FIELD, name)
    return into


def _check_routing(routing: envelope_pb2.Routing) -> None:
    _length(routing.message_id, UUID_BYTES, "message_id")
    _length(routing.case_id, UUID_BYTES, "case_id")
    for name, code in (("sender", routing.sender), ("receiver", routing.receiver)):
        if code not in PROVINCES:
            raise Refused(UNKNOWN_PROVINCE, name)
    if routing.sender == routing.receiver:
        raise Refused(BAD_FIELD, "receiver")
    if not _UNIT.fullmatch(routing.unit):
        raise Refused(BAD_FIELD, "unit")


def _check_header(header: envelope_pb2.Header) -> None:
    if header.case_seq < 1:
        raise Refused(BAD_FIELD, "case_seq")
    if not header.HasField("created_at"):
        raise Refused(BAD_FIELD, "created_at")
    for name in ("legal_basis", "purpose"):
        if not _WORD.fullmatch(getattr(header, name)):
            raise Refused(BAD_FIELD, name)
    for name in ("officer_reference", "payload_digest", "plaintext_commitment"):
        _length(getattr(header, name), DIGEST_BYTES, name)
    for name in ("procedure_digest", "calendar_digest", "policy_digest"):
        _length(getattr(header, name), DIGEST_BYTES, name)
    _check_optional(header)


def _check_optional(header: envelope_pb2.Header) -> None:
    for name, size in (
        ("previous_header", DIGEST_BYTES),
        ("tag_commitment", DIGEST_BYTES),
        ("concerns", UUID_BYTES),
        ("supersedes", UUID_BYTES),
    ):
        value = getattr(header, name)
        if value:
            _length(value, size, name)
    if len(header.materials) > MAX_MATERIALS:
        raise Refused(TOO_LARGE, "materials")
    for material in header.materials:
        _length(material.digest, DIGEST_BYTES, "materials")


def _length(value: bytes, size: int, name: str) -> None:
    if len(value) != size:
        raise Refused(BAD_FIELD, name)


def _action(routing: envelope_pb2.Routing) -> Action:
    procedure = PROCEDURES.get(routing.service)
    if procedure is None:
        raise Refused(UNKNOWN_SERVICE, "service")
    action = procedure.action(routing.action)
    if action is None:
        raise Refused(UNKNOWN_ACTION, "action")
    return action


def _check_opening(message: ReadMessage, envelope: envelope_pb2.Envelope) -> None:
    """An action that claims opens tags of the kinds it claims; any other opens none."""
    opening = envelope.tag_opening
    if not message.action.claims:
        if message.header.tag_commitment or opening.tags or opening.salt:
            raise Refused(BAD_FIELD, "tag_opening")
        return
    if len(opening.salt) != DIGEST_BYTES or not 0 < len(opening.tags) <= MAX_TAGS:
        raise Refused(BAD_FIELD, "tag_opening")
    pairs = [(tag.epoch, tag.value) for tag in opening.tags]
    if tags.commitment(opening.salt, pairs) != message.header.tag_commitment:
        raise Refused(TAG_COMMITMENT_MISMATCH, "tag_commitment")
