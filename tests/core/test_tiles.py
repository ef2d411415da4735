"""Tiles, bundles and the growing edge."""

import hashlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.edge import Edge
from core.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    MerkleError,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    range_root,
    root,
    verify_consistency,
    verify_inclusion,
)
from core.refusals import BAD_FIELD, MALFORMED, TOO_LARGE, Refused
from core.tiles import (
    Tile,
    decode_bundle,
    encode_bundle,
    hash_reader,
    new_tiles,
    partial_tiles,
    split_hashes,
    tile_of,
    tiles,
)
from tests.core.refusing import refused
from tests.vectors import load

VECTORS = load("tiles.json")
SIZE = VECTORS["size"]
LEAVES = [leaf_hash(b"event-%d" % n) for n in range(SIZE)]
STORED = Edge().extend(LEAVES)
WIDEST = {(tile.level, tile.index): data for tile, data in STORED.items()}
READ = hash_reader(SIZE, STORED.__getitem__)


def test_every_tile_is_that_of_go() -> None:
    made = {tile.path: hashlib.sha256(data).hexdigest() for tile, data in STORED.items()}
    assert made == VECTORS["sha256"]
    assert len(made) == 277


def test_new_tiles_are_those_of_go() -> None:
    for step in VECTORS["new_tiles"]:
        paths = [tile.path for tile in new_tiles(step["old_size"], step["new_size"])]
        assert len(paths) == step["count"]
        if "paths" in step:
            assert paths == step["paths"]
        else:
            assert hashlib.sha256("\n".join(paths).encode()).hexdigest() == step["sha256"]


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(0, 0), "tile/0/000"),
        (Tile(1, 999, 1), "tile/1/999.p/1"),
        (Tile(2, 1000, 255), "tile/2/x001/000.p/255"),
    ],
)
def test_paths(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert tile.entries_path == path.replace(f"tile/{tile.level}/", "tile/entries/")


def test_the_worked_example_of_the_format() -> None:
    assert [tile.path for tile in tiles(256)] == ["tile/0/000", "tile/1/000.p/1"]
    assert [tile.path for tile in tiles(257)] == ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]
    assert list(tiles(0)) == []


@given(st.integers(0, 70_000), st.integers(0, 3000))
def test_a_tree_has_its_old_full_tiles_and_its_new_ones(old: int, growth: int) -> None:
    whole, added = set(tiles(old + growth)), set(new_tiles(old, old + growth))
    assert whole == (set(tiles(old)) - set(partial_tiles(old))) | set(partial_tiles(old)) & whole | added
    assert not added & set(tiles(old))


@pytest.mark.parametrize(("old", "new"), [(-1, 0), (2, 1), (0, MAX_SIZE + 1)])
def test_sizes_out_of_range_are_refused(old: int, new: int) -> None:
    with refused(BAD_FIELD, "size"):
        list(new_tiles(old, new))


# Growing.


@given(st.lists(st.integers(0, 700), max_size=8), st.data())
def test_batches_make_the_tiles_of_one_large_batch(batches: list[int], data: st.DataObject) -> None:
    edge, stored = Edge(), dict[Tile, bytes]()
    for batch in batches:
        old = edge.size
        if data.draw(st.booleans(), "crash"):
            edge = Edge.restore(old, stored.__getitem__)
        made = edge.extend(LEAVES[old : old + batch])
        assert list(made) == list(new_tiles(old, old + batch))
        stored |= made
    whole = Edge()
    assert {tile: stored[tile] for tile in tiles(edge.size)} == whole.extend(LEAVES[: edge.size])
    assert edge.root() == whole.root() == root(LEAVES[: edge.size])


def test_the_root_over_every_level() -> None:
    assert Edge().root() == EMPTY_ROOT
    for size in (65_535, 65_536, 65_537, SIZE):
        edge = Edge()
        edge.extend(LEAVES[:size])
        assert edge.root() == root(LEAVES[:size])


def test_a_bad_hash_appends_nothing() -> None:
    edge = Edge()
    edge.extend(LEAVES[:3])
    with pytest.raises(MerkleError, match="32 bytes"):
        edge.extend([LEAVES[3], b"short"])
    assert (edge.size, edge.root()) == (3, root(LEAVES[:3]))


def test_a_cut_tile_cannot_be_taken_up() -> None:
    with refused(MALFORMED, "tile"):
        Edge.restore(3, lambda _tile: LEAVES[0] + LEAVES[1])


# Proofs from tiles.


@given(st.integers(1, SIZE), st.data())
def test_proofs_from_tiles_hold(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    read = hash_reader(size, lambda tile: WIDEST[tile.level, tile.index][: 32 * tile.width])
    top = range_root(range(size), read)
    verify_inclusion(LEAVES[index], index, size, prove_inclusion(index, size, read), top)
    verify_consistency(size, SIZE, prove_consistency(size, SIZE, READ), top, bytes.fromhex(VECTORS["root"]))


def test_a_changed_tile_proves_nothing() -> None:
    changed = {tile: data[:-1] + bytes([data[-1] ^ 1]) for tile, data in STORED.items()}
    with pytest.raises(MerkleError):
        verify_inclusion(LEAVES[777], 777, SIZE, prove_inclusion(777, SIZE, hash_reader(SIZE, changed.__getitem__)), root(LEAVES))


def test_a_subtree_is_read_from_the_narrowest_tile() -> None:
    assert tile_of(0, 69_999, SIZE) == Tile(0, 273, 112)
    assert tile_of(7, 1, SIZE) == Tile(0, 0)
    assert tile_of(8, 272, SIZE) == Tile(1, 1, 17)
    assert tile_of(16, 0, SIZE) == Tile(2, 0, 1)
    for level, index in ((0, SIZE), (8, 273), (17, 0), (0, -1)):
        with pytest.raises(MerkleError, match="no such subtree"):
            tile_of(level, index, SIZE)


# Bytes.


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_bundle_round_trip(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), len(entries)) == entries


@given(st.binary(max_size=64), st.integers(0, 8))
def test_any_bytes_are_a_bundle_or_refused(data: bytes, width: int) -> None:
    with suppress(Refused):
        assert encode_bundle(decode_bundle(data, width)) == data


def test_an_entry_is_framed_by_its_length() -> None:
    assert encode_bundle([b"", b"ab", b"c" * 256]) == b"\0\0" + b"\0\2ab" + b"\1\0" + b"c" * 256
    assert len(encode_bundle([bytes(65_535)])) == 65_537
    with refused(TOO_LARGE, "entry"):
        encode_bundle([b"a", bytes(65_536)])


@pytest.mark.parametrize(("data", "width"), [(b"\0\1a", 0), (b"\0\1a", 2), (b"\0\2a", 1), (b"\0\1a\0", 2), (b"\0\1a\0", 1)])
def test_cut_and_surplus_bundles_are_refused(data: bytes, width: int) -> None:
    with refused(MALFORMED, "bundle"):
        decode_bundle(data, width)


@pytest.mark.parametrize("length", [0, 31, 63, 65, 96])
def test_cut_and_surplus_tiles_are_refused(length: int) -> None:
    with refused(MALFORMED, "tile"):
        split_hashes(bytes(length), 2)
