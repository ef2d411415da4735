"""Log entries: the small canonical records that are the leaves of the log. Digests only; whatever they name lies in `objects/`.

Entry by kind: TRUST_LIST and RULES name an artefact; ACTION and REFUSED a header, its signature and the hub's receipt; DELIVERED the
receiver's receipt; DUE an event that the hub made, and its signature. An entry holds no index: where it stands is the tree's to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from core.refusals import BAD_FIELD, MALFORMED, UNKNOWN_HEADER_FIELD, Refused
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
TRUST_LIST = receipt_pb2.ENTRY_KIND_TRUST_LIST
RULES = receipt_pb2.ENTRY_KIND_RULES
ACTION = receipt_pb2.ENTRY_KIND_ACTION
REFUSED = receipt_pb2.ENTRY_KIND_REFUSED
DELIVERED = receipt_pb2.ENTRY_KIND_DELIVERED
DUE = receipt_pb2.ENTRY_KIND_DUE

_OBJECT, _SIGNATURE, _RECEIPT = "object", "signature", "receipt"
NAMED_OBJECTS: Mapping[int, tuple[str, ...]] = {
    TRUST_LIST: (_OBJECT,),
    RULES: (_OBJECT,),
    ACTION: (_OBJECT, _SIGNATURE, _RECEIPT),
    REFUSED: (_OBJECT, _SIGNATURE, _RECEIPT),
    DELIVERED: (_OBJECT, _RECEIPT),
    DUE: (_OBJECT, _SIGNATURE),
}
"""Fields that name an object, by kind; every other digest field of that kind is empty."""


def read_entry(data: bytes) -> receipt_pb2.LogEntry:
    """Reads an entry strictly: known format, no unknown field, exactly the digests that its kind names.

    Raises:
        Refused: MALFORMED, UNKNOWN_HEADER_FIELD or BAD_FIELD.
    """
    entry = receipt_pb2.LogEntry()
    try:
        entry.ParseFromString(data)
    except DecodeError as error:
        raise Refused(MALFORMED, "entry") from error
    if len(UnknownFieldSet(entry)):
        raise Refused(UNKNOWN_HEADER_FIELD, "entry")
    if entry.format != FORMAT or entry.kind not in NAMED_OBJECTS:
        raise Refused(BAD_FIELD, "kind")
    named = NAMED_OBJECTS[entry.kind]
    for field in (_OBJECT, _SIGNATURE, _RECEIPT):
        if len(getattr(entry, field)) != (32 if field in named else 0):
            raise Refused(BAD_FIELD, field)
    return entry


def named_objects(entry: receipt_pb2.LogEntry) -> list[bytes]:
    """Digests of every object that must lie beside the log for this entry."""
    return [getattr(entry, field) for field in NAMED_OBJECTS[entry.kind]]
