"""Records as JSON (RFC 8259), UTF-8 without BOM: one object, every value a text, foreign items in one list of objects.

Canonical form: fields in the order of the layout, then this province's extra items, then the foreign list if there is one; no
spaces, no line end, nothing escaped that need not be. Read are other orders and spacings too. Refused are a name that stands
twice (JSON readers disagree about which one counts), values that are no texts, and half surrogate pairs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodes.common.records.mapping import Layout, Pair, Parts

if TYPE_CHECKING:
    from yrdx.v1 import resident_pb2


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """Codec of a JSON record format; a `RecordCodec`."""

    layout: Layout

    @property
    def format(self) -> str:
        """Name of the format."""
        return self.layout.format

    def encode(self, resident: resident_pb2.Resident) -> bytes:
        """Writes the record in canonical form."""
        listed, name, value = self.layout.foreign
        parts = self.layout.take_apart(resident, legal=lambda _name: True)
        document: dict[str, str | list[dict[str, str]]] = dict(parts.named)
        if parts.foreign:
            document[listed] = [{name: pair[0], value: pair[1]} for pair in parts.foreign]
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    def decode(self, record: bytes) -> resident_pb2.Resident:
        """Reads a record; raises Refused(UNREADABLE_RECORD) for anything else."""
        try:
            document: object = json.loads(record.decode("utf-8"), object_pairs_hook=_object)
            return self.layout.put_together(self._parts(document))
        except (ValueError, RecursionError) as exc:  # bad UTF-8, bad JSON, huge numbers, half pairs; endless nesting
            raise self.layout.unreadable() from exc

    def _parts(self, document: object) -> Parts:
        if not isinstance(document, dict):
            raise self.layout.unreadable()
        listed = document.pop(self.layout.foreign[0], [])
        if not isinstance(listed, list):
            raise self.layout.unreadable()
        named = [(name, self._text(value)) for name, value in document.items()]
        return Parts(named, [self._foreign(item) for item in listed])

    def _foreign(self, item: object) -> Pair:
        _, name, value = self.layout.foreign
        if not isinstance(item, dict) or item.keys() != {name, value}:
            raise self.layout.unreadable()
        return self._text(item[name]), self._text(item[value])

    def _text(self, value: object) -> str:
        if not isinstance(value, str):
            raise self.layout.unreadable()
        return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) != len(pairs):
        msg = "a name stands twice"
        raise ValueError(msg)
    return content
