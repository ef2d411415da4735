"""Following the cases of a node: a snapshot, then every change, resumable at a cursor.

A cursor is the number of a change. Changes are numbered in the order in which they become visible (`nodes.common.store.database`), so
whoever continues behind a cursor misses none; of several changes of one case he may see only the last. A change is one of the case as it is
shown: that a message has arrived at the other side shows at the message alone (`GetCase`).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.refusals import BAD_PAGE_TOKEN, Refused
from nodes.common.pace import LONGEST, Pace
from nodes.common.store.database import Matter
from yrdx.v1 import desk_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nodes.common.store.cases import Cases
    from nodes.common.store.database import Database
    from nodes.common.views import Views
    from runtime.clock import Clock, Sleep

HEARTBEAT_S: Final = 10.0
_PAGE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What `WatchCases` serves from."""

    database: Database
    cases: Cases
    views: Views
    clock: Clock
    sleep: Sleep

    async def follow(self, cursor: str, at_once: int) -> AsyncIterator[desk_pb2.WatchCasesResponse]:
        """Every case, or those changed behind the cursor; then each change, and a heartbeat when nothing changes.

        A response brings up to `at_once` changes, for each costs both sides more to send than to make.

        Raises:
            Refused: BAD_PAGE_TOKEN, or UNAVAILABLE.
        """
        place, pace, most = number(cursor), Pace(self.clock, self.sleep, LONGEST), min(max(at_once, 1), _PAGE)
        while True:
            async with pace.turn():
                changed = self.database.changed(Matter.CASES)
                async with self.database.reading() as connection:
                    rows = await self.cases.changed(connection, place, _PAGE)
            for start in range(0, len(rows), most):
                together = rows[start : start + most]
                place = together[-1].changed
                case, *more = map(self.views.case, together)
                yield desk_pb2.WatchCasesResponse(case=case, more=more, cursor=str(place))
            if not rows and not await _within(changed, HEARTBEAT_S):
                yield desk_pb2.WatchCasesResponse(cursor=str(place))


def number(cursor: str) -> int:
    """The place that a cursor names; 0 for none.

    Raises:
        Refused: BAD_PAGE_TOKEN.
    """
    if cursor and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):  # noqa: PLR2004 - digits of 2^63
        raise Refused(BAD_PAGE_TOKEN, "cursor")
    return int(cursor or 0)


async def _within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False
