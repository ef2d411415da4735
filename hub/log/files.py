"""The log folder (C2SP tlog-tiles): storing entries and objects, publishing a checkpoint.

`store` is the one way in which files come into being, in normal work and after a crash: what is there and right is left alone, what is
missing, torn or left over from a batch that was never published is written again. Its input comes from the ledger and is proven before
anything is said about it: the entries that were published must give the published root, and everything is read back and hashed again.
Files appear by rename, so that a reader never sees half of one. Only the small files are synced: after a power failure objects are written
again from the ledger, because a start stores the last bundles anew.

Does not sign, and does not know the ledger.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from core.edge import Edge
from core.entries import DELIVERED, named_objects, read_entry
from core.merkle import leaf_hash
from core.refusals import LOG_CORRUPT, Refused
from core.tiles import HEIGHT, LEVELS, WIDTH, Tile, decode_bundle, encode_bundle, new_tiles, split_hashes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from yrdx.v1 import receipt_pb2

CHECKPOINT, VKEY, POLICY = "checkpoint", "log.vkey", "policy"


class Batch(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Entries to store, from the start of a bundle on, and the objects that they name."""

    first: int
    """Index of the first entry; a multiple of 256, at or below the known size."""
    known_size: int
    """So many entries are known to have `known_root`: they were published, or stored just before."""
    known_root: bytes
    entries: list[bytes]
    objects_from: int
    """What entries from this index on name must be among the objects; what earlier ones name lies in the folder."""
    objects: list[bytes]


class Stored(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """What lies in the folder after a batch, read back from the disk."""

    size: int
    root: bytes
    digest: bytes
    """SHA-256 over the bundle encoding of the entries of the batch, for comparison with the ledger."""


class LogFiles:
    """The folder, for its one writer."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder if it is not there."""
        self._folder = folder
        (folder / "objects").mkdir(parents=True, exist_ok=True)

    def store(self, batch: Batch) -> Stored:
        """Stores a batch and proves it: the entries up to the known size give the known root, and the disk holds what was meant.

        Raises:
            Refused: LOG_CORRUPT when entries do not give the published root, an object is not what its digest says, or what was
                written reads differently; nothing may be signed then.
        """
        self._store_objects(batch)
        edge = Edge.restore(batch.first, lambda tile: self._read_wider(tile, batch.known_size))
        leaves = [leaf_hash(entry) for entry in batch.entries]
        made = edge.extend(leaves[: batch.known_size - batch.first])
        if edge.size != batch.known_size or edge.root() != batch.known_root:
            raise Refused(LOG_CORRUPT, f"entries {batch.first} to {batch.known_size}")
        made |= edge.extend(leaves[batch.known_size - batch.first :])
        wanted = {tile: made[tile] for tile in new_tiles(batch.first, edge.size)}
        self._store_tiles(wanted, batch)
        # If we crash here, all files of the batch lie in the folder and no checkpoint tells of them: the next start stores the
        # same entries again, finds the files as they must be, and publishes.
        return Stored(edge.size, edge.root(), self._read_back(wanted))

    def publish(self, note: bytes, old_size: int, size: int) -> None:
        """Makes a signed checkpoint of this size the newest, and removes the partial tiles that it supersedes."""
        self._write(CHECKPOINT, note, synced=True)
        # If we crash here, superseded tiles stay: a start publishes the same checkpoint again.
        for level in LEVELS:
            old, new = old_size >> HEIGHT * level, size >> HEIGHT * level
            for index in range(old // WIDTH, -(-new // WIDTH)):
                current = Tile(level, index, min(WIDTH, new - index * WIDTH))
                self._remove_other_widths(current.path)
                if level == 0:
                    self._remove_other_widths(current.entries_path)

    def checkpoint(self) -> bytes | None:
        """The published note, or None in a new folder."""
        with suppress(FileNotFoundError):
            return (self._folder / CHECKPOINT).read_bytes()
        return None

    def introduce(self, vkey: str) -> None:
        """Writes the log's key and policy into a new folder.

        Raises:
            Refused: LOG_CORRUPT when the folder is the log of another key.
        """
        for name, data in ((VKEY, f"{vkey}\n".encode()), (POLICY, f"log {vkey}\nquorum none\n".encode())):
            if not (self._folder / name).exists():
                self._write(name, data, synced=True)
            elif (self._folder / name).read_bytes() != data:
                raise Refused(LOG_CORRUPT, name)

    def _store_objects(self, batch: Batch) -> None:
        given = {hashlib.sha256(data).hexdigest(): data for data in batch.objects}
        for entry in batch.entries[batch.objects_from - batch.first :]:
            for digest in objects_of(read_entry(entry)):
                name = digest.hex()
                if name not in given:
                    raise Refused(LOG_CORRUPT, f"object {name}")
                self._store_object(name, given[name])

    def _store_object(self, name: str, data: bytes) -> None:
        """Written in place, not renamed: nothing names an unpublished object, and a torn one is noticed when it is stored again."""
        path = f"{self._folder}/objects/{name}"
        try:
            with open(path, "xb") as file:  # noqa: PTH123 - four of these a message; Path.open costs half as much again
                file.write(data)
        except FileExistsError:
            if Path(path).read_bytes() != data:
                self._write(f"objects/{name}", data, synced=False)

    def _store_tiles(self, wanted: dict[Tile, bytes], batch: Batch) -> None:
        for tile, data in wanted.items():
            self._put(tile.path, data)
            if tile.level == 0:
                self._put(tile.entries_path, encode_bundle(_entries_of(tile, batch)))

    def _read_back(self, wanted: dict[Tile, bytes]) -> bytes:
        """Hashes again what the disk now holds; returns the digest over the entries."""
        digest = hashlib.sha256()
        for tile, data in wanted.items():
            if (self._folder / tile.path).read_bytes() != data:
                raise Refused(LOG_CORRUPT, tile.path)
            if tile.level == 0:
                stored = decode_bundle((self._folder / tile.entries_path).read_bytes(), tile.width)
                if b"".join(map(leaf_hash, stored)) != data:
                    raise Refused(LOG_CORRUPT, tile.entries_path)
                digest.update(encode_bundle(stored))
        return digest.digest()

    def _read_wider(self, tile: Tile, size: int) -> bytes:
        """The hashes of a tile of an earlier tree, which by now holds more of them."""
        width = min(WIDTH, (size >> HEIGHT * tile.level) - tile.index * WIDTH)
        try:
            data = (self._folder / Tile(tile.level, tile.index, width).path).read_bytes()
            hashes = split_hashes(data, width)
        except (FileNotFoundError, Refused) as error:
            raise Refused(LOG_CORRUPT, tile.path) from error
        return b"".join(hashes[: tile.width])

    def _put(self, name: str, data: bytes) -> None:
        path = self._folder / name
        with suppress(FileNotFoundError):
            if path.read_bytes() == data:
                return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._write(name, data, synced=True)

    def _write(self, name: str, data: bytes, *, synced: bool) -> None:
        path = self._folder / name
        new = path.with_name(f".{path.name}.new")
        with new.open("wb") as file:
            file.write(data)
            if synced:
                file.flush()
                os.fsync(file.fileno())
        # If we crash here, the old file is still whole and in place; the next write of this name takes the temporary one.
        new.replace(path)

    def _remove_other_widths(self, path: str) -> None:
        """Removes partial tiles beside this one, of batches before it and of any that was never published."""
        current = self._folder / path
        partials = current.parent if current.parent.suffix == ".p" else current.with_name(f"{current.name}.p")
        for other in partials.iterdir() if partials.is_dir() else ():
            if other != current:
                other.unlink()
        if partials != current.parent and partials.is_dir():
            partials.rmdir()


def objects_of(entry: receipt_pb2.LogEntry) -> list[bytes]:
    """Digests of the objects that come with an entry; what a DELIVERED entry is about came with the entry that accepted it."""
    return [entry.receipt] if entry.kind == DELIVERED else named_objects(entry)


def _entries_of(tile: Tile, batch: Batch) -> Sequence[bytes]:
    start = tile.index * WIDTH - batch.first
    return batch.entries[start : start + tile.width]
