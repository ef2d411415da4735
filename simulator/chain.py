"""The chain through the officers' journal: each line carries a digest over itself and the one before.

A line that was changed, taken away, put in or moved breaks it; that the last lines are there is known by the report, which names the end.
How a line is spaced or escaped does not matter, only what it says. The chain has no secret: whoever writes all lines anew makes it again.
Against that the journal is compared with what others say, which is the oracle's work.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST: Final = ""
"""What stands before the first line."""


def link(before: str, line: Mapping[str, object]) -> str:
    """The digest of a line, in hex.

    Args:
        before: digest of the line before.
        line: what it says, without its own digest.
    """
    return hashlib.sha256(before.encode() + msgspec.json.encode(line, order="deterministic")).hexdigest()
