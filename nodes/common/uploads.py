"""Uploads at the desk that may be broken off: whole pieces of what came are kept until the document is complete.

Decides, in this order: (1) the request id is not that of another document, (2) a call continues at the offset that is held, (3) no more
comes than was announced, (4) nothing is missing in the end, (5) the whole has the digest that was announced. What breaks (3) or (4) is not
kept, and what was kept stays; without (5) nobody knows which piece is wrong, and all of them go. An upload is the caller's request id and
everything that was said about the document, so that no two can mix; once it is complete, a repeat gets the stored answer.

Pieces lie in the node's database under the storage key, as everything else that is personal: they outlast a kill, and another instance of
this node goes on with them. A document smaller than a piece leaves no trace before it is complete. There is room for so many pieces; what
nobody goes on with leaves after a day, by the machine's clock and not by business time.

Does not check who calls nor what the document is for; that is the desk's and `nodes.common.documents`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NoReturn

from core.envelope import sha256
from core.ids import uuid_bytes
from core.refusals import MATERIAL_DIGEST_MISMATCH, MATERIAL_OFFSET, MATERIAL_TOO_LARGE, Refused
from nodes.common.store.uploads import PIECE, Pieces, Upload
from runtime import process_log
from yrdx.v1 import desk_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nodes.common.store.database import Connection, Database, Transaction
    from nodes.common.store.requests import Requests
    from pki.storage import StorageCipher
    from runtime.clock import Clock, Sleep

ABANDONED: Final = timedelta(days=1)
"""An upload whose last piece is older than this goes."""

_AGAIN_S: Final = 600.0

_LOG = process_log.get("nodes.uploads")


class Uploads:
    """Documents on their way from the desk."""

    def __init__(self, database: Database, requests: Requests, cipher: StorageCipher, clock: Clock) -> None:
        """Takes the cipher of the storage key."""
        self._database, self._requests, self._pieces, self._clock = database, requests, Pieces(cipher), clock

    async def answer(self, connection: Connection, opening: desk_pb2.DocumentOpening) -> desk_pb2.PutDocumentResponse | None:
        """What was said to this request, if it is complete.

        Raises:
            Refused: BAD_FIELD when the request id is none, REQUEST_CONFLICT when it was used for something else.
        """
        upload = _upload(opening)
        known = await self._requests.find(connection, upload.request_id, upload.digest)
        return None if known is None else desk_pb2.PutDocumentResponse.FromString(known.answer or b"")

    async def held(self, connection: Connection, opening: desk_pb2.DocumentOpening) -> int:
        """Bytes that are kept of an upload that is not complete.

        Raises:
            Refused: as `answer`.
        """
        return await self._pieces.held(connection, _upload(opening)) * PIECE

    async def whole(self, opening: desk_pb2.DocumentOpening, chunks: AsyncIterator[desk_pb2.PutDocumentRequest]) -> bytes:
        """The document, once all of it has come; its pieces stay until `forget`.

        Raises:
            Refused: REQUEST_CONFLICT; MATERIAL_OFFSET when it does not continue where it stands or ends early; MATERIAL_TOO_LARGE;
                MATERIAL_DIGEST_MISMATCH; TOO_MANY_IN_FLIGHT when there is no room; UNAVAILABLE.
        """
        upload = _upload(opening)
        async with self._database.reading() as connection:
            content = await self._pieces.content(connection, upload)
        if opening.offset != len(content):
            raise Refused(MATERIAL_OFFSET, "offset")
        async for request in chunks:
            if len(content) + len(request.chunk) > opening.length:
                raise Refused(MATERIAL_TOO_LARGE, "length")
            kept = len(content) // PIECE
            content += request.chunk
            for position in range(kept, len(content) // PIECE):
                await self._keep(upload, position, bytes(content[position * PIECE : (position + 1) * PIECE]))
        return await self._checked(opening, bytes(content))

    def complete(self, transaction: Transaction, opening: desk_pb2.DocumentOpening, answer: desk_pb2.PutDocumentResponse) -> None:
        """Repeats get this answer from now on."""
        upload = _upload(opening)
        self._requests.add(transaction, upload.request_id, upload.digest, answer.SerializeToString())

    async def forget(self, opening: desk_pb2.DocumentOpening) -> None:
        """Drops what is kept of an upload that is complete, or worthless."""
        if opening.length >= PIECE:
            async with self._database.aside() as aside:
                await self._pieces.forget(aside, _upload(opening))

    async def run(self, sleep: Sleep) -> NoReturn:
        """Drops what nobody goes on with, for ever."""
        while True:
            try:
                async with self._database.aside() as aside:
                    await self._pieces.forget_abandoned(aside, self._clock.now() - ABANDONED)
            except Refused as refusal:
                _LOG.warning("abandoned uploads stay", reason=str(refusal))
            await sleep(_AGAIN_S)

    async def _keep(self, upload: Upload, position: int, piece: bytes) -> None:
        # If we crash before the commit, the upload continues at this piece; after it, at the next.
        async with self._database.aside() as aside:
            await self._pieces.add(aside, upload, position, piece, self._clock.now())

    async def _checked(self, opening: desk_pb2.DocumentOpening, content: bytes) -> bytes:
        """Nothing else than what was announced."""
        if len(content) != opening.length:
            raise Refused(MATERIAL_OFFSET, "length")
        if sha256(content) != opening.plain_digest:
            await self.forget(opening)
            raise Refused(MATERIAL_DIGEST_MISMATCH, "plain_digest")
        return content


def _upload(opening: desk_pb2.DocumentOpening) -> Upload:
    """Which upload this is: everything that is said about it but where a call continues.

    Raises:
        Refused: BAD_FIELD when the request id is none.
    """
    said = desk_pb2.DocumentOpening()
    said.CopyFrom(opening)
    said.ClearField("offset")
    return Upload(uuid_bytes(opening.request_id), sha256(said.SerializeToString(deterministic=True)))
