"""The folder of a run, read: what can be read becomes facts, what cannot becomes a finding.

Decides which line has the form of a register's record or of a journal's call. The log is read by `log`. Nothing here says whether
what was read is right.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from core.ids import PROVINCES
from simulator.oracle.facts import Call, Record, Run, id_bytes
from simulator.oracle.log import read_log
from simulator.oracle.tree import read_file
from simulator.oracle.verdict import I1, I5, I7

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulator.oracle.verdict import Tally

_STATUSES: Final = frozenset({"active", "moved-out", "deceased"})
_CALLS: Final = frozenset({"OpenCase", "Decide", "GetCase", "FindResident", "ListCases", "PutDocument", "GetDocument"})
_CHANGING: Final = frozenset({"OpenCase", "Decide"})


class _RecordLine(msgspec.Struct, forbid_unknown_fields=True):
    id_number: str
    name: str
    status: str
    since: str


class _CallLine(msgspec.Struct, forbid_unknown_fields=True):
    at: str
    province: str
    call: str
    request_id: str
    case_id: str
    answer: dict[str, str | int]


Line = TypeVar("Line", _RecordLine, _CallLine)


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
        registers={code: list(_records(folder, code, tally)) for code in PROVINCES},
        calls=list(_calls(folder, tally)),
        log=read_log(folder / "log", tally),
        root=root or b"",
        process_logs={path.name: read_file(path) or b"" for path in sorted((folder / "process-logs").glob("*.log"))},
    )


def _records(folder: Path, code: str, tally: Tally) -> Iterator[Record]:
    place = f"registers/{code}.jsonl"
    data = read_file(folder / place)
    tally.check(I1, f"{place}: cannot be read", holds=data is not None)
    for number, raw in enumerate((data or b"").splitlines(), 1):
        line = _decoded(raw, _RecordLine)
        since = _time(line.since) if line else None
        right = line is not None and line.status in _STATUSES and bool(line.id_number)
        tally.check(I1, f"{place} line {number}: is no record", holds=right and since is not None)
        if line and since and right:
            yield Record(code, number, line.id_number, line.name, line.status, since)


def _calls(folder: Path, tally: Tally) -> Iterator[Call]:
    data = read_file(folder / "journal.jsonl")
    tally.check(I5, "journal.jsonl: cannot be read", holds=data is not None)
    for number, raw in enumerate((data or b"").splitlines(), 1):
        line = _decoded(raw, _CallLine)
        tally.check(I5, f"journal.jsonl line {number}: is no call", holds=line is not None and _is_call(line))
        if line:
            yield Call(number, line.province, line.call, line.request_id, id_bytes(line.case_id), line.answer)


def _is_call(line: _CallLine) -> bool:
    known = line.province in PROVINCES and line.call in _CALLS and _time(line.at) is not None
    return known and bool(line.answer.get("code")) and (bool(line.request_id) or line.call not in _CHANGING)


def _decoded(raw: bytes, kind: type[Line]) -> Line | None:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _time(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
