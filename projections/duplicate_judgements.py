"""Which pairs of incidents a person said to be two, whatever they look like (排除重复)."""

from __future__ import annotations

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.duplicate_judgement import DuplicateJudgement
from projections.folding import Folded, UnappliableEventError
from projections.log import PositionedEvent
from projections.rows import copy_rows

_TOPICS = f"{DuplicateJudgement.TOPIC}."
_COLUMNS = ("one", "other", "are_two", "reason", "actor", "role", "judged_at", "position")
_FORGET = """
DELETE FROM duplicate_judgements AS known USING unnest(%s::uuid[], %s::uuid[]) AS said (one, other)
WHERE known.one = said.one AND known.other = said.other
"""


class DuplicateJudgements:
    """Writes ``duplicate_judgements``."""

    name = "duplicate_judgements"
    revision = 1
    topics = (_TOPICS,)

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Replace what was said of the pairs that the batch speaks of by the last that was."""
        events = [recorded for recorded in folded.events if recorded.topic.startswith(_TOPICS)]
        if not events:
            return
        rows = {row[:2]: row for row in map(_row, events)}
        connection.execute(_FORGET, [list(column) for column in zip(*rows, strict=True)])
        copy_rows(connection, "duplicate_judgements", _COLUMNS, rows.values())


def _row(recorded: PositionedEvent) -> tuple[object, ...]:
    event = recorded.event
    match event:
        case DuplicateJudgement.Dismissed() | DuplicateJudgement.DismissedAgain():
            are_two = True
        case DuplicateJudgement.Withdrawn():
            are_two = False
        case _:
            raise UnappliableEventError(recorded.position, f"{recorded.topic} is not known to the judgements: upgrade")
    context = event.context
    return (
        event.one, event.other, are_two, context.reason, context.actor, context.role, recorded.recorded_at,
        recorded.position,
    )  # fmt: skip
