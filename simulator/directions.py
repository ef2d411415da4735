"""What a person can do in a world that `yrdx-sim up` left running: commands to paste, and made-up residents who would like to move."""

from __future__ import annotations

import shlex
from itertools import islice
from typing import TYPE_CHECKING, Final

from core.ids import PROVINCES
from simulator.movers import impeded, movers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from simulator.processes import Row
    from yrdx.v1 import resident_pb2

HOME: Final = "310000"
"""Where the residents live whom `things_to_try` takes."""

_DESTINATION: Final = "330000"
_OFFICERS: Final = {
    HOME: "--officer 310001 --officer-name 李警官 --unit 310106000000",
    _DESTINATION: "--officer 330001 --officer-name 王警官 --unit 330106000000",
}
_FEW: Final = 3


def addresses(rows: Iterable[Row]) -> list[str]:
    """A line a process."""
    return [f"  {row.name:<16} {row.address:<18} pid {row.pid}" for row in sorted(rows, key=lambda row: row.name)]


def things_to_try(folder: Path, residents: Sequence[resident_pb2.Resident]) -> list[str]:
    """Commands for a whole household transfer from one province to another; `residents` are those of `HOME`."""
    able = list(islice(_movers(residents), _FEW))
    home, destination = PROVINCES[HOME].name_zh, PROVINCES[_DESTINATION].name_zh
    place, log, root = (shlex.quote(str(path)) for path in (folder, folder / "log", folder / "root.pem"))
    here, there = (f"--dir {place} --party node-{code} {_OFFICERS[code]}" for code in (HOME, _DESTINATION))
    person = f"--id-number {able[0].id_number} --name {able[0].name}"
    return [
        f"synthetic residents of {home} who could move to {destination}:",
        *(f"  {person.name} {person.id_number}" for person in able),
        "a household transfer, step by step (programs are in .venv/bin; CASE is the id that the first step prints):",
        f"  yrdx-desk open --counterpart {HOME} {person} --ground spouse --consent {there}",
        f"  yrdx-desk decide permit CASE --to-address 杭州市西湖区文三路1号 {there}",
        f"  yrdx-desk decide deregister CASE {here}",
        f"  yrdx-desk decide land CASE {there}",
        "to look at:",
        f"  yrdx-desk show CASE --dir {place} --party node-{HOME}",
        f"  yrdx-ops status --dir {place}",
        f"  yrdx-audit verify {log} --root {root}",
        "to end it:",
        f"  yrdx-sim down --out {place}",
    ]


def _movers(residents: Sequence[resident_pb2.Resident]) -> Iterable[resident_pb2.Resident]:
    """Adults who can go alone, whose record stands in nobody's way, and whose names anybody can type."""
    held = {person.id_number for person in impeded(residents)}
    return (person for person in movers(residents) if person.id_number not in held and len(person.name) <= _FEW)
