"""What is under way in a world, as the databases of hub and nodes have it, and what became of it later.

Counts as under way: a delivery that the ledger holds without a DELIVERED receipt, a message that is durable at its node and has no answer
of the hub, and an irreversible action between its strokes. Does not count: a desk call that has not become durable, for its caller repeats
it; and an action that waits because the register cannot make the change.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID  # noqa: TC003 - a named tuple keeps its annotations

from runtime.postgres import LOST

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from runtime.clock import Sleep
    from runtime.postgres import Pool

_POLL_S: Final = 0.05
_DELIVERIES: Final = "select receiver, message_id from deliveries where delivered_receipt is null"
_AT_NODE: Final = """
    select 'message' as kind, message_id as id from outbox where answer is null and refusal = 0
    union all select 'stroke', operation_id from operations where stroke not in ('done', 'rejected', 'failed')"""
_KNOWN: Final = "select message_id as id from messages where message_id = any($1::uuid[])"
_ANSWERED: Final = "select message_id as id from outbox where message_id = any($1::uuid[]) and answer is not null"
_STEPS: Final = "select message_id as id from steps where message_id = any($1::uuid[])"
_TWICE: Final = """
    select message_id as id from entries where message_id = any($1::uuid[])
    group by message_id, receiver having count(*) > 1"""


class Kind(StrEnum):
    """What is under way."""

    DELIVERY = "delivery"
    MESSAGE = "message"
    STROKE = "stroke"


class Item(NamedTuple):
    """One thing that is under way.

    Attributes:
        province: whose node must get it, or has it.
        name: id of the message or operation.
    """

    kind: Kind
    province: str
    name: UUID


@dataclass(frozen=True, slots=True)
class Work:
    """Looks; writes nothing. Waits for a database that is away.

    Attributes:
        hub: pool of the ledger.
        nodes: pools of the nodes' databases, by province.
    """

    hub: Pool
    nodes: Mapping[str, Pool]
    sleep: Sleep

    async def open(self) -> set[Item]:
        """What is under way now."""
        found = {Item(Kind.DELIVERY, row["receiver"], row["message_id"]) for row in await self._read(self.hub, _DELIVERIES)}
        for code, pool in self.nodes.items():
            found |= {Item(Kind(row["kind"]), code, row["id"]) for row in await self._read(pool, _AT_NODE)}
        return found

    async def lost(self, items: Collection[Item]) -> set[Item]:
        """Those that came to nothing: still under way, unknown to the hub, unanswered at their sender, or not stored at their receiver."""
        gone = set(items) & await self.open()
        messages = {item for item in items if item.kind is Kind.MESSAGE}
        known = await self._ids(self.hub, _KNOWN, messages)
        for code, pool in self.nodes.items():
            own = {item for item in messages if item.province == code}
            settled = known & await self._ids(pool, _ANSWERED, own)
            gone |= {item for item in own if item.name not in settled}
            received = {item for item in items if item.kind is Kind.DELIVERY and item.province == code}
            stored = await self._ids(pool, _STEPS, received)
            gone |= {item for item in received if item.name not in stored}
        return gone

    async def doubled(self, items: Collection[Item]) -> set[UUID]:
        """Messages that stand in the log twice as the same happening."""
        return await self._ids(self.hub, _TWICE, {item for item in items if item.kind is not Kind.STROKE})

    async def _ids(self, pool: Pool, query: str, items: Collection[Item]) -> set[UUID]:
        return {row["id"] for row in await self._read(pool, query, [item.name for item in items])}

    async def _read(self, pool: Pool, query: str, *values: object) -> list[Any]:
        while True:
            with suppress(*LOST):
                return await pool.fetch(query, *values)
            await self.sleep(_POLL_S)
