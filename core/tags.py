"""Blind tags: how the hub notices that two cases concern the same person, without knowing who it is.

Decides the bytes of a tag and of the commitment to a set of tags. A tag is an HMAC under a key that the provinces
share and the hub never has; the header carries only a salted commitment, because whoever holds the tag key could
otherwise find the number behind a tag in minutes. Not checked here: that a number is well-formed (its check digit),
that a key belongs to its epoch, and that an opening covers every epoch in force.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from typing import TYPE_CHECKING, Final, Literal

from core.refusals import BAD_FIELD, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["person", "birth-certificate"]
"""What a tag stands for; never the service, so that services see each other's claims."""

KEY_BYTES: Final = 32
SALT_BYTES: Final = 32
TAG_BYTES: Final = 32
_COMMITMENT_DOMAIN: Final = b"yrdx/v1/tag-commitment\0"


def normalise(number: str) -> str:
    """The one spelling of an identity or certificate number: full-width forms folded (NFKC), trimmed, upper case.

    Raises:
        Refused: BAD_FIELD when nothing is left.
    """
    normal = unicodedata.normalize("NFKC", number).strip().upper()
    if not normal:
        raise Refused(BAD_FIELD, "number")
    return normal


def tag(key: bytes, kind: Kind, number: str) -> bytes:
    """HMAC-SHA-256(key, kind ‖ 0x00 ‖ normalised number in UTF-8): 32 bytes, equal for equal numbers.

    Args:
        key: the tag key of one epoch, 32 bytes, common to all provinces.
        kind: "person" or "birth-certificate".
        number: as typed or read; normalised here.

    Raises:
        Refused: BAD_FIELD when the key is not 32 bytes or the number is empty.
    """
    if len(key) != KEY_BYTES:
        raise Refused(BAD_FIELD, "tag key")
    return hmac.digest(key, kind.encode() + b"\0" + normalise(number).encode(), "sha256")


def commitment(salt: bytes, tags: Iterable[tuple[int, bytes]]) -> bytes:
    """SHA-256(domain ‖ salt ‖ tags sorted), each tag as epoch (4 bytes, big-endian) and value: what the header carries.

    Args:
        salt: 32 fresh random bytes.
        tags: pairs of epoch and tag, in any order.

    Raises:
        Refused: BAD_FIELD when the salt or a tag is not 32 bytes, an epoch is not in 1 to 2^32-1, there is no tag, or
            one is listed twice.
    """
    if len(salt) != SALT_BYTES:
        raise Refused(BAD_FIELD, "tag_opening.salt")
    ordered = sorted(tags)
    if not ordered or len(set(ordered)) != len(ordered) or not all(_well_formed(*item) for item in ordered):
        raise Refused(BAD_FIELD, "tag_opening.tags")
    body = b"".join(epoch.to_bytes(4, "big") + value for epoch, value in ordered)
    return hashlib.sha256(_COMMITMENT_DOMAIN + salt + body).digest()


def _well_formed(epoch: int, value: bytes) -> bool:
    return 0 < epoch < 1 << 32 and len(value) == TAG_BYTES
