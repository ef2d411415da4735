"""The officers' journal, read: every line has the form that the provincial systems write, follows the one before, and stands there once.

Decides the form alone: known calls and codes, the answer that belongs to each call, a refusal by its number, the chain of the lines and
the end that the report names. Whether what was answered is true is for the invariants to say.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from core.ids import PROVINCES
from core.refusals import BY_NUMBER
from simulator.chain import FIRST, link
from simulator.oracle.facts import Call, id_bytes
from simulator.oracle.tree import read_file
from simulator.oracle.verdict import I5

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from simulator.oracle.verdict import Tally

_CASE: Final = frozenset({"code", "state", "ending", "id_number"})
_DOCUMENT: Final = frozenset({"code", "digest", "content"})
_ANSWERS: Final[Mapping[str, frozenset[str]]] = {
    "Precheck": frozenset({"code", "grade"}),
    "OpenCase": _CASE,
    "Decide": _CASE | {"action", "message_id"},
    "GetCase": _CASE,
    "FindResident": frozenset({"code", "found", "status"}),
    "ListCases": frozenset({"code"}),
    "PutDocument": _DOCUMENT,
    "GetDocument": _DOCUMENT,
}
"""What a desk says yes with."""
_CHANGING: Final = frozenset({"OpenCase", "Decide"})
_CODES: Final = frozenset(
    {"CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "ABORTED"}
    | {"RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
    | {"UNAUTHENTICATED"}
)
"""Of gRPC, without OK."""


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    at: str
    province: str
    call: str
    request_id: str
    case_id: str
    answer: dict[str, str | int]
    chain: str


class _Named(msgspec.Struct):
    """The part of the report that names the end of the journal."""

    lines: int
    chain: str


class _Report(msgspec.Struct):
    journal: _Named


Line = TypeVar("Line")


def read_journal(folder: Path, tally: Tally) -> Iterator[Call]:
    """Every line that can be read."""
    data = read_file(folder / "journal.jsonl")
    tally.check(I5, "journal.jsonl: cannot be read", holds=data is not None)
    seen: set[bytes] = set()
    number, before = 0, FIRST
    for number, raw in enumerate((data or b"").splitlines(), 1):
        line = decoded(raw, _Line)
        tally.check(I5, f"journal.jsonl line {number}: is no call", holds=line is not None and _is_call(line))
        if line is None:
            continue
        said = {name: value for name, value in msgspec.structs.asdict(line).items() if name != "chain"}
        tally.check(I5, f"journal.jsonl line {number}: is not what was written here", holds=line.chain == link(before, said))
        tally.check(I5, f"journal.jsonl line {number}: stands there already", holds=(same := msgspec.json.encode(said)) not in seen)
        before = line.chain
        seen.add(same)
        at = moment(line.at)
        if at:
            yield Call(number, at, line.province, line.call, line.request_id, id_bytes(line.case_id), line.answer)
    _check_end(folder, number, before, tally)


def _check_end(folder: Path, lines: int, chain: str, tally: Tally) -> None:
    """The journal ends where the report says; while the run is judged for the first time there is no report yet."""
    report = read_file(folder / "report.json")
    if report is not None:
        named = decoded(report, _Report)
        right = named is not None and (named.journal.lines, named.journal.chain) == (lines, chain)
        tally.check(I5, "journal.jsonl: does not end as report.json says", holds=right)


def decoded(raw: bytes, kind: type[Line]) -> Line | None:
    """A JSON line as such a thing, or None."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def moment(text: str) -> datetime | None:
    """A time with its zone, or None."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _is_call(line: _Line) -> bool:
    known = line.province in PROVINCES and line.call in _ANSWERS and moment(line.at) is not None
    named = bool(line.request_id) == (line.call in _CHANGING)
    return known and named and (_is_yes(line) if line.answer.get("code") == "OK" else _is_no(line.answer))


def _is_yes(line: _Line) -> bool:
    forms = all(isinstance(value, int if name == "found" else str) for name, value in line.answer.items())
    return forms and line.answer.keys() == _ANSWERS[line.call]


def _is_no(answer: Mapping[str, str | int]) -> bool:
    """A code, and the number and name of the refusal if it is one of ours."""
    number = answer.get("number", 0)
    kind = BY_NUMBER.get(number) if isinstance(number, int) else None
    if kind is not None:
        return answer == {"code": kind.code.name, "number": kind.number, "name": kind.name}
    return answer.get("code") in _CODES and answer.keys() == {"code"}
