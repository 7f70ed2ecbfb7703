"""The tree as tiles: files of up to 256 hashes each, as C2SP's tlog-tiles lays them down.

A tile at level L holds the roots over 256^L leaves each, 256 of them beside one another; the last one of a level may
be partial, and is replaced when it is full. From the tiles of a tree every proof can be worked out without the log.

What tlog-tiles calls entry bundles is not published: an event may be longer than the 65,535 bytes that they can hold,
and what reporters sent, though encrypted, should not lie about in copies that nobody can take back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from jiedao.audit.merkle import HASH_BYTES, node_hash

WIDTH = 256
"""The hashes of a full tile."""

LEVEL_BITS = 8
_DIGITS = 1_000
_CACHED = 512
_PATH = re.compile(r"(?P<level>\d|[1-5]\d|6[0-3])/(?P<index>(?:x\d{3}/)*\d{3})(?:\.p/(?P<width>[1-9]\d{0,2}))?")


@dataclass(frozen=True, slots=True)
class Tile:
    """Which tile: its level, its place in the level, and how many hashes it has (256: it is full)."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it stands below ``tile/``: ``0/x001/x234/067`` or ``0/000.p/17``."""
        groups = [f"{self.index % _DIGITS:03}"]
        rest = self.index // _DIGITS
        while rest:
            groups.insert(0, f"x{rest % _DIGITS:03}")
            rest //= _DIGITS
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"{self.level}/{'/'.join(groups)}{partial}"

    @property
    def full(self) -> bool:
        """Whether it will never change."""
        return self.width == WIDTH


def read_path(path: str) -> Tile | None:
    """Return the tile that a path names; ``None`` where it names none."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    index = int(match["index"].replace("x", "").replace("/", ""))
    tile = Tile(int(match["level"]), index, int(match["width"] or WIDTH))
    return tile if tile.path == path else None


def tiles_of(size: int, before: int = 0) -> Iterator[Tile]:
    """Name the tiles that a tree of ``size`` leaves has and one of ``before`` had not, the lowest level first."""
    level = 0
    while size >> level * LEVEL_BITS:
        here, there = size >> level * LEVEL_BITS, before >> level * LEVEL_BITS
        if here != there:
            for index in range(there // WIDTH, here // WIDTH):
                yield Tile(level, index)
            if here % WIDTH:
                yield Tile(level, here // WIDTH, here % WIDTH)
        level += 1


ReadTile = Callable[[Tile], bytes]
"""Returns a tile's hashes, 32 bytes each; raises an error of its own where it has none."""


class TiledTree:
    """The tree of ``size`` leaves whose tiles are read by ``read``: answers for every perfect subtree in it."""

    def __init__(self, size: int, read: ReadTile) -> None:
        self.size = size
        self._pyramid = lru_cache(_CACHED)(lambda level, index: _pyramid(read(self._tile(level, index))))

    def node(self, level: int, index: int) -> bytes:
        """Return the root of the perfect subtree over the leaves [index · 2^level, (index + 1) · 2^level).

        Raises ValueError where the tree does not hold it whole.
        """
        if (index + 1) << level > self.size:
            raise ValueError(f"a tree of {self.size} leaves does not hold subtree {index} of level {level}")
        tile_level, height = divmod(level, LEVEL_BITS)
        first = index << height
        rows = self._pyramid(tile_level, first // WIDTH)
        return rows[height][first % WIDTH >> height]

    def _tile(self, level: int, index: int) -> Tile:
        return Tile(level, index, min(WIDTH, (self.size >> level * LEVEL_BITS) - index * WIDTH))


def _pyramid(content: bytes) -> list[list[bytes]]:
    """The hashes of a tile, and above them those of every pair, as far as they go."""
    rows = [[content[start : start + HASH_BYTES] for start in range(0, len(content), HASH_BYTES)]]
    while len(rows) < LEVEL_BITS:
        below = rows[-1]
        rows.append([node_hash(below[place], below[place + 1]) for place in range(0, len(below) - 1, 2)])
    return rows
