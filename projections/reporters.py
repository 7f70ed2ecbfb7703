"""Answers what is a reporter's, from the views: their incidents, and the records of theirs that could not be read."""

from __future__ import annotations

from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.application.their_cases import Theirs
from jiedao.domain.erasure_rules import DEAD_LETTER, TheirLetter
from jiedao.domain.errors import InvalidInputError, NotFoundError
from projections.queries import ReadModel

_INCIDENTS = "SELECT DISTINCT incident_id FROM reporter_incident WHERE subject = %s ORDER BY incident_id"
# By the number of the source's record, or because it became their incident.
_LETTERS = """
SELECT DISTINCT d.dead_letter_id, d.set_aside_at FROM dead_letters AS d
JOIN incident_view AS i ON d.incident_id = i.incident_id OR (d.source = i.source AND d.external_id = i.external_id)
WHERE i.incident_id = ANY(%s) ORDER BY d.dead_letter_id
"""
_LETTER = "SELECT dead_letter_id, set_aside_at, incident_id FROM dead_letters WHERE dead_letter_id = %s"
_SECONDS = 2.0


class ReporterIndex:
    """Implements :class:`~jiedao.application.their_cases.Reporters` on the views."""

    def __init__(self, read: ReadModel) -> None:
        self._read = read

    def theirs(self, subject: str) -> Theirs:
        """Return what is a subject's; raises NotFoundError for a dead letter that there is not."""
        with self._read.active() as (connection, position):
            if subject.startswith(DEAD_LETTER):
                return _of_letter(connection, subject, position)
            incidents = tuple(row[0] for row in connection.execute(_INCIDENTS, [subject]))
            letters = connection.execute(_LETTERS, [list(incidents)]).fetchall() if incidents else []
        return Theirs(incidents, tuple(TheirLetter(*row) for row in letters), position)

    def reach(self, position: int) -> bool:
        """Wait at most two seconds until the views show everything up to a position."""
        return self._read.wait_for(position, _SECONDS)


def _of_letter(connection: Connection[TupleRow], subject: str, position: int) -> Theirs:
    try:
        letter_id = UUID(subject.removeprefix(DEAD_LETTER))
    except ValueError as error:
        raise InvalidInputError(f"{subject} names no dead letter") from error
    row = connection.execute(_LETTER, [letter_id]).fetchone()
    if row is None:
        raise NotFoundError(f"there is no dead letter {letter_id}; `jiedao dead-letters list` names them")
    return Theirs((row[2],) if row[2] is not None else (), (TheirLetter(row[0], row[1]),), position)
