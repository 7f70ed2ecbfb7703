"""Tiles: their paths and numbers as the specification gives them, and that a tree is its tiles."""

from __future__ import annotations

import hashlib

import pytest

from jiedao.audit.merkle import inclusion_path, root_of
from jiedao.audit.tiles import Tile, TiledTree, read_path, tiles_of
from tests.unit.audit.naive_tree import HeldTree, path, tree_hash

LEAVES = [hashlib.sha256(b"%d" % number).digest() for number in range(700)]


def tile_content(held, tile):
    """A tile's hashes by the specification's formula."""
    return b"".join(held.node(8 * tile.level, tile.index * 256 + place) for place in range(tile.width))


def test_paths_are_those_of_the_specification():
    assert Tile(0, 1234067).path == "0/x001/x234/067"
    assert Tile(3, 0, 17).path == "3/000.p/17"
    for tile in (Tile(0, 0), Tile(0, 999, 255), Tile(1, 1000), Tile(63, 123456789, 1)):
        assert read_path(tile.path) == tile
    for wrong in (
        "0/1",
        "0/x000/001",
        "00/000",
        "64/000",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/01",
        "0/../000",
        "x/000",
        "0/000/",
    ):
        assert read_path(wrong) is None, wrong


@pytest.mark.parametrize(("size", "counts"), [
    (0, {}),
    (1, {(0, 1): 1}),
    (256, {(0, 256): 1, (1, 1): 1}),
    # The example of the specification.
    (70_000, {(0, 256): 273, (0, 112): 1, (1, 256): 1, (1, 17): 1, (2, 1): 1}),
])  # fmt: skip
def test_a_tree_has_the_tiles_of_the_specification(size, counts):
    found = {}
    for tile in tiles_of(size):
        found[tile.level, tile.width] = found.get((tile.level, tile.width), 0) + 1
    assert found == counts


def test_growth_names_what_is_new_and_leaves_nothing_out():
    for before, size in ((0, 700), (1, 2), (255, 256), (256, 257), (300, 700), (511, 513), (700, 700)):
        new, had, has = set(tiles_of(size, before)), set(tiles_of(before)), set(tiles_of(size))
        assert new == has - had, (before, size)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 600, 700])
def test_a_tree_is_its_tiles(size):
    held = HeldTree(LEAVES[:size])
    tree = TiledTree(size, lambda tile: tile_content(held, tile))
    assert root_of(tree, size) == tree_hash(LEAVES[:size])
    for index in {0, size // 2, size - 1}:
        assert inclusion_path(tree, index, size) == path(index, LEAVES[:size])
    with pytest.raises(ValueError, match="does not hold"):
        tree.node(0, size)
