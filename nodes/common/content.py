"""The sealed content of a message: put together, sealed and committed to; opened and checked.

Checks of `opened`, in this order: (1) it opens under this province's key and the routing of its header, (2) it is a `SealedContent` of the
payload type that the action has, (3) payload and salt have the commitment of the header, (4) the payload parses, (5) documents are those of
the header, (6) the tag opening is the one that the hub judged (its commitment). Whether the tags belong to the person is decided by the
service's own rule (`nodes.common.services`), which knows the number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.protobuf import symbol_database
from google.protobuf.message import DecodeError

from core import tags
from core.envelope import payload_commitment, seal_info
from core.procedures import PROCEDURES
from core.refusals import BAD_FIELD, CANNOT_OPEN, TAG_COMMITMENT_MISMATCH, Refused
from nodes.common.facts import Document
from pki.seal import seal
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from google.protobuf.any_pb2 import Any as Packed
    from google.protobuf.message import Message

    from core.envelope import ReadMessage
    from pki.seal import Opener

SealedContent = transfer_pb2.SealedContent


@dataclass(frozen=True, slots=True)
class Sealed:
    """Content on its way.

    Attributes:
        sealed: for the receiver alone.
        commitment: binds the header to the plain payload.
        plain: the serialised SealedContent.
    """

    sealed: bytes
    commitment: bytes
    plain: bytes


def sealed_for(receiver_key: bytes, routing: bytes, content: SealedContent) -> Sealed:
    """Seals a content under the routing of its message."""
    plain = content.SerializeToString(deterministic=True)
    commitment = payload_commitment(content.type, content.salt, content.payload)
    return Sealed(seal(receiver_key, seal_info(routing), plain), commitment, plain)


def opened(message: ReadMessage, sealed_payload: bytes, opener: Opener) -> SealedContent:
    """Opens what another province sealed to this one.

    Raises:
        Refused: CANNOT_OPEN for checks 1 to 5, TAG_COMMITMENT_MISMATCH for 6.
    """
    plain = opener.open(seal_info(message.header.routing), sealed_payload)
    try:
        content = SealedContent.FromString(plain)
        if content.type not in _payloads(message):
            raise Refused(CANNOT_OPEN, "type")
        payload(content)
    except DecodeError as error:
        raise Refused(CANNOT_OPEN, "content") from error
    if payload_commitment(content.type, content.salt, content.payload) != message.header.plaintext_commitment:
        raise Refused(CANNOT_OPEN, "plaintext_commitment")
    if [one.digest for one in content.materials] != [one.digest for one in message.header.materials]:
        raise Refused(CANNOT_OPEN, "materials")
    _check_tags(message, content)
    return content


def payload(content: SealedContent) -> Message:
    """The payload message inside.

    Raises:
        DecodeError: when it does not parse.
    """
    message: Message = _kind(content.type)()
    message.ParseFromString(content.payload)
    return message


def unpacked(packed: Packed, kind: str, field: str) -> Message:
    """The message of the given full name inside an `Any` that a desk call brought.

    Raises:
        Refused: BAD_FIELD when it is of another kind or does not parse.
    """
    message: Message = _kind(kind)()
    try:
        fits = packed.Unpack(message)
    except DecodeError as error:
        raise Refused(BAD_FIELD, field) from error
    if not fits:
        raise Refused(BAD_FIELD, field)
    return message


def documents_of(content: SealedContent, sender: str) -> tuple[Document, ...]:
    """The documents that a content names."""
    return tuple(Document(one.digest, one.code, one.media_type, one.length, one.plain_digest, sender) for one in content.materials)


def tags_commitment(content: SealedContent) -> bytes:
    """What commits to the tag opening inside, as a header does.

    Raises:
        Refused: BAD_FIELD when it is malformed.
    """
    return tags.commitment(content.tag_opening.salt, [(tag.epoch, tag.value) for tag in content.tag_opening.tags])


def _payloads(message: ReadMessage) -> set[str]:
    """Payload types that a message may have; a second sealing has that of the first, which the case knows."""
    procedure = PROCEDURES[message.routing.service]
    return {message.action.payload} if message.action.payload else {action.payload for action in procedure.actions if action.payload}


def _kind(name: str) -> type[Message]:
    """A message class by its full name; the service modules have imported those that exist."""
    return symbol_database.Default().GetSymbol(name)


def _check_tags(message: ReadMessage, content: SealedContent) -> None:
    if not message.action.claims:
        return
    if tags_commitment(content) != message.header.tag_commitment:
        raise Refused(TAG_COMMITMENT_MISMATCH, "tag_opening")
