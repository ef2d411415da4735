"""The folder of a run, read: what can be read becomes facts, what cannot becomes a finding.

Decides which line has the form of a register's record. The journal is read by `journal`, the log by `log`. Nothing here says whether what
was read is right.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from core.ids import PROVINCES
from simulator.oracle.facts import Record, Run
from simulator.oracle.journal import decoded, moment, read_journal
from simulator.oracle.log import read_log
from simulator.oracle.tree import read_file
from simulator.oracle.verdict import I1, I7

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulator.oracle.verdict import Tally

_STATUSES: Final = frozenset({"active", "moved-out", "deceased"})
_NUMBER: Final = re.compile(r"[0-9]{17}[0-9X]")


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    id_number: str
    name: str
    status: str
    since: str


def read_run(folder: Path, tally: Tally) -> Run:
    """Reads everything.

    Raises:
        NotADirectoryError: there is no such folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    root = read_file(folder / "root.pem")
    tally.check(I7, "root.pem: cannot be read", holds=root is not None)
    return Run(
        registers=_registers(folder, "registers", tally),
        beginning=_registers(folder, "beginning", tally) if (folder / "beginning").exists() else {},
        calls=list(read_journal(folder, tally)),
        log=read_log(folder / "log", tally),
        root=root or b"",
        process_logs={path.name: read_file(path) or b"" for path in sorted((folder / "process-logs").glob("*.log"))},
    )


def _registers(folder: Path, name: str, tally: Tally) -> dict[str, list[Record]]:
    return {code: list(_records(folder, f"{name}/{code}.jsonl", code, tally)) for code in PROVINCES}


def _records(folder: Path, place: str, code: str, tally: Tally) -> Iterator[Record]:
    data = read_file(folder / place)
    tally.check(I1, f"{place}: cannot be read", holds=data is not None)
    for number, raw in enumerate((data or b"").splitlines(), 1):
        line = decoded(raw, _Line)
        since = moment(line.since) if line else None
        right = line is not None and line.status in _STATUSES and _is_number(line.id_number)
        tally.check(I1, f"{place} line {number}: is no record", holds=right and since is not None)
        if line and since:
            yield Record(f"{place} line {number}", code, line.id_number, line.name, line.status, since)


def _is_number(text: str) -> bool:
    """Whether this is a citizen number by its check digit (GB 11643-1999, ISO 7064 MOD 11-2)."""
    if not _NUMBER.fullmatch(text):
        return False
    return sum((10 if digit == "X" else int(digit)) * pow(2, 17 - place, 11) for place, digit in enumerate(text)) % 11 == 1
