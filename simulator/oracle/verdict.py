"""What the oracle says: how often each invariant was checked and broken, what was lost or doubled, and a line for every finding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec

NAMES: Final = tuple(f"I{number}" for number in range(1, 10))
I1, I2, I3, I4, I5, I6, I7, I8, I9 = NAMES


class Invariant(msgspec.Struct, kw_only=True):
    """How often one invariant was checked, and how often it did not hold."""

    name: str
    checked: int
    violations: int


@dataclass(slots=True)
class Verdict:
    """The judgement of one run; an empty one is that of a run which ended early.

    Attributes:
        invariants: I1 to I9, what each means stands in `judge`.
        lost: promises of a desk, and accepted messages, without what must follow.
        doubled: effects that were made twice.
        findings: a line for each violation, with case ids and province codes, without names and numbers of persons.
    """

    invariants: list[Invariant] = field(default_factory=list)
    lost: int = 0
    doubled: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        """Whether everything was checked and everything holds."""
        held = [item.checked > 0 and not item.violations for item in self.invariants]
        return bool(held) and all(held) and not self.lost and not self.doubled


class Tally:
    """Counts while the oracle looks. What is lost or doubled is named, so that two checks that notice it count it once."""

    def __init__(self) -> None:
        """Starts with nothing checked."""
        self._invariants = {name: Invariant(name=name, checked=0, violations=0) for name in NAMES}
        self._findings: list[str] = []
        self._lost: set[bytes | str] = set()
        self._doubled: set[bytes | str] = set()

    def check(self, name: str, finding: str, *, holds: bool) -> bool:
        """Counts one check; `finding` says what is wrong when it does not hold. Returns `holds`."""
        invariant = self._invariants[name]
        invariant.checked += 1
        if not holds:
            invariant.violations += 1
            self._findings.append(f"{name} {finding}")
        return holds

    def lose(self, what: bytes | str) -> None:
        """Something that was promised did not come; `what` tells it from others."""
        self._lost.add(what)

    def double(self, what: bytes | str) -> None:
        """Something happened twice."""
        self._doubled.add(what)

    def verdict(self) -> Verdict:
        """What was counted."""
        return Verdict(list(self._invariants.values()), len(self._lost), len(self._doubled), self._findings)
