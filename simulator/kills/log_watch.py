"""Follows the published log from kill to kill: every checkpoint is signed, continues the one before, and says what the folder holds.

Decides by what an auditor who comes again decides by: the signature of the log's key as he first saw it, the entries that he has read
before, unchanged, the root over them and the new ones, and that every object which a new entry names is there and has its digest. What the
entries say is left to `yrdx-audit`, which judges the whole log at the end.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from core.checkpoint import open_checkpoint
from core.edge import Edge
from core.entries import DELIVERED, named_objects, read_entry
from core.merkle import leaf_hash
from core.note import parse_vkey
from core.refusals import Refused
from core.tiles import WIDTH, Tile, decode_bundle
from pki.signer import verify_ed25519

if TYPE_CHECKING:
    from pathlib import Path

    from core.note import NoteKey

_ENTRIES: Final = 0
"""Level of the tiles beside which entries lie."""


class LogWatch:
    """An auditor's memory of one log."""

    def __init__(self, folder: Path) -> None:
        """Has seen nothing yet."""
        self._folder = folder
        self._key: NoteKey | None = None
        self._edge = Edge()
        self._last: list[bytes] = []
        """Leaf hashes of the bundle that was not full at the last look."""

    def is_right(self) -> bool:
        """Looks at what is published now."""
        try:
            self._look()
        except (Refused, OSError, _NotRightError):
            return False
        return True

    def _look(self) -> None:
        self._key = self._key or parse_vkey((self._folder / "log.vkey").read_text().strip())
        checkpoint = open_checkpoint((self._folder / "checkpoint").read_bytes(), self._key, verify_ed25519)
        for bundle in range(self._edge.size // WIDTH, -(-checkpoint.size // WIDTH)):
            self._read(bundle, checkpoint.size)
        if (self._edge.size, self._edge.root()) != (checkpoint.size, checkpoint.root):
            raise _NotRightError

    def _read(self, bundle: int, size: int) -> None:
        tile = Tile(_ENTRIES, bundle, min(WIDTH, size - bundle * WIDTH))
        entries = decode_bundle((self._folder / tile.entries_path).read_bytes(), tile.width)
        leaves = [leaf_hash(entry) for entry in entries]
        seen = len(self._last)
        if leaves[:seen] != self._last:
            raise _NotRightError
        for entry in entries[seen:]:
            self._check_objects(entry)
        self._edge.extend(leaves[seen:])
        self._last = leaves if len(leaves) < WIDTH else []

    def _check_objects(self, entry: bytes) -> None:
        raw = read_entry(entry)
        for digest in [raw.receipt] if raw.kind == DELIVERED else named_objects(raw):
            if hashlib.sha256((self._folder / "objects" / digest.hex()).read_bytes()).digest() != digest:
                raise _NotRightError


class _NotRightError(Exception):
    """What is published is not what it should be."""
