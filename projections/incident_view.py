"""The incident view: one current row per incident, what it says to be searched, and how many incidents stand where."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter

from psycopg import Connection
from psycopg.rows import TupleRow

from projections.folding import INCIDENT_TOPICS, Folded
from projections.incident_row import COLUMNS, as_tuple
from projections.incident_text import write_texts
from projections.reporter_incident import ERASURE_TOPICS, carried_out
from projections.rows import copy_rows

_counted = attrgetter("street_code", "platform", "state")

_ADD_COUNTS = """
INSERT INTO incident_count AS known (street_code, platform, state, incidents)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[])
ON CONFLICT ON CONSTRAINT incident_count_once DO UPDATE SET incidents = known.incidents + excluded.incidents
"""

_FORGET = """
UPDATE incident_view SET reporter_key = NULL
WHERE incident_id = ANY(%s) AND reporter_key = ANY(%s)
"""


class IncidentView:
    """Writes ``incident_view``, ``incident_text`` and ``incident_count``."""

    name = "incident_view"
    revision = 5
    topics = (INCIDENT_TOPICS, ERASURE_TOPICS)

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Replace the rows of the incidents that changed; add what the counts gained and lost; forget the erased."""
        if folded.after:
            if folded.before:
                connection.execute("DELETE FROM incident_view WHERE incident_id = ANY(%s)", [list(folded.before)])
            copy_rows(connection, "incident_view", COLUMNS, map(as_tuple, folded.after.values()))
            write_texts(connection, folded)
            _count(connection, folded)
        for erasure in carried_out(folded):
            connection.execute(_FORGET, [list(erasure.incidents), list(erasure.key_ids)])


def _count(connection: Connection[TupleRow], folded: Folded) -> None:
    gained = Counter(map(_counted, folded.after.values()))
    gained.subtract(map(_counted, folded.before.values()))
    changes = [(*where, number) for where, number in gained.items() if number]
    if changes:
        connection.execute(_ADD_COUNTS, [list(column) for column in zip(*changes, strict=True)])
        connection.execute("DELETE FROM incident_count WHERE incidents = 0")
