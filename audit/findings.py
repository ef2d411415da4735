"""The numbered checks and what they found.

A finding names the check, the place and what is wrong there; it never ends the verification. Of each check the first `KEPT` findings are
kept and all are counted: a folder that is wrong everywhere must not fill the memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

KEPT = 1000


class Check(IntEnum):
    """What is verified; the numbers stand in the output, in the docstrings and in the tests."""

    CHECKPOINT = 1
    FILES = 2
    TREE = 3
    ENTRIES = 4
    OBJECTS = 5
    TRUST_LISTS = 6
    RULES = 7
    MESSAGES = 8
    RECEIPTS = 9
    DUE_EVENTS = 10
    REPLAY = 11
    SEQUENCES = 12
    SEEN = 13

    @property
    def title(self) -> str:
        """The check in a few words."""
        return _TITLES[self]


_TITLES = {
    Check.CHECKPOINT: "checkpoint signed by the log that the trust list names",
    Check.FILES: "files: none missing, none surplus",
    Check.TREE: "entries hash to the tiles and to the signed root",
    Check.ENTRIES: "entries well-formed, time never goes back",
    Check.OBJECTS: "objects present, each under its digest",
    Check.TRUST_LISTS: "trust lists verify up to the root, in order",
    Check.RULES: "rules of every message are in the log",
    Check.MESSAGES: "messages signed by their senders",
    Check.RECEIPTS: "receipts of hub and receivers signed and true",
    Check.DUE_EVENTS: "due events signed by the hub and really due",
    Check.REPLAY: "cases replayed through their procedures",
    Check.SEQUENCES: "numbers of each case and sender without gaps",
    Check.SEEN: "checkpoints that senders saw are of this log",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be.

    Attributes:
        check: the check that found it.
        text: what is wrong.
        entry: index of the log entry concerned, or None.
        place: file below the log folder, or empty.
    """

    check: Check
    text: str
    entry: int | None = None
    place: str = ""

    def line(self) -> str:
        """One line for people: number of the check, entry, file, text."""
        where = [f"entry {self.entry}"] if self.entry is not None else []
        where += [self.place] if self.place else []
        return f"F{self.check.value:02d} {', '.join(where) or 'log'}: {self.text}"


class Findings:
    """Collects what the checks count and find. Used by one thread."""

    def __init__(self) -> None:
        """Starts with nothing checked."""
        self.checked = dict.fromkeys(Check, 0)
        self.counted = dict.fromkeys(Check, 0)
        self._kept: dict[Check, list[Finding]] = {check: [] for check in Check}

    def count(self, check: Check, number: int = 1) -> None:
        """Counts things that a check looked at, good or bad."""
        self.checked[check] += number

    def add(self, check: Check, text: str, *, entry: int | None = None, place: str = "") -> None:
        """Takes a finding."""
        self.counted[check] += 1
        if len(self._kept[check]) < KEPT:
            self._kept[check].append(Finding(check, text, entry, place))

    @property
    def total(self) -> int:
        """How many findings there are, kept or not."""
        return sum(self.counted.values())

    def kept(self) -> list[Finding]:
        """The kept findings, by check, then by entry; what concerns no single entry comes last."""
        found = [finding for findings in self._kept.values() for finding in findings]
        return sorted(found, key=lambda finding: (finding.check, finding.entry is None, finding.entry or 0))
