"""The judgement of one kill, once the world is at rest again: nothing lost, nothing doubled, the log as it must be.

Looks at what was under way when the process died, and at all registers: nobody may be registered in two places. Whether everybody is
registered somewhere only the end can tell, for some are between two provinces at any time: that is the oracle's, as is everything else.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from core.ids import PROVINCES

if TYPE_CHECKING:
    from simulator.kills.log_watch import LogWatch
    from simulator.kills.strikes import Blow
    from simulator.kills.work import Work
    from simulator.layout import Layout

_ACTIVE: Final = "select id_number from record where status = 'active'"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `faults.json`. A kill that never came about has no pid and nothing in flight; one without recovery has no time."""

    process: str
    point: str
    pid: int
    in_flight: int
    recovered_s: float | None
    lost: int
    doubled: int
    log_ok: bool

    @property
    def is_right(self) -> bool:
        """Whether the process was killed in the middle of work and nothing came of it."""
        return self.in_flight > 0 and self.recovered_s is not None and not self.lost and not self.doubled and self.log_ok


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Judges kills of one world."""

    layout: Layout
    work: Work
    log: LogWatch

    async def judge(self, blow: Blow) -> Row:
        """Judges a kill; the world has come to rest."""
        lost = await self.work.lost(blow.items)
        doubled = await self.work.doubled(blow.items)
        return Row(
            process=blow.process,
            point=blow.point,
            pid=blow.pid,
            in_flight=len(blow.items),
            recovered_s=blow.recovered_s,
            lost=len(lost),
            doubled=len(doubled) + await asyncio.to_thread(self._registered_twice),
            log_ok=await asyncio.to_thread(self.log.is_right),
        )

    def _registered_twice(self) -> int:
        """How many persons have more than one active record."""
        seen: set[str] = set()
        twice: set[str] = set()
        for code in PROVINCES:
            with closing(sqlite3.connect(f"file:{self.layout.database(code)}?mode=ro", uri=True)) as file:
                here = {number for (number,) in file.execute(_ACTIVE)}
            twice |= seen & here
            seen |= here
        return len(twice)


def missed(process: str, point: str) -> Row:
    """The row of a kill whose point nobody passed while anything was under way."""
    return Row(process=process, point=point, pid=0, in_flight=0, recovered_s=None, lost=0, doubled=0, log_ok=False)
