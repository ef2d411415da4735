"""Check 12: `case_seq` counts 1, 2, 3… for each case and sender, over accepted and refused messages.

Counted without the procedure, so that it holds even where a case cannot be replayed. Refusals about a case that does not exist, or from
somebody who is no party, count for nobody. Not covered: a message that its sender never handed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.findings import Check
from core.refusals import CASE_UNKNOWN, NOT_A_PARTY

if TYPE_CHECKING:
    from audit.entries import Record
    from audit.findings import Findings
    from audit.gaps import Gaps
    from core.envelope import ReadMessage


class Sequences:
    """The last number of each case and sender."""

    def __init__(self, gaps: Gaps, findings: Findings) -> None:
        """Starts without cases."""
        self._gaps, self._findings = gaps, findings
        self._last: dict[tuple[bytes, str], int] = {}
        self._cases: set[bytes] = set()

    def accepted(self, record: Record, message: ReadMessage) -> None:
        """Takes the number of an accepted message."""
        self._cases.add(message.routing.case_id)
        self._take(record, message)

    def refused(self, record: Record, message: ReadMessage) -> None:
        """Takes the number of a refused message, when it has used one up."""
        without_case = message.routing.case_id not in self._cases
        if not without_case and record.entry.refusal not in {CASE_UNKNOWN.number, NOT_A_PARTY.number}:
            self._take(record, message)

    def _take(self, record: Record, message: ReadMessage) -> None:
        if self._gaps.hide(message.routing.case_id):
            return
        self._findings.count(Check.SEQUENCES)
        key = message.routing.case_id, message.routing.sender
        expected = self._last.get(key, 0) + 1
        if message.header.case_seq != expected:
            text = f"has number {message.header.case_seq} of {message.routing.sender} where {expected} is next"
            self._findings.add(Check.SEQUENCES, text, entry=record.index)
        self._last[key] = message.header.case_seq
