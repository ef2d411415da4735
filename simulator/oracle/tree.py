"""I6, that nobody rewrites history unseen: the entries give the signed root, the tiles are those over them, objects have their names.

The tree is built from the entries alone. Whether the checkpoint is signed by the log's key is seen under I7.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from core.entries import named_objects
from core.merkle import leaf_hash, root
from core.tiles import WIDTH, tiles
from simulator.oracle.verdict import I6

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.oracle.facts import Entry, Log
    from simulator.oracle.verdict import Tally


def check_tree(folder: Path, log: Log, tally: Tally) -> None:
    """Builds the tree and compares root and tiles; without a checkpoint or with entries missing there is nothing to compare."""
    checkpoint = log.checkpoint
    if checkpoint is None or len(log.bundles) != checkpoint.size:
        return
    rows = [[leaf_hash(entry) for entry in log.bundles]]
    tally.check(I6, "log: the entries give another root than the checkpoint", holds=root(rows[0]) == checkpoint.root)
    while len(rows[-1]) >= WIDTH:
        row = rows[-1]
        rows.append([root(row[at : at + WIDTH]) for at in range(0, len(row) - WIDTH + 1, WIDTH)])
    for tile in tiles(checkpoint.size):
        hashes = rows[tile.level][tile.index * WIDTH : tile.index * WIDTH + tile.width]
        tally.check(I6, f"log/{tile.path}: is not the tile over the entries", holds=read_file(folder / tile.path) == b"".join(hashes))


def check_files(folder: Path, log: Log, tally: Tally) -> None:
    """Nothing lies in the folder, objects aside, that a log of this size does not have."""
    if log.checkpoint is None:
        return
    own = {"checkpoint", "log.vkey", "policy"}
    own |= {tile.path for tile in tiles(log.checkpoint.size)}
    own |= {tile.entries_path for tile in tiles(log.checkpoint.size) if tile.level == 0}
    for path in sorted(path for path in folder.rglob("*") if not path.is_dir() and path.parent != folder / "objects"):
        name = path.relative_to(folder).as_posix()
        tally.check(I6, f"log/{name}: does not belong there", holds=name in own)


def read_objects(folder: Path, tally: Tally) -> dict[bytes, bytes]:
    """Every object that has the hash in its name."""
    found: dict[bytes, bytes] = {}
    for path in sorted(folder.glob("*")):
        data = read_file(path)
        right = data is not None and sha256(data).hexdigest() == path.name
        if tally.check(I6, f"log/objects/{path.name}: does not have the hash in its name", holds=right):
            found[bytes.fromhex(path.name)] = data or b""
    return found


def check_named(entries: list[Entry], objects: dict[bytes, bytes], tally: Tally) -> None:
    """Every object that an entry names is there, and no other."""
    named = {digest for entry in entries for digest in named_objects(entry.raw)}
    for entry in entries:
        for digest in named_objects(entry.raw):
            tally.check(I6, f"{entry.place}: object {digest.hex()} is missing", holds=digest in objects)
    for digest in objects.keys() - named:
        tally.check(I6, f"log/objects/{digest.hex()}: no entry names it", holds=False)


def read_file(path: Path) -> bytes | None:
    """The bytes of a file, or None when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None
