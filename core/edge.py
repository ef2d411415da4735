"""The right edge of the growing tree: all that a log writer keeps in order to append.

Decides which tiles come into being when leaves are appended, and the root after them. Holds the partial tile of each level,
at most 8 * 255 hashes whatever the size of the log. Does no I/O: the caller writes the tiles, signs the root and, after
a crash, restores the edge from what it had published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.merkle import EMPTY_ROOT, check_hashes, root
from core.tiles import HEIGHT, LEVELS, WIDTH, Tile, TileReader, partial_tiles, split_hashes

if TYPE_CHECKING:
    from collections.abc import Sequence


class Edge:
    """The last, unfinished tile of every level. Not safe for concurrent use; a log has one writer.

    Attributes:
        size: leaves appended so far.
    """

    def __init__(self) -> None:
        """Starts an empty tree."""
        self.size = 0
        self._rows: list[list[bytes]] = [[] for _ in LEVELS]

    @classmethod
    def restore(cls, size: int, read: TileReader) -> Edge:
        """Takes up a tree where its tiles stand. The caller compares `root()` with the checkpoint it trusts.

        Raises:
            Refused: MALFORMED "tile" when a tile has not its width; whatever `read` raises.
        """
        edge = cls()
        edge.size = size
        for tile in partial_tiles(size):
            edge._rows[tile.level] = split_hashes(read(tile), tile.width)
        return edge

    def extend(self, leaf_hashes: Sequence[bytes]) -> dict[Tile, bytes]:
        """Appends leaves and returns the tiles, with their bytes, that the tree now has and had not before.

        They are those of `new_tiles`. The same leaves give the same tiles, so a writer that crashed between two of
        them writes them again.

        Raises:
            MerkleError: a hash is not 32 bytes; then nothing was appended.
        """
        check_hashes(leaf_hashes)
        made: dict[Tile, bytes] = {}
        arriving = leaf_hashes
        for level, row in enumerate(self._rows):
            if not arriving:
                break
            row.extend(arriving)
            arriving = self._finish(row, level, made)
        self.size += len(leaf_hashes)
        return made

    def root(self) -> bytes:
        """The root over all leaves so far; SHA-256 of nothing when there are none."""
        below: list[bytes] = []
        for row in self._rows:
            if row or below:
                below = [root([*row, *below])]
        return below[0] if below else EMPTY_ROOT

    def _finish(self, row: list[bytes], level: int, made: dict[Tile, bytes]) -> list[bytes]:
        """Takes the full tiles off a row; adds them and the new partial one to `made`; returns the full tiles' roots."""
        full = [row[at : at + WIDTH] for at in range(0, len(row) // WIDTH * WIDTH, WIDTH)]
        del row[: len(full) * WIDTH]
        first = self.size >> HEIGHT * (level + 1)
        made.update({Tile(level, first + n): b"".join(hashes) for n, hashes in enumerate(full)})
        if row:
            made[Tile(level, first + len(full), len(row))] = b"".join(row)
        return [root(hashes) for hashes in full]
