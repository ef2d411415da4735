"""Officers at the desk: who may decide for which unit, and what of it leaves the province.

Number, name and grade are asserted by the provincial system and stay here; a message carries only a reference, the HMAC of the number
under the province's officer key, so that an auditor sees that two decisions are the same officer's and the province can tell whose.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING

from core.refusals import BAD_FIELD, UNIT_NOT_ALLOWED, Refused

if TYPE_CHECKING:
    from runtime.identity import Identity
    from yrdx.v1 import desk_pb2

_UNIT = re.compile(r"\d{12}", re.ASCII)


def check_officer(officer: desk_pb2.Officer, caller: Identity) -> None:
    """Lets an officer decide whose unit the calling system's certificate covers.

    Raises:
        Refused: BAD_FIELD when number, name or unit is missing or malformed, UNIT_NOT_ALLOWED.
    """
    for field in ("number", "name"):
        if not getattr(officer, field):
            raise Refused(BAD_FIELD, f"officer.{field}")
    if not _UNIT.fullmatch(officer.unit):
        raise Refused(BAD_FIELD, "officer.unit")
    if not any(officer.unit.startswith(prefix) for prefix in caller.units):
        raise Refused(UNIT_NOT_ALLOWED, "officer.unit")


def reference(officer_key: bytes, number: str) -> bytes:
    """HMAC-SHA-256(officer key, number): 32 bytes."""
    return hmac.digest(officer_key, number.encode(), "sha256")
