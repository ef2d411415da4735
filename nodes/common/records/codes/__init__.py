"""National code tables, and which codes of a resident they do not know.

The tables are data beside this module, a file a standard, each with its edition. Most are not complete: the full standards cannot be
had freely. So a code that no table knows is a warning to whoever looks after the tables, never a refusal, and its value is kept. A
table that matches by prefix knows only the first digits (a province, a major group of occupations) and the length.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from yrdx.v1 import resident_pb2

_FORMAT: Final = 1
_TABLE_OF: Final = {
    "sex_code": "gbt-2261.1",
    "ethnicity_code": "gbt-3304",
    "birth_place_code": "gbt-2260",
    "native_place_code": "gbt-2260",
    "marital_status_code": "gbt-2261.2",
    "education_code": "gbt-4658",
    "occupation_code": "gbt-6565",
    "relation_to_head_code": "gbt-4761",
    "address_code": "gbt-2260",
}
"""Item of `Resident` to the file of its table."""


@dataclass(frozen=True, slots=True)
class CodeTable:
    """One standard, as far as it is known here.

    Attributes:
        standard: name with its year, for example "GB/T 2261.1-2003".
        complete: whether every code of the standard stands in it.
        codes: code, or its first digits, to the meaning.
        digits: length of a code of which the first digits are known; 0 where whole codes stand in the table.
    """

    standard: str
    complete: bool
    codes: Mapping[str, str]
    digits: int

    def __str__(self) -> str:
        """As an operator reads it."""
        return self.standard if self.complete else f"{self.standard}, partial table"

    def knows(self, code: str) -> bool:
        """Whether the code is one of these, or begins like one."""
        if not self.digits:
            return code in self.codes
        return len(code) == self.digits and code.isascii() and code.isdecimal() and code.startswith(tuple(self.codes))


def unknown_codes(resident: resident_pb2.Resident) -> list[str]:
    """The items whose codes the tables do not know, each with its standard, never with the value: "sex_code (GB/T 2261.1-2003)"."""
    stated = ((item, table, str(getattr(resident, item))) for item, table in TABLES.items())
    return [f"{item} ({table})" for item, table, code in stated if code and not table.knows(code)]


def _load(name: str) -> CodeTable:
    document = json.loads(files(__name__).joinpath(f"{name}.json").read_text("utf-8"))
    assert document.pop("format") == _FORMAT  # noqa: S101 - the files come with this module
    return CodeTable(**document)


TABLES: Final[Mapping[str, CodeTable]] = {item: _load(name) for item, name in _TABLE_OF.items()}
"""Item of `Resident` to its table."""
