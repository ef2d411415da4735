"""Sealed documents: taken in pieces, kept under the SHA-256 of their sealed bytes, given to whom they were sealed.

Decides, for an upload, in this order: (1) digest, size and receiver have their form, (2) it continues where this sender's last attempt
stopped, (3) it is neither longer than announced nor than allowed, (4) the whole has the named digest. Only then is it stored, and only
after that the grant: this sender, to this receiver. Nobody else may fetch it or learn that it is there; a province that hands in bytes
which are stored already must hand in all of them, because a digest is no proof of having the document.

Not checked here: that the bytes are sealed (the hub cannot tell), and that any message names them.

What an attacker who can edit the folder gains: nothing but absence. The bytes are ciphertext, the receiver compares digest and commitment.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore

from core.ids import PROVINCES
from core.refusals import (
    BAD_FIELD,
    MATERIAL_DIGEST_MISMATCH,
    MATERIAL_NOT_FOUND,
    MATERIAL_OFFSET,
    MATERIAL_TOO_LARGE,
    UNKNOWN_PROVINCE,
    Refused,
)
from yrdx.v1 import exchange_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection
    from pathlib import Path

LARGEST: Final = 9 * 1024 * 1024
"""Bytes of a sealed document: 8 MiB, and what padding and sealing add."""
CHUNK: Final = 256 * 1024
_DIGEST_BYTES: Final = 32
_REMEMBERED: Final = 100_000


class Materials:
    """The store. Complete documents lie in an object store (`sealed/<digest>`), uploads under way in files beside it."""

    def __init__(self, folder: Path) -> None:
        """Takes its folder and makes it if it is not there."""
        self._folder = folder
        self._partial = folder / "partial"
        self._store = LocalStore(folder, mkdir=True)
        self._partial.mkdir(exist_ok=True)
        self._uploading: set[Path] = set()
        self._granted: set[tuple[bytes, str, str]] = set()

    async def put(self, requests: AsyncIterator[exchange_pb2.PutMaterialRequest], sender: str) -> exchange_pb2.PutMaterialResponse:
        """Takes an upload, or the rest of one.

        Raises:
            Refused: BAD_FIELD or UNKNOWN_PROVINCE about the opening; MATERIAL_OFFSET when it does not continue where the store stands or
                ends early (what came is kept); MATERIAL_TOO_LARGE or MATERIAL_DIGEST_MISMATCH (nothing is kept).
        """
        opening = (await anext(requests, exchange_pb2.PutMaterialRequest())).opening
        _check(opening, sender)
        digest, size = opening.material.digest, opening.material.size
        if not await self.has([digest], sender, opening.receiver):
            async with self._receiving(digest, sender, opening.offset) as file:
                await self._receive(requests, file, size - opening.offset)
                await self._complete(file, digest)
            await self._grant(digest, sender, opening.receiver)
        return exchange_pb2.PutMaterialResponse(material=opening.material)

    async def stat(self, request: exchange_pb2.StatMaterialRequest, member: str) -> exchange_pb2.StatMaterialResponse:
        """How much of a document is here, as far as it is this member's business: its own upload, or sealed to it."""
        _check_digest(request.digest)
        if await self._may_fetch(request.digest, member):
            return exchange_pb2.StatMaterialResponse(complete=True, offset=await self._size(request.digest))
        return exchange_pb2.StatMaterialResponse(offset=_length(self._upload(request.digest, member)))

    async def get(self, request: exchange_pb2.GetMaterialRequest, member: str) -> AsyncIterator[exchange_pb2.GetMaterialResponse]:
        """The bytes from an offset on, in chunks.

        Raises:
            Refused: MATERIAL_NOT_FOUND when it is not here or not this member's business; MATERIAL_OFFSET behind its end.
        """
        _check_digest(request.digest)
        if not await self._may_fetch(request.digest, member):
            raise Refused(MATERIAL_NOT_FOUND, "digest")
        size = await self._size(request.digest)
        if request.offset > size:
            raise Refused(MATERIAL_OFFSET, "offset")
        for start in range(request.offset, size, CHUNK):
            chunk = await obstore.get_range_async(self._store, _sealed_key(request.digest), start=start, end=min(start + CHUNK, size))
            yield exchange_pb2.GetMaterialResponse(chunk=bytes(chunk))

    async def has(self, digests: Collection[bytes], sender: str, receiver: str) -> set[bytes]:
        """Those of the documents that this sender handed in, complete, for this receiver. Known ones cost no look at the disk."""
        found = set()
        for digest in digests:
            grant = (digest, sender, receiver)
            if grant in self._granted or await asyncio.to_thread((self._folder / _grant_key(*grant)).exists):
                self._remember(grant)
                found.add(digest)
        return found

    @asynccontextmanager
    async def _receiving(self, digest: bytes, sender: str, offset: int) -> AsyncIterator[Path]:
        """The file of an upload, for one call at a time; complete or worthless, it is gone afterwards."""
        path = self._upload(digest, sender)
        if path in self._uploading or offset != _length(path):
            raise Refused(MATERIAL_OFFSET, "offset")
        self._uploading.add(path)
        try:
            yield path
        except Refused as refusal:
            if refusal.kind is not MATERIAL_OFFSET:
                path.unlink(missing_ok=True)
            raise
        finally:
            self._uploading.discard(path)
        # If we crash before this, a whole upload lies beside a stored document: the next put completes it again.
        path.unlink()

    async def _receive(self, requests: AsyncIterator[exchange_pb2.PutMaterialRequest], path: Path, wanted: int) -> None:
        async for request in requests:
            wanted -= len(request.chunk)
            if wanted < 0:
                raise Refused(MATERIAL_TOO_LARGE, "size")
            # If we crash in the middle of this, the file is as long as what was written, and StatMaterial says so.
            await asyncio.to_thread(_append, path, request.chunk)
        if wanted:
            raise Refused(MATERIAL_OFFSET, "size")

    async def _complete(self, path: Path, digest: bytes) -> None:
        if await asyncio.to_thread(_digest, path) != digest:
            raise Refused(MATERIAL_DIGEST_MISMATCH, "digest")
        with suppress(AlreadyExistsError):  # the same bytes by another province, or by us before a crash
            await obstore.put_async(self._store, _sealed_key(digest), path, mode="create")
        await asyncio.to_thread(_sync, self._folder / _sealed_key(digest))

    async def _grant(self, digest: bytes, sender: str, receiver: str) -> None:
        # If we crash before this, the document is stored and nobody's: the next put stores it again and grants it.
        grant = (digest, sender, receiver)
        await obstore.put_async(self._store, _grant_key(*grant), b"")
        await asyncio.to_thread(_sync, self._folder / _grant_key(*grant))
        self._remember(grant)

    def _remember(self, grant: tuple[bytes, str, str]) -> None:
        if len(self._granted) >= _REMEMBERED:
            self._granted.clear()
        self._granted.add(grant)

    async def _may_fetch(self, digest: bytes, member: str) -> bool:
        pairs = await asyncio.to_thread(_pairs, self._folder / "granted" / digest.hex())
        return any(member in pair for pair in pairs)

    async def _size(self, digest: bytes) -> int:
        return (await obstore.head_async(self._store, _sealed_key(digest)))["size"]

    def _upload(self, digest: bytes, sender: str) -> Path:
        return self._partial / f"{sender}-{digest.hex()}"


def _check(opening: exchange_pb2.MaterialOpening, sender: str) -> None:
    _check_digest(opening.material.digest)
    if opening.material.size > LARGEST:
        raise Refused(MATERIAL_TOO_LARGE, "size")
    if opening.material.size == 0 or opening.offset > opening.material.size:
        raise Refused(BAD_FIELD, "size")
    if opening.receiver not in PROVINCES:
        raise Refused(UNKNOWN_PROVINCE, "receiver")
    if opening.receiver == sender:
        raise Refused(BAD_FIELD, "receiver")


def _check_digest(digest: bytes) -> None:
    if len(digest) != _DIGEST_BYTES:
        raise Refused(BAD_FIELD, "digest")


def _sealed_key(digest: bytes) -> str:
    return f"sealed/{digest.hex()}"


def _grant_key(digest: bytes, sender: str, receiver: str) -> str:
    return f"granted/{digest.hex()}/{sender}-{receiver}"


def _pairs(folder: Path) -> list[list[str]]:
    """Sender and receiver of each grant of a document."""
    try:
        return [path.name.split("-") for path in folder.iterdir()]
    except FileNotFoundError:
        return []


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _append(path: Path, chunk: bytes) -> None:
    with path.open("ab") as file:
        file.write(chunk)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _sync(path: Path) -> None:
    """Makes a file and its name last over a power failure; the object store does not."""
    for one in (path, path.parent):
        descriptor = os.open(one, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
