"""I1, line by line: a register still begins as it was before the first case, but for what moves have ended.

Records are never taken away and new ones come last. A run without the folder `beginning/` is judged without this: it is the only witness
of those who never moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.oracle.verdict import I1

if TYPE_CHECKING:
    from simulator.oracle.facts import Record, Run
    from simulator.oracle.history import History
    from simulator.oracle.verdict import Tally


def check(run: Run, _history: History, tally: Tally) -> None:
    """Compares each register with what it was."""
    for code, before in run.beginning.items():
        now = run.registers[code]
        text = f"registers/{code}.jsonl: {len(now)} records, {len(before)} at the beginning"
        tally.check(I1, text, holds=bool(before) and len(now) >= len(before))
        for was, record in zip(before, now, strict=False):
            if not tally.check(I1, f"{record.place}: another person stood here", holds=record.id_number == was.id_number):
                break  # a line too many or too few: what follows would say the same
            _check_same(was, record, tally)


def _check_same(was: Record, record: Record, tally: Tally) -> None:
    tally.check(I1, f"{record.place}: had another name", holds=record.name == was.name)
    text = f"{record.place}: {record.status} since {record.since:%Y-%m-%d}, at the beginning since {was.since:%Y-%m-%d}"
    tally.check(I1, text, holds=record.status != was.status or record.since == was.since)
