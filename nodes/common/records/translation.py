"""How one item is written by the nation and by a province, without losing a value that neither knows.

A translation is a one-to-one mapping of *all* texts, so that reading back always gives what was written:

* a value that the table knows is translated;
* a value that it does not know stays as it is, except that
* an unknown value which would be read back as a known one gets a mark: with "1" written as "男", a sender's odd sex code "男"
  is written "~男", and reading takes the mark off. The same holds in the other direction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MARK = "~"

_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Translation:
    """Two functions that undo each other; each answers None for a value it does not know.

    Attributes:
        forward: national writing to provincial writing.
        backward: provincial writing to national writing.
    """

    forward: Callable[[str], str | None]
    backward: Callable[[str], str | None]

    def to_province(self, value: str) -> str:
        """The province's writing of a national value."""
        return _translate(value, self.forward, self.backward)

    def to_nation(self, value: str) -> str:
        """The national writing of a province's value."""
        return _translate(value, self.backward, self.forward)


def code_table(codes: Mapping[str, str]) -> Translation:
    """A translation by table: national code to the province's code, one to one."""
    back = {province: nation for nation, province in codes.items()}
    return Translation(dict(codes).get, back.get)


def _compact(value: str) -> str | None:
    found = _ISO_DATE.fullmatch(value)
    return "".join(found.groups()) if found else None


def _iso(value: str) -> str | None:
    found = _COMPACT_DATE.fullmatch(value)
    return "-".join(found.groups()) if found else None


def _nothing(_value: str) -> str | None:
    return None


AS_IS = Translation(_nothing, _nothing)
"""Both sides write the same."""

COMPACT_DATE = Translation(_compact, _iso)
"""ISO 8601 dates as YYYYMMDD, the way GA 214 systems keep them; whether the day exists is not checked."""


def _translate(value: str, known: Callable[[str], str | None], other: Callable[[str], str | None]) -> str:
    translated = known(value)
    if translated is not None:
        return translated
    plain = value.lstrip(MARK)
    if known(plain) is None and other(plain) is not None:
        return MARK + value
    if value != plain and known(plain) is not None and other(plain) is None:
        return value[1:]
    return value
