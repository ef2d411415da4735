"""The ledger as the log writer sees it: entries in order, the objects that they name, and the row of the last checkpoint.

Reads only what is committed; entries never change after that. Does not compare digests: `files.store` hashes every object and looks for
exactly those that the entries name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from core.entries import ACTION, DELIVERED, DUE, REFUSED, read_entry
from core.merkle import EMPTY_ROOT
from core.refusals import LOG_CORRUPT, Refused
from hub.ledger.reach import reaching
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    import asyncpg

_SIZE = "select coalesce(max(size), 0) from log_head"
_ENTRIES = "select entry from entries where log_index >= $1 and log_index < $2 order by log_index"
_MESSAGES = "select header, key_id, signature, receipt from messages where message_id = any($1::uuid[])"
_DUE_EVENTS = "select due_event, key_id, signature from due_events where event_id = any($1::uuid[])"
_DELIVERED = "select delivered_receipt from deliveries where message_id = any($1::uuid[]) and delivered_receipt is not null"
_OBJECTS = "select content from objects where digest = any($1::bytea[])"
_INDEX = "select min(log_index) from entries where message_id = $1"
_PUBLISHED = "select size, root, note from log_writer where size > 0"
_PUBLISH = "update log_writer set size = $1, root = $2, note = $3 where size = $4 and (size = 0 or root = $5)"


class Published(NamedTuple):
    """A signed checkpoint; an empty log has none."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    note: bytes = b""


class LedgerReader:
    """Every method raises Refused(UNAVAILABLE) when the database cannot be reached."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Takes the hub's pool."""
        self._pool = pool

    async def size(self) -> int:
        """How many entries the ledger has."""
        async with reaching():
            return int(await self._pool.fetchval(_SIZE))

    async def entries(self, first: int, end: int) -> list[bytes]:
        """Entries `first` to `end` (exclusive), or as many of them as there are."""
        async with reaching():
            return [row["entry"] for row in await self._pool.fetch(_ENTRIES, first, end)]

    async def objects(self, named_by: Iterable[bytes]) -> list[bytes]:
        """The objects that come with these entries, in no order.

        Raises:
            Refused: LOG_CORRUPT when an entry cannot be read.
        """
        ids, digests = _named(named_by)
        found: list[bytes] = []
        async with reaching():
            for row in await self._pool.fetch(_MESSAGES, ids[ACTION] + ids[REFUSED]):
                found += (row["header"], _signature(row), row["receipt"])
            for row in await self._pool.fetch(_DUE_EVENTS, ids[DUE]):
                found += (row["due_event"], _signature(row))
            found += [row["delivered_receipt"] for row in await self._pool.fetch(_DELIVERED, ids[DELIVERED])]
            found += [row["content"] for row in await self._pool.fetch(_OBJECTS, digests)]
        return found

    async def index_of(self, message_id: bytes) -> int | None:
        """Where a message or due event was recorded; its receipts of delivery stand behind."""
        async with reaching():
            index: int | None = await self._pool.fetchval(_INDEX, UUID(bytes=message_id))
        return index

    async def published(self) -> Published:
        """The last checkpoint that was signed, by whichever writer."""
        async with reaching():
            row = await self._pool.fetchrow(_PUBLISHED)
        return Published(*row) if row is not None else Published()

    async def compare_and_set(self, last: Published, new: Published) -> bool:
        """Makes `new` the last checkpoint if `last` still is; durable when true."""
        async with reaching():
            done = await self._pool.execute(_PUBLISH, new.size, new.root, new.note, last.size, last.root)
        return bool(done == "UPDATE 1")


def _named(entries: Iterable[bytes]) -> tuple[dict[int, list[UUID]], list[bytes]]:
    """Ids of messages and events by kind of entry, and digests of artefacts."""
    ids: dict[int, list[UUID]] = {ACTION: [], REFUSED: [], DELIVERED: [], DUE: []}
    digests: list[bytes] = []
    try:
        for entry in map(read_entry, entries):
            if entry.kind in ids:
                ids[entry.kind].append(UUID(bytes=entry.message_id))
            else:
                digests.append(entry.object)
    except (Refused, ValueError) as error:
        raise Refused(LOG_CORRUPT, "entry") from error
    return ids, digests


def _signature(row: asyncpg.Record) -> bytes:
    """The serialised EntrySignature whose digest an entry names."""
    signature = receipt_pb2.EntrySignature(key_id=row["key_id"], signature=row["signature"])
    return signature.SerializeToString(deterministic=True)
