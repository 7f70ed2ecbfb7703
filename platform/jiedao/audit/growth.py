"""The right edge of a tiled tree while it grows: takes leaf hashes in, gives the tiles out that are new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jiedao.audit.merkle import Frontier, frontier_of, perfect_root
from jiedao.audit.tiles import LEVEL_BITS, WIDTH, Tile, TiledTree


class GrowingTree:
    """A tree of which only the edge is held: its partial tiles, some 30 kB at most."""

    def __init__(self, tree: TiledTree | None = None) -> None:
        """Begin empty, or go on from a published tree."""
        self._frontier = Frontier() if tree is None else frontier_of(tree, tree.size)
        self._edges: list[list[bytes]] = [] if tree is None else list(_edges(tree))

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._frontier.size

    def root(self) -> bytes:
        """The root over them."""
        return self._frontier.root()

    def copy(self) -> GrowingTree:
        """A tree that grows by itself."""
        copied = GrowingTree()
        copied._frontier = self._frontier.copy()  # one of its own kind
        copied._edges = [list(edge) for edge in self._edges]  # as above
        return copied

    def grow(self, leaves: Iterable[bytes]) -> Iterator[tuple[Tile, bytes]]:
        """Take leaf hashes in; yields each full tile as soon as it is full, and at the end the partial ones."""
        before = self.size
        for leaf in leaves:
            self._frontier.add(leaf)
            yield from self._put(0, leaf)
        for level, edge in enumerate(self._edges):
            if edge and self.size >> level * LEVEL_BITS != before >> level * LEVEL_BITS:
                yield Tile(level, self.size >> (level + 1) * LEVEL_BITS, len(edge)), b"".join(edge)

    def _put(self, level: int, node: bytes) -> Iterator[tuple[Tile, bytes]]:
        if level == len(self._edges):
            self._edges.append([])
        edge = self._edges[level]
        edge.append(node)
        if len(edge) == WIDTH:
            content = b"".join(edge)
            self._edges[level] = []
            yield Tile(level, (self.size - 1) >> (level + 1) * LEVEL_BITS), content
            yield from self._put(level + 1, perfect_root(edge))


def _edges(tree: TiledTree) -> Iterator[list[bytes]]:
    """The hashes of the partial tile of each level."""
    level = 0
    while (reached := tree.size >> level * LEVEL_BITS) > 0:
        first = reached - reached % WIDTH
        yield [tree.node(level * LEVEL_BITS, index) for index in range(first, reached)]
        level += 1
