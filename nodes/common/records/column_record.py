"""Records as flat columns: CSV (RFC 4180) in UTF-8 without BOM, a header row of column names and one row of values.

Canonical form: every column of the layout, empty ones too, in its order, then this province's extra items, then the foreign ones as
numbered pairs of columns ("qtxx1mc", "qtxx1nr", "qtxx2mc" …); every field in quotes, so that no reader takes a code for a number and
drops its zeros; CRLF behind both rows. Read are other orders, fields without needless quotes and missing columns too.

Refused are a column that stands twice, a row that is too short or too long, a third row, half a pair or a number left out, column
names that are no identifiers, quotes inside a field that does not begin with one, and a last row without its CRLF: it was cut off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodes.common.records.mapping import Layout, Pair, Parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from yrdx.v1 import resident_pb2

_FIELD = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r\n)')
_COLUMN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class ColumnRecord:
    """Codec of a record format of flat columns; a `RecordCodec`."""

    layout: Layout

    @property
    def format(self) -> str:
        """Name of the format."""
        return self.layout.format

    def encode(self, resident: resident_pb2.Resident) -> bytes:
        """Writes the record in canonical form."""
        parts = self.layout.take_apart(resident, legal=self._is_own_name)
        columns = {known.name: "" for known in self.layout.fields} | dict(parts.named)
        for number, pair in enumerate(parts.foreign, 1):
            columns.update(zip(self._pair(number), pair, strict=True))
        return f"{_row(columns.keys())}{_row(columns.values())}".encode()

    def decode(self, record: bytes) -> resident_pb2.Resident:
        """Reads a record; raises Refused(UNREADABLE_RECORD) for anything else."""
        try:
            names, values = _rows(record.decode("utf-8"))
            return self.layout.put_together(self._parts(list(zip(names, values, strict=True))))
        except ValueError as exc:  # bad UTF-8, bad CSV, more or less than two rows of one length
            raise self.layout.unreadable() from exc

    def _parts(self, columns: list[Pair]) -> Parts:
        named = [(name, value) for name, value in columns if self._is_own_name(name)]
        others = dict(pair for pair in columns if not self._is_own_name(pair[0]))
        pairs = [self._pair(number) for number in range(1, len(others) // 2 + 1)]
        if len(named) + len(others) != len(columns) or others.keys() != {name for pair in pairs for name in pair}:
            raise self.layout.unreadable()
        return Parts(named, [(others[name], others[value]) for name, value in pairs])

    def _pair(self, number: int) -> tuple[str, str]:
        """The columns of a foreign item."""
        listed, name, value = self.layout.foreign
        return f"{listed}{number}{name}", f"{listed}{number}{value}"

    def _is_own_name(self, name: str) -> bool:
        listed, *ends = self.layout.foreign
        foreign = name.startswith(listed) and name.endswith(tuple(ends))
        return not foreign and _COLUMN_NAME.fullmatch(name) is not None


def _row(fields: Iterable[str]) -> str:
    return ",".join('"' + field.replace('"', '""') + '"' for field in fields) + "\r\n"


def _rows(text: str) -> Iterator[list[str]]:
    row: list[str] = []
    place = 0
    while place < len(text):
        found = _FIELD.match(text, place)
        if found is None:
            msg = "no field"
            raise ValueError(msg)
        quoted, plain, end = found.groups()
        row.append(plain if quoted is None else quoted.replace('""', '"'))
        place = found.end()
        if end != ",":
            yield row
            row = []
    if row:
        msg = "cut off"
        raise ValueError(msg)
