"""Pieces of documents that are on their way from the desk: rows.

No case depends on these rows, so that they are written beside the node's one writer (`Database.aside`); whoever writes them holds the lock
on the table, so that no piece comes twice, after a gap or beyond the bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from core.refusals import MATERIAL_OFFSET, REQUEST_CONFLICT, TOO_MANY_IN_FLIGHT, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from nodes.common.store.database import Aside, Connection
    from pki.storage import StorageCipher

PIECE: Final = 512 * 1024
"""Bytes that are kept at once: as much is sent again at most."""

MOST: Final = 1024
"""Pieces of all uploads together: 512 MiB, 64 documents of the largest kind."""

_LOCK = "lock table uploads in share row exclusive mode"
_HELD = "select digest, count(*) as pieces from uploads where request_id = $1 group by digest"
_CONTENT = "select position, content from uploads where request_id = $1 order by position"
_COUNT = "select count(*) from uploads"
_ADD = "insert into uploads (request_id, position, digest, content, came_at) values ($1, $2, $3, $4, $5)"
_FORGET = "delete from uploads where request_id = $1"
_ABANDONED = "delete from uploads where request_id in (select request_id from uploads group by request_id having max(came_at) < $1)"


@dataclass(frozen=True, slots=True)
class Upload:
    """What an upload is an upload of.

    Attributes:
        request_id: 16 bytes, chosen by the caller.
        digest: names everything else that was said about it.
    """

    request_id: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Pieces:
    """The uploads table; every method works in the caller's transaction.

    Attributes:
        cipher: of the storage key.
    """

    cipher: StorageCipher

    async def held(self, connection: Connection, upload: Upload) -> int:
        """How many pieces there are.

        Raises:
            Refused: REQUEST_CONFLICT when they are pieces of something else.
        """
        row = await connection.fetchrow(_HELD, UUID(bytes=upload.request_id))
        if row is not None and row["digest"] != upload.digest:
            raise Refused(REQUEST_CONFLICT, "request_id")
        return 0 if row is None else int(row["pieces"])

    async def content(self, connection: Connection, upload: Upload) -> bytearray:
        """All pieces in one.

        Raises:
            Refused: as `held`; CANNOT_OPEN when they were written under another key.
        """
        if not await self.held(connection, upload):
            return bytearray()
        rows = await connection.fetch(_CONTENT, UUID(bytes=upload.request_id))
        return bytearray().join(self.cipher.decrypt(row["content"], _place(upload, row["position"])) for row in rows)

    async def add(self, aside: Aside, upload: Upload, position: int, piece: bytes, at: datetime) -> None:
        """Keeps the next piece.

        Raises:
            Refused: MATERIAL_OFFSET when it is not the next one (any more), TOO_MANY_IN_FLIGHT when there is no room, REQUEST_CONFLICT.
        """
        await aside.execute(_LOCK)
        if await self.held(aside, upload) != position:
            raise Refused(MATERIAL_OFFSET, "offset")
        if await aside.fetchval(_COUNT) >= MOST:
            raise Refused(TOO_MANY_IN_FLIGHT, "uploads")
        sealed = self.cipher.encrypt(piece, _place(upload, position))
        await aside.execute(_ADD, UUID(bytes=upload.request_id), position, upload.digest, sealed, at)

    async def forget(self, aside: Aside, upload: Upload) -> None:
        """Drops an upload."""
        await aside.execute(_LOCK)
        await aside.execute(_FORGET, UUID(bytes=upload.request_id))

    async def forget_abandoned(self, aside: Aside, before: datetime) -> None:
        """Drops uploads whose last piece came before that."""
        await aside.execute(_LOCK)
        await aside.execute(_ABANDONED, before)


def _place(upload: Upload, position: int) -> bytes:
    """What binds a stored piece to its place."""
    return upload.request_id + upload.digest + position.to_bytes(4, "big")
