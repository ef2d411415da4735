"""Records of fixed widths in GB 18030: a length, a cell for each item, then an overflow part. Widths count bytes, not characters.

    ┌────────────┬────────┬────────┬ … ┬────────┬──────────┬──────────┬ …
    │ length: 10 │ cell 1 │ cell 2 │   │ cell n │ entry    │ entry    │
    └────────────┴────────┴────────┴ … ┴────────┴──────────┴──────────┴ …

The length is that of the whole record, ten digits. A cell holds its text from the left, filled up with spaces. A text that cannot stand
there goes to the overflow part, and its cell is filled with asterisks: it is too long, ends with a space, has a control character, or is
itself as many asterisks as the cell has bytes. An entry is a kind (`1` an item of this province, `2` a foreign one), then name and
value, each behind its length of ten digits; items of this province that have no cell stand there too.

Canonical form: entries in the order of the cells, then this province's extra items, then the foreign ones. Read are other orders too.
Refused are a length that is not the record's, cells that would be written differently, an item that stands twice, a cell of asterisks
without its entry and an entry without its cell of asterisks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodes.common.records import gb18030
from nodes.common.records.mapping import Layout, Pair, Parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yrdx.v1 import resident_pb2

_LENGTH = 10
_DIGITS = re.compile(rb"[0-9]{10}")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_NAMED, _FOREIGN = b"1", b"2"


@dataclass(frozen=True, slots=True)
class FixedRecord:
    """Codec of a record format of fixed widths; a `RecordCodec`.

    Attributes:
        layout: the table.
        widths: bytes of each field's cell, in the order of the layout.
    """

    layout: Layout
    widths: tuple[int, ...]

    @property
    def format(self) -> str:
        """Name of the format."""
        return self.layout.format

    def encode(self, resident: resident_pb2.Resident) -> bytes:
        """Writes the record in canonical form."""
        parts = self.layout.take_apart(resident, legal=lambda _name: True)
        left = dict(parts.named)
        cells = []
        for name, width in self._cells():
            cell = _cell(left.get(name, ""), width)
            cells.append(cell or _asterisks(width))
            if cell:
                left.pop(name, None)
        entries = [_entry(_NAMED, pair) for pair in left.items()] + [_entry(_FOREIGN, pair) for pair in parts.foreign]
        content = b"".join(cells + entries)
        return _number(_LENGTH + len(content)) + content

    def decode(self, record: bytes) -> resident_pb2.Resident:
        """Reads a record; raises Refused(UNREADABLE_RECORD) for anything else."""
        try:
            return self.layout.put_together(self._parts(record))
        except ValueError as exc:  # bad GB 18030, a bad length
            raise self.layout.unreadable() from exc

    def _parts(self, record: bytes) -> Parts:
        start = _LENGTH + sum(self.widths)
        if _read_number(record, 0) != len(record) or len(record) < start:
            raise self.layout.unreadable()
        entries, own = list(_entries(record, start)), dict(self._cells())
        over = [pair for kind, pair in entries if kind == _NAMED]
        named, awaited = self._read_cells(record)
        if awaited != {name for name, _ in over if name in own}:
            raise self.layout.unreadable()
        return Parts(named + over, [pair for kind, pair in entries if kind == _FOREIGN])

    def _read_cells(self, record: bytes) -> tuple[list[Pair], set[str]]:
        """What stands in the cells, and the names of those whose text must be in the overflow part."""
        named, awaited, place = [], set(), _LENGTH
        for name, width in self._cells():
            cell = record[place : place + width]
            place += width
            if cell == _asterisks(width):
                awaited.add(name)
            elif text := _text(cell):
                named.append((name, text))
        return named, awaited

    def _cells(self) -> Iterator[tuple[str, int]]:
        return zip((known.name for known in self.layout.fields), self.widths, strict=True)


def _cell(text: str, width: int) -> bytes:
    """The cell of a text; empty when it cannot stand there."""
    data = gb18030.encode(text)
    if len(data) > width or text.endswith(" ") or _CONTROL.search(text) or data == _asterisks(width):
        return b""
    return data.ljust(width)


def _text(cell: bytes) -> str:
    text = gb18030.decode(cell.rstrip(b" "))
    if _cell(text, len(cell)) != cell:
        msg = "a cell that would be written differently"
        raise ValueError(msg)
    return text


def _asterisks(width: int) -> bytes:
    return b"*" * width


def _entry(kind: bytes, pair: Pair) -> bytes:
    name, value = map(gb18030.encode, pair)
    return kind + _number(len(name)) + name + _number(len(value)) + value


def _entries(record: bytes, place: int) -> Iterator[tuple[bytes, Pair]]:
    while place < len(record):
        kind = record[place : place + 1]
        if kind not in {_NAMED, _FOREIGN}:
            msg = "an unknown kind of entry"
            raise ValueError(msg)
        name, place = _piece(record, place + 1)
        value, place = _piece(record, place)
        yield kind, (name, value)


def _piece(record: bytes, place: int) -> tuple[str, int]:
    """A text behind its length, and where it ends."""
    start = place + _LENGTH
    end = start + _read_number(record, place)
    if end > len(record):
        msg = "cut off"
        raise ValueError(msg)
    return gb18030.decode(record[start:end]), end


def _number(value: int) -> bytes:
    return b"%010d" % value


def _read_number(record: bytes, place: int) -> int:
    found = _DIGITS.match(record, place)
    if found is None:
        msg = "no length"
        raise ValueError(msg)
    return int(found[0])
