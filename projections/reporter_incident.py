"""Which incidents are which reporter's, without opening anything: a key's id begins with its subject's pseudonym.

What was erased is nobody's any more: the rows of a destroyed key go.
"""

from __future__ import annotations

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.erasure import ErasureRequest
from jiedao.domain.erasure_rules import REPORTER
from jiedao.domain.incident import Incident
from projections.folding import INCIDENT_TOPICS, Folded

ERASURE_TOPICS = f"{ErasureRequest.TOPIC}."
_ADD = """
INSERT INTO reporter_incident (subject, key_id, incident_id, position)
SELECT * FROM unnest(%s::text[], %s::text[], %s::uuid[], %s::bigint[])
ON CONFLICT (incident_id, key_id) DO NOTHING
"""


class ReporterIncidents:
    """Writes ``reporter_incident``."""

    name = "reporter_incident"
    revision = 1
    topics = (INCIDENT_TOPICS, ERASURE_TOPICS)

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Add what is sealed under a reporter's key for the first time, and take what was erased away."""
        rows: dict[tuple[str, object], tuple[str, str, object, int]] = {}
        erased: set[str] = set()
        for recorded in folded.events:
            match recorded.event:
                case Incident.Received() | Incident.Revised() | Incident.LateRevisionRecorded() as event:
                    for sealed in (event.raw, event.reporter):
                        if sealed is not None and sealed.key_id.startswith(REPORTER):
                            subject = sealed.key_id.rpartition(".")[0]
                            row = (subject, sealed.key_id, event.originator_id, recorded.position)
                            rows.setdefault((sealed.key_id, event.originator_id), row)
                case ErasureRequest.CarriedOut() as event:
                    erased.update(event.key_ids)
        if rows:
            connection.execute(_ADD, [list(column) for column in zip(*rows.values(), strict=True)])
        if erased:
            connection.execute("DELETE FROM reporter_incident WHERE key_id = ANY(%s)", [sorted(erased)])


def carried_out(folded: Folded) -> list[ErasureRequest.CarriedOut]:
    """Return the erasures of a batch, in their order."""
    return [one.event for one in folded.events if isinstance(one.event, ErasureRequest.CarriedOut)]
