"""The Merkle tree of RFC 6962 over leaf hashes: its root, inclusion proofs, consistency proofs, and checking them.

Pure: it asks whoever holds the tree for the roots of perfect subtrees (:class:`Nodes`) and never sees an event. Leaves
are counted from 0, so the event at position 1 is leaf 0. Every hash is 32 bytes of SHA-256; a leaf hash is SHA-256 of
``00`` and the leaf, an inner one SHA-256 of ``01``, left and right (RFC 6962, section 2.1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Protocol

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbouring subtrees into the one above them."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """The root over as many leaf hashes as a power of two."""
    sha256 = hashlib.sha256
    row = list(hashes)
    while len(row) > 1:
        pairs = iter(row)
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return row[0]


class Nodes(Protocol):
    """Holds a tree."""

    def node(self, level: int, index: int) -> bytes:
        """Return the root of the perfect subtree over the leaves [index · 2^level, (index + 1) · 2^level)."""


class Frontier:
    """The right edge of a growing tree: the roots of its perfect subtrees, the largest first; some 30 hashes."""

    def __init__(self, size: int = 0, roots: Sequence[bytes] = ()) -> None:
        """Begin with an empty tree, or go on from the edge of one with ``size`` leaves."""
        if len(roots) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} perfect subtrees, not {len(roots)}")
        self._size = size
        self._roots = list(roots)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._size

    @property
    def roots(self) -> tuple[bytes, ...]:
        """The roots of the perfect subtrees, the largest first."""
        return tuple(self._roots)

    def add(self, leaf: bytes, level: int = 0) -> None:
        """Add a leaf hash; or, with ``level``, the root of a perfect subtree of 2^level leaves.

        Raises ValueError where such a subtree cannot come next.
        """
        if self._size & ((1 << level) - 1):
            raise ValueError(f"a subtree of {1 << level} leaves cannot follow leaf {self._size}")
        higher = self._size >> level
        while higher & 1:
            leaf = node_hash(self._roots.pop(), leaf)
            higher >>= 1
        self._roots.append(leaf)
        self._size += 1 << level

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in their order."""
        for leaf in leaves:
            self.add(leaf)

    def join(self, later: Frontier) -> None:
        """Add the leaves of another edge behind one's own; its subtrees have to fit here, the largest first."""
        left = later.size
        for root in later.roots:
            level = left.bit_length() - 1
            self.add(root, level)
            left -= 1 << level

    def root(self) -> bytes:
        """The root of the whole tree (MTH)."""
        if not self._roots:
            return EMPTY_ROOT
        *left, root = self._roots
        for one in reversed(left):
            root = node_hash(one, root)
        return root

    def copy(self) -> Frontier:
        """An edge that grows by itself."""
        return Frontier(self._size, self._roots)


def frontier_of(nodes: Nodes, size: int) -> Frontier:
    """Return the right edge of the first ``size`` leaves of a tree."""
    roots, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            roots.append(nodes.node(level, start >> level))
            start += 1 << level
    return Frontier(size, roots)


def root_of(nodes: Nodes, size: int) -> bytes:
    """Return the root over the first ``size`` leaves."""
    return frontier_of(nodes, size).root()


def inclusion_path(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """Prove that leaf ``index`` is in the tree of ``size`` leaves: PATH(m, D[n]) of RFC 6962, section 2.1.1.

    Raises ValueError where there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_subtree(nodes, middle, end))
            end = middle
        else:
            path.append(_subtree(nodes, start, middle))
            start = middle
    return path[::-1]


def consistency_path(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """Prove that the tree of ``old`` leaves is how that of ``new`` begins: PROOF(m, D[n]) of RFC 6962, section 2.1.2.

    Empty for equal sizes. Raises ValueError unless 1 ≤ old ≤ new.
    """
    if not 1 <= old <= new:
        raise ValueError(f"there is no consistency proof from {old} to {new}: sizes are at least 1, and grow")
    path, start, end, known = [], 0, new, True
    while old < end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_subtree(nodes, middle, end))
            end = middle
        else:
            path.append(_subtree(nodes, start, middle))
            start, known = middle, False
    if not known:
        path.append(_subtree(nodes, start, end))
    return path[::-1]


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Check an inclusion proof, as RFC 9162, section 2.1.3.2 does."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for one in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(one, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, one)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def consistent(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Check a consistency proof, as RFC 9162, section 2.1.4.2 does."""
    if not 1 <= old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    was = now = hashes[0]
    for one in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            was, now = node_hash(one, was), node_hash(one, now)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            now = node_hash(now, one)
        place, last = place >> 1, last >> 1
    return last == 0 and was == old_root and now == new_root


def _split(leaves: int) -> int:
    """The largest power of two below a number of leaves that is more than one."""
    return 1 << (leaves - 1).bit_length() - 1


def _subtree(nodes: Nodes, start: int, end: int) -> bytes:
    """The root over the leaves [start, end), which begin where a subtree of their size may begin."""
    frontier = Frontier()
    while start < end:
        level = (end - start).bit_length() - 1
        frontier.add(nodes.node(level, start >> level), level)
        start += 1 << level
    return frontier.root()
