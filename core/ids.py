"""Names of things: message and case ids, lanes, provinces.

Decides how an id is built and written, which lane a case travels in and which provinces there are. Ids are 16 raw
bytes everywhere inside; the hyphenated text is for people and for JSON. Whether an id is known or new is not checked.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from core.refusals import BAD_FIELD, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

ID_BYTES: Final = 16
RANDOM_BYTES: Final = 10
LANES: Final = 6
"""Lanes a receiver = partitions of its Kafka topic. Fixed: delivery numbers count within a lane."""

_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Province:
    """A member of the exchange: GB/T 2260 code and its names for people."""

    code: str
    name_zh: str
    name_en: str
    short_zh: str


PROVINCES: Final[Mapping[str, Province]] = MappingProxyType(
    {
        province.code: province
        for province in (
            Province("310000", "上海", "Shanghai", "沪"),
            Province("320000", "江苏", "Jiangsu", "苏"),
            Province("330000", "浙江", "Zhejiang", "浙"),
            Province("340000", "安徽", "Anhui", "皖"),
        )
    }
)


def uuid7(unix_ms: int, random: bytes) -> bytes:
    """Builds a UUIDv7 (RFC 9562 section 5.7): sorts by time, unique by chance.

    Args:
        unix_ms: milliseconds since 1970-01-01 UTC, 48 bits.
        random: 10 fresh random bytes; 74 of their bits are used.

    Returns:
        16 bytes.

    Raises:
        Refused: BAD_FIELD when the time needs more than 48 bits or the random bytes are not 10.
    """
    if not 0 <= unix_ms < 1 << 48:
        raise Refused(BAD_FIELD, "unix_ms")
    if len(random) != RANDOM_BYTES:
        raise Refused(BAD_FIELD, "random")
    version = 0x70 | random[0] & 0x0F
    variant = 0x80 | random[2] & 0x3F
    return unix_ms.to_bytes(6, "big") + bytes((version, random[1], variant)) + random[3:]


def uuid_text(value: bytes) -> str:
    """Writes an id as lower-case hyphenated text.

    Raises:
        Refused: BAD_FIELD when the id is not 16 bytes.
    """
    if len(value) != ID_BYTES:
        raise Refused(BAD_FIELD, "id")
    return str(uuid.UUID(bytes=value))


def uuid_bytes(text: str) -> bytes:
    """Reads hyphenated text, in either case; no braces, no URN, any version.

    Raises:
        Refused: BAD_FIELD when the text has another form.
    """
    if not _TEXT.fullmatch(text):
        raise Refused(BAD_FIELD, "id")
    return bytes.fromhex(text.replace("-", ""))


def lane(case_id: bytes) -> int:
    """The lane (0 to 5) of a case: the same in every process and for ever, so that order within a case can be kept.

    Hashed, because the leading bytes of a UUIDv7 are a clock and would send a busy hour through one lane.
    """
    return int.from_bytes(hashlib.sha256(case_id).digest()[:8], "big") % LANES
