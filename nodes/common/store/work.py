"""Work for a register that only polls, as rows.

No case depends on these rows, so that they are written beside the node's one writer (`Database.aside`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from yrdx.v1 import desk_pb2

if TYPE_CHECKING:
    from datetime import datetime

    from nodes.common.store.database import Aside, Connection
    from pki.storage import StorageCipher

_OF_OPERATION = "select work_id, item from work where operation_id = $1"
_PUT = """
    insert into work (work_id, operation_id, item, asked_at) values ($1, $2, $3, $4) on conflict (operation_id)
    do update set work_id = excluded.work_id, item = excluded.item, asked_at = excluded.asked_at, answer = null"""
_OPEN = "select work_id, item from work where answer is null order by position limit $1"
_FIND = "select work_id, item from work where work_id = $1 and answer is null"
_ANSWER = "update work set answer = $2 where work_id = $1 and answer is null"
_TAKE = "delete from work where work_id = $1 and answer is not null returning answer"
_FORGET = "delete from work where operation_id is null and asked_at < $1"
_COUNT = "select count(*) from work where answer is null"


@dataclass(frozen=True, slots=True)
class Work:
    """The work table; every method works in the caller's transaction.

    Attributes:
        cipher: of the storage key.
    """

    cipher: StorageCipher

    async def of_operation(self, aside: Aside, operation_id: bytes) -> desk_pb2.WorkItem | None:
        """The item of an operation, open or answered."""
        row = await aside.fetchrow(_OF_OPERATION, UUID(bytes=operation_id))
        return None if row is None else self._item(row["work_id"], row["item"])

    async def put(self, aside: Aside, item: desk_pb2.WorkItem, operation_id: bytes | None, at: datetime) -> None:
        """Makes an item durable; of a write, in the place of whatever else there was about its operation."""
        plain = desk_pb2.WorkItem()
        plain.CopyFrom(item)
        plain.ClearField("work_id")
        sealed = self.cipher.encrypt(plain.SerializeToString(), item.work_id)
        await aside.execute(_PUT, UUID(bytes=item.work_id), None if operation_id is None else UUID(bytes=operation_id), sealed, at)

    async def open(self, aside: Aside, limit: int) -> list[desk_pb2.WorkItem]:
        """Items without an answer, oldest first."""
        return [self._item(row["work_id"], row["item"]) for row in await aside.fetch(_OPEN, limit)]

    async def find(self, aside: Aside, work_id: bytes) -> desk_pb2.WorkItem | None:
        """The item of that id, unless it has its answer or is gone."""
        row = await aside.fetchrow(_FIND, UUID(bytes=work_id))
        return None if row is None else self._item(row["work_id"], row["item"])

    async def answer(self, aside: Aside, answer: desk_pb2.CompleteWorkRequest) -> None:
        """Keeps an answer until it is taken; an item that has one keeps that."""
        sealed = self.cipher.encrypt(answer.SerializeToString(), answer.work_id)
        await aside.execute(_ANSWER, UUID(bytes=answer.work_id), sealed)

    async def take(self, aside: Aside, work_id: bytes) -> desk_pb2.CompleteWorkRequest | None:
        """The answer of an item, which is gone then; None while there is none."""
        sealed = await aside.fetchval(_TAKE, UUID(bytes=work_id))
        return None if sealed is None else desk_pb2.CompleteWorkRequest.FromString(self.cipher.decrypt(sealed, work_id))

    async def forget_reads(self, aside: Aside, before: datetime) -> None:
        """Drops reads that were asked before that."""
        await aside.execute(_FORGET, before)

    def _item(self, work_id: UUID, sealed: bytes) -> desk_pb2.WorkItem:
        item = desk_pb2.WorkItem.FromString(self.cipher.decrypt(sealed, work_id.bytes))
        item.work_id = work_id.bytes
        return item


async def count(connection: Connection) -> int:
    """How many items wait for the register."""
    return int(await connection.fetchval(_COUNT) or 0)
