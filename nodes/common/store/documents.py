"""Documents that this province sealed and uploaded, until a message names them: rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.refusals import MATERIAL_NOT_FOUND, Refused
from yrdx.v1 import envelope_pb2, household_transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nodes.common.store.database import Connection, Transaction
    from pki.storage import StorageCipher

    Description = household_transfer_pb2.MaterialDescription

_ADD = "insert into documents (digest, counterpart, description, size) values ($1, $2, $3, $4) on conflict do nothing"
_FIND = "select digest, description, size from documents where digest = any($1::bytea[]) and counterpart = $2"


class Documents:
    """The documents table; every method works in the caller's transaction."""

    def __init__(self, cipher: StorageCipher) -> None:
        """Takes the cipher of the storage key."""
        self._cipher = cipher

    def add(self, transaction: Transaction, counterpart: str, description: Description, size: int) -> None:
        """Remembers an uploaded document; `size` is that of its sealed bytes."""
        digest = description.digest
        sealed = self._cipher.encrypt(description.SerializeToString(), digest)
        transaction.later(_ADD, digest, counterpart, sealed, size)

    async def find(
        self, connection: Connection, counterpart: str, digests: Sequence[bytes]
    ) -> list[tuple[envelope_pb2.MaterialReference, Description]]:
        """How a message to this province names the documents, in the order asked for.

        Raises:
            Refused: MATERIAL_NOT_FOUND when one was not put here for that province.
        """
        rows = {row["digest"]: row for row in await connection.fetch(_FIND, list(digests), counterpart)} if digests else {}
        if len(rows) != len(set(digests)):
            raise Refused(MATERIAL_NOT_FOUND, "documents")
        return [self._named(digest, rows[digest]["description"], rows[digest]["size"]) for digest in dict.fromkeys(digests)]

    def _named(self, digest: bytes, sealed: bytes, size: int) -> tuple[envelope_pb2.MaterialReference, Description]:
        description = household_transfer_pb2.MaterialDescription.FromString(self._cipher.decrypt(sealed, digest))
        return envelope_pb2.MaterialReference(digest=digest, size=size), description
