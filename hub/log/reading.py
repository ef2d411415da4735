"""Reads the ledger for the log: entries in order, and the objects that they name, whatever table those lie in.

Reads only committed rows; entries never change once they are committed. Does not compare digests: `files.store` hashes every object and
looks for exactly those that the entries name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from core.entries import ACTION, DELIVERED, DUE, REFUSED, read_entry
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    import asyncpg

_ENTRIES = "select entry from entries where log_index >= $1 and log_index < $2 order by log_index"
_MESSAGES = "select header, key_id, signature, receipt from messages where message_id = any($1::uuid[])"
_DUE_EVENTS = "select due_event, key_id, signature from due_events where event_id = any($1::uuid[])"
_DELIVERED = "select delivered_receipt from deliveries where message_id = any($1::uuid[]) and delivered_receipt is not null"
_OBJECTS = "select content from objects where digest = any($1::bytea[])"

_INDEX = "select min(log_index) from entries where message_id = $1"


async def size(pool: asyncpg.Pool) -> int:
    """How many entries the ledger has."""
    return int(await pool.fetchval("select size from log_head"))


async def entries(pool: asyncpg.Pool, first: int, end: int) -> list[bytes]:
    """Entries `first` to `end` (exclusive), or as many of them as there are."""
    return [row["entry"] for row in await pool.fetch(_ENTRIES, first, end)]


async def objects(pool: asyncpg.Pool, named_by: Iterable[bytes]) -> list[bytes]:
    """The objects that come with these entries."""
    ids: dict[int, list[UUID]] = {ACTION: [], REFUSED: [], DELIVERED: [], DUE: []}
    digests: list[bytes] = []
    for entry in map(read_entry, named_by):
        if entry.kind in ids:
            ids[entry.kind].append(UUID(bytes=entry.message_id))
        else:
            digests.append(entry.object)
    found: list[bytes] = []
    for row in await pool.fetch(_MESSAGES, ids[ACTION] + ids[REFUSED]):
        found += (row["header"], signature_object(row["key_id"], row["signature"]), row["receipt"])
    for row in await pool.fetch(_DUE_EVENTS, ids[DUE]):
        found += (row["due_event"], signature_object(row["key_id"], row["signature"]))
    found += [row["delivered_receipt"] for row in await pool.fetch(_DELIVERED, ids[DELIVERED])]
    found += [row["content"] for row in await pool.fetch(_OBJECTS, digests)]
    return found


async def index_of(pool: asyncpg.Pool, message_id: bytes) -> int | None:
    """Where a message or due event was recorded; its receipts of delivery stand behind."""
    found: int | None = await pool.fetchval(_INDEX, UUID(bytes=message_id))
    return found


def signature_object(key_id: bytes, signature: bytes) -> bytes:
    """The serialised EntrySignature whose digest an entry names."""
    return receipt_pb2.EntrySignature(key_id=key_id, signature=signature).SerializeToString(deterministic=True)
