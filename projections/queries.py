"""The read side's questions, answered from the active generation, each in one short transaction.

What an asker may see (``streets``, ``sources``) is a condition of the query, never a filter afterwards. Text is
searched with LIKE in a table that holds nothing else, in small letters: the PostgreSQL that comes as a wheel brings no
``pg_trgm``, and PostgreSQL's own text search does not part Chinese into words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, dict_row
from psycopg.sql import SQL

from jiedao.domain.duplicates import DuplicateRules
from jiedao.domain.errors import InvalidInputError, NotFoundError, UnavailableError
from jiedao.domain.incident import Incident
from jiedao.domain.terms import IncidentState
from jiedao.store.database import Database
from projections.answers import (
    Count,
    DeadLetterFilter,
    HistoryRow,
    IncidentFilter,
    IncidentSummary,
    Page,
    ProjectionStatus,
    QueueQuestion,
    QueueRow,
    ReferenceVersion,
)
from projections.bulletins import BulletinFigures, Period, select_bulletin
from projections.clock_questions import ClockFilter, ClockRow, select_clocks
from projections.conditions import Conditions, containing
from projections.cursor import read_cursor
from projections.dead_letters import DeadLetterRow
from projections.duplicates import (
    Matter,
    RepeatedQuestion,
    Suggestions,
    page_of_matters,
    select_reports,
    select_suggestions,
    tell_matters,
)
from projections.generations import enter, read_active, read_generations
from projections.incident_text import plan_for, searched
from projections.indicator_formulas import Formulas
from projections.indicators import IndicatorQuestion, Indicators, select_indicators
from projections.paging import page_of, page_size, select_rows
from projections.queues import resolve_position, select_counts, select_queue
from projections.reference_versions import BOUNDARIES, CLASSES, ROUTING
from projections.telling import TELLINGS
from projections.view import View, digest
from projections.views import ALL_VIEWS
from projections.waiting import wait_until

_TEXT: LiteralString = "incident_id IN (SELECT incident_id FROM incident_text WHERE said LIKE %s)"

_MAY_SEE = "(street_code = ANY(%s) OR progress #>> '{transfer,receiver,street_code}' = ANY(%s))"
"""What streets see: the incidents that they hold, and those that are offered to them."""


class ReadModel:
    """Asks the views.

    Every method raises UnavailableError when the database does not answer, or no views have been made yet.
    """

    def __init__(self, database: Database, *, views: Sequence[View] = ALL_VIEWS) -> None:
        self._database = database
        self._digest = digest(views)

    def active(self) -> AbstractContextManager[tuple[Connection[TupleRow], int]]:
        """One snapshot of the active generation with its position, for questions that stand elsewhere."""
        return self._active()

    @contextmanager
    def _active(self) -> Iterator[tuple[Connection[TupleRow], int]]:
        """One snapshot of the active generation, with its position: several statements in it see the same rows."""
        with self._database.connection() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            active = read_active(connection)
            if active is None:
                raise UnavailableError("no views have been made yet: start the projections")
            enter(connection, active.number)
            yield connection, active.position

    def incidents(self, wanted: IncidentFilter, after: str | None = None, limit: int = 50) -> Page[IncidentSummary]:
        """List incidents, the latest received first.

        Raises InvalidInputError for a cursor of another question, or a page size beyond 1..500.
        """
        question = ("incidents", wanted)
        conditions = _conditions_of(wanted)
        if after is not None:
            conditions.add("first_position < %s", *read_cursor(question, after, tuple[int]))
        with self._active() as (connection, position):
            plan_for(connection, wanted.text)
            rows = select_rows(
                connection, IncidentSummary, "incident_view", conditions, "first_position DESC", page_size(limit)
            )
        return page_of(rows, limit, question, lambda row: (row.first_position,), position)

    def count_incidents(self, wanted: IncidentFilter) -> int:
        """Count what :meth:`incidents` would list on all its pages."""
        conditions = _conditions_of(wanted)
        query = SQL("SELECT count(*) FROM incident_view {}").format(conditions.where())
        with self._active() as (connection, _position):
            plan_for(connection, wanted.text)
            row = connection.execute(query, conditions.parameters).fetchone()
        return int(row[0]) if row else 0

    def incident(self, incident_id: UUID, streets: frozenset[str] | None = None) -> IncidentSummary:
        """Return one incident. Raises NotFoundError, also where the asker may not see it."""
        with self._active() as (connection, _position):
            return find_incident(connection, incident_id, streets)

    def history(
        self, incident_id: UUID, streets: frozenset[str] | None = None, *, interventions: bool = False
    ) -> list[HistoryRow]:
        """Return an incident's whole story, in order; with ``interventions`` (干预留痕) only for who may see them.

        Raises NotFoundError, also where the asker may not see it.
        """
        with self._active() as (connection, position):
            find_incident(connection, incident_id, streets)
            return select_history(connection, incident_id, position, interventions=interventions)

    def duplicates(
        self,
        incident_id: UUID,
        rules: DuplicateRules,
        *,
        streets: frozenset[str] | None = None,
        sources: frozenset[str] | None = None,
        limit: int = 20,
    ) -> Suggestions:
        """Suggest what may be the same happening, the most alike first. Raises NotFoundError as :meth:`incident`."""
        with self._active() as (connection, position):
            found = find_incident(connection, incident_id, streets)
            return select_suggestions(connection, position, found, rules, streets=streets, sources=sources, limit=limit)

    def repeated_complaints(
        self, question: RepeatedQuestion, rules: DuplicateRules, after: str | None = None, limit: int = 50
    ) -> Page[Matter]:
        """List the matters that several reports tell, the one with the latest report first.

        They are grouped between two transactions, as that takes a while. Raises InvalidInputError as
        :func:`select_reports` does, and for a cursor or a page size as :meth:`incidents` does.
        """
        with self._active() as (connection, position):
            reports = select_reports(connection, question)
        matters, following = page_of_matters(reports, question, rules, after, limit)
        with self._active() as (connection, _later):
            return Page(tell_matters(connection, matters), following, position)

    def queue(self, question: QueueQuestion, after: str | None = None, limit: int = 50) -> Page[QueueRow]:
        """List a queue by priority, then deadline (none last), then incident id; now, or as of the past.

        Raises InvalidInputError as :meth:`incidents` does, and for an ``as_of`` beyond what the views have reached.
        """
        with self._active() as (connection, position):
            return select_queue(connection, position, question, after, limit)

    def clocks(self, wanted: ClockFilter, after: str | None = None, limit: int = 50) -> Page[ClockRow]:
        """List the clocks that run, the soonest due first. Raises InvalidInputError as :meth:`incidents` does."""
        with self._active() as (connection, position):
            return select_clocks(connection, position, wanted, after, limit)

    def triage(  # noqa: PLR0913  # the parts of one question
        self,
        street: str | None = None,
        platform: str | None = None,
        *,
        as_of_position: int | None = None,
        as_of_time: datetime | None = None,
        streets: frozenset[str] | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[QueueRow]:
        """List what waits for a person to decide street or class, narrowed by what is known of it."""
        state = IncidentState.TRIAGE.value
        question = QueueQuestion(street, platform, state, as_of_position, as_of_time, streets)
        return self.queue(question, after, limit)

    def counts(
        self,
        *,
        as_of_position: int | None = None,
        as_of_time: datetime | None = None,
        streets: frozenset[str] | None = None,
    ) -> list[Count]:
        """Count what waits per street × platform × open state, now or as of the past; empty places are left out."""
        with self._active() as (connection, reached):
            position = resolve_position(connection, reached, as_of_position, as_of_time)
            return select_counts(connection, reached, position, streets)

    def position_as_of(self, as_of_position: int | None = None, as_of_time: datetime | None = None) -> int:
        """Return the position as of which every question is answered: the end of a moment; that reached, for now.

        Raises InvalidInputError as :func:`resolve_position` does.
        """
        with self._active() as (connection, reached):
            position = resolve_position(connection, reached, as_of_position, as_of_time)
            return reached if position is None else position

    def indicators(self, question: IndicatorQuestion, formulas: Formulas, now: datetime) -> Indicators:
        """Work all indicators out (考核评议), now or as of the past. Raises InvalidInputError as its parts say."""
        with self._active() as (connection, reached):
            return select_indicators(connection, reached, question, formulas, now)

    def bulletin(
        self, period: Period, formulas: Formulas, now: datetime, streets: frozenset[str] | None = None
    ) -> BulletinFigures:
        """Work out what a bulletin tells of a period (日报、周报)."""
        with self._active() as (connection, reached):
            return select_bulletin(connection, reached, period, formulas, now, streets)

    def dead_letters(self, wanted: DeadLetterFilter, after: str | None = None, limit: int = 50) -> Page[DeadLetterRow]:
        """List records that were set aside, the latest first. Raises InvalidInputError as :meth:`incidents` does."""
        question = ("dead_letters", wanted)
        conditions = Conditions()
        conditions.add_known(
            (
                ("source = %s", wanted.source),
                ("reason = %s", wanted.reason),
                ("resolved = %s", wanted.resolved),
                ("source = ANY(%s)", wanted.sources),
            )
        )
        if after is not None:
            conditions.add("first_position < %s", *read_cursor(question, after, tuple[int]))
        with self._active() as (connection, position):
            rows = select_rows(
                connection, DeadLetterRow, "dead_letters", conditions, "first_position DESC", page_size(limit)
            )
        return page_of(rows, limit, question, lambda row: (row.first_position,), position)

    def dead_letter(self, dead_letter_id: UUID, sources: frozenset[str] | None = None) -> DeadLetterRow:
        """Return one dead letter. Raises NotFoundError, also where the asker may not see it."""
        conditions = Conditions()
        conditions.add("dead_letter_id = %s", dead_letter_id)
        conditions.add_known((("source = ANY(%s)", sources),))
        with self._active() as (connection, _position):
            rows = select_rows(connection, DeadLetterRow, "dead_letters", conditions, "first_position")
        if not rows:
            raise NotFoundError(f"there is no dead letter {dead_letter_id}")
        return rows[0]

    def reference_versions(self, kind: str) -> list[ReferenceVersion]:
        """Return the adopted versions of ``boundaries``, ``classes`` or ``routing``, by the day from which they hold.

        Raises InvalidInputError for another kind.
        """
        known = (BOUNDARIES, CLASSES, ROUTING)
        if kind not in known:
            raise InvalidInputError(f"reference tables are {', '.join(known)}, not {kind!r}", pointer="/kind")
        conditions = Conditions()
        conditions.add("kind = %s", kind)
        with self._active() as (connection, _position):
            return select_rows(
                connection, ReferenceVersion, "reference_versions", conditions, "effective_from, position"
            )

    def status(self) -> ProjectionStatus:
        """Say how the read side stands; also answers before any views have been made."""
        with self._database.connection() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            generations = read_generations(connection)
            row = connection.execute("SELECT coalesce(max(position), 0) FROM event").fetchone()
        active = next((one for one in generations if one.state == "active"), None)
        return ProjectionStatus(
            active=active,
            position=active.position if active else 0,
            head=int(row[0]) if row else 0,
            rebuild_needed=active is not None and active.digest != self._digest,
            generations=generations,
        )

    def wait_for(self, position: int, timeout: float = 5.0) -> bool:
        """Wait until the views show everything up to a position; false after ``timeout`` seconds.

        So that one reads what one wrote: pass the position that a command answered with.
        Raises UnavailableError when the views have stopped before it.
        """

        def reached() -> bool:
            with self._database.connection() as connection:
                active = read_active(connection)
            if active is not None and active.position >= position:
                return True
            if active is not None and active.fault_position is not None:
                raise UnavailableError(f"the views stopped at position {active.fault_position}: {active.fault_reason}")
            return False

        return wait_until(reached, timeout)


def select_history(
    connection: Connection[TupleRow], incident_id: UUID, position: int, *, interventions: bool
) -> list[HistoryRow]:
    """Select an incident's story up to a position, in order; with ``interventions`` only for who may see them."""
    conditions = Conditions()
    conditions.add("incident_id = %s AND position <= %s", incident_id, position)
    if not interventions:
        conditions.add("topic <> %s", Incident.InterventionRecorded.TOPIC)
    query = SQL("SELECT * FROM incident_history {} ORDER BY version").format(conditions.where())
    with connection.cursor(row_factory=dict_row) as cursor:
        return [
            HistoryRow(event=row["topic"].rpartition(".")[2], label=TELLINGS[row["topic"]].label, **row)
            for row in cursor.execute(query, conditions.parameters)
        ]


def _conditions_of(wanted: IncidentFilter) -> Conditions:
    conditions = Conditions()
    conditions.add_known(
        (
            ("street_code = %s", wanted.street),
            ("platform = %s", wanted.platform),
            ("source = %s", wanted.source),
            ("state = %s", wanted.state),
            ("class_code = %s", wanted.class_code),
            ("external_id = %s", wanted.external_id),
            ("reported_at >= %s", wanted.reported_from),
            ("reported_at < %s", wanted.reported_before),
            (_TEXT, containing(searched(wanted.text)) if wanted.text else None),
        )
    )
    _see_as(conditions, wanted.streets)
    return conditions


def _see_as(conditions: Conditions, streets: frozenset[str] | None) -> None:
    if streets is not None:
        conditions.add(_MAY_SEE, sorted(streets), sorted(streets))


def find_incident(
    connection: Connection[TupleRow], incident_id: UUID, streets: frozenset[str] | None
) -> IncidentSummary:
    """Find an incident as it stands. Raises NotFoundError, also where the asker may not see it."""
    conditions = Conditions()
    conditions.add("incident_id = %s", incident_id)
    _see_as(conditions, streets)
    rows = select_rows(connection, IncidentSummary, "incident_view", conditions, "first_position")
    if not rows:
        raise NotFoundError(f"there is no incident {incident_id}")
    return rows[0]
