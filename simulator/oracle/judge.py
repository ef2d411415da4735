"""The judgement: a run's folder is read, its history retold by the oracle's own rules, and one file for each invariant looks at both.

I1 one owner, registers as the log says · I2 strokes and races · I3 one open transfer a person · I4 once and in order · I5 nothing lost ·
I6 the hub cannot read, nobody rewrites · I7 signed and attributed · I8 limits · I9 refusals change nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.oracle import attribution, beginning, claims, deadlines, desks, moments, order, ownership, promises, races, refusals, secrecy
from simulator.oracle.history import replay
from simulator.oracle.reading import read_run
from simulator.oracle.verdict import Tally, Verdict

if TYPE_CHECKING:
    from pathlib import Path

_INVARIANTS: Final = (
    ownership,
    beginning,
    races,
    claims,
    order,
    desks,
    promises,
    secrecy,
    attribution,
    moments,
    deadlines,
    refusals,
)


def judge(folder: Path) -> Verdict:
    """Judges a finished run by what it left.

    That is `registers/`, `journal.jsonl`, `log/`, `root.pem` and, if there, `beginning/`, `process-logs/` and the end of the journal that
    `report.json` names.

    Raises:
        NotADirectoryError: there is no such folder; whatever is wrong inside it is a finding.
    """
    tally = Tally()
    run = read_run(folder, tally)
    history = replay(run.log, run.persons)
    for invariant in _INVARIANTS:
        invariant.check(run, history, tally)
    return tally.verdict()
