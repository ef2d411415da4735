"""All the ways in which a person's name or number could stand somewhere without being sealed."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
_SHORTEST = 6
"""Bytes of what is looked for: anything shorter turns up in ciphertext by chance. Six are a name of two characters in UTF-8."""


def forms(secret: str) -> set[bytes]:
    """A secret in every encoding: as it is, in hex, in base64 wherever it begins, as plain SHA-256, as an escape of JSON."""
    found = {secret.encode("ascii", "backslashreplace")} if not secret.isascii() else set()
    for raw in {secret.encode(encoding) for encoding in _ENCODINGS}:
        digest = hashlib.sha256(raw).digest()
        for data in (raw, digest):
            found |= {data, data.hex().encode(), data.hex().upper().encode(), *_in_base64(data)}
    return {form for form in found if len(form) >= _SHORTEST}


def found(places: Mapping[str, bytes], secrets: Iterable[str]) -> list[str]:
    """Where any form of a secret stands. The text names no person."""
    wanted = {form for secret in secrets for form in forms(secret)}
    return sorted({place for place, data in places.items() for form in wanted if form in data})


def _in_base64(data: bytes) -> set[bytes]:
    """The digits that depend on the data alone, for each of the three places in a group where it may begin."""
    texts = set()
    for skipped in range(3):
        text = base64.b64encode(bytes(skipped) + data)
        own = text[-(-8 * skipped // 6) : 8 * (skipped + len(data)) // 6]
        texts |= {own, own.translate(bytes.maketrans(b"+/", b"-_"))}
    return texts
