"""Rows of a ledger, made from a log that `LogBuilder` made: what the hub's transactions leave for the log writer to read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from core.entries import ACTION, DELIVERED, DUE, REFUSED, read_entry
from core.receipts import read_receipt
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    import asyncpg

    from tests.support.log_folder import LogBuilder
    from yrdx.v1.receipt_pb2 import LogEntry


_ENTRIES = "insert into entries values ($1, $2, $3, null)"
_MESSAGES = "insert into messages values ($1, '', $2, '', '', $3, $4, $5, '', $6, 0, $7)"
_DUE_EVENTS = "insert into due_events values ($1, $2, $3, $4, $5, $6)"
_DELIVERIES = "insert into deliveries values ($1, 0, $2, $3, $4, now(), $5)"
_OBJECTS = "insert into objects values ($1, 'policy', null, $2, $3)"


async def commit(pool: asyncpg.Pool, log: LogBuilder, end: int | None = None) -> None:
    """Commits the entries of a log that the ledger has not yet, up to `end`."""
    await pool.execute("insert into log_head values (true, 0, now(), now(), 1) on conflict do nothing")
    start = await pool.fetchval("select size from log_head")
    rows: dict[str, list[tuple[object, ...]]] = {}
    for index, data in list(enumerate(log.entries))[start:end]:
        entry = read_entry(data)
        rows.setdefault(_ENTRIES, []).append((index, data, UUID(bytes=entry.message_id) if entry.message_id else None))
        table, row = _row(log, index, entry)
        rows.setdefault(table, []).append(row)
    async with pool.acquire() as connection, connection.transaction():
        for query, made in rows.items():
            await connection.executemany(query, made)
        await connection.execute("update log_head set size = $1", len(log.entries[:end]))


def _row(log: LogBuilder, index: int, entry: LogEntry) -> tuple[str, tuple[object, ...]]:
    object_ = log.objects[entry.object.hex()]
    receipt = log.objects.get(entry.receipt.hex(), b"")
    signature = receipt_pb2.EntrySignature.FromString(log.objects.get(entry.signature.hex(), b""))
    signed = (signature.key_id, signature.signature)
    ids = [UUID(bytes=one) for one in (entry.message_id, entry.case_id) if one]
    if entry.kind in {ACTION, REFUSED}:
        return _MESSAGES, (*ids, object_, *signed, receipt, index)
    if entry.kind == DUE:
        return _DUE_EVENTS, (*ids, object_, *signed, index)
    if entry.kind == DELIVERED:
        receiver = read_receipt(receipt_pb2.SignedReceipt.FromString(receipt).receipt).receiver
        return _DELIVERIES, (receiver, index, *ids, receipt)
    return _OBJECTS, (entry.object, object_, index)
