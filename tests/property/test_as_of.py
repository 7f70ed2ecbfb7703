"""As of any position, also in the middle of a unit: what is answered equals views filled from the log up to there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiedao.audit.replay import Replay
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.store.archive_reading import ArchiveReader
from jiedao.store.database import Database
from jiedao.store.log_reading import LogReading
from projections.answers import IncidentFilter
from projections.as_of import AsOfQueries
from projections.clock_questions import ClockFilter
from projections.generations import begin
from projections.indicator_formulas import load_formulas
from projections.indicators import IndicatorQuestion, select_indicators
from projections.queries import ReadModel
from projections.runner import ProjectionRunner
from projections.views import ALL_VIEWS
from tests.integration.projections.journal import START, Decoder, Journal
from tests.property.test_projections import HISTORY, carry_out, empty, every_queue

FORMULAS = load_formulas(Path(__file__).parents[2] / "config")
LATER = START + timedelta(days=30)


def reading(read):
    """The log of the database whose views are read."""
    return LogReading(read._database, ArchiveReader(None))


class LogUpTo:
    """A log that ends at a position."""

    def __init__(self, journal, end):
        self._journal, self._end = journal, end

    def select_log(self, after, limit):
        return [entry for entry in self._journal.select_log(after, limit) if entry.position <= self._end]


class Streams:
    """Reads streams of a test's log."""

    def __init__(self, journal):
        self._journal = journal

    def select_stream_entries(self, incident_id):
        return [entry for entry in self._journal.select_log(0, 100_000) if entry.originator_id == incident_id]


def activate(journal, number):
    """Make a generation the one that is asked; these of the test are at different positions on purpose."""
    with journal.connection.transaction():
        journal.connection.execute("UPDATE projection_generation SET state = 'building' WHERE state = 'active'")
        journal.connection.execute("UPDATE projection_generation SET state = 'active' WHERE number = %s", [number])


def all_of(read, incidents, position, moment, *, past):
    """Everything that can be asked as of the past; with ``past`` it is, else of views that end there."""
    then = position if past else None
    with read.active() as (connection, reached):
        question = IndicatorQuestion("class", as_of_position=then)
        figures = select_indicators(connection, reached, question, FORMULAS, moment)
    counts = read.counts(as_of_position=then)
    found = AsOfQueries(read, reading(read), Decoder(), UUID(int=99))
    shown, told = {}, {}
    for incident_id in incidents:
        try:
            shown[incident_id] = found.incident(incident_id, as_of_position=then)[0]
            told[incident_id] = found.history(incident_id, as_of_position=then, interventions=True)
        except NotFoundError:
            shown[incident_id] = None
    stories = {incident_id: (one.incident, one.rows, one.position) for incident_id, one in told.items()}
    lists = [list_whole(found.incidents, wanted, then) for wanted in LISTS]
    lists += [list_whole(lambda *asked, **at: found.clocks(*asked, **at)[0], wanted, then) for wanted in CLOCKS]
    return every_queue(read, then), counts, (figures.total, figures.groups, figures.position), stories, lists, shown


LISTS = [
    IncidentFilter(),
    IncidentFilter(street="330103001"),
    IncidentFilter(state="dispatched"),
    IncidentFilter(platform="market", source="hotline"),
    IncidentFilter(class_code="E0101"),
    IncidentFilter(text="第 2 版"),
    IncidentFilter(text="版"),
    IncidentFilter(text="版", street="330103001", reported_from=START),
    IncidentFilter(streets=frozenset({"330103002"})),
]


CLOCKS = [
    ClockFilter(),
    ClockFilter(street="330103001"),
    ClockFilter(platform="market", clock="total"),
    ClockFilter(streets=frozenset({"330103001"}), due_before=START + timedelta(hours=2)),
]


def list_whole(ask, wanted, then):
    """All pages of a list, of two each."""
    rows, after = [], None
    while True:
        page = ask(wanted, after, 2, as_of_position=then)
        rows += page.rows
        after = page.after
        if after is None:
            return rows


def check_replays(journal, shown, end, rules):
    """A replay from the log alone says the same of each incident as the views as of then do."""
    replay = Replay(Streams(journal), Decoder().to_event, UUID(int=99))
    for incident_id, row in shown.items():
        if row is None:
            with pytest.raises(NotFoundError):
                replay.steps(incident_id, end)
            continue
        steps = replay.steps(incident_id, end)
        standing = steps[-1].standing
        for name in ("state", "street_code", "platform", "priority", "class_code", "title", "routing_rule", "channel"):
            assert standing[name] == getattr(row, name), name
        assert standing["due_at"] == (row.due_at and row.due_at.isoformat().replace("+00:00", "Z"))
        assert {task.task_id: task.state.value for task in row.tasks} == {
            name.split(".")[1]: value for name, value in standing.items() if name.endswith(".state")
        }
        own = [step for step in steps if step.entry.originator_id == incident_id]
        assert [step.version for step in own] == list(range(1, row.version + 1))
        assert {step.entry.position for step in steps} - {step.entry.position for step in own} <= set(rules)
        told = {}
        for step in steps:
            told |= {change.field: change.after for change in step.changes}
        assert {name: value for name, value in told.items() if value is not None} == {
            name: value for name, value in standing.items() if value is not None
        }, "what changed, one event after the other, comes to how it stands"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    history=HISTORY,
    changed=st.integers(0, 8),
    picked=st.lists(st.integers(0, 10_000), min_size=2, max_size=2),
)
def test_every_answer_as_of_a_position_equals_views_filled_up_to_there(database_url, history, changed, picked):
    empty(database_url)
    journal, incidents, ends = Journal(database_url), {}, [0]
    ends.append(journal.adopt(admit="1小时", dispatch="2小时", close="1小时"))
    try:
        rules = [ends[-1]]
        for number, acts in enumerate(history):
            if number == changed and journal.moments:  # other rules move every deadline that is open
                rules.append(journal.adopt(admit="2小时", verify="1小时"))
                ends.append(rules[-1])
            if events := carry_out(acts, incidents):
                ends += [journal.write(events)] * len(events)
        with Database(database_url, max_connections=2) as database:
            whole = ProjectionRunner(database, journal, Decoder())
            whole.catch_up()
            read = ReadModel(database)
            live, ids = read.status().active.number, [one.incident_id for one in read.incidents(IncidentFilter()).rows]
            for position in {one % len(ends) for one in picked}:
                end = ends[position]
                moment = journal.recorded[end - 1][0] if end else LATER
                answered = all_of(read, ids, position, moment, past=True)
                assert read.position_as_of(as_of_position=position) == end, "a unit is seen whole or not at all"
                if end:
                    assert read.position_as_of(as_of_time=moment + timedelta(seconds=1)) == end
                number = begin(database, ALL_VIEWS).number
                ending = ProjectionRunner(database, LogUpTo(journal, end), Decoder())
                while not ending.step(number).reached_end:
                    pass
                activate(journal, number)
                assert all_of(read, ids, end, moment, past=False) == answered
                check_replays(journal, answered[-1], end, rules)
                activate(journal, live)
    finally:
        journal.close()


def test_an_incident_is_not_there_before_it_was_received(database_url):
    journal = Journal(database_url)
    try:
        ends = [journal.write(carry_out([("receive", number, False)], {})) for number in range(2)]
        with Database(database_url, max_connections=2) as database:
            ProjectionRunner(database, journal, Decoder()).catch_up()
            read = ReadModel(database)
            second, first = (row.incident_id for row in read.incidents(IncidentFilter()).rows)
            found = AsOfQueries(read, reading(read), Decoder(), UUID(int=99))
            assert found.incident(first, as_of_position=ends[0])[1] == ends[0]
            with pytest.raises(NotFoundError, match=f"it was received at position {ends[1]}"):
                found.incident(second, as_of_position=ends[0])
            with pytest.raises(
                InvalidInputError, match="nothing was recorded before the log began, at 2026-11-02T01:00"
            ):
                found.incident(first, as_of_time=START - timedelta(seconds=1))
            with pytest.raises(InvalidInputError, match="nobody knows yet what will be so then"):
                read.counts(as_of_time=START + timedelta(days=36_500))
    finally:
        journal.close()
