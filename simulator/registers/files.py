"""A register's file from outside its process: filling it before the first start, reading it at any time.

Both open the SQLite file itself, so they work whether the process runs, was killed or never started.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.refusals import RECORD_EXISTS, Refused
from simulator.registers.store import Record, connect, transaction

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def load(database: Path, records: Iterable[Record], impeded: Iterable[str] = ()) -> None:
    """Fills an empty register; the file is made when there is none. The records of the persons with the numbers `impeded` stay active.

    Raises:
        Refused: RECORD_EXISTS when it holds records already; it then stays as it is.
    """
    with closing(connect(database)) as file, transaction(file):  # a crash leaves the register empty: load again
        if file.execute("SELECT 1 FROM record").fetchone():
            raise Refused(RECORD_EXISTS, database.name)
        file.executemany(
            "INSERT INTO record (id_number, name, household_number, record, format, status, since) VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((r.id_number, r.name, r.household_number, r.record, r.format, r.status.value, r.since) for r in records),
        )
        file.executemany("INSERT INTO impediment (id_number) VALUES (?)", ((id_number,) for id_number in impeded))


def dump(database: Path, out: Path) -> None:
    """Writes every record as a JSON line `{"id_number","name","status","since"}`, oldest first; `out` appears whole or not at all.

    Raises:
        sqlite3.OperationalError: when there is no such database.
    """
    new = out.with_name(f".{out.name}.new")
    # Not read-only: after a kill, SQLite must fold in what stands only in the write-ahead file.
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True)) as file, new.open("w", encoding="utf-8") as lines:
        for id_number, name, status, since in file.execute("SELECT id_number, name, status, since FROM record ORDER BY number"):
            line = {"id_number": id_number, "name": name, "status": status, "since": _utc(since)}
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
    new.replace(out)


def _utc(microseconds: int) -> str:
    """ISO 8601 with Z, fractions only when there are some."""
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")
