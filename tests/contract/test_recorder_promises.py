"""The promises of the store that go beyond the library's: units, keys, inbox, offsets, order in time."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import Tracking

from jiedao.domain.errors import (
    ConfigurationError,
    InboxConflictError,
    InvalidInputError,
    KeyReuseError,
    OffsetConflictError,
    TrackingConflictError,
    UnavailableError,
    VersionConflictError,
)
from jiedao.domain.ports import InboxKey
from jiedao.store.append import append_units
from jiedao.store.arrays import register_arrays
from jiedao.store.database import connect_alone
from jiedao.store.inbox import InboxTable
from jiedao.store.leaf import tampered
from jiedao.store.offsets import OffsetTable
from jiedao.store.recorder import RepeatedUnitError, UnitContext
from tests.log_samples import delivered, move, stored, unit
from tests.tampering import unguard


def count(recorder, table):
    with recorder.database.connection() as connection:
        return connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()[0]


@pytest.fixture
def connection(database_url):
    with connect_alone(database_url, "test") as connection:
        register_arrays(connection)
        yield connection


# ------------------------------------------------------------------------------------------ 1. order and time


def test_a_group_is_one_moment_and_the_next_is_later(recorder, connection):
    append_units(connection, [unit(stored(), stored()), unit(stored())])
    append_units(connection, [unit(stored())])
    first, second, third, fourth = (entry.recorded_at for entry in recorder.select_log(0, 10))
    assert first == second == third < fourth


def test_time_never_goes_back_when_the_clock_does(recorder, connection):
    recorder.insert_events([stored()])
    unguard(connection, "event")
    connection.execute("UPDATE event SET recorded_at = now() + interval '1 hour'")
    recorder.insert_events([stored()])
    recorder.insert_events([stored()])
    first, second, third = (entry.recorded_at for entry in recorder.select_log(0, 10))
    assert first < second < third


def test_the_server_computes_the_same_leaf_hash_as_its_twin(recorder):
    recorder.insert_events([stored(topic="中文.事件", state="街道".encode() * 100), stored(state=b""), stored()])
    assert tampered(recorder.select_log(0, 10)) == []


def test_a_changed_entry_no_longer_has_its_hash(recorder, connection):
    recorder.insert_events([stored(), stored(), stored()])
    unguard(connection, "event")
    connection.execute("UPDATE event SET metadata = 'x' WHERE position = 2")
    connection.execute("UPDATE event SET recorded_at = recorded_at - interval '1 microsecond' WHERE position = 3")
    assert tampered(recorder.select_log(0, 10)) == [2, 3]


# --------------------------------------------------------------------------------- 2. whole units or nothing


def test_a_unit_writes_events_inbox_offsets_and_tracking_together(recorder):
    appended = recorder.writer.append(
        unit(stored(), stored(), inbox=[delivered()], offsets=[move(None, 7)], tracking=Tracking("app", 4))
    )
    assert appended.positions == range(1, 3)
    assert not appended.replayed
    assert count(recorder, "inbox") == 1
    assert OffsetTable(recorder.database).read("group", "topic", [0, 1]) == {0: 7}
    assert recorder.max_tracking_id("app") == 4


@pytest.mark.parametrize(
    ("spoiler", "error"),
    [
        ({"inbox": [delivered("other"), delivered()]}, InboxConflictError),
        ({"inbox": [delivered(None, None, "dead", content_mac=b"dead")]}, InboxConflictError),
        ({"offsets": [move(5, 9)]}, OffsetConflictError),
        ({"offsets": [move(None, 9)]}, OffsetConflictError),
        ({"offsets": [move(3, 9, partition=8)]}, OffsetConflictError),
        ({"tracking": Tracking("app", 1)}, TrackingConflictError),
    ],
)
def test_what_conflicts_takes_its_whole_unit_with_it(recorder, spoiler, error):
    first = unit(
        stored(),
        inbox=[delivered(), delivered(None, None, "dead", content_mac=b"dead")],
        offsets=[move(None, 7)],
        tracking=Tracking("app", 1),
    )
    recorder.writer.append(first)
    more = {"inbox": [delivered("new")], "offsets": [move(7, 8)], "tracking": Tracking("app", 2)} | spoiler
    with pytest.raises(error):
        recorder.writer.append(unit(stored(), **more))
    assert recorder.max_notification_id() == 1
    assert count(recorder, "inbox") == 2
    assert OffsetTable(recorder.database).read("group", "topic", [0]) == {0: 7}
    assert recorder.max_tracking_id("app") == 1
    assert count(recorder, "idempotency_key") == 1


def test_repeated_deliveries_are_listed_each_time(recorder):
    recorder.writer.append(unit(inbox=[delivered(outcome="duplicate"), delivered(outcome="duplicate")]))
    assert count(recorder, "inbox") == 2


def test_a_unit_may_hold_no_events_at_all(recorder):
    appended = recorder.writer.append(unit(offsets=[move(None, 1)]))
    assert len(appended.positions) == 0
    recorder.writer.append(unit(stored(), offsets=[move(1, 2)]))
    assert recorder.max_notification_id() == 1


def test_a_zombie_with_an_old_offset_commits_nothing(recorder):
    recorder.writer.append(unit(offsets=[move(None, 10)]))
    recorder.writer.append(unit(stored(), offsets=[move(10, 20)]))  # the new owner
    with pytest.raises(OffsetConflictError):
        recorder.writer.append(unit(stored(), offsets=[move(10, 15)]))
    assert recorder.max_notification_id() == 1


# ------------------------------------------------------------------------- 3. conflicts stay with their unit


def test_conflicts_fail_exactly_their_units_and_leave_no_hole(recorder, connection):
    stream, taken = uuid4(), delivered("taken")
    append_units(connection, [unit(stored(stream, 1), key="old", inbox=[taken], offsets=[move(None, 5)])])
    results = append_units(
        connection,
        [
            unit(stored(), stored()),
            unit(stored(), stored(stream, 1)),
            unit(stored(stream, 2), inbox=[delivered("a")]),
            unit(stored(), inbox=[delivered("b"), delivered("taken")]),
            unit(stored(), offsets=[move(4, 6)]),
            unit(stored(), offsets=[move(5, 6)]),
            unit(stored(), offsets=[move(6, 7)]),
            unit(stored(), tracking=Tracking("app", 1)),
            unit(stored(), tracking=Tracking("app", 1)),
            unit(key="old"),
            unit(key="old", mac=b"other"),
            unit(stored()),
        ],
    )
    kinds = [type(r).__mro__[1] if isinstance(r, Exception) else list(r.positions) for r in results]
    assert kinds == [
        [2, 3], VersionConflictError, [4], InboxConflictError, OffsetConflictError, [5], [6], [7],
        TrackingConflictError, [1], KeyReuseError, [8],
    ]  # fmt: skip
    assert [entry.position for entry in recorder.select_log(0, 20)] == list(range(1, 9))
    assert tampered(recorder.select_log(0, 20)) == []


def test_two_units_of_one_group_may_build_on_each_other(connection):
    stream = uuid4()
    first, second = append_units(connection, [unit(stored(stream, 1)), unit(stored(stream, 2))])
    assert (first.positions, second.positions) == (range(1, 2), range(2, 3))


def test_of_two_units_of_one_group_with_one_version_the_first_wins(connection):
    stream = uuid4()
    first, second = append_units(connection, [unit(stored(stream, 1)), unit(stored(stream, 1))])
    assert first.positions == range(1, 2)
    assert isinstance(second, VersionConflictError)


def test_a_unit_that_cannot_be_stored_fails_alone(recorder):
    good = [unit(stored()) for _ in range(5)]
    bad = [unit(stored(topic="nul\x00byte")), unit(stored(version=2**40)), unit(inbox=[delivered(received_at=None)])]
    futures = [recorder.writer.submit(each) for each in (*good[:3], *bad, *good[3:])]
    failed = [type(future.exception(30)) for future in futures]
    assert failed == [type(None)] * 3 + [InvalidInputError] * 3 + [type(None)] * 2
    assert recorder.max_notification_id() == 5


def test_many_threads_lose_nothing_and_conflict_exactly_once_each(recorder):
    streams = [uuid4() for _ in range(40)]

    def write(stream):
        try:
            recorder.writer.append(unit(stored(stream, 1), stored(), lane="people"))
        except VersionConflictError:
            return 0
        return 1

    with ThreadPoolExecutor(16) as threads:
        won = sum(threads.map(write, streams * 3))
    assert won == 40
    entries = recorder.select_log(0, 1000)
    assert [entry.position for entry in entries] == list(range(1, 81))
    assert tampered(entries) == []


# ------------------------------------------------------------------------------------------------- 4. keys


def test_the_same_request_gets_the_first_answer_again(recorder):
    request = unit(stored(), stored(), key="k", answer=b"first")
    first = recorder.writer.append(request)
    again = recorder.writer.append(replace(request, answer=b"second"))
    assert (again.positions, again.recorded_at, again.answer) == (first.positions, first.recorded_at, b"first")
    assert again.replayed
    assert recorder.max_notification_id() == 2


def test_the_same_key_with_another_body_is_an_error(recorder):
    recorder.writer.append(unit(stored(), key="k", mac=b"one"))
    with pytest.raises(KeyReuseError, match="another body"):
        recorder.writer.append(unit(stored(), key="k", mac=b"two"))
    assert recorder.max_notification_id() == 1


def test_keys_of_different_scopes_do_not_meet(recorder):
    recorder.writer.append(unit(stored(), key="k", mac=b"one"))
    assert not recorder.writer.append(replace(unit(stored(), key="k", mac=b"two"), scope="other")).replayed


def test_a_repetition_through_the_library_says_what_was_answered_first(recorder):
    context = UnitContext("people", "k", b"body", answer=b"done")
    recorder.insert_events([stored()], unit=context)
    with pytest.raises(RepeatedUnitError) as repeated:
        recorder.insert_events([], unit=context)
    assert repeated.value.appended.answer == b"done"


# ------------------------------------------------------------------------------------------ 6. refusals


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET topic = 'x'",
        "DELETE FROM event",
        "TRUNCATE event",
        "INSERT INTO event SELECT * FROM event",
        "DELETE FROM idempotency_key",
        "UPDATE feed_offset SET next_offset = 0",
        "DROP TABLE event",
        "ALTER TABLE event DROP COLUMN leaf_hash",
        "CREATE TABLE public.mine ()",
    ],
)
def test_postgresql_refuses_the_application_to_touch_what_is_recorded(recorder, connection, statement):
    recorder.insert_events([stored()])
    connection.execute("SET ROLE jiedao_app")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_the_applications_role_appends_and_reads(connection):
    connection.execute("SET ROLE jiedao_app")
    (appended,) = append_units(connection, [unit(stored(), inbox=[delivered()], tracking=Tracking("a", 1))])
    assert appended.positions == range(1, 2)
    assert connection.execute("SELECT count(*) FROM event").fetchone() == (1,)


# ---------------------------------------------------------------------------------- 7. lanes, limits, forks


def test_a_unit_for_an_unknown_lane_is_refused(recorder):
    with pytest.raises(ConfigurationError, match="people, feed"):
        recorder.writer.submit(unit(stored(), lane="fast"))


def test_a_unit_that_is_too_large_is_refused(recorder):
    with pytest.raises(InvalidInputError, match="too large"):
        recorder.writer.submit(unit(*[stored()] * 20_001))


def test_a_forked_child_cannot_use_its_parents_writer(recorder):
    recorder.writer.append(unit(stored()))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # nothing of the test runs on in the child
        try:
            recorder.writer.submit(unit(stored()))
            os.write(writer, b"worked")
        except UnavailableError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as said:
        assert "make one after a fork" in said.read()
    assert recorder.writer.append(unit(stored())).positions == range(2, 3)


# ------------------------------------------------------------------------------------------ batch reading


def test_many_streams_are_read_with_one_query(recorder):
    one, two = uuid4(), uuid4()
    events = [stored(one, 1), stored(two, 1), stored(one, 2)]
    recorder.insert_events(events)
    assert recorder.select_streams([two, one, uuid4(), one]) == {one: [events[0], events[2]], two: [events[1]]}
    assert recorder.select_streams([]) == {}


def test_the_inbox_knows_what_was_recorded(recorder):
    first = delivered("A", 1)
    later = delivered("A", 2, "revised", incident_id=first.incident_id)
    dead = delivered("B", None, "dead")
    recorder.writer.append(unit(inbox=[first, later, dead, delivered("C", 1, "duplicate")]))
    inbox = InboxTable(recorder.database)
    known = inbox.known([InboxKey("hotline", key) for key in "ABCA"] + [InboxKey("video", "A")])
    assert list(known) == [InboxKey("hotline", "A")]
    assert known[InboxKey("hotline", "A")].incident_id == first.incident_id
    assert known[InboxKey("hotline", "A")].revisions == {1: first.content_mac, 2: later.content_mac}
    assert inbox.known_dead("hotline", [dead.content_mac, first.content_mac]) == {dead.content_mac}
    assert inbox.known_dead("video", [dead.content_mac]) == frozenset()
