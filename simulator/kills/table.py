"""The table of kills on the screen: a line when a kill is over, with how many are done and how long the rest may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtime.clock import Clock
    from simulator.kills.verdicts import Row

_HEAD: Final = ("process", "point", "pid", "in flight", "recovered", "lost", "doubled", "log")


class Table:
    """One table."""

    def __init__(self, total: int, tell: Callable[[str], None], clock: Clock) -> None:
        """Writes the head; time counts from now."""
        self._total, self._tell, self._clock = total, tell, clock
        self._begun, self._done = clock.now(), 0
        tell(f"{total} rows; in flight: accepted and not acknowledged, written and not answered, between two strokes")
        tell(_line(_HEAD))

    def add(self, row: Row) -> None:
        """Writes a line."""
        self._done += 1
        recovered = "never" if row.recovered_s is None else f"{row.recovered_s:.1f} s"
        cells = (row.process, row.point, row.pid or "-", row.in_flight, recovered, row.lost, row.doubled, "ok" if row.log_ok else "WRONG")
        mark = "" if row.is_right else "  !!"
        self._tell(f"{_line(cells)}   {self._done} of {self._total}, {self._left()}{mark}")

    def _left(self) -> str:
        spent = (self._clock.now() - self._begun).total_seconds()
        minutes, seconds = divmod(round(spent / self._done * (self._total - self._done)), 60)
        return f"{minutes}:{seconds:02d} left"


def _line(cells: tuple[object, ...]) -> str:
    process, point, pid, in_flight, recovered, lost, doubled, log = cells
    return f"{process:<16} {point:<30} {pid:>8} {in_flight:>9} {recovered:>9} {lost:>5} {doubled:>8} {log:>6}"
