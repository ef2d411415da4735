"""The table behind a record format: which item of `Resident` stands under which name.

Syntax is left to `json_record`, `xml_record`, `column_record` and `fixed_record`; they exchange `Parts` with this module. Items of a
record that have no place in `Resident` become extra items called "<province>/<name>", so that equal names of two provinces cannot be
confused; on the way home they go back to their own place. Extra items of other provinces are *foreign*: kept in a list of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from core.refusals import UNREADABLE_RECORD, Refused
from nodes.common.records.translation import AS_IS, Translation
from yrdx.v1 import resident_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

Pair = tuple[str, str]
"""Name and value."""


@dataclass(frozen=True, slots=True)
class Field:
    """One item: its name in `Resident`, its name in the province's record, its writing there."""

    item: str
    name: str
    translation: Translation = AS_IS


class Parts(NamedTuple):
    """A record without its syntax: what stands under names of its own, then the list of foreign items."""

    named: list[Pair]
    foreign: list[Pair]


@dataclass(frozen=True, slots=True)
class Layout:
    """A province's record as a table.

    Attributes:
        format: name of the format, for example "jiangsu-xml-1".
        province: code of the province whose names these are.
        fields: every text item of `Resident` once, in the order of the record.
        foreign: name of the list of foreign items, and of the name and the value of each.
    """

    format: str
    province: str
    fields: tuple[Field, ...]
    foreign: tuple[str, str, str]
    _by_name: dict[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Indexes the fields by their names in the record."""
        object.__setattr__(self, "_by_name", {known.name: known for known in self.fields})

    def take_apart(self, resident: resident_pb2.Resident, legal: Callable[[str], bool]) -> Parts:
        """Splits a resident into what the record writes. Empty items are left out.

        Extra items of this province come home as long as they lead the list, have a `legal` name and stand once; from the
        first other one on all are foreign, so that their order is kept.
        """
        named = [
            (known.name, known.translation.to_province(value)) for known in self.fields if (value := str(getattr(resident, known.item)))
        ]
        taken = {*self._by_name, self.foreign[0]}
        extras = [(extra.name, extra.value) for extra in resident.extra_items]
        own = f"{self.province}/"
        for position, (qualified, value) in enumerate(extras):
            name = qualified.removeprefix(own)
            if not qualified.startswith(own) or name in taken or not legal(name):
                return Parts(named, extras[position:])
            taken.add(name)
            named.append((name, value))
        return Parts(named, [])

    def put_together(self, parts: Parts) -> resident_pb2.Resident:
        """Builds the resident again.

        Raises:
            Refused: UNREADABLE_RECORD when a name stands twice.
        """
        if len({name for name, _ in parts.named}) != len(parts.named):
            raise self.unreadable()
        resident = resident_pb2.Resident()
        for name, value in parts.named:
            known = self._by_name.get(name)
            if known:
                setattr(resident, known.item, known.translation.to_nation(value))
            else:
                resident.extra_items.add(name=f"{self.province}/{name}", value=value)
        for name, value in parts.foreign:
            resident.extra_items.add(name=name, value=value)
        return resident

    def unreadable(self) -> Refused:
        """The refusal of a record that is not of this format; names the format, never its content."""
        return Refused(UNREADABLE_RECORD, self.format)
