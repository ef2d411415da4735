"""Reads the published log: the newest checkpoint, and entries and tiles below it; never entries that are not published yet.

The writer may publish meanwhile and remove the partial tiles of the checkpoint that was just read: a reader that misses a file reads the
checkpoint again and starts over.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from core.checkpoint import Checkpoint, parse_checkpoint
from core.merkle import HASH_BYTES
from core.note import parse_note
from core.refusals import LOG_CORRUPT, NOT_FOUND, UNAVAILABLE, Refused
from core.tiles import HEIGHT, WIDTH, Tile, decode_bundle, hash_reader
from hub.log.files import CHECKPOINT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.merkle import HashReader

Answer = TypeVar("Answer")

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The log as one checkpoint has it.

    Attributes:
        note: the signed checkpoint.
        checkpoint: what it says.
    """

    folder: Path
    note: bytes
    checkpoint: Checkpoint

    def entries(self, start: int, count: int) -> list[bytes]:
        """Up to `count` entries from `start` on; fewer at the end."""
        end = min(start + count, self.checkpoint.size)
        found: list[bytes] = []
        for index in range(start // WIDTH, -(-end // WIDTH) if start < end else 0):
            tile = self._widest(Tile(0, index))
            found += decode_bundle((self.folder / tile.entries_path).read_bytes(), tile.width)
        skipped = start % WIDTH
        return found[skipped : skipped + max(0, end - start)]

    def reader(self, size: int) -> HashReader:
        """The subtrees of the tree of `size` entries, at most as many as are published."""
        return hash_reader(size, self._read_tile)

    def _read_tile(self, tile: Tile) -> bytes:
        return (self.folder / self._widest(tile).path).read_bytes()[: tile.width * HASH_BYTES]

    def _widest(self, tile: Tile) -> Tile:
        """The tile as it lies in the folder: an older tree had it with fewer hashes."""
        hashes = self.checkpoint.size >> HEIGHT * tile.level
        return Tile(tile.level, tile.index, min(WIDTH, hashes - tile.index * WIDTH))


class PublishedLog:
    """The log folder, for readers. Its methods block: call them in a thread."""

    def __init__(self, folder: Path) -> None:
        """Takes the folder; it may still be empty."""
        self._folder = folder

    def look(self, ask: Callable[[Snapshot], Answer]) -> Answer:
        """Asks the newest snapshot.

        Raises:
            Refused: what `ask` raises; NOT_FOUND "checkpoint" when nothing is published yet; UNAVAILABLE when the log moves on faster
                than it can be read.
        """
        for _ in range(_TRIES):
            snapshot = self._snapshot()
            try:
                return ask(snapshot)
            except FileNotFoundError:
                continue
        raise Refused(UNAVAILABLE, "log")

    def object(self, digest: bytes) -> bytes:
        """An object by its SHA-256; it may lie here a moment before the checkpoint that covers it.

        Raises:
            Refused: NOT_FOUND, or LOG_CORRUPT when the file does not hash to its name.
        """
        try:
            data = (self._folder / "objects" / digest.hex()).read_bytes()
        except FileNotFoundError as missing:
            raise Refused(NOT_FOUND, "digest") from missing
        if hashlib.sha256(data).digest() != digest:
            raise Refused(LOG_CORRUPT, "object")
        return data

    def _snapshot(self) -> Snapshot:
        try:
            note = (self._folder / CHECKPOINT).read_bytes()
        except FileNotFoundError as missing:
            raise Refused(NOT_FOUND, "checkpoint") from missing
        return Snapshot(self._folder, note, parse_checkpoint(parse_note(note).text))
