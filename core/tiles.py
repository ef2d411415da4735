"""Tiles: the files that hold the log (C2SP tlog-tiles, height 8).

Decides the names of tiles and entry bundles, which of them a tree consists of, and their bytes. Tile n of level L holds
up to 256 hashes; hash i is the root of the complete subtree (8 L, 256 n + i). A bundle holds the entries under a tile of
level 0. Where the files lie and whether they are there is the caller's; whether they are true, their hashes prove.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from core.merkle import HASH_BYTES, MAX_SIZE, HashReader, MerkleError, root
from core.refusals import BAD_FIELD, MALFORMED, TOO_LARGE, Refused

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
LEVELS: Final = range(8)
"""Levels that a tree below 2^63 leaves can have."""
MAX_ENTRY_BYTES: Final = 2**16 - 1
_LENGTH_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Tile:
    """The name of a tile: its level, its index within the level, and how many of its 256 hashes it holds."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Path below the log's folder, for example `tile/0/x001/067` or, with 5 hashes, `tile/1/000.p/5`."""
        return f"tile/{self.level}/{self._place}"

    @property
    def entries_path(self) -> str:
        """Path of the bundle with the entries under this tile; meaningful at level 0 only."""
        return f"tile/entries/{self._place}"

    @property
    def _place(self) -> str:
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return "/".join(["x" + group for group in groups[:-1]] + groups[-1:]) + partial


TileReader = Callable[[Tile], bytes]
"""The bytes of a tile, or an error of the caller's own."""


def tiles(size: int) -> Iterator[Tile]:
    """All tiles of a tree, level by level: the full ones and at most one partial tile a level.

    Raises:
        Refused: BAD_FIELD "size" unless 0 <= size < 2^63.
    """
    return new_tiles(0, size)


def new_tiles(old_size: int, new_size: int) -> Iterator[Tile]:
    """The tiles of the new tree that the old one lacked or had with fewer hashes, level by level.

    Raises:
        Refused: BAD_FIELD "size" unless 0 <= old_size <= new_size < 2^63.
    """
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        raise Refused(BAD_FIELD, "size")
    for level in LEVELS:
        old, new = old_size >> HEIGHT * level, new_size >> HEIGHT * level
        if old == new:
            return
        yield from (Tile(level, index) for index in range(old // WIDTH, new // WIDTH))
        yield from _partial(level, new)


def partial_tiles(size: int) -> Iterator[Tile]:
    """The partial tiles of a tree: what a writer continues, and what it may delete once the next tree is published."""
    for level in LEVELS:
        yield from _partial(level, size >> HEIGHT * level)


def tile_of(level: int, index: int, size: int) -> Tile:
    """The tile, in a tree of `size` leaves, whose hashes give the complete subtree (level, index).

    Raises:
        MerkleError: the tree has no such complete subtree.
    """
    if not 0 <= index < size >> level:
        raise MerkleError("there is no such subtree")
    row = level // HEIGHT
    tile = (index << level % HEIGHT) // WIDTH
    return Tile(row, tile, min(WIDTH, (size >> HEIGHT * row) - tile * WIDTH))


def hash_reader(size: int, read: TileReader) -> HashReader:
    """Reads the subtrees of a tree of `size` leaves from its tiles. Nothing is cached, and nothing is believed or checked.

    A proof made from false tiles does not verify.
    """

    def subtree_root(level: int, index: int) -> bytes:
        tile = tile_of(level, index, size)
        first = (index << level % HEIGHT) % WIDTH
        return root(split_hashes(read(tile), tile.width)[first : first + (1 << level % HEIGHT)])

    return subtree_root


def split_hashes(data: bytes, width: int) -> list[bytes]:
    """The hashes of a tile.

    Raises:
        Refused: MALFORMED "tile" when the bytes are not exactly `width` hashes.
    """
    if len(data) != width * HASH_BYTES:
        raise Refused(MALFORMED, "tile")
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """A bundle: each entry after its length in two bytes, big-endian.

    Raises:
        Refused: TOO_LARGE "entry" when one is above 65,535 bytes.
    """
    if any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        raise Refused(TOO_LARGE, "entry")
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """The entries of a bundle.

    Raises:
        Refused: MALFORMED "bundle" when the bytes are not exactly `width` entries.
    """
    entries, at = list[bytes](), 0
    while at < len(data):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    if at != len(data) or len(entries) != width:
        raise Refused(MALFORMED, "bundle")
    return entries


def _partial(level: int, hashes: int) -> Iterator[Tile]:
    if hashes % WIDTH:
        yield Tile(level, hashes // WIDTH, hashes % WIDTH)
