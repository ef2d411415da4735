"""Mutations of the desk by request id: the same request gets the same answer, another one a conflict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from core.refusals import BY_NUMBER, REQUEST_CONFLICT, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    import asyncpg

    from nodes.common.store.database import Connection, Transaction
    from pki.storage import StorageCipher

_FIND = "select digest, answer, refusal from requests where request_id = $1"
_SEVERAL = "select request_id, digest, answer, refusal from requests where request_id = any($1::uuid[])"
_ADD = "insert into requests (request_id, digest, answer) select * from unnest($1::uuid[], $2::bytea[], $3::bytea[])"
_ANSWER = "update requests set answer = $2, refusal = $3 where request_id = $1"


@dataclass(frozen=True, slots=True)
class Known:
    """A request that was taken before; `answer` is None while what it began has not come to its answer."""

    answer: bytes | None


class Requests:
    """The requests table; every method works in the caller's transaction."""

    def __init__(self, cipher: StorageCipher) -> None:
        """Takes the cipher of the storage key."""
        self._cipher = cipher

    async def find(self, connection: Connection, request_id: bytes, digest: bytes) -> Known | None:
        """What is known of a request.

        Raises:
            Refused: REQUEST_CONFLICT when the id was used for other content; the stored refusal when that was the answer.
        """
        row = await connection.fetchrow(_FIND, UUID(bytes=request_id))
        return None if row is None else self._known(row, request_id, digest)

    async def several(self, connection: Connection, asked: Mapping[bytes, bytes]) -> dict[bytes, Known | Refused]:
        """The same for many: request id to digest; those that are known, or the refusal that `find` would raise."""
        found: dict[bytes, Known | Refused] = {}
        for row in await connection.fetch(_SEVERAL, [UUID(bytes=one) for one in asked]):
            request_id = row["request_id"].bytes
            try:
                found[request_id] = self._known(row, request_id, asked[request_id])
            except Refused as refusal:
                found[request_id] = refusal
        return found

    def _known(self, row: asyncpg.Record, request_id: bytes, digest: bytes) -> Known:
        if row["digest"] != digest:
            raise Refused(REQUEST_CONFLICT, "request_id")
        if row["refusal"]:
            raise Refused(BY_NUMBER[row["refusal"]], "action")
        return Known(None if row["answer"] is None else self._cipher.decrypt(row["answer"], request_id))

    def add(self, transaction: Transaction, request_id: bytes, digest: bytes, answer: bytes | None) -> None:
        """Stores a request, with its answer if it has one."""
        sealed = None if answer is None else self._cipher.encrypt(answer, request_id)
        transaction.together(_ADD, UUID(bytes=request_id), digest, sealed)

    def answer(self, transaction: Transaction, request_id: bytes, answer: bytes | None, refusal: int = 0) -> None:
        """Stores the answer of a request that had none: a response, or the number of a refusal."""
        sealed = None if answer is None else self._cipher.encrypt(answer, request_id)
        transaction.later(_ANSWER, UUID(bytes=request_id), sealed, refusal)
