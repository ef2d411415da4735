"""Which kills there are: each is a victim and the point at which some program stands still when it dies.

Most programs die where they stand. Others die while somebody else stands: a PostgreSQL or a broker has no points, and a request that is out
is between two programs, the one that waits for the answer and the one that is about to give it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Final

from simulator.kills.points import HUB, NODE, POINTS, REGISTER, SCRIBE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulator.kills.points import Point


class Victim(StrEnum):
    """Who dies. SENDER and RECEIVER are nodes: the one that stands or that the passage is about; HOLDER is that node's register."""

    ITSELF = "itself"
    HUB = "hub"
    NODE = "node"
    HOLDER = "register"
    POSTGRES = "postgres"
    BROKER = "broker"


_PROGRAMS: Final = {HUB: "hub", SCRIBE: "scribe", NODE: "node", REGISTER: "register"}

# Victim, program that stands, its points.
_OTHERS: Final = (
    (Victim.NODE, HUB, "submit.received verify.done ledger.answered acknowledge.verified"),
    (Victim.HUB, NODE, "submit.before-send submit.answered deliver.received deliver.committed acknowledge.before-send reserve.queued"),
    (Victim.HUB, NODE, "finalise.made entered.queued materials.before-upload materials.uploaded"),
    (Victim.HOLDER, NODE, "reserve.before-call reserve.listed reserve.held finalise.before-call finalise.made"),
    (Victim.POSTGRES, HUB, "verify.done ledger.read ledger.before-commit ledger.committed publish.produced publish.before-save"),
    (Victim.POSTGRES, HUB, "deliver.before-write acknowledge.before-commit acknowledge.committed log.read log.signed log.row-set"),
    (Victim.POSTGRES, NODE, "submit.before-commit submit.durable submit.answered submit.before-taking submit.answer-stored"),
    (Victim.POSTGRES, NODE, "deliver.before-commit deliver.committed result.before-commit result.durable"),
    (Victim.POSTGRES, NODE, "reserve.held reserve.before-queueing finalise.made entered.before-queueing"),
    (Victim.BROKER, HUB, "ledger.before-commit ledger.committed publish.taken publish.before-produce publish.produced"),
    (Victim.BROKER, HUB, "publish.cursor-moved deliver.arrived deliver.before-write acknowledge.before-commit"),
)

_CLOCK: Final = "time"
IMPEDED: Final = frozenset({"failed", "annul"})
RACES: Final = frozenset({"release"})
HASTE: Final = frozenset({"reject"})
"""First words of the names of points that only some people bring a program to: somebody whom the register will not strike off, somebody
whose permit is taken back while the other side acts on it, and somebody who is struck off under another name than that of his record."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill."""

    victim: Victim
    point: Point

    @property
    def process(self) -> str:
        """Who dies, by kind; the run tells which one it was."""
        return _PROGRAMS[self.point.program] if self.victim is Victim.ITSELF else self.victim.value

    @property
    def name(self) -> str:
        """Where, for people: the point, with the program that stands there when it is not the victim."""
        return self.point.name if self.victim is Victim.ITSELF else f"{_PROGRAMS[self.point.program]}:{self.point.name}"

    @property
    def is_rare(self) -> bool:
        """Whether a wave of ordinary work may not come by."""
        return self.matter in IMPEDED | RACES | HASTE or self.is_of_the_clock

    @property
    def is_of_the_clock(self) -> bool:
        """Whether it needs a limit that passes."""
        return self.matter == _CLOCK

    @property
    def matter(self) -> str:
        """First word of the point's name."""
        return self.point.name.partition(".")[0]

    @property
    def text(self) -> str:
        """What a pattern is compared with."""
        return f"{self.process} {self.name}"


def kills(*patterns: str) -> list[Kill]:
    """All kills whose process and point fit a shell pattern, in the order in which they are tried; without patterns all."""
    return [kill for kill in _all() if fits(kill.text, patterns)]


def fits(text: str, patterns: Sequence[str]) -> bool:
    """Whether a text fits one of the patterns, or there are none."""
    return not patterns or any(fnmatch(text, pattern) for pattern in patterns)


def _all() -> Iterator[Kill]:
    for point in POINTS:
        yield Kill(Victim.ITSELF, point)
    known = {(point.program, point.name): point for point in POINTS}
    for victim, program, names in _OTHERS:
        for name in names.split():
            yield Kill(victim, known[program, name])
