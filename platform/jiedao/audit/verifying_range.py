"""Verifies a stretch of the log from its stored bytes: every event, and the roots at which checkpoints were made.

A stretch is 65,536 positions, a perfect subtree of the whole; so stretches can be verified apart, in processes of their
own, and put together by their roots. Each takes constant memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.audit.faults import Fault, FaultKind
from jiedao.audit.kept_places import KeptPlaces
from jiedao.audit.merkle import HASH_BYTES, Frontier, perfect_root
from jiedao.audit.published import LedgerFaultError, PublishedLedger
from jiedao.audit.tiles import LEVEL_BITS, WIDTH, Tile
from jiedao.domain.errors import NotFoundError
from jiedao.store.archive_reading import ArchiveReader, ArchiveUnreadableError, RemovedRange, parted
from jiedao.store.database import connect_alone
from jiedao.store.ledger_reading import HashedRow, UnreadableLogError, hashed_rows

STRETCH = 1 << 16
"""Positions of a stretch."""

MOST_FAULTS = 20
"""How many faults of a stretch are told of; one is enough to say that it does not hold."""

# In the order of positions, from the index: never the whole log sorted somewhere on the server.
_IN_ORDER = b"SET enable_sort = off; SET enable_bitmapscan = off; SET enable_seqscan = off"
_NONE = bytes(HASH_BYTES)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is to be verified: the positions ``first`` to ``last``.

    ``sizes`` are those of checkpoints within it. ``published`` is how many events are published in ``folder``,
    ``removed`` the ranges that left the database by the recorded procedure, read from the folder ``archives``.
    """

    first: int
    last: int
    sizes: Sequence[int]
    published: int
    folder: Path
    removed: Sequence[RemovedRange]
    archives: Path | None


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of it: its edge, the edges at the sizes asked for (both counted from its first leaf), and faults."""

    size: int
    roots: tuple[bytes, ...]
    edges: Sequence[tuple[int, tuple[bytes, ...]]]
    faults: Sequence[Fault]


def verify_apart(url: str, stretch: Stretch) -> Verified:
    """Verify a stretch over a connection of its own."""
    with connect_alone(url, "jiedao-audit-verify") as connection:
        return verify_stretch(connection, stretch)


def verify_stretch(connection: Connection[TupleRow], stretch: Stretch) -> Verified:
    """Verify a stretch."""
    connection.execute(_IN_ORDER)
    return _StretchVerification(stretch).run(connection)


class _StretchVerification:
    """One run over a stretch: tile by tile where all is well, event by event where it is not, or a checkpoint lies."""

    def __init__(self, stretch: Stretch) -> None:
        self._stretch = stretch
        self._frontier = Frontier()
        self._faults: list[Fault] = []
        self._published = _PublishedLeaves(stretch)
        self._expected = stretch.first
        self._wanted = deque(sorted(stretch.sizes))
        self._edges: list[tuple[int, tuple[bytes, ...]]] = []

    def run(self, connection: Connection[TupleRow]) -> Verified:
        rows = self._rows(connection)
        try:
            while block := list(islice(rows, WIDTH - (self._expected - 1) % WIDTH)):
                if not self._whole(block):
                    for row in block:
                        self._one(*row)
            self._missing_before(self._stretch.last + 1)
        except UnreadableLogError as error:
            self._fault(self._expected, FaultKind.UNREADABLE, str(error))
        faults = [*self._faults, *self._published.faults]
        return Verified(self._frontier.size, self._frontier.roots, self._edges, faults)

    def _rows(self, connection: Connection[TupleRow]) -> Iterator[HashedRow]:
        """The events of the stretch, each hashed here: from the table, and from the archives of what has left it."""
        for first, last, removed in parted(self._stretch.removed, self._stretch.first, self._stretch.last):
            if removed is None:
                yield from hashed_rows(connection, first, last)
            else:
                yield from self._archived(connection, removed, first, last)

    def _archived(
        self, connection: Connection[TupleRow], removed: RemovedRange, first: int, last: int
    ) -> Iterator[HashedRow]:
        """As much of an archive as can be read, whatever it hashes to; what cannot be is passed over."""
        places = KeptPlaces(connection, first, last)
        try:
            for begins, read in ArchiveReader(self._stretch.archives).raw_blocks(removed, first, last):
                if isinstance(read, str):
                    self._fault(max(begins, first), FaultKind.ARCHIVE, read)
                    continue
                block = read.between(first, last)
                for position in places.other(block):
                    sentence = f"what the database keeps of the archived event at position {position} is not as it was"
                    self._fault(position, FaultKind.REMOVAL, sentence)
                yield from zip(block.positions, block.computed, block.stored, strict=True)
        except ArchiveUnreadableError:
            return  # whoever looked at the archives before says which are not there

    def _whole(self, block: Sequence[HashedRow]) -> bool:
        """Take a whole tile of events at once; false, and nothing is taken, where anything about it is not plain."""
        last = self._expected + WIDTH - 1
        if len(block) != WIDTH or (self._wanted and self._wanted[0] < last):
            return False
        positions, hashes, stored = zip(*block, strict=True)
        computed = b"".join(hashes)
        if positions != tuple(range(self._expected, last + 1)) or computed != b"".join(stored):
            return False
        if self._expected <= self._stretch.published and self._published.content(self._expected) != computed:
            return False
        self._add(perfect_root(hashes), LEVEL_BITS)
        return True

    def _one(self, position: int, computed: bytes, stored: bytes) -> None:
        """Take one event, and note what does not hold of it."""
        self._missing_before(position)
        if position < self._expected:
            self._fault(position, FaultKind.TWICE, f"此处有两条记录 there are two events at position {position}")
            return
        if computed != stored:
            self._fault(
                position,
                FaultKind.CONTENT,
                f"内容不是当时追加的 the event at position {position} is not what was appended there",
            )
        elif position <= self._stretch.published and self._published.leaf(position) not in {computed, None}:
            self._fault(
                position,
                FaultKind.REWRITTEN,
                f"不是公布过的那一条，虽与其哈希相符 the event at position {position} is not the one that was"
                " published, though its hash fits it",
            )
        self._add(computed)

    def _missing_before(self, position: int) -> None:
        """Take what is missing before a position as it was published, and note it where it was not removed."""
        while self._expected < position:
            missing = self._expected
            if not any(missing in one for one in self._stretch.removed):
                self._fault(missing, FaultKind.MISSING, f"此处没有记录 there is no event at position {missing}")
            published = self._published.leaf(missing) if missing <= self._stretch.published else None
            self._add(published or _NONE)

    def _add(self, root: bytes, level: int = 0) -> None:
        self._frontier.add(root, level)
        self._expected += 1 << level
        if self._wanted and self._wanted[0] == self._expected - 1:
            self._wanted.popleft()
            self._edges.append((self._frontier.size, self._frontier.roots))

    def _fault(self, position: int, kind: FaultKind, sentence: str) -> None:
        if len(self._faults) < MOST_FAULTS:
            self._faults.append(Fault(position, kind, sentence))


class _PublishedLeaves:
    """The leaf hashes that were published, a tile at a time; those of a tile that is damaged are none."""

    def __init__(self, stretch: Stretch) -> None:
        self.faults: list[Fault] = []
        self._size = stretch.published
        self._published = PublishedLedger(stretch.folder)
        self._index = -1
        self._content = b""

    def leaf(self, position: int) -> bytes | None:
        place = (position - 1) % WIDTH
        return self.content(position)[place * HASH_BYTES : (place + 1) * HASH_BYTES] or None

    def content(self, position: int) -> bytes:
        """The hashes of the tile that holds a position, as far as they are published."""
        index = (position - 1) // WIDTH
        if index != self._index:
            self._index, self._content = index, self._read(index)
        return self._content

    def _read(self, index: int) -> bytes:
        tile = Tile(0, index, min(WIDTH, self._size - index * WIDTH))
        try:
            return self._published.tile(tile)
        except (LedgerFaultError, NotFoundError, OSError) as error:
            if len(self.faults) < MOST_FAULTS:
                self.faults.append(Fault(index * WIDTH + 1, FaultKind.PUBLISHED, str(error)))
            return b""
