"""Reads the deliveries: what waits, what it contains, how far the publisher is. The ledger itself is the outbox (docs/adr/0002)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from core.receipts import timestamp
from hub.ledger.reach import reaching
from yrdx.v1 import envelope_pb2, exchange_pb2, receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import asyncpg

Lane = tuple[str, int]
"""Receiver and lane."""
Place = tuple[int, int]
"""Lane and delivery number of one receiver."""

_HEADS = "select receiver, lane, last_seq from lanes"
_CURSORS = "select receiver, lane, seq from published"
_SAVE_CURSORS = """
    insert into published (receiver, lane, seq) select * from unnest($1::text[], $2::smallint[], $3::bigint[])
    on conflict (receiver, lane) do update set seq = greatest(published.seq, excluded.seq)"""
_WAITING = """
    select lane, delivery_seq, committed_at from deliveries
    where receiver = $1 and delivered_receipt is null and held_at is null and (lane, delivery_seq) > ($2, $3)
    order by lane, delivery_seq limit $4"""
_CONTENT = """
    select d.lane, d.delivery_seq, m.header, m.sealed_payload, m.receipt, e.due_event,
        coalesce(m.key_id, e.key_id) as key_id, coalesce(m.signature, e.signature) as signature
    from deliveries d left join messages m on m.message_id = d.message_id left join due_events e on e.event_id = d.message_id"""
_AT_PLACES = f"""{_CONTENT}
    join unnest($2::smallint[], $3::bigint[]) as w (lane, delivery_seq) using (lane, delivery_seq)
    where d.receiver = $1 and d.delivered_receipt is null and d.held_at is null order by d.lane, d.delivery_seq"""
_UNPUBLISHED = f"""{_CONTENT}
    where d.receiver = $1 and d.lane = $2 and d.delivery_seq > $3 and d.delivered_receipt is null and d.held_at is null
    order by d.delivery_seq limit $4"""
_LOGGED = """
    select d.delivered_receipt, d.delivered_at, d.delivered_step from deliveries d join messages m using (message_id)
    where d.message_id = any($2::uuid[]) and d.delivered_receipt is not null and (m.sender = $1 or d.receiver = $1)"""


class Waiting(NamedTuple):
    """A delivery without a receipt."""

    place: Place
    committed_at: datetime


class Outbox:
    """The deliveries table, read. Every method raises Refused(UNAVAILABLE) when the database cannot be reached."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Takes the hub's pool."""
        self._pool = pool

    async def heads(self) -> dict[Lane, int]:
        """The last number given out in each lane."""
        async with reaching():
            return {(row["receiver"], row["lane"]): row["last_seq"] for row in await self._pool.fetch(_HEADS)}

    async def cursors(self) -> dict[Lane, int]:
        """How far each lane is published, at least."""
        async with reaching():
            return {(row["receiver"], row["lane"]): row["seq"] for row in await self._pool.fetch(_CURSORS)}

    async def save_cursors(self, cursors: Mapping[Lane, int]) -> None:
        """Remembers how far lanes are published; never moves one back."""
        receivers, lanes = [receiver for receiver, _ in cursors], [lane for _, lane in cursors]
        async with reaching():
            # If we crash before here, the publisher repeats a little after the restart; receivers drop numbers that they know.
            await self._pool.execute(_SAVE_CURSORS, receivers, lanes, list(cursors.values()))

    async def waiting(self, receiver: str, after: Place, limit: int) -> list[Waiting]:
        """Unacknowledged deliveries behind a place, by lane and number; what is held does not wait."""
        async with reaching():
            rows = await self._pool.fetch(_WAITING, receiver, *after, limit)
        return [Waiting((row["lane"], row["delivery_seq"]), row["committed_at"]) for row in rows]

    async def at(self, receiver: str, places: Sequence[Place]) -> list[exchange_pb2.Delivery]:
        """The deliveries at these places that are still unacknowledged; unknown places are passed over."""
        async with reaching():
            rows = await self._pool.fetch(_AT_PLACES, receiver, [lane for lane, _ in places], [seq for _, seq in places])
        return [_delivery(row) for row in rows]

    async def unpublished(self, lane: Lane, after: int, limit: int) -> list[exchange_pb2.Delivery]:
        """Unacknowledged deliveries of a lane behind a number, in order; what is acknowledged needs no publishing."""
        async with reaching():
            return [_delivery(row) for row in await self._pool.fetch(_UNPUBLISHED, *lane, after, limit)]

    async def logged(self, province: str, message_ids: Sequence[bytes]) -> list[exchange_pb2.LoggedReceipt]:
        """DELIVERED receipts of these messages, as far as they are known and the province sent or received them."""
        async with reaching():
            rows = await self._pool.fetch(_LOGGED, province, [UUID(bytes=one) for one in message_ids])
        return [
            exchange_pb2.LoggedReceipt(
                receipt=receipt_pb2.SignedReceipt.FromString(row["delivered_receipt"]),
                business_at=timestamp(row["delivered_at"]),
                step=row["delivered_step"],
            )
            for row in rows
        ]


def _delivery(row: asyncpg.Record) -> exchange_pb2.Delivery:
    place = {"lane": row["lane"], "delivery_seq": row["delivery_seq"]}
    key = {"key_id": row["key_id"], "signature": row["signature"]}
    if row["due_event"] is not None:
        return exchange_pb2.Delivery(due_event=exchange_pb2.SignedDueEvent(due_event=row["due_event"], **key), **place)
    envelope = envelope_pb2.Envelope(header=row["header"], sealed_payload=row["sealed_payload"], **key)
    return exchange_pb2.Delivery(envelope=envelope, accepted=receipt_pb2.SignedReceipt.FromString(row["receipt"]), **place)
