"""What was delivered before: looked up for a whole batch with one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from jiedao.domain.ports import InboxKey, KnownRecord
from jiedao.store.arrays import ByteaArray, TextArray
from jiedao.store.database import Database

# One index look-up for each key, whatever the planner believes of a table that has just been filled.
_KNOWN = b"""
SELECT k.source, k.external_id, i.incident_id, i.revision, i.content_mac
FROM unnest(%b, %b) AS k (source, external_id)
CROSS JOIN LATERAL (
    SELECT incident_id, revision, content_mac FROM inbox
    WHERE source = k.source AND external_id = k.external_id AND outcome IN ('accepted', 'revised', 'late')
    OFFSET 0
) AS i
"""
_KNOWN_DEAD = b"""
SELECT k.mac FROM unnest(%b) AS k (mac)
WHERE EXISTS (SELECT FROM inbox WHERE source = %s AND content_mac = k.mac AND outcome = 'dead')
"""


class InboxTable:
    """Implements :class:`~jiedao.domain.ports.Inbox` on the table ``inbox``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, keys: Sequence[InboxKey]) -> Mapping[InboxKey, KnownRecord]:
        """Look up which of the keys were recorded, and in which revisions."""
        if not keys:
            return {}
        distinct = list(dict.fromkeys(keys))
        arrays = [TextArray([key.source for key in distinct]), TextArray([key.external_id for key in distinct])]
        incidents: dict[InboxKey, UUID] = {}
        revisions: dict[InboxKey, dict[int, bytes]] = {}
        for source, external_id, incident_id, revision, mac in self._database.rows(_KNOWN, arrays):
            key = InboxKey(source, external_id)
            incidents[key] = incident_id
            revisions.setdefault(key, {})[revision] = mac
        return {key: KnownRecord(incidents[key], recorded) for key, recorded in revisions.items()}

    def known_dead(self, source: str, content_macs: Sequence[bytes]) -> frozenset[bytes]:
        """Look up which of the records (by keyed hash of their raw bytes) were already set aside."""
        if not content_macs:
            return frozenset()
        rows = self._database.rows(_KNOWN_DEAD, [ByteaArray(list(content_macs)), source])
        return frozenset(row[0] for row in rows)
