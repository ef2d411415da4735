"""`bench-report.json`: what a row says, and how the rows are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Row(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One measured value. `omit_defaults` leaves out what only the judged row has.

    Attributes:
        name: for example "end_to_end_10k".
        value: measured, in `unit`.
        floor: what the machine could do at best in the same unit, or None.
        peer: another program's value in the same unit, or None.
        ratio: value by floor where there is one, else value by peer; None without both.
        conditions: how it was measured.
        components_us: CPU of each part of the floor, microseconds a message.
        cpu_us: CPU that each group of processes really took, microseconds a message.
        seconds: length of the measurement.
        messages: counted in it.
        latency_ms: percentiles.
    """

    name: str
    value: float | None
    unit: str
    floor: float | None
    peer: float | None
    ratio: float | None
    conditions: str
    components_us: dict[str, float] = msgspec.field(default_factory=dict)
    cpu_us: dict[str, float] = msgspec.field(default_factory=dict)
    seconds: float = 0.0
    messages: int = 0
    latency_ms: dict[str, float] = msgspec.field(default_factory=dict)


def row(name: str, value: float | None, unit: str, *, floor: float | None = None, peer: float | None = None, conditions: str) -> Row:
    """A row with its ratio."""
    return Row(name=name, value=value, unit=unit, floor=floor, peer=peer, ratio=ratio(value, floor or peer), conditions=conditions)


def ratio(value: float | None, against: float | None) -> float | None:
    """Value by what stands beside it, or None."""
    return round(value / against, 3) if value is not None and against else None


def write(path: Path, rows: Sequence[Row]) -> None:
    """Writes the report."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(rows)) + b"\n")


def table(rows: Sequence[Row]) -> list[str]:
    """The rows for a reader at a terminal."""
    head = f"{'':28}{'value':>12}{'floor':>12}{'peer':>12}{'ratio':>8}  unit"
    return [head, *(_line(one) for one in rows)]


def _line(one: Row) -> str:
    figures = "".join("–".rjust(12) if value is None else f"{value:12,.1f}" for value in (one.value, one.floor, one.peer))
    return f"{one.name:28}{figures}{'–'.rjust(8) if one.ratio is None else f'{one.ratio:8.3f}'}  {one.unit}"
