"""The application works, all of it, under the role that it logs in as; and that role can do no more than it needs to.

On the embedded server, with the roles and the ownership of a real installation.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import psycopg
import pytest

from jiedao.audit.claims import Trust
from jiedao.audit.verification import Verification
from jiedao.domain.errors import OffsetConflictError
from jiedao.domain.ports import InboxKey
from jiedao.domain.terms import Role
from jiedao.store.database import Database
from jiedao.store.embedded import EmbeddedPostgres, prepare_database
from jiedao.store.follow import LogFollower
from jiedao.store.inbox import InboxTable
from jiedao.store.ledger import CosignatureRow
from jiedao.store.mapper import TypedMapper
from jiedao.store.migrations import pending
from jiedao.store.offsets import OffsetTable
from jiedao.store.outbox import OutboxTable, OwedMessage, RecordedAnswer
from jiedao.store.reconciliation import ReconciliationTable
from jiedao.store.recorder import JiedaoRecorder, UnitContext
from jiedao.store.refusals import Refusal, RefusalLog
from jiedao.store.root_key import RootKey
from jiedao.store.tokens import TokenTable
from jiedao.store.vault import KeyVault
from jiedao.store.writer import GroupCommitWriter
from projections.queries import ReadModel
from projections.rebuild import rebuild
from projections.runner import ProjectionRunner
from tests.integration.audit.sealing import ORIGIN, SealedLog
from tests.integration.projections.journal import queued
from tests.log_samples import NOON, delivered, move, stored, unit

BOUND = 30.0
_numbers = count(1)


@pytest.fixture(scope="module")
def server():
    place = Path(tempfile.mkdtemp(prefix="jiedao-pg-"))
    with EmbeddedPostgres(place / "postgres") as server:
        yield server
    shutil.rmtree(place)


@pytest.fixture
def address(server):
    """The addresses of a district of this test's own: (application's, owner's)."""
    district = f"t{next(_numbers)}"
    found = server.prepare(district)
    prepare_database(found.owner_url(district))
    return found.app_url(district), found.owner_url(district)


@pytest.fixture
def app_url(address):
    return address[0]


@pytest.fixture
def database(app_url):
    with Database(app_url, max_connections=4) as database:
        yield database


@pytest.fixture
def recorder(app_url, database):
    with GroupCommitWriter(app_url) as writer, LogFollower(app_url) as follower:
        yield JiedaoRecorder(database, writer, follower)


def record(recorder, *aggregates):
    """Record what aggregates have pending, as the application does."""
    mapper = TypedMapper()
    events = [mapper.to_stored_event(event) for aggregate in aggregates for event in aggregate.collect_events()]
    return recorder.append(UnitContext("feed", str(uuid4()), b"body"), events)


def test_it_logs_in_as_a_role_that_owns_nothing_and_sees_that_the_schema_is_up_to_date(app_url):
    with psycopg.connect(app_url) as connection:
        assert connection.execute("SELECT session_user, current_user").fetchone() == ("jiedao_login", "jiedao_login")
        assert pending(connection) == []
        owned = connection.execute("SELECT relname FROM pg_class WHERE relowner = 'jiedao_login'::regrole").fetchall()
        assert owned == []


def test_it_records_units_and_reads_and_follows_the_log(recorder, database):
    with ExitStack() as stack:
        subscription = stack.enter_context(recorder.subscribe())
        one = unit(stored(), stored(), inbox=[delivered("A-1")], offsets=[move(None, 5)])
        assert recorder.writer.append(one).positions == range(1, 3)
        assert recorder.writer.append(one).replayed
        assert [next(subscription).id for _ in range(2)] == [1, 2]
    with pytest.raises(OffsetConflictError):
        recorder.writer.append(unit(stored(), offsets=[move(4, 6)]))
    assert recorder.max_notification_id() == 2
    assert [entry.position for entry in recorder.select_log(0, 10)] == [1, 2]
    assert list(InboxTable(database).known([InboxKey("hotline", "A-1")])) == [InboxKey("hotline", "A-1")]
    assert OffsetTable(database).read("group", "topic", [0]) == {0: 5}
    day = ReconciliationTable(database).reconcile("hotline", NOON.replace(hour=0), NOON.replace(hour=23))
    assert (day.received, day.accepted) == (1, 1)


def test_it_projects_the_log_and_rebuilds_the_views(recorder, database):
    record(recorder, queued(1), queued(2))
    runner = ProjectionRunner(database, recorder, TypedMapper())
    assert runner.catch_up() == 6
    assert rebuild(runner).generation == 2
    record(recorder, queued(3))
    stop = Event()
    follower = Thread(target=runner.run, args=(recorder.follower, stop))
    follower.start()
    try:
        ReadModel(database).wait_for(9, BOUND)
    finally:
        stop.set()
        recorder.follower.close()
        follower.join(BOUND)
    assert ReadModel(database).counts()[0].incidents == 3
    assert rebuild(runner).dropped == (1,)


def test_it_goes_on_with_views_that_the_owner_rebuilt(recorder, database, address):
    record(recorder, queued(1))
    runner = ProjectionRunner(database, recorder, TypedMapper())
    runner.catch_up()
    with Database(address[1], max_connections=2) as owners:
        assert rebuild(ProjectionRunner(owners, recorder, TypedMapper())).generation == 2
    record(recorder, queued(2))
    runner.catch_up()
    assert ReadModel(database).counts()[0].incidents == 2


def test_it_records_refusals_and_lists_them(database):
    at = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    refusal = Refusal(at, 403, "not_allowed", "GET", "/v1/incidents", "t1", "user:zhang", "handler", "203.0.113.7", "r")
    RefusalLog(database).record([refusal, refusal])
    assert [found.times for found in RefusalLog(database).recent(at)] == [2]


def test_it_fills_the_outbox_and_can_neither_change_nor_remove_what_is_owed(database, app_url):
    table, lease = OutboxTable(database), uuid4()
    owed = OwedMessage(3, uuid4(), uuid4(), 4, "hotline", "A-1", "A-1", None, "accepted", "{}", NOON)
    assert table.fill(0, 5, [owed], [])
    assert not table.fill(0, 5, [owed], [])  # another process read that stretch already
    assert table.lease("hotline", lease, NOON, NOON).position == 3
    assert table.fill(5, 9, [], [RecordedAnswer(3, "delivered", 8, NOON, "R1")])
    assert (table.find(3).state, table.find(3).reference, table.reached()) == ("delivered", "R1", 9)
    with psycopg.connect(app_url, autocommit=True) as connection:
        for forbidden in ("DELETE FROM outbox", "UPDATE outbox SET body = '{}'", "TRUNCATE outbox"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


def test_it_seals_the_log_takes_cosignatures_and_verifies(recorder, database, tmp_path):
    log = SealedLog(recorder, tmp_path)
    recorder.writer.append(unit(stored(), stored(), stored()))
    sealer = log.sealer()
    sealer.seal()
    note = log.published.latest().note
    line = note.signatures[0].line()
    row = CosignatureRow(ORIGIN, 3, "witness.example/w", line, NOON, NOON, "user:audit")
    assert log.table.cosign(row)
    assert not log.table.cosign(row)
    assert log.table.cosignatures(ORIGIN, [3]) == [row]
    trust = Trust(ORIGIN, [log.signer.key])
    report = Verification(database, log.published, trust).run(lambda _done, _total: None)
    assert (report.whole, report.protected) == (True, 3)


def test_it_issues_recognises_lists_and_revokes_tokens(database):
    tokens = TokenTable(database)
    issued = tokens.create("user:zhang", Role.HANDLER, streets=["330103001"], created_by="user:li")
    assert tokens.authenticate(issued.plain).holder == "user:zhang"
    assert tokens.list() == [issued.token]
    tokens.revoke(issued.token.token_id, "user:li")
    assert tokens.authenticate(issued.plain) is None


def test_it_seals_opens_and_destroys(database):
    vault = KeyVault(database, RootKey(bytes(range(32))))
    sealed = vault.seal([("reporter:a", b"one"), ("reporter:b", b"two")])
    assert vault.open(sealed) == [b"one", b"two"]
    assert vault.destroy(["reporter:a"], "erasure") == ["reporter:a.1"]
    assert vault.open(sealed) == [None, b"two"]
    assert vault.seal([("reporter:a", b"three")])[0].key_id == "reporter:a.2"


FORBIDDEN = (
    # The log is written by append_units and by nothing else, and never changed.
    "INSERT INTO event VALUES (3, gen_random_uuid(), 1, 't', now(), '', '', '')",
    "COPY event FROM STDIN",
    "UPDATE event SET state = '{}'",
    "UPDATE event SET recorded_at = now() WHERE position = 1",
    "DELETE FROM event",
    "TRUNCATE event",
    "MERGE INTO event USING (VALUES (1)) AS v (p) ON position = p WHEN MATCHED THEN DELETE",
    "SELECT * FROM event FOR UPDATE",
    "ALTER TABLE event DISABLE TRIGGER ALL",
    "ALTER TABLE event ADD COLUMN more text",
    "CREATE RULE r AS ON INSERT TO event DO NOTHING",
    "CREATE TRIGGER t BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "DROP TABLE event CASCADE",
    f"SELECT write_units(0, now(), {', '.join(['NULL'] * 27)})",
    "ALTER FUNCTION event_leaf_hash OWNER TO jiedao_login",
    "SET session_replication_role = replica",
    # So are what stands in one unit with events, and the record of migrations.
    "INSERT INTO idempotency_key VALUES ('s', 'k', '', NULL, 0, now(), NULL)",
    "DELETE FROM idempotency_key",
    "DELETE FROM inbox",
    "UPDATE inbox SET outcome = 'accepted'",
    "UPDATE feed_offset SET next_offset = 0",
    "INSERT INTO feed_offset VALUES ('g', 't', 1, 0)",
    "DELETE FROM migration",
    "UPDATE migration SET digest = ''",
    # Keys are made and destroyed by their functions, and nothing else can be done to them.
    "INSERT INTO subject_key SELECT * FROM subject_key",
    "UPDATE subject_key SET wrapped_key = ''",
    "DELETE FROM subject_key",
    "TRUNCATE subject_key",
    "UPDATE vault_root SET fingerprint = ''",
    "DELETE FROM vault_root",
    # Tokens can be neither read back, nor given more rights, nor revived, nor removed.
    "SELECT secret_hash FROM access_token",
    "SELECT * FROM access_token",
    "UPDATE access_token SET role = 'administrator'",
    "UPDATE access_token SET revoked_at = NULL, revoked_by = NULL",
    "DELETE FROM access_token",
    "DELETE FROM refusal",
    "UPDATE refusal SET holder = ''",
    # What a superior platform is owed can be neither changed nor taken back.
    "DELETE FROM outbox",
    "UPDATE outbox SET body = ''",
    # Checkpoints and cosignatures are added and stay, and events leave by the owner's procedure alone.
    "UPDATE checkpoint SET note = ''",
    "DELETE FROM checkpoint",
    "TRUNCATE checkpoint CASCADE",
    "DELETE FROM checkpoint_cosignature",
    "INSERT INTO event_removal (reason) VALUES ('r')",
    "INSERT INTO removed_event VALUES (1, gen_random_uuid(), 1, now())",
    "DELETE FROM removed_event",
    f"SELECT begin_removal(1, 1, 'r', 'a', 'b', '{'0' * 64}', 'f', 2, gen_random_uuid(), 1)",
    "SELECT remove_events(1, 1, 1)",
    "SELECT end_removal(1, '{}', 1)",
    "ALTER TABLE event DISABLE TRIGGER keep_the_past",
    # The schema and the server are not its own.
    "CREATE TABLE mine (a integer)",
    "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql RETURN 1",
    "CREATE SCHEMA mine",
    "DROP SCHEMA public CASCADE",
    "ALTER FUNCTION append_units SECURITY INVOKER",
    "SET ROLE jiedao_owner",
    "SET SESSION AUTHORIZATION postgres",
    "CREATE ROLE another",
    "ALTER ROLE jiedao_login SUPERUSER",
    "ALTER ROLE jiedao_owner PASSWORD 'x'",
    "CREATE DATABASE another",
    "CREATE EXTENSION vector",
    "ALTER SYSTEM SET fsync = off",
    "COPY event TO PROGRAM 'true'",
    "COPY event TO '/tmp/events'",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT rolpassword FROM pg_authid",
    "SELECT pg_reload_conf()",
)


def test_it_can_do_nothing_more(recorder, database, app_url):
    recorder.writer.append(unit(stored(), stored(), inbox=[delivered("A-1")], offsets=[move(None, 5)]))
    KeyVault(database, RootKey(bytes(range(32)))).seal([("reporter:a", b"one")])
    TokenTable(database).create("user:zhang", Role.HANDLER, created_by="user:li")
    before = recorder.select_log(0, 10)
    allowed = []
    with psycopg.connect(app_url, autocommit=True) as connection:
        for statement in FORBIDDEN:
            try:
                connection.execute(statement)
            except psycopg.Error as error:
                if not _is_refusal(error):
                    allowed.append((statement, repr(error)))
            else:
                allowed.append((statement, "was carried out"))
    assert allowed == []
    assert recorder.select_log(0, 10) == before


def _is_refusal(error):
    """Whether it failed because it may not, and not because the statement is wrong."""
    return isinstance(error, psycopg.errors.InsufficientPrivilege) or "must be owner of" in str(error)


def test_nothing_of_the_schema_is_open_to_everybody_or_was_forgotten(address):
    """Every table that the application may write to is one that this list knows."""
    query = """
        SELECT c.relname, string_agg(p.privilege, ',' ORDER BY p.privilege)
        FROM pg_class AS c
        CROSS JOIN LATERAL unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p (privilege)
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
          AND has_table_privilege('jiedao_login', c.oid, p.privilege)
        GROUP BY c.relname ORDER BY c.relname
    """
    with psycopg.connect(address[1]) as owner:
        assert dict(owner.execute(query).fetchall()) == {
            "access_token": "INSERT",
            "checkpoint": "INSERT",
            "checkpoint_cosignature": "INSERT",
            "outbox": "INSERT",
            "projection_generation": "DELETE,INSERT,UPDATE",
            "refusal": "INSERT",
            "tracking": "DELETE,INSERT,UPDATE",
            "vault_root": "INSERT",
        }
        everybody = owner.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')"
            " AND EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee = 0)"
        ).fetchall()
        assert everybody == []
