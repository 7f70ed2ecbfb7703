"""What a text is looked for in: all that an incident's report says, in any writing of upper and lower case.

It is kept in small letters in a table of its own. Looking for a text that is in none reads every row, so the rows hold
nothing else, and are written again only when something else is said.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Protocol

from psycopg import Connection
from psycopg.rows import TupleRow

from projections.folding import Folded
from projections.rows import copy_rows

TABLE = "incident_text"
_PLAN_ANEW = "SET LOCAL plan_cache_mode = force_custom_plan"


class Said(Protocol):
    """What an incident's report says; so do the view's rows, and what is answered of them."""

    @property
    def title(self) -> str:
        """The title."""

    @property
    def description(self) -> str:
        """The description."""

    @property
    def address(self) -> str:
        """The address as text."""

    @property
    def external_id(self) -> str:
        """The source's number."""

    @property
    def upstream_case(self) -> str | None:
        """The superior platform's case number."""


_parts = attrgetter("title", "description", "address", "external_id", "upstream_case")


def said_in(row: Said) -> str:
    """Return all that a text is looked for in, a line each."""
    return searched("\n".join(filter(None, _parts(row))))


def searched(text: str) -> str:
    """Return a text as it is looked for."""
    return text.lower()


def plan_for(connection: Connection[TupleRow], text: str | None) -> None:
    """Have the server plan for this very text, in this transaction: a rare one is looked for in another way."""
    if text:
        connection.execute(_PLAN_ANEW)


def write_texts(connection: Connection[TupleRow], folded: Folded) -> None:
    """Write what the incidents of a batch say, where that is not what they said before."""
    before = {incident_id: _parts(row) for incident_id, row in folded.before.items()}
    changed = [
        (incident_id, row) for incident_id, row in folded.after.items() if before.get(incident_id) != _parts(row)
    ]
    if again := [incident_id for incident_id, _row in changed if incident_id in before]:
        connection.execute("DELETE FROM incident_text WHERE incident_id = ANY(%s)", [again])
    if changed:
        copy_rows(connection, TABLE, ("incident_id", "said"), [(one, said_in(row)) for one, row in changed])
