"""RFC 6962's own recursive definitions, written down as they stand there; slow, and for comparing with."""

from __future__ import annotations

import hashlib


def leaf_hash(leaf):
    return hashlib.sha256(b"\x00" + leaf).digest()


def largest_power_below(number):
    power = 1
    while power * 2 < number:
        power *= 2
    return power


def tree_hash(hashes):
    """MTH, over leaf hashes."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = largest_power_below(len(hashes))
    return hashlib.sha256(b"\x01" + tree_hash(hashes[:k]) + tree_hash(hashes[k:])).digest()


def path(m, hashes):
    """PATH(m, D[n])."""
    if len(hashes) == 1:
        return []
    k = largest_power_below(len(hashes))
    if m < k:
        return [*path(m, hashes[:k]), tree_hash(hashes[k:])]
    return [*path(m - k, hashes[k:]), tree_hash(hashes[:k])]


def proof(m, hashes):
    """PROOF(m, D[n])."""
    return _subproof(m, hashes, b=True)


def _subproof(m, hashes, *, b):
    n = len(hashes)
    if m == n:
        return [] if b else [tree_hash(hashes)]
    k = largest_power_below(n)
    if m <= k:
        return [*_subproof(m, hashes[:k], b=b), tree_hash(hashes[k:])]
    return [*_subproof(m - k, hashes[k:], b=False), tree_hash(hashes[:k])]


class HeldTree:
    """Holds the leaf hashes of a tree in memory."""

    def __init__(self, hashes):
        self.hashes = list(hashes)

    def node(self, level, index):
        assert (index + 1) << level <= len(self.hashes)
        return tree_hash(self.hashes[index << level : (index + 1) << level])
