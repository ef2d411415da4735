"""From where on a figure of hub or node is alarming. docs/operations.md says what to do then; a test keeps the page and this table equal.

Decides nothing that needs a memory: how long something has been so is the business of whoever collects the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtime.figures import Figure


class Level(StrEnum):
    """How alarming."""

    WARN = "warn"
    ACT = "act"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """When one figure is alarming.

    Attributes:
        figure: its name.
        warn: somebody should look at it in office hours; None where that never is enough.
        act: somebody must do something now; None where that never is needed for this figure alone.
        below: it is low values that alarm; otherwise the given value itself alarms already.
    """

    figure: str
    warn: float | None
    act: float | None
    below: bool = False

    def passed(self, value: float) -> tuple[Level, float] | None:
        """The worst level that a value reaches, with its limit."""
        for level, limit in ((Level.ACT, self.act), (Level.WARN, self.warn)):
            if limit is not None and (value < limit if self.below else value >= limit):
                return level, limit
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A figure beyond a threshold."""

    figure: Figure
    level: Level
    limit: float
    below: bool


_MINUTE, _HOUR, _GIB = 60, 3600, 1 << 30

THRESHOLDS: Final = (
    Threshold(figure="connected", warn=1, act=None, below=True),
    Threshold(figure="oldest_undelivered_age_seconds", warn=15 * _MINUTE, act=4 * _HOUR),
    Threshold(figure="overdue", warn=1, act=20),
    Threshold(figure="held", warn=None, act=1),
    Threshold(figure="kafka_reached", warn=1, act=None, below=True),
    Threshold(figure="checkpoint_behind_seconds", warn=10, act=_MINUTE),
    Threshold(figure="certificate_days_left", warn=60, act=14, below=True),
    Threshold(figure="disk_free_bytes", warn=10 * _GIB, act=2 * _GIB, below=True),
    Threshold(figure="oldest_unsent_age_seconds", warn=5 * _MINUTE, act=4 * _HOUR),
    Threshold(figure="failed_operations", warn=None, act=1),
    Threshold(figure="operations", warn=50, act=500),
    Threshold(figure="unapplied", warn=50, act=500),
    Threshold(figure="work", warn=50, act=500),
)


def alarms(figures: Iterable[Figure]) -> list[Alarm]:
    """What is alarming, in the order of the figures."""
    known = {threshold.figure: threshold for threshold in THRESHOLDS}
    found = []
    for figure in figures:
        threshold = known.get(figure.name)
        if threshold is not None and (passed := threshold.passed(figure.value)):
            found.append(Alarm(figure=figure, level=passed[0], limit=passed[1], below=threshold.below))
    return found
