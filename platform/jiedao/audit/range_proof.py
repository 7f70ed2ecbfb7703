"""Proves that a whole range of positions is in the tree of a checkpoint: the roots of everything beside it.

RFC 6962 splits a tree at the largest power of two below its size. Walking it from left to right, what lies within the
range is computed from its leaves, and what lies wholly beside it is given by its root: some two hashes a level.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from jiedao.audit.merkle import Frontier, Nodes, node_hash


def range_path(nodes: Nodes, start: int, end: int, size: int) -> list[bytes]:
    """Return the roots beside the leaves [start, end) of the tree of ``size`` leaves, from left to right.

    Raises ValueError for a range that is empty or goes beyond the tree.
    """
    _check(start, end, size)

    def beside(low: int, high: int) -> Iterator[bytes]:
        if start <= low and high <= end:
            return
        if high <= start or end <= low:
            yield _subtree(nodes, low, high)
            return
        middle = low + _split(high - low)
        yield from beside(low, middle)
        yield from beside(middle, high)

    return list(beside(0, size))


def range_root(leaves: Iterable[bytes], start: int, end: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root of the tree of ``size`` leaves that the leaf hashes of [start, end) and a path make.

    In constant memory. Raises ValueError where there are too few or too many of either.
    """
    _check(start, end, size)
    given, beside = iter(leaves), iter(path)

    def root(low: int, high: int) -> bytes:
        if start <= low and high <= end:
            frontier = Frontier()
            frontier.extend(islice(given, high - low))
            if frontier.size != high - low:
                raise ValueError("there are fewer leaves than the range is long")
            return frontier.root()
        if high <= start or end <= low:
            one = next(beside, None)
            if one is None:
                raise ValueError("the path is too short")
            return one
        middle = low + _split(high - low)
        left = root(low, middle)
        return node_hash(left, root(middle, high))

    made = root(0, size)
    if next(given, None) is not None or next(beside, None) is not None:
        raise ValueError("there are more leaves or hashes than belong to the range")
    return made


def _check(start: int, end: int, size: int) -> None:
    if not 0 <= start < end <= size:
        raise ValueError(f"the leaves [{start}, {end}) are no range of a tree of {size}")


def _split(leaves: int) -> int:
    return 1 << (leaves - 1).bit_length() - 1


def _subtree(nodes: Nodes, low: int, high: int) -> bytes:
    frontier = Frontier()
    while low < high:
        level = (high - low).bit_length() - 1
        frontier.add(nodes.node(level, low >> level), level)
        low += 1 << level
    return frontier.root()
