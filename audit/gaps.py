"""What could not be read, so that one changed byte stays one finding.

Later checks that build on everything before them ask here whether they still can; what they skip is not counted as checked.
"""

from __future__ import annotations


class Gaps:
    """Unreadable entries hide everything behind them, an unreadable object hides the rest of its case."""

    def __init__(self) -> None:
        """Starts with everything readable."""
        self._all = False
        self._cases: set[bytes] = set()

    def entries(self) -> None:
        """Entries cannot be read: whatever they said about any case is unknown from here on."""
        self._all = True

    def case(self, case_id: bytes) -> None:
        """Something about a case cannot be read."""
        self._cases.add(case_id)

    def hide(self, case_id: bytes) -> bool:
        """Whether the state of this case is unknown."""
        return self._all or case_id in self._cases
