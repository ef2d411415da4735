"""Values that travel as JSON: the base of everything that is data, its one serialisation and its digest."""

from __future__ import annotations

import hashlib
from typing import TypeVar

import msgspec

from core.refusals import BAD_FIELD, Refused


class Frozen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of everything that is data here: immutable, and read strictly."""


Value = TypeVar("Value", bound=Frozen)


def canonical(value: Frozen) -> bytes:
    """Canonical JSON of a procedure, policy or case: sorted keys, no spaces, UTF-8."""
    return msgspec.json.encode(value, order="sorted")


def digest(value: Frozen) -> bytes:
    """SHA-256 of the canonical JSON, 32 bytes."""
    return hashlib.sha256(canonical(value)).digest()


def parse(data: bytes, kind: type[Value]) -> Value:
    """Reads canonical JSON back.

    Raises:
        Refused: BAD_FIELD when the bytes are not such a value.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise Refused(BAD_FIELD, kind.__name__) from error
