"""Check 4: every entry is well-formed, written in its one canonical form, and time never goes back.

A log begins with the trust list under which everything after it is checked. Not covered: whether the times are *true*. `recorded_at` is
the hub's clock; receivers' receipts and, later, witnesses bound it from outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audit.findings import Check
from core.entries import ACTION, DUE, REFUSED, RULES, TRUST_LIST, read_entry
from core.ids import ID_BYTES
from core.refusals import Refused

if TYPE_CHECKING:
    from audit.findings import Findings
    from yrdx.v1 import receipt_pb2

_ABOUT_NO_CASE = frozenset({TRUST_LIST, RULES})
_STEPPING = frozenset({ACTION, DUE})


@dataclass(frozen=True, slots=True)
class Record:
    """An entry in its place, with its two times."""

    index: int
    entry: receipt_pb2.LogEntry
    recorded_at: datetime
    business_at: datetime


class Entries:
    """Reads entries one after the other and remembers the time of the last."""

    def __init__(self, findings: Findings) -> None:
        """Starts before the first entry."""
        self._findings = findings
        self._last: Record | None = None

    def read(self, index: int, data: bytes) -> Record | None:
        """The entry at this index, or None when nothing further can be checked about it."""
        self._findings.count(Check.ENTRIES)
        try:
            entry = read_entry(data)
            record = Record(index, entry, entry.recorded_at.ToDatetime(UTC), entry.business_at.ToDatetime(UTC))
        except Refused as refusal:
            self._add(index, f"cannot be read: {refusal.kind.name} {refusal.field}")
            return None
        except ValueError:  # protobuf, for a timestamp outside the years 1 to 9999
            self._add(index, "has a time that is none")
            return None
        if entry.SerializeToString(deterministic=True) != data:
            self._add(index, "is not in canonical form")
        wrong = _wrong(entry)
        for field in wrong:
            self._add(index, f"has a wrong {field}")
        if index == 0 and entry.kind != TRUST_LIST:
            self._add(0, "is the first entry and not a trust list")
        if not wrong:
            self._check_order(record)
        return record

    def _check_order(self, record: Record) -> None:
        last, self._last = self._last, record
        if last is not None and record.recorded_at < last.recorded_at:
            self._add(record.index, "was recorded before the entry that it follows")
        if last is not None and record.business_at < last.business_at:
            self._add(record.index, "has a business time before that of the entry that it follows")

    def _add(self, index: int, text: str) -> None:
        self._findings.add(Check.ENTRIES, text, entry=index)


def _wrong(entry: receipt_pb2.LogEntry) -> list[str]:
    """Fields that this kind of entry must have and has not, or the other way round."""
    id_bytes = 0 if entry.kind in _ABOUT_NO_CASE else ID_BYTES
    right = {
        "case_id": len(entry.case_id) == id_bytes,
        "message_id": len(entry.message_id) == id_bytes,
        "recorded_at": entry.HasField("recorded_at"),
        "business_at": entry.HasField("business_at"),
        "trust_list_version": entry.trust_list_version > 0,
        "step": (entry.step > 0) == (entry.kind in _STEPPING),
        "refusal": (entry.refusal > 0) == (entry.kind == REFUSED),
        "rules_kind": bool(entry.rules_kind) == (entry.kind == RULES),
    }
    return [field for field, is_right in right.items() if not is_right]
