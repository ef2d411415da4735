"""Lets the clock act: deadlines that pass become due events, by themselves in production, on an operator's word in simulation.

Decides when cases are looked at, never what the clock says about one (`core.procedures.engine.due`, in the ledger). A case is also looked
at whenever a message of it is committed, so that a deadline that has passed is never overtaken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.refusals import TIME_NOT_SIMULATED, Refused
from hub.ledger.work import Done, DueCheck
from runtime import process_log

if TYPE_CHECKING:
    from datetime import datetime

    from hub.ledger.committer import Committer
    from hub.ledger.store import LedgerStore
    from runtime.clock import Clock, Sleep

TICK_S: Final = 10.0
_PAGE: Final = 256

_LOG = process_log.get("hub.business_time")


@dataclass(frozen=True, kw_only=True)
class BusinessTime:
    """The hub's business clock."""

    store: LedgerStore
    committer: Committer
    clock: Clock
    sleep: Sleep
    simulated: bool

    async def advance(self, to: datetime) -> int:
        """Moves simulated business time and lets the clock act; a repeat finds time there already and finishes what was left.

        Returns:
            The number of due events made.

        Raises:
            Refused: TIME_NOT_SIMULATED, TIME_BACKWARDS, or UNAVAILABLE.
        """
        if not self.simulated:
            raise Refused(TIME_NOT_SIMULATED, "to")
        await self.committer.move_time(to)
        return await self.act()

    async def act(self) -> int:
        """Makes every due event that is due now; returns their number.

        Raises:
            Refused: UNAVAILABLE; what was not made is made by the next call.
        """
        at = (await self.store.head()).business_at if self.simulated else self.clock.now()
        made = 0
        while cases := await self.store.due(at, _PAGE):
            outcomes = await self.committer.settle([DueCheck(case_id) for case_id in cases])
            events = sum(outcome.events for outcome in outcomes if isinstance(outcome, Done))
            self._complain(outcomes)
            if not events:  # nothing moves any more; what is left has been complained about
                break
            made += events
        return made

    async def run(self) -> None:
        """In production: acts every few seconds. In simulation: returns, for time moves only on an operator's word."""
        while not self.simulated:
            try:
                await self.act()
            except Refused as refusal:
                _LOG.warning("the clock could not act", reason=str(refusal))
            await self.sleep(TICK_S)

    def _complain(self, outcomes: list[Done | Refused]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Refused):
                if outcome.kind.retriable:
                    raise outcome
                _LOG.error("the clock cannot act on a case", number=outcome.kind.number, field=outcome.field)
