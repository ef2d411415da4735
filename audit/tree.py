"""Check 3: every entry is hashed again, every tile compared, and the root rebuilt and compared with the signed one.

The tree is rebuilt from the **entries**, never from stored hashes; where a bundle is missing or unreadable its tile stands in, so that the
rest of the tree still shows whether it is intact. One pass, a bundle at a time. Not covered: what the entries mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.findings import Check
from core.edge import Edge
from core.merkle import leaf_hash
from core.refusals import Refused
from core.tiles import WIDTH, Tile, decode_bundle, partial_tiles, split_hashes, tiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audit.findings import Findings
    from audit.folder import LogFolder


def read_bundles(folder: LogFolder, size: int, findings: Findings) -> Iterator[tuple[Tile, list[bytes] | None]]:
    """The entries, a bundle at a time; None for a bundle that is missing (a finding of check 2) or malformed."""
    for tile in tiles(size):
        if tile.level > 0:
            return
        data = folder.read(tile.entries_path)
        yield tile, _decoded(data, tile, findings) if data is not None else None


class Rebuilt:
    """The tree, rebuilt from the entries."""

    def __init__(self, folder: LogFolder, size: int, findings: Findings) -> None:
        """Starts an empty tree that shall have `size` leaves."""
        self._folder, self._size, self._findings = folder, size, findings
        self._edge = Edge()
        self._partial: dict[int, bytes] = {}
        self._whole = True

    def add(self, tile: Tile, entries: Sequence[bytes] | None) -> None:
        """Takes the next bundle; None when it could not be read."""
        stored = self._stored(tile)
        if entries is None:
            hashes = stored
        else:
            hashes = [leaf_hash(entry) for entry in entries]
            self._compare_leaves(tile, hashes, stored)
        if hashes is None or not self._whole:
            self._whole = False
            return
        for made, data in self._edge.extend(hashes).items():
            if made.width < WIDTH:
                self._partial[made.level] = data
            elif made.level > 0:
                self._compare(made, data)

    def finish(self, root: bytes) -> None:
        """Compares what only the whole tree shows: its partial tiles and its root."""
        if not self._whole:
            self._findings.add(Check.TREE, "the root cannot be rebuilt: entries are missing and so are their tiles")
            return
        for tile in partial_tiles(self._size):
            if tile.level > 0:
                self._compare(tile, self._partial[tile.level])
        if self._edge.root() != root:
            self._findings.add(Check.TREE, "the entries give another root than the one that was signed")

    def _compare_leaves(self, tile: Tile, hashes: list[bytes], stored: list[bytes] | None) -> None:
        self._findings.count(Check.TREE, len(hashes))
        if stored is None:
            return
        for n, (computed, kept) in enumerate(zip(hashes, stored, strict=True)):
            if computed != kept:
                text = f"does not hash to what {tile.path} says"
                self._findings.add(Check.TREE, text, entry=tile.index * WIDTH + n, place=tile.entries_path)

    def _compare(self, tile: Tile, data: bytes) -> None:
        stored = self._folder.read(tile.path)
        self._findings.count(Check.TREE)
        if stored is not None and stored != data:
            self._findings.add(Check.TREE, "is not the tile over these entries", place=tile.path)

    def _stored(self, tile: Tile) -> list[bytes] | None:
        data = self._folder.read(tile.path)
        if data is None:
            return None
        try:
            return split_hashes(data, tile.width)
        except Refused:
            self._findings.add(Check.TREE, f"does not hold {tile.width} hashes", place=tile.path)
            return None


def _decoded(data: bytes, tile: Tile, findings: Findings) -> list[bytes] | None:
    try:
        return decode_bundle(data, tile.width)
    except Refused:
        findings.add(Check.TREE, f"does not hold {tile.width} entries", place=tile.entries_path)
        return None
