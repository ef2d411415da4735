"""Documents (scans) at a node: sealed to the other province and uploaded; fetched, opened and compared.

Decides, for one that is put: length (8 MiB at most), receiver, padding; how its bytes come together, `nodes.common.uploads` decides. Padded
to a multiple of 64 KiB, so that the hub does not learn the exact size. Nothing of it is kept in the clear here. For one that is fetched:
that a message of this case names it, that the sealed bytes have the digest of the message and the plain bytes the digest of the sealed
description.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import grpc

from core.envelope import DIGEST_BYTES, document_info, sha256
from core.ids import PROVINCES
from core.refusals import (
    BAD_FIELD,
    CANNOT_OPEN,
    MATERIAL_DIGEST_MISMATCH,
    MATERIAL_NOT_FOUND,
    MATERIAL_TOO_LARGE,
    UNAVAILABLE,
    UNKNOWN_PROVINCE,
    Refused,
)
from pki.seal import seal
from runtime.grpc_errors import refused
from yrdx.v1 import desk_pb2, envelope_pb2, exchange_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from nodes.common.facts import Document
    from nodes.common.store.cases import CaseRow
    from nodes.common.store.database import Database
    from nodes.common.store.documents import Documents
    from nodes.common.trust import NodeTrust
    from nodes.common.uploads import Uploads
    from pki.seal import Opener
    from yrdx.v1 import exchange_pb2_grpc

LARGEST: Final = 8 * 1024 * 1024
CHUNK: Final = 256 * 1024
_PADDING: Final = 64 * 1024
_CALL_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentOffice:
    """Puts and gets documents of one province."""

    province: str
    database: Database
    documents: Documents
    uploads: Uploads
    exchange: exchange_pb2_grpc.ExchangeAsyncStub
    trust: NodeTrust
    opener: Opener

    async def put(
        self, opening: desk_pb2.DocumentOpening, chunks: AsyncIterator[desk_pb2.PutDocumentRequest]
    ) -> desk_pb2.PutDocumentResponse:
        """Seals and uploads a document once all of it is here; the answer has the digest to name it by.

        Raises:
            Refused: BAD_FIELD, UNKNOWN_PROVINCE or MATERIAL_TOO_LARGE; what `Uploads` refuses; UNAVAILABLE while the hub is away.
        """
        self._check(opening)
        async with self.database.reading() as connection:
            answer = await self.uploads.answer(connection, opening)
        if answer is None:
            content = await self.uploads.whole(opening, chunks)
            sealed = await asyncio.to_thread(self._sealed, content, opening.counterpart)
            # If we crash before the commit, the hub holds bytes that no message will name; the desk puts the document again.
            await self._upload(sha256(sealed), sealed, opening.counterpart)
            answer = await self._store(opening, sealed)
            # If we crash before this, the pieces stay until they count as abandoned; a repeat gets the answer.
            await self.uploads.forget(opening)
        return answer

    async def stat(self, opening: desk_pb2.DocumentOpening) -> desk_pb2.StatDocumentResponse:
        """How much of a document is here: all of it, once it has its answer.

        Raises:
            Refused: as `put` about the opening.
        """
        self._check(opening)
        async with self.database.reading() as connection:
            answer = await self.uploads.answer(connection, opening)
            held = opening.length if answer else await self.uploads.held(connection, opening)
        return desk_pb2.StatDocumentResponse(offset=held)

    async def get(self, row: CaseRow, digest: bytes, offset: int) -> bytes:
        """A document that the other province sent in this case, from an offset on; all of it was checked.

        Raises:
            Refused: MATERIAL_NOT_FOUND, BAD_FIELD behind its end, MATERIAL_DIGEST_MISMATCH, CANNOT_OPEN, or UNAVAILABLE.
        """
        named = next((one for one in row.facts.documents if one.digest == digest and one.sender != self.province), None)
        if named is None:
            raise Refused(MATERIAL_NOT_FOUND, "digest")
        if offset > named.length:
            raise Refused(BAD_FIELD, "offset")
        sealed = await self._download(digest)
        return (await asyncio.to_thread(self._opened, sealed, named))[offset:]

    async def _store(self, opening: desk_pb2.DocumentOpening, sealed: bytes) -> desk_pb2.PutDocumentResponse:
        """Remembers the document and the answer, unless another call was faster: then that one's."""
        description = transfer_pb2.MaterialDescription(
            digest=sha256(sealed),
            code=opening.code,
            media_type=opening.media_type,
            length=opening.length,
            plain_digest=opening.plain_digest,
        )
        async with self.database.writing() as transaction:
            answer = await self.uploads.answer(transaction, opening)
            if answer is None:
                answer = desk_pb2.PutDocumentResponse(digest=description.digest)
                self.documents.add(transaction, opening.counterpart, description, len(sealed))
                self.uploads.complete(transaction, opening, answer)
        return answer

    def _check(self, opening: desk_pb2.DocumentOpening) -> None:
        if not 0 < opening.length <= LARGEST:
            raise Refused(MATERIAL_TOO_LARGE if opening.length else BAD_FIELD, "length")
        if opening.counterpart not in PROVINCES:
            raise Refused(UNKNOWN_PROVINCE, "counterpart")
        if opening.counterpart == self.province or not opening.code or not opening.media_type:
            raise Refused(BAD_FIELD, "counterpart" if opening.counterpart == self.province else "code")
        if len(opening.plain_digest) != DIGEST_BYTES:
            raise Refused(BAD_FIELD, "plain_digest")

    def _sealed(self, content: bytes, receiver: str) -> bytes:
        padded = content + bytes(-len(content) % _PADDING)
        return seal(self.trust.current.sealing_key(receiver)[1], document_info(self.province, receiver), padded)

    def _opened(self, sealed: bytes, named: Document) -> bytes:
        if sha256(sealed) != named.digest:
            raise Refused(MATERIAL_DIGEST_MISMATCH, "digest")
        plain = self.opener.open(document_info(named.sender, self.province), sealed)[: named.length]
        if sha256(plain) != named.plain_digest:
            raise Refused(CANNOT_OPEN, "plain_digest")
        return plain

    async def _upload(self, digest: bytes, sealed: bytes, receiver: str) -> None:
        """All of it, or the rest of what an earlier call left."""
        try:
            held = await self.exchange.StatMaterial(exchange_pb2.StatMaterialRequest(digest=digest), timeout=_CALL_S)
            material = envelope_pb2.MaterialReference(digest=digest, size=len(sealed))
            opening = exchange_pb2.MaterialOpening(material=material, offset=held.offset, receiver=receiver)
            await self.exchange.PutMaterial(_upload(opening, sealed), timeout=_CALL_S)
        except grpc.aio.AioRpcError as error:
            raise refused(error) or Refused(UNAVAILABLE, "hub") from error

    async def _download(self, digest: bytes) -> bytes:
        """All of it; where the stream breaks it goes on, as long as each call brings something."""
        sealed = bytearray()
        while True:
            request = exchange_pb2.GetMaterialRequest(digest=digest, offset=len(sealed))
            try:
                async for part in self.exchange.GetMaterial(request, timeout=_CALL_S):
                    sealed += part.chunk
                return bytes(sealed)
            except grpc.aio.AioRpcError as error:
                refusal = refused(error) or Refused(UNAVAILABLE, "hub")
                if refusal.retry_after_s is None or len(sealed) == request.offset:
                    raise refusal from error


def _upload(opening: exchange_pb2.MaterialOpening, sealed: bytes) -> Iterator[exchange_pb2.PutMaterialRequest]:
    yield exchange_pb2.PutMaterialRequest(opening=opening)
    for start in range(opening.offset, len(sealed), CHUNK):
        yield exchange_pb2.PutMaterialRequest(chunk=sealed[start : start + CHUNK])
