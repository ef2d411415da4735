"""What the simulator reads in the hub's database: which messages are on their way. It never writes there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from runtime.postgres import LOST

if TYPE_CHECKING:
    from collections.abc import Collection

    from runtime.clock import Sleep
    from runtime.postgres import Pool

_POLL_S: Final = 0.1
_UNACKNOWLEDGED: Final = "SELECT receiver, lane, delivery_seq FROM deliveries WHERE delivered_receipt IS NULL"

Place = tuple[str, int, int]
"""Receiver, lane, delivery number."""


@dataclass(frozen=True, slots=True)
class LedgerView:
    """The deliveries of the hub's ledger; waits for a database that is away."""

    pool: Pool
    sleep: Sleep

    async def in_flight(self, receivers: Collection[str] | None = None) -> set[Place]:
        """Accepted and unacknowledged: for some receivers, or for all."""
        while True:
            with suppress(*LOST):
                rows = await self.pool.fetch(_UNACKNOWLEDGED)
                return {(row[0], row[1], row[2]) for row in rows if receivers is None or row[0] in receivers}
            await self.sleep(_POLL_S)
