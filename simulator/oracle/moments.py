"""I7, in the journal: every call has its time.

Answers were written down one after the other, while the log grew and shortly after. Clocks are set while a run goes on, and entries have
the hub's: a few seconds are not looked at.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from simulator.oracle.verdict import I7

if TYPE_CHECKING:
    from simulator.oracle.facts import Run
    from simulator.oracle.history import History
    from simulator.oracle.verdict import Tally

_CLOCKS: Final = timedelta(seconds=5)
_AFTERWARDS: Final = timedelta(minutes=10)


def check(run: Run, _history: History, tally: Tally) -> None:
    """Compares each line with the one before it, and with the time in which the log was written."""
    logged = [happening.entry.recorded_at for happening in run.log.happenings]
    if not logged:
        return
    before, end = min(logged), max(logged) + _AFTERWARDS
    for call in run.calls:
        in_time = before - _CLOCKS <= call.at <= end
        tally.check(I7, f"{call.place}: {call.at:%Y-%m-%d %H:%M:%S} is out of its order", holds=in_time)
        before = call.at
