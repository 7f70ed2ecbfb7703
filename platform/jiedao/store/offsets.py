"""How far each consumer has come. Offsets are moved only by the units of the batches they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jiedao.store.database import Database

_READ = b"""
SELECT partition, next_offset FROM feed_offset
WHERE consumer_group = %s AND topic = %s AND partition = ANY(%s::integer[])
"""


class OffsetTable:
    """Reads the stored offsets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, group: str, topic: str, partitions: Sequence[int]) -> Mapping[int, int]:
        """Return partition → next offset to read, for those of the partitions that have one stored."""
        with self._database.connection() as connection:
            rows = connection.execute(_READ, [group, topic, list(partitions)]).fetchall()
        return {int(row[0]): int(row[1]) for row in rows}
