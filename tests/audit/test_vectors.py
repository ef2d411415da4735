"""The auditor against trees and notes that other software made: a mistake that it shares with the hub must not agree with itself."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from audit.checkpoint import read_checkpoint
from audit.findings import Check, Findings
from audit.folder import LogFolder, check_files
from audit.tree import Rebuilt, read_bundles
from core.edge import Edge
from core.merkle import leaf_hash
from core.note import parse_vkey
from core.tiles import WIDTH, encode_bundle, tiles
from tests.vectors import load

if TYPE_CHECKING:
    from pathlib import Path

NOTES, TREE, TILES = load("notes.json"), load("tree.json"), load("tiles.json")


def leaves(size: int) -> list[bytes]:
    """The leaves of the vectors."""
    return [f"event-{n}".encode() for n in range(size)]


def write(folder: Path, size: int) -> None:
    """The files of the tree, the hash tiles exactly as Go has them."""
    entries = leaves(size)
    made = Edge().extend([leaf_hash(entry) for entry in entries])
    for tile in tiles(size):
        if size == TILES["size"]:
            assert sha256(made[tile]).hexdigest() == TILES["sha256"][tile.path]
        names = {tile.path: made[tile]}
        if tile.level == 0:
            names[tile.entries_path] = encode_bundle(entries[tile.index * WIDTH : tile.index * WIDTH + tile.width])
        for name, data in names.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)


def rebuild(folder: Path, size: int, root: bytes) -> Findings:
    findings = Findings()
    files = LogFolder(folder)
    check_files(files, size, findings)
    tree = Rebuilt(files, size, findings)
    for tile, entries in read_bundles(files, size, findings):
        tree.add(tile, entries)
    tree.finish(root)
    return findings


@pytest.mark.parametrize("size", [1, 255, 256, 257, 513, 65_536, 70_000])
def test_trees_of_go(tmp_path: Path, size: int) -> None:
    root = bytes.fromhex(TREE["roots"][str(size)])
    write(tmp_path, size)
    findings = rebuild(tmp_path, size, root)
    assert [finding.line() for finding in findings.kept()] == [f"F02 {name}: is missing" for name in ("checkpoint", "log.vkey", "policy")]
    assert findings.checked[Check.TREE] >= size
    assert rebuild(tmp_path, size, root[::-1]).counted[Check.TREE] == 1


@pytest.mark.parametrize("case", NOTES["cases"], ids=lambda case: case["name"])
def test_notes_of_go(tmp_path: Path, case: dict[str, Any]) -> None:
    """What Go does not accept is a finding. We want one signature and a checkpoint besides, so that we accept less than Go."""
    (tmp_path / "checkpoint").write_bytes(base64.b64decode(case["note"]))
    findings = Findings()
    read_checkpoint(LogFolder(tmp_path), parse_vkey(NOTES["log_vkey"]), findings)
    accepted = findings.total == 0
    assert accepted <= (case["verdict"] == "ok")
    if case["name"] == "log alone":
        assert accepted
