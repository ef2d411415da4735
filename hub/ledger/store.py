"""Reads the snapshot of a batch and commits what was decided on it. All SQL of the commit path stands here and in `migrations/`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from core.envelope import sha256
from core.procedures.model import Case
from core.values import parse
from hub.ledger.moment import Moment
from hub.ledger.reach import reaching
from hub.ledger.snapshot import Snapshot, StoredCase, StoredDelivery, StoredMessage
from hub.ledger.work import Acknowledgement, Submission

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    import asyncpg

    from hub.ledger.rows import Rows
    from hub.ledger.work import Work

_HEAD = "select recorded_at, business_at, trust_list_version from log_head"
_CREATE = """
    insert into log_head (size, recorded_at, business_at, trust_list_version) values (0, $1, $2, 0) on conflict do nothing"""
_ADVANCE = "update log_head set business_at = $1 where business_at <= $1"
_CASES = "select case_id, version, state from cases where case_id = any($1::uuid[])"
_MESSAGES = """
    select m.message_id, m.header_digest, m.receipt, d.delivered_receipt
    from messages m left join deliveries d on d.message_id = m.message_id and d.receiver = m.receiver
    where m.message_id = any($1::uuid[])"""
_DELIVERIES = """
    select d.message_id, d.receiver, d.case_id, d.lane, d.delivery_seq, d.delivered_receipt is not null as acknowledged,
        m.header_digest, m.header, m.sender, e.due_event
    from unnest($1::uuid[], $2::text[]) as w (message_id, receiver)
    join deliveries d using (message_id, receiver)
    left join messages m on m.message_id = d.message_id
    left join due_events e on e.event_id = d.message_id"""
_CLAIMS = "select tag, case_id from claims where tag = any($1::bytea[])"
_COMMIT = "select * from ledger_commit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
_DUE = "select case_id from cases where open and next_due <= $1 order by next_due limit $2"


@dataclass(frozen=True, slots=True)
class Commit:
    """What became of a batch.

    Attributes:
        stale: nothing was written; times or trust list have moved on.
        lost: cases of which nothing was written.
        seqs: delivery numbers of the others, in the order of the batch.
    """

    stale: bool
    lost: frozenset[bytes] = frozenset()
    seqs: Sequence[int] = ()


class LedgerStore:
    """The commit path of the ledger. Every method raises Refused(UNAVAILABLE) when the database cannot be reached."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Takes the hub's pool."""
        self._pool = pool

    async def create(self, recorded_at: datetime, business_at: datetime) -> None:
        """Makes the head of a new log; of an existing one nothing changes."""
        async with reaching():
            # If we crash here, the head is there or is made by the next start; no entry can exist without it.
            await self._pool.execute(_CREATE, recorded_at, business_at)

    async def head(self) -> Moment:
        """The clocks and the trust list version at the head of the log."""
        async with reaching():
            (row,) = await self._pool.fetch(_HEAD)
        return Moment(row["recorded_at"], row["business_at"], row["trust_list_version"])

    async def advance(self, business_at: datetime) -> bool:
        """Moves business time forward, or leaves it where it is already; false when it stands later."""
        async with reaching():
            # If we crash here, time has moved and nothing due has been said yet: the next start says it.
            done = await self._pool.execute(_ADVANCE, business_at)
        return bool(done == "UPDATE 1")

    async def due(self, at: datetime, limit: int) -> list[bytes]:
        """Open cases on which the clock has to act, the longest waiting first."""
        async with reaching():
            return [row["case_id"].bytes for row in await self._pool.fetch(_DUE, at, limit)]

    async def snapshot(self, works: Sequence[Work]) -> Snapshot:
        """Everything that these works name, each row as of some moment before the commit."""
        async with reaching(), self._pool.acquire() as connection:
            return Snapshot(
                await _cases(connection, {work.case_id for work in works}),
                await _messages(connection, [work for work in works if isinstance(work, Submission)]),
                await _deliveries(connection, [work for work in works if isinstance(work, Acknowledgement)]),
                await _claims(connection, [claim.tag for work in works if isinstance(work, Submission) for claim in work.claims]),
            )

    async def commit(self, moment: Moment, rows: Rows) -> Commit:
        """Compares and writes in one round trip; on return the winners are durable."""
        arrays = (rows.cases, rows.claims, rows.entries, rows.messages, rows.due_events, rows.deliveries, rows.acknowledgements)
        dates = moment.recorded_at, moment.business_at, moment.trust_list_version
        async with reaching():
            # If we crash here, the batch is in the ledger or not, as a whole. Callers that got no answer repeat and find out;
            # deliveries that were not published are found by the publisher's cursor, entries not yet in the tree by the log writer.
            (row,) = await self._pool.fetch(_COMMIT, *dates, *arrays)
        if row["stale"]:
            return Commit(stale=True)
        return Commit(stale=False, lost=frozenset(case_id.bytes for case_id in row["lost"]), seqs=row["seqs"])


def _uuids(ids: Collection[bytes]) -> list[UUID]:
    return [UUID(bytes=one) for one in ids]


async def _cases(connection: asyncpg.pool.PoolConnectionProxy, ids: Collection[bytes]) -> dict[bytes, StoredCase]:
    rows = await connection.fetch(_CASES, _uuids(ids))
    return {row["case_id"].bytes: StoredCase(row["version"], parse(row["state"], Case)) for row in rows}


async def _messages(connection: asyncpg.pool.PoolConnectionProxy, works: Sequence[Submission]) -> dict[bytes, StoredMessage]:
    if not works:
        return {}
    rows = await connection.fetch(_MESSAGES, _uuids([work.message.routing.message_id for work in works]))
    return {
        row["message_id"].bytes: StoredMessage(row["header_digest"], tuple(filter(None, (row["receipt"], row["delivered_receipt"]))))
        for row in rows
    }


async def _deliveries(
    connection: asyncpg.pool.PoolConnectionProxy, works: Sequence[Acknowledgement]
) -> dict[tuple[bytes, str], StoredDelivery]:
    if not works:
        return {}
    ids = _uuids([work.receipt.message_id for work in works])
    rows = await connection.fetch(_DELIVERIES, ids, [work.receipt.receiver for work in works])
    return {(row["message_id"].bytes, row["receiver"]): _delivery(row) for row in rows}


def _delivery(row: asyncpg.Record) -> StoredDelivery:
    return StoredDelivery(
        case_id=row["case_id"].bytes,
        lane=row["lane"],
        seq=row["delivery_seq"],
        digest=row["header_digest"] or sha256(row["due_event"]),
        header=row["header"],
        sender=row["sender"] or "",
        acknowledged=row["acknowledged"],
    )


async def _claims(connection: asyncpg.pool.PoolConnectionProxy, tags: Sequence[bytes]) -> dict[bytes, bytes]:
    if not tags:
        return {}
    return {row["tag"]: row["case_id"].bytes for row in await connection.fetch(_CLAIMS, tags)}
