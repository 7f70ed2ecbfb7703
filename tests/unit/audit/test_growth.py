"""The growing edge writes exactly the tiles that the tree has, however the leaves come."""

from __future__ import annotations

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from jiedao.audit.growth import GrowingTree
from jiedao.audit.tiles import TiledTree, tiles_of
from tests.unit.audit.naive_tree import HeldTree, tree_hash

LEAVES = [hashlib.sha256(b"%d" % number).digest() for number in range(66_000)]


def grown_in(steps):
    """The tiles that were written while the tree grew by these steps, each step from what was published before."""
    tiles, tree = {}, GrowingTree()
    for step in steps:
        before = set(tiles)
        tiles.update(tree.grow(LEAVES[tree.size : tree.size + step]))
        assert set(tiles) - before <= set(tiles_of(tree.size))
        if tree.size:
            tree = GrowingTree(TiledTree(tree.size, tiles.__getitem__))
    return tree, tiles


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 400), max_size=6))
def test_tiles_and_root_are_those_of_the_tree_however_it_grew(steps):
    tree, tiles = grown_in(steps)
    held = HeldTree(LEAVES[: tree.size])
    assert tree.root() == tree_hash(held.hashes)
    for tile in tiles_of(tree.size):
        assert tiles[tile] == b"".join(held.node(8 * tile.level, tile.index * 256 + n) for n in range(tile.width))


def test_a_tree_of_three_levels_grows_from_its_tiles():
    tree, tiles = grown_in([65_535, 1, 464])
    assert tree.root() == tree_hash(LEAVES)
    assert set(tiles_of(66_000)) <= set(tiles)
    assert {tile.level for tile in tiles_of(66_000)} == {0, 1, 2}


def test_a_copy_grows_by_itself():
    tree = GrowingTree()
    list(tree.grow(LEAVES[:10]))
    copy = tree.copy()
    list(copy.grow(LEAVES[10:300]))
    assert (tree.size, copy.size) == (10, 300)
    assert tree.root() == tree_hash(LEAVES[:10])
    list(tree.grow(LEAVES[10:300]))
    assert tree.root() == copy.root()
