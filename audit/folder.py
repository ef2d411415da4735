"""Check 2: the log folder holds exactly the files that a log of this size consists of.

`checkpoint`, `log.vkey`, `policy`, hash tiles and entry bundles of the right widths; anything that is not a regular file is surplus,
links too. Objects are compared by check 5, because only the entries name them. Not covered: empty folders, modes and owners, and what
lies outside the folder.

A copy is taken while the hub is stopped or idle: in a folder that is being written, newer files lie there before their checkpoint.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from audit.findings import Check
from core.merkle import MerkleError
from core.tiles import WIDTH, Tile, tiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audit.findings import Findings

CHECKPOINT, VKEY, POLICY = "checkpoint", "log.vkey", "policy"
OBJECTS = "objects/"
TILES = "tile/"


class LogFolder:
    """A folder that is only read. Files are read when they are needed, never all at once."""

    def __init__(self, path: Path) -> None:
        """Lists what is there now."""
        self._path = path
        found = dict(_walk(path))
        self.files = frozenset(name for name, is_regular in found.items() if is_regular)
        self.strange = frozenset(found) - self.files

    def read(self, name: str) -> bytes | None:
        """The bytes of a file, or None when it cannot be read."""
        try:
            return (self._path / name).read_bytes()
        except OSError:
            return None

    def read_tile(self, tile: Tile) -> bytes:
        """The bytes of a hash tile.

        Raises:
            MerkleError: it cannot be read.
        """
        data = self.read(tile.path)
        if data is None:
            raise MerkleError(tile.path)
        return data

    @property
    def objects(self) -> frozenset[str]:
        """Names of the files in `objects/`."""
        return frozenset(name.removeprefix(OBJECTS) for name in self.files if name.startswith(OBJECTS))

    def holds(self, size: int) -> bool:
        """Whether so many entries could be told of by the tiles and bundles that are there; a false size is not counted to."""
        return size <= WIDTH * sum(name.startswith(TILES) for name in self.files)


def check_files(folder: LogFolder, size: int, findings: Findings) -> None:
    """Compares the files, but for objects, with those of a log of `size` entries."""
    wanted = set(_wanted(size))
    found = {name for name in folder.files if not name.startswith(OBJECTS)}
    findings.count(Check.FILES, len(wanted | found))
    for name in sorted(wanted - found):
        findings.add(Check.FILES, "is missing", place=name)
    for name in sorted(found - wanted):
        findings.add(Check.FILES, f"does not belong to a log of {size} entries", place=name)
    for name in sorted(folder.strange):
        findings.add(Check.FILES, "is no regular file", place=name)


def _wanted(size: int) -> Iterator[str]:
    yield from (CHECKPOINT, VKEY, POLICY)
    for tile in tiles(size):
        yield tile.path
        if tile.level == 0:
            yield tile.entries_path


def _walk(top: Path, below: str = "") -> Iterator[tuple[str, bool]]:
    """Every file below a folder, with whether it is a regular one; a folder that cannot be listed is a strange file."""
    try:
        entries = list(os.scandir(top / below))
    except OSError:
        yield below.rstrip("/"), False
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(top, f"{below}{entry.name}/")
        else:
            yield below + entry.name, entry.is_file(follow_symlinks=False)
