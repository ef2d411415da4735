"""The tree, its proofs and what tampering does to them."""

from collections.abc import Sequence

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    MerkleError,
    consistency_proof,
    consistency_ranges,
    inclusion_proof,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    range_root,
    root,
    subtrees,
    verify_consistency,
    verify_inclusion,
)
from tests.vectors import load

VECTORS = load("tree.json")
LEAVES = [leaf_hash(b"event-%d" % n) for n in range(70_000)]
ROOTS = {int(size): bytes.fromhex(value) for size, value in VECTORS["roots"].items()}
LIMIT = 70
SIZES = st.integers(1, LIMIT)


def unhex(hashes: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in hashes]


def flipped(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value, "big") ^ 1 << bit % (8 * len(value))).to_bytes(len(value), "big")


# Vectors made elsewhere.


@pytest.mark.parametrize("size", ROOTS)
def test_roots(size: int) -> None:
    assert root(LEAVES[:size]) == ROOTS[size]


def test_reference_tree() -> None:
    leaves = [leaf_hash(bytes.fromhex(data)) for data in VECTORS["reference"]["leaves"]]
    assert [root(leaves[: n + 1]) for n in range(8)] == unhex(VECTORS["reference"]["roots"])


def test_inclusion_proofs() -> None:
    for case in VECTORS["inclusion"]:
        index, size, proof = case["index"], case["size"], unhex(case["proof"])
        assert inclusion_proof(LEAVES, index, size) == proof
        verify_inclusion(LEAVES[index], index, size, proof, root(LEAVES[:size]))


def test_consistency_proofs() -> None:
    for case in VECTORS["consistency"]:
        old, new, proof = case["old_size"], case["new_size"], unhex(case["proof"])
        assert consistency_proof(LEAVES, old, new) == proof
        verify_consistency(old, new, proof, root(LEAVES[:old]), root(LEAVES[:new]))


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=40))
def test_roots_agree_with_an_independent_package(entries: list[bytes]) -> None:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)
    assert root([leaf_hash(entry) for entry in entries]) == tree.get_root()


# Proofs hold for every leaf and every pair of sizes, and for nothing else.


@given(SIZES, st.data())
def test_every_leaf_is_proved(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    verify_inclusion(LEAVES[index], index, size, inclusion_proof(LEAVES, index, size), root(LEAVES[:size]))


@given(SIZES, st.data())
def test_every_growth_is_proved(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    verify_consistency(old, new, consistency_proof(LEAVES, old, new), root(LEAVES[:old]), root(LEAVES[:new]))


@given(st.integers(2, LIMIT), st.integers(0, 255), st.data())
def test_a_changed_inclusion_proof_fails(size: int, bit: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaf, proof, top = LEAVES[index], inclusion_proof(LEAVES, index, size), root(LEAVES[:size])
    at = data.draw(st.integers(0, len(proof) - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index))
    changed = [
        (flipped(leaf, bit), index, size, proof, top),
        (leaf, index, size, proof, flipped(top, bit)),
        (leaf, other, size, proof, top),
        (LEAVES[other], index, size, proof, top),
        (leaf, index, size, [*proof[:at], flipped(proof[at], bit), *proof[at + 1 :]], top),
        (leaf, index, size, proof[:at] + proof[at + 1 :], top),
        (leaf, index, size, [*proof[:at], proof[at], *proof[at:]], top),
        (leaf, index, size, [*proof, top], top),
        (leaf, index, size + 1, proof, root(LEAVES[: size + 1])),
        (leaf, index, size - 1, proof, root(LEAVES[: size - 1])),
    ]
    for arguments in changed:
        with pytest.raises(MerkleError):
            verify_inclusion(*arguments)


@given(st.integers(2, LIMIT), st.integers(0, 255), st.data())
def test_a_changed_consistency_proof_fails(new: int, bit: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    proof, before, after = consistency_proof(LEAVES, old, new), root(LEAVES[:old]), root(LEAVES[:new])
    at = data.draw(st.integers(0, len(proof) - 1))
    changed = [
        (old, new, proof, flipped(before, bit), after),
        (old, new, proof, before, flipped(after, bit)),
        (old, new, proof, after, before),
        (old, new, [*proof[:at], flipped(proof[at], bit), *proof[at + 1 :]], before, after),
        (old, new, proof[:at] + proof[at + 1 :], before, after),
        (old, new, [*proof[:at], proof[at], *proof[at:]], before, after),
        (old, new, [], before, after),
        (old, new, [*proof, after], before, after),
        (old, new + 1, proof, before, root(LEAVES[: new + 1])),
        (old + 1, new, proof, root(LEAVES[: old + 1]), after),
        (new, old, proof, after, before),
    ]
    for arguments in changed:
        with pytest.raises(MerkleError):
            verify_consistency(*arguments)


@given(st.integers(2, LIMIT), st.data())
def test_a_log_that_rewrote_an_old_entry_cannot_prove_consistency(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    at = data.draw(st.integers(0, old - 1))
    rewritten = [*LEAVES[:at], leaf_hash(b"another event"), *LEAVES[at + 1 : new]]
    with pytest.raises(MerkleError):
        verify_consistency(old, new, consistency_proof(rewritten, old), root(LEAVES[:old]), root(rewritten))


# The edges of the rules.


def test_a_leaf_is_no_node() -> None:
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) != node_hash(left, right) == root([left, right])


def test_the_empty_tree() -> None:
    assert root([]) == EMPTY_ROOT == range_root(range(0), lambda _level, _index: b"")
    with pytest.raises(MerkleError, match="no such leaf"):
        verify_inclusion(LEAVES[0], 0, 0, [], EMPTY_ROOT)
    with pytest.raises(MerkleError, match="above 0"):
        verify_consistency(0, 1, [], EMPTY_ROOT, LEAVES[0])
    with pytest.raises(MerkleError, match="above 0"):
        consistency_proof(LEAVES[:1], 0)


def test_equal_sizes_need_equal_roots_and_no_proof() -> None:
    verify_consistency(5, 5, [], ROOTS[5], ROOTS[5])
    for proof, new_root in (([LEAVES[0]], ROOTS[5]), ([], ROOTS[6])):
        with pytest.raises(MerkleError, match="equal sizes"):
            verify_consistency(5, 5, proof, ROOTS[5], new_root)


@pytest.mark.parametrize("wrong", [b"", ROOTS[1][:31], ROOTS[1] + b"\0"])
def test_hashes_have_32_bytes(wrong: bytes) -> None:
    one, two, proof = ROOTS[1], ROOTS[2], [LEAVES[1]]
    with pytest.raises(MerkleError, match="32 bytes"):
        verify_inclusion(wrong, 0, 1, [], wrong)
    with pytest.raises(MerkleError, match="32 bytes"):
        verify_inclusion(one, 0, 2, [wrong], two)
    with pytest.raises(MerkleError, match="32 bytes"):
        verify_consistency(1, 1, [], wrong, wrong)
    with pytest.raises(MerkleError, match="32 bytes"):
        verify_consistency(1, 2, [*proof, wrong], one, two)
    with pytest.raises(MerkleError, match="32 bytes"):
        root([one, wrong])


@pytest.mark.parametrize(("index", "size"), [(-1, 1), (1, 1), (0, 0), (0, -1), (0, MAX_SIZE + 1)])
def test_there_are_no_leaves_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(MerkleError, match="no such leaf"):
        verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])
    with pytest.raises(MerkleError, match="no such leaf"):
        inclusion_ranges(index, size)


@pytest.mark.parametrize(("old", "new"), [(-1, 1), (0, 1), (2, 1), (1, MAX_SIZE + 1)])
def test_a_tree_only_grows(old: int, new: int) -> None:
    with pytest.raises(MerkleError, match="old size"):
        verify_consistency(old, new, [], LEAVES[0], LEAVES[0])
    with pytest.raises(MerkleError, match="old size"):
        consistency_ranges(old, new)


def test_no_proof_in_a_tree_of_more_leaves_than_given() -> None:
    with pytest.raises(MerkleError, match="no such tree"):
        inclusion_proof(LEAVES[:3], 0, 4)
    with pytest.raises(MerkleError, match="no such tree"):
        consistency_proof(LEAVES[:3], 1, 4)


def test_the_largest_tree_has_short_proofs() -> None:
    assert len(inclusion_ranges(0, MAX_SIZE)) == 63
    assert len(consistency_ranges(MAX_SIZE - 2, MAX_SIZE)) == 64


@given(st.integers(1, 2**40), st.data())
def test_subtrees_part_each_range_of_a_proof(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    for leaves in [*inclusion_ranges(index, size), *consistency_ranges(index + 1, size), range(size)]:
        parts = [range(n << level, (n + 1) << level) for level, n in subtrees(leaves)]
        assert [part.start for part in parts] == [leaves.start, *(part.stop for part in parts[:-1])]
        assert parts[-1].stop == leaves.stop
        assert sorted(parts, key=len, reverse=True) == parts
