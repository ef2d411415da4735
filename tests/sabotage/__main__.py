"""The runner: first everything as it is, then one defence after the other taken out. Exit status 0 if each was noticed."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from tests.sabotage.bench import PATIENCE_S, SOON_S, NoSuchDefence, copied, run_tests, take_out
from tests.sabotage.rows import DEFENCES
from tests.sabotage.verdict import Verdict, is_green, said, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.sabotage.defence import Defence

_AT_ONCE = 2
_WIDTH = 200


def try_without(base: Path, defence: Defence) -> Verdict:
    """Takes a defence out of a copy and runs its two tests; again and with patience if they ended otherwise than they should.

    Waiting long for what will never come is slow, and waiting shortly takes a disk that stood still for a fault.
    """
    with copied(base) as tree:
        try:
            take_out(tree, defence)
        except NoSuchDefence as error:
            return Verdict(noticed=False, how=str(error))
        soon = _judged(tree, defence, SOON_S)
        return soon if soon.noticed else _judged(tree, defence, PATIENCE_S)


def _judged(tree: Path, defence: Defence, patience_s: float) -> Verdict:
    return verdict(run_tests(tree, [defence.noticed_by, defence.green], patience_s), defence.noticed_by, defence.green)


def red_without_sabotage(base: Path, defences: Sequence[Defence]) -> list[str]:
    """Named tests that are not green in the tree as it is, and what they say."""
    named = list(dict.fromkeys(test for defence in defences for test in (defence.noticed_by, defence.green)))
    endings = run_tests(base, named)
    return [f"{test} {said(endings, test)}" for test in named if not is_green(endings, test)]


def table(defences: Sequence[Defence], verdicts: Sequence[Verdict]) -> Table:
    """What was taken out, and who noticed."""
    made = Table(*(Column(name, overflow="fold") for name in ("defence", "taken out", "noticed by", "how", "others")))
    for defence, found in zip(defences, verdicts, strict=True):
        mark = "✓" if found.noticed else "✗"
        where = f"{defence.file}: {defence.remove.strip().splitlines()[0]}"
        cells = (f"{mark} {defence.name}", where, defence.noticed_by.removeprefix("tests/"), found.how, "green" if found.noticed else "–")
        made.add_row(*map(Text, cells))
    return made


def main() -> int:
    """Runs all of it."""
    begun = time.monotonic()
    console = Console(width=_WIDTH)
    with copied() as base:
        if red := red_without_sabotage(base, DEFENCES):
            console.print("red before anything was taken out:", *red, sep="\n  ")
            return 1
        console.print(f"all named tests are green; taking out {len(DEFENCES)} defences, one at a time")
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            verdicts = list(threads.map(lambda defence: try_without(base, defence), DEFENCES))
    console.print(table(DEFENCES, verdicts))
    missed = sum(not found.noticed for found in verdicts)
    console.print(f"{len(DEFENCES) - missed} of {len(DEFENCES)} noticed, {time.monotonic() - begun:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
