"""Whole numbers as people type them on a command line.

A number is its decimal digits, perhaps behind a sign. The parser of our command lines would also take 1.5 for 2 and 0x10 for 16: a slip of
the finger must be told, not rounded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}")


class Token(Protocol):
    """A word of a command line, as cyclopts hands it to a converter."""

    @property
    def value(self) -> str:
        """The word."""


def whole(_type: object, tokens: Sequence[Token]) -> int:
    """The whole number that a word is; a converter of cyclopts.

    Raises:
        ValueError: for any other word; cyclopts makes a usage error of it.
    """
    (token,) = tokens
    if not _WHOLE.fullmatch(token.value):
        raise ValueError(f"{token.value!r} is no whole number")
    return int(token.value)
