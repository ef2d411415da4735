"""Fills the registers before they start: each province's residents, in its own record format; what was filled in is kept for the oracle.

The registers themselves never import a codec; the records they store come from here, and later from the nodes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from nodes.anhui.records import CODEC as ANHUI
from nodes.jiangsu.records import CODEC as JIANGSU
from nodes.shanghai.records import CODEC as SHANGHAI
from nodes.zhejiang.records import CODEC as ZHEJIANG
from simulator.movers import impeded
from simulator.registers.files import dump, load
from simulator.registers.operations import Status
from simulator.registers.store import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nodes.common.records.codec import RecordCodec
    from simulator.layout import Layout
    from yrdx.v1 import resident_pb2

_CODECS: Final[Mapping[str, RecordCodec]] = {"310000": SHANGHAI, "320000": JIANGSU, "330000": ZHEJIANG, "340000": ANHUI}
_SINCE_US: Final = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
"""Since when everybody has lived where he lives."""


def settle(layout: Layout, people: Mapping[str, Sequence[resident_pb2.Resident]]) -> None:
    """Writes the residents of each province into its register's file."""
    for code, residents in people.items():
        records = [_record(_CODECS[code], resident) for resident in residents]
        load(layout.database(code), records, impeded=[resident.id_number for resident in impeded(residents)])
        dump(layout.database(code), layout.beginning(code))


def _record(codec: RecordCodec, resident: resident_pb2.Resident) -> Record:
    return Record(
        id_number=resident.id_number,
        name=resident.name,
        household_number=resident.household_number,
        record=codec.encode(resident),
        format=codec.format,
        status=Status.ACTIVE,
        since=_SINCE_US,
    )
