"""Step 9 of 9 - audit. The published log and proofs about it, for auditors of any member; the gate lets nobody else in.

Everything here is read from the log folder, so an auditor sees what is published. He believes none of it: entries
prove themselves by inclusion, checkpoints by the log's signature, a newer checkpoint by consistency with the one he kept. The whole
verification is offline, by `yrdx-audit` on a copy of the folder.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from core.ids import ID_BYTES
from core.merkle import prove_consistency, prove_inclusion
from core.refusals import BAD_FIELD, NOT_FOUND, Refused
from hub.log.published import PublishedLog, Snapshot
from hub.log.reading import LedgerReader
from yrdx.v1 import audit_pb2, audit_pb2_grpc

if TYPE_CHECKING:
    from pathlib import Path

    import asyncpg
    import grpc

    Context = grpc.aio.ServicerContext[Any, Any]

USUAL_PAGE, LARGEST_PAGE = 256, 1000
_DIGEST_BYTES = 32


class AuditService(audit_pb2_grpc.AuditServicer):
    """Serves `yrdx.v1.Audit`; read-only."""

    def __init__(self, folder: Path, pool: asyncpg.Pool) -> None:
        """Takes the log folder, and the ledger to find a message's entry in."""
        self._log = PublishedLog(folder)
        self._ledger = LedgerReader(pool)

    async def GetCheckpoint(self, _request: audit_pb2.GetCheckpointRequest, _context: Context) -> audit_pb2.GetCheckpointResponse:  # noqa: N802 - gRPC
        """The newest signed checkpoint."""
        return audit_pb2.GetCheckpointResponse(note=await asyncio.to_thread(self._log.look, lambda snapshot: snapshot.note))

    async def ListEntries(self, request: audit_pb2.ListEntriesRequest, _context: Context) -> audit_pb2.ListEntriesResponse:  # noqa: N802 - gRPC
        """A page of entries; empty behind the last published one."""
        count = request.page_size or USUAL_PAGE
        if count > LARGEST_PAGE:
            raise Refused(BAD_FIELD, "page_size")
        entries = await asyncio.to_thread(self._log.look, lambda snapshot: snapshot.entries(request.start, count))
        return audit_pb2.ListEntriesResponse(entries=entries)

    async def GetObject(self, request: audit_pb2.GetObjectRequest, _context: Context) -> audit_pb2.GetObjectResponse:  # noqa: N802 - gRPC
        """What an entry names."""
        if len(request.digest) != _DIGEST_BYTES:
            raise Refused(BAD_FIELD, "digest")
        return audit_pb2.GetObjectResponse(object=await asyncio.to_thread(self._log.object, request.digest))

    async def ProveInclusion(  # noqa: N802 - gRPC
        self, request: audit_pb2.ProveInclusionRequest, _context: Context
    ) -> audit_pb2.ProveInclusionResponse:
        """That an entry is in the tree of the given size, by default the newest; the note is the newest in any case."""
        index = await self._index(request)

        def prove(snapshot: Snapshot) -> audit_pb2.ProveInclusionResponse:
            size = _size(request.size, snapshot)
            if index >= size:
                raise Refused(NOT_FOUND, "index")
            hashes = prove_inclusion(index, size, snapshot.reader(size))
            entry = snapshot.entries(index, 1)[0]
            return audit_pb2.ProveInclusionResponse(entry=entry, index=index, hashes=hashes, note=snapshot.note)

        return await asyncio.to_thread(self._log.look, prove)

    async def ProveConsistency(  # noqa: N802 - gRPC
        self, request: audit_pb2.ProveConsistencyRequest, _context: Context
    ) -> audit_pb2.ProveConsistencyResponse:
        """That the newer tree, by default the newest, continues the older one."""

        def prove(snapshot: Snapshot) -> list[bytes]:
            new_size = _size(request.new_size, snapshot)
            if not 0 < request.old_size <= new_size:
                raise Refused(BAD_FIELD, "old_size")
            return prove_consistency(request.old_size, new_size, snapshot.reader(new_size))

        return audit_pb2.ProveConsistencyResponse(hashes=await asyncio.to_thread(self._log.look, prove))

    async def _index(self, request: audit_pb2.ProveInclusionRequest) -> int:
        if request.WhichOneof("entry") == "index":
            return request.index
        if len(request.message_id) != ID_BYTES:
            raise Refused(BAD_FIELD, "message_id")
        index = await self._ledger.index_of(request.message_id)
        if index is None:
            raise Refused(NOT_FOUND, "message_id")
        return index


def _size(asked: int, snapshot: Snapshot) -> int:
    if asked > snapshot.checkpoint.size:
        raise Refused(BAD_FIELD, "size")
    return asked or snapshot.checkpoint.size
