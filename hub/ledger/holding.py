"""Holding: which deliveries their receivers could not process, and which of them are held.

Decides nothing about a case and writes nothing into the log: a held delivery is still owed. Only answers about a delivery that exists and
is unacknowledged count, each once; `ATTEMPTS` of them hold it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from core.envelope import sha256
from core.receipts import timestamp
from core.refusals import NOT_HELD, Refused
from hub.ledger.reach import reaching
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from datetime import datetime

    import asyncpg

    from hub.ledger.outbox import Place

ATTEMPTS: Final = 5

_OWED: Final = """
    select d.lane, d.delivery_seq from deliveries d
    left join messages m using (message_id) left join due_events e on e.event_id = d.message_id
    where d.message_id = $1 and d.receiver = $2 and d.delivered_receipt is null and d.held_at is null
        and coalesce(m.header_digest, sha256(e.due_event)) = $3
    for update of d"""
_ADD: Final = """
    insert into attempts (message_id, receiver, answer_digest, answer, refusal, answered_at) values ($1, $2, $3, $4, $5, $6)
    on conflict do nothing"""
_HOLD: Final = """
    update deliveries set held_at = $3 where message_id = $1 and receiver = $2
        and $4 <= (select count(*) from attempts where message_id = $1 and receiver = $2 and counts)"""
_HELD: Final = """
    select d.case_id, d.message_id, d.receiver, d.held_at, count(*) as attempts,
        (array_agg(a.refusal order by a.answered_at desc))[1] as refusal
    from deliveries d join attempts a on a.message_id = d.message_id and a.receiver = d.receiver and a.counts
    left join messages m on m.message_id = d.message_id
    where d.delivered_receipt is null and d.held_at is not null and ($1::text is null or d.receiver = $1 or m.sender = $1)
    group by d.case_id, d.message_id, d.receiver, d.held_at order by d.held_at, d.message_id"""
_FREE: Final = """
    update deliveries set held_at = null where message_id = $1 and receiver = $2 and delivered_receipt is null and held_at is not null
    returning lane, delivery_seq"""
_FORGET: Final = "update attempts set counts = false where message_id = $1 and receiver = $2"


class Holding:
    """The attempts of the ledger. Every method raises Refused(UNAVAILABLE) when the database cannot be reached."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Takes the hub's pool."""
        self._pool = pool

    async def attempt(self, answer: receipt_pb2.CannotProcess, signed: bytes, at: datetime) -> bool:
        """Counts an answer that was verified; whether there is such a delivery to count it for."""
        key = UUID(bytes=answer.message_id), answer.receiver
        async with reaching(), self._pool.acquire() as connection, connection.transaction():
            if await connection.fetchrow(_OWED, *key, answer.header_digest) is None:
                return False
            # If we crash before the commit, the attempt did not count: the delivery comes once more.
            await connection.execute(_ADD, *key, sha256(signed), signed, answer.refusal, at)
            await connection.execute(_HOLD, *key, at, ATTEMPTS)
        return True

    async def held(self, province: str | None = None) -> list[receipt_pb2.Hold]:
        """What is held, the oldest first: everything, or what one province sent or should process."""
        async with reaching():
            rows = await self._pool.fetch(_HELD, province)
        return [
            receipt_pb2.Hold(
                case_id=row["case_id"].bytes,
                message_id=row["message_id"].bytes,
                receiver=row["receiver"],
                since=timestamp(row["held_at"]),
                refusal=row["refusal"],
                attempts=row["attempts"],
            )
            for row in rows
        ]

    async def replay(self, message_id: bytes, receiver: str) -> Place:
        """Frees a held delivery: it is unacknowledged again, and former attempts count no more; returns its place.

        Raises:
            Refused: NOT_HELD.
        """
        key = UUID(bytes=message_id), receiver
        async with reaching(), self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(_FREE, *key)
            if row is None:
                raise Refused(NOT_HELD, "message_id")
            # If we crash before the commit, it is still held; after it, the sweeper finds it waiting.
            await connection.execute(_FORGET, *key)
        return row["lane"], row["delivery_seq"]
