"""The Merkle tree of the log (RFC 6962 section 2.1, RFC 9162 section 2.1): hashes, roots, proofs, verification.

Decides whether a leaf is in a tree and whether one tree continues another. Hashes are 32 raw bytes (SHA-256). Nothing
here knows who signed a root, nor what a leaf means. Consistency from size 0 is an error: an empty tree proves nothing,
and a caller that accepts a first checkpoint must say so itself.

A tree is read through a `HashReader`, so that proofs come from tiles (core.tiles) as well as from a list of leaf hashes.
The functions that name ranges and subtrees tell an asynchronous caller what to fetch before it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
MAX_SIZE: Final = 2**63 - 1
EMPTY_ROOT: Final = sha256(b"").digest()

HashReader = Callable[[int, int], bytes]
"""(level, index) to the hash of the complete subtree over the leaves [index * 2^level, (index + 1) * 2^level)."""


class MerkleError(Exception):
    """A proof does not hold, or a question about a tree has no answer; the message says why."""


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data): the leaf of an entry."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right): the node above two hashes."""
    return sha256(b"\1" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over all given leaf hashes; SHA-256 of nothing when there are none.

    Pairs neighbours and passes an odd last hash up unchanged, which gives the same tree as the recursive definition.
    Hence it also joins the roots of equal subtrees, of which the last may be incomplete.

    Raises:
        MerkleError: a hash is not 32 bytes.
    """
    check_hashes(leaf_hashes)
    row = list(leaf_hashes)
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        row = [*map(node_hash, row[0::2], row[1::2]), *odd]
    return row[0] if row else EMPTY_ROOT


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int, size: int | None = None) -> list[bytes]:
    """Proves leaf `index` in the tree of the first `size` leaves (default all): the sibling hashes, leaf to root.

    Raises:
        MerkleError: there is no such leaf or no such tree.
    """
    return prove_inclusion(index, _size_within(leaf_hashes, size), _reader(leaf_hashes))


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int, new_size: int | None = None) -> list[bytes]:
    """Proves that the tree of `new_size` leaves (default all) continues the one of `old_size` (RFC 6962 section 2.1.2).

    Raises:
        MerkleError: there is no such tree, or `old_size` is 0 or above `new_size`.
    """
    return prove_consistency(old_size, _size_within(leaf_hashes, new_size), _reader(leaf_hashes))


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Checks that the leaf stands at `index` in the tree of this size and root (RFC 9162 section 2.1.3.2).

    Raises:
        MerkleError: it does not, or a hash is missing, surplus or not 32 bytes.
    """
    check_hashes((leaf_hash, root, *proof))
    _check_leaf(index, size)
    computed = leaf_hash
    for is_left, sibling in _beside(index, size - 1, proof):
        computed = node_hash(sibling, computed) if is_left else node_hash(computed, sibling)
    if computed != root:
        raise MerkleError("the proof leads to another root")


def verify_consistency(old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Checks that the new tree continues the old one (RFC 9162 section 2.1.4.2).

    Raises:
        MerkleError: it does not, a hash is missing, surplus or not 32 bytes, or the old tree is empty.
    """
    check_hashes((old_root, new_root, *proof))
    _check_sizes(old_size, new_size)
    if old_size == new_size:
        if proof or old_root != new_root:
            raise MerkleError("equal sizes need equal roots and an empty proof")
        return
    # The last complete subtree of the old tree stands in both trees. It opens the proof unless it is the old tree.
    level = (old_size & -old_size).bit_length() - 1
    path = [old_root, *proof] if old_size == 1 << level else list(proof)
    if not path:
        raise MerkleError("the proof is too short")
    old = new = path[0]
    for is_left, sibling in _beside((old_size - 1) >> level, (new_size - 1) >> level, path[1:]):
        old = node_hash(sibling, old) if is_left else old
        new = node_hash(sibling, new) if is_left else node_hash(new, sibling)
    if old != old_root:
        raise MerkleError("the proof leads to another old root")
    if new != new_root:
        raise MerkleError("the proof leads to another new root")


def prove_inclusion(index: int, size: int, read: HashReader) -> list[bytes]:
    """As `inclusion_proof`, from a reader that knows the subtrees of `inclusion_ranges`."""
    return [range_root(leaves, read) for leaves in inclusion_ranges(index, size)]


def prove_consistency(old_size: int, new_size: int, read: HashReader) -> list[bytes]:
    """As `consistency_proof`, from a reader that knows the subtrees of `consistency_ranges`."""
    return [range_root(leaves, read) for leaves in consistency_ranges(old_size, new_size)]


def inclusion_ranges(index: int, size: int) -> list[range]:
    """The leaves under each hash of an inclusion proof, leaf to root.

    Raises:
        MerkleError: there is no such leaf.
    """
    _check_leaf(index, size)
    node, siblings = range(size), list[range]()
    while len(node) > 1:
        node, sibling = _halves(node, index)
        siblings.append(sibling)
    return siblings[::-1]


def consistency_ranges(old_size: int, new_size: int) -> list[range]:
    """The leaves under each hash of a consistency proof, in the order of RFC 6962.

    Raises:
        MerkleError: `old_size` is 0 or above `new_size`.
    """
    _check_sizes(old_size, new_size)
    node, siblings = range(new_size), list[range]()
    while node.stop != old_size:
        node, sibling = _halves(node, old_size - 1)
        siblings.append(sibling)
    return [node] * bool(node.start) + siblings[::-1]


def range_root(leaves: range, read: HashReader) -> bytes:
    """The root over a range of leaves that is a node of some tree: its complete subtrees, joined from the right.

    `range_root(range(size), read)` is the root of the tree of that size.
    """
    hashes = [read(level, index) for level, index in subtrees(leaves)]
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes)) if hashes else EMPTY_ROOT


def subtrees(leaves: range) -> Iterator[tuple[int, int]]:
    """The complete subtrees, as (level, index), that make up a range of leaves which is a node of some tree."""
    start = leaves.start
    for level in reversed(range(len(leaves).bit_length())):
        if len(leaves) >> level & 1:
            yield level, start >> level
            start += 1 << level


def check_hashes(hashes: Iterable[bytes]) -> None:
    """Checks that every hash has 32 bytes; else an empty leaf would prove an empty root.

    Raises:
        MerkleError: one has not.
    """
    if any(len(item) != HASH_BYTES for item in hashes):
        raise MerkleError("a hash is not 32 bytes")


def _halves(node: range, leaf: int) -> tuple[range, range]:
    """The child of a node that holds the leaf, and its sibling; the left child is the largest complete one."""
    middle = node.start + (1 << (len(node) - 1).bit_length() - 1)
    left, right = range(node.start, middle), range(middle, node.stop)
    return (left, right) if leaf < middle else (right, left)


def _beside(node: int, last: int, proof: Sequence[bytes]) -> Iterator[tuple[bool, bytes]]:
    """Each hash of a proof with whether it stands on the left, on the way from `node` of a row up to the root.

    `last` is the last index of that row. A last node without a sibling moves up unchanged.

    Raises:
        MerkleError: the proof has a hash too few or too many.
    """
    hashes = iter(proof)
    while last:
        is_left = bool(node & 1)
        if is_left or node < last:
            sibling = next(hashes, None)
            if sibling is None:
                raise MerkleError("the proof is too short")
            yield is_left, sibling
        node, last = node >> 1, last >> 1
    if next(hashes, None) is not None:
        raise MerkleError("the proof is too long")


def _check_leaf(index: int, size: int) -> None:
    if not 0 <= index < size <= MAX_SIZE:
        raise MerkleError("there is no such leaf")


def _check_sizes(old_size: int, new_size: int) -> None:
    if not 0 < old_size <= new_size <= MAX_SIZE:
        raise MerkleError("the old size must be above 0 and not above the new size")


def _size_within(leaf_hashes: Sequence[bytes], size: int | None) -> int:
    if size is not None and size > len(leaf_hashes):
        raise MerkleError("there is no such tree")
    return len(leaf_hashes) if size is None else size


def _reader(leaf_hashes: Sequence[bytes]) -> HashReader:
    return lambda level, index: root(leaf_hashes[index << level : (index + 1) << level])
