"""The tables in the code know every event there is; each view's rows fit its table."""

from __future__ import annotations

from dataclasses import fields

import psycopg
import pytest

from jiedao.domain.incident import Incident
from jiedao.store.database import Database
from projections.answers import HistoryRow, IncidentSummary, QueueRow, ReferenceVersion
from projections.dead_letters import DeadLetterRow
from projections.generations import ensure_active
from projections.incident_row import STEPS, IncidentRow
from projections.indicator_terms import CONDITIONS, HELD
from projections.telling import TELLINGS
from projections.view import definition, digest
from projections.views import ALL_VIEWS

TOPICS = {event.TOPIC for event in vars(Incident).values() if isinstance(event, type) and "TOPIC" in vars(event)}


def test_every_event_of_an_incident_has_a_label_and_a_sentence():
    assert set(TELLINGS) == TOPICS
    assert all(telling.label for telling in TELLINGS.values())


def test_every_event_of_an_incident_moves_its_row_or_says_that_it_does_not():
    assert set(STEPS) == TOPICS - {Incident.Received.TOPIC}


def test_the_digest_changes_with_a_views_meaning_and_not_with_their_order():
    class Other:
        name, revision, topics = ALL_VIEWS[0].name, ALL_VIEWS[0].revision + 1, ALL_VIEWS[0].topics

    assert digest(ALL_VIEWS) == digest(list(reversed(ALL_VIEWS)))
    assert digest([Other(), *ALL_VIEWS[1:]]) != digest(ALL_VIEWS)


def test_the_table_of_facts_keeps_a_bit_for_each_condition_as_the_terms_word_them():
    made = "0::bigint " + " ".join(
        f"+ CASE WHEN {CONDITIONS[name].expression} THEN {bit} ELSE 0 END" for name, bit in HELD.items()
    )
    written = definition(next(view for view in ALL_VIEWS if view.name == "case_facts"))
    assert f"GENERATED ALWAYS AS ( {made} ) STORED" in " ".join(written.split()), "bring case_facts.sql up to date"
    assert {"due", "handling_due", "overdue", "open_overdue"} == set(CONDITIONS) - set(HELD)


@pytest.fixture
def columns(database_url):
    with Database(database_url) as database:
        schema = ensure_active(database, ALL_VIEWS).schema
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s"
            " ORDER BY table_name, ordinal_position",
            [schema],
        ).fetchall()
    found = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return found


def test_rows_and_answers_have_the_columns_of_their_tables(columns):
    def names(kind):
        return [field.name for field in fields(kind)]

    assert names(IncidentRow) == columns["incident_view"]
    assert names(DeadLetterRow) == columns["dead_letters"]
    assert names(ReferenceVersion) == columns["reference_versions"]
    assert set(names(IncidentSummary)) < set(columns["incident_view"])
    assert set(names(QueueRow)) | {"sort_priority", "sort_due", "span"} == set(columns["task_queue"])
    assert set(names(HistoryRow)) - {"event", "label"} == set(columns["incident_history"])
