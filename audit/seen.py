"""Check 13: every checkpoint that a sender says it saw is a state of this very log.

Headers name the newest checkpoint that their sender knew, under the sender's signature. A root that this log never had at that size means
that the hub showed somebody another log, or rewrote this one. Not covered: checkpoints that no message names.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from audit.findings import Check
from core.merkle import MerkleError, range_root
from core.refusals import Refused
from core.tiles import hash_reader

if TYPE_CHECKING:
    from audit.entries import Record
    from audit.findings import Findings
    from audit.folder import LogFolder
    from core.envelope import ReadMessage

_TILES_KEPT = 512
_SUBTREES_KEPT = 4096


class SeenCheckpoints:
    """Compares with the tiles, which check 3 compares with the entries."""

    def __init__(self, folder: LogFolder, size: int, findings: Findings) -> None:
        """Takes the size of the log."""
        self._findings = findings
        tiles = lru_cache(_TILES_KEPT)(folder.read_tile)
        self._read = lru_cache(_SUBTREES_KEPT)(hash_reader(size, tiles))  # neighbouring sizes share nearly all subtrees

    def check(self, record: Record, message: ReadMessage) -> None:
        """Checks the checkpoint that a header names, if it names one."""
        seen = message.header.seen_checkpoint
        if not seen.size:
            return
        self._findings.count(Check.SEEN)
        if seen.size > record.index:
            self._add(record, f"saw a checkpoint of {seen.size} entries before there were so many")
            return
        try:
            root = range_root(range(seen.size), self._read)
        except (MerkleError, Refused):  # a tile is missing or malformed: findings of checks 2 and 3
            return
        if seen.root != root:
            self._add(record, f"saw a log that had another root at size {seen.size}")

    def _add(self, record: Record, text: str) -> None:
        self._findings.add(Check.SEEN, text, entry=record.index)
