"""A caller's works on their way through the committer: one wait for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.refusals import UNAVAILABLE, Refused

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from hub.ledger.work import Outcome, Work


class Ticket:
    """Works handed in together.

    Attributes:
        outcomes: in the order of the works; complete when `done` is set.
        done: resolved when the last work is settled. A caller that gave up has cancelled it; its works go on.
    """

    def __init__(self, works: Sequence[Work], done: asyncio.Future[None]) -> None:
        """Starts with every outcome open."""
        self.outcomes: list[Outcome] = [Refused(UNAVAILABLE)] * len(works)
        self.done = done
        self._left = len(works)

    def settle(self, number: int, outcome: Outcome) -> None:
        """Takes the outcome of one work."""
        self.outcomes[number] = outcome
        self._left -= 1
        if not self._left and not self.done.done():
            self.done.set_result(None)


class Item(NamedTuple):
    """One work in the committer's queue."""

    work: Work
    ticket: Ticket
    number: int
    tries: int = 0

    def settle(self, outcome: Outcome) -> None:
        """Tells the caller."""
        self.ticket.settle(self.number, outcome)

    def again(self) -> Item:
        """The same, tried once more."""
        return self._replace(tries=self.tries + 1)
