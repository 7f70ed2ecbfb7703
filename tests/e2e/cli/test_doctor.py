"""`jiedao doctor`: each part is looked at, also when others are broken, and each fault says what to do."""

from __future__ import annotations

import base64
import re
import shutil
import socket
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from kafka import KafkaAdminClient

from jiedao.entrypoints.cli.checkup import examining, machine
from jiedao.entrypoints.cli.checkup.examining import PARTS, Part, examine
from jiedao.entrypoints.settings import Settings
from tests.e2e.cli.terminal import ROOT
from tests.kafka_session import kafka, real_kafka
from tests.tampering import unguard

__all__ = ["kafka", "real_kafka"]

NOVEMBER = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


class FixedClock:
    def __init__(self, moment):
        self.moment = moment

    def now(self):
        return self.moment


class FastClock:
    """A clock that runs ahead of everybody's."""

    def now(self):
        return datetime.now(UTC) + timedelta(seconds=5)


def _grades(items):
    """The worst grade of each part."""
    order = ("ok", "warning", "fault")
    worst = {}
    for item in items:
        worst[item["part"]] = max(item["grade"], worst.get(item["part"], "ok"), key=order.index)
    return worst


def _sentences(items, part):
    return "\n".join(item["sentence"] for item in items if item["part"] == part)


def _diagnose(terminal, code=0, **env):
    """Ask the doctor; returns the items."""
    document = terminal.ask("doctor", code=code, **env)
    assert document["healthy"] is (code == 0)
    assert document["faults"] == sum(item["grade"] == "fault" for item in document["items"])
    assert all(item["remedy"] for item in document["items"] if item["grade"] == "fault")
    assert {item["part"] for item in document["items"]} == {part.name for part in PARTS}
    return document["items"]


@pytest.fixture
def application_url(database_url):
    """The database under a role as the application has it."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS examined")
        connection.execute("CREATE ROLE examined LOGIN IN ROLE jiedao_app")
    yield psycopg.conninfo.make_conninfo(database_url, user="examined")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP OWNED BY examined CASCADE")
        connection.execute("DROP ROLE examined")


def test_before_anything_was_started_that_is_no_fault_and_nothing_is_made(terminal):
    items = _diagnose(terminal, JIEDAO_DATABASE_URL=None, JIEDAO_VAULT_KEY=None)
    assert "not started; jiedao serve starts it" in _sentences(items, "database")
    assert "the database is not started" in _sentences(items, "projections")
    assert "first start makes one" in _sentences(items, "root_key")
    assert not terminal.data.exists()


def test_an_installation_that_is_well_has_no_fault(terminal, application_url):
    terminal.ask("queue", "show")
    items = _diagnose(terminal, JIEDAO_DATABASE_URL=application_url)
    grades = _grades(items)
    for part in ("versions", "profile", "database", "clock", "projections", "root_key", "files", "kafka"):
        assert grades[part] == "ok", _sentences(items, part)
    assert "cannot change it" in _sentences(items, "database")
    assert "eventsourcing 9.5" in _sentences(items, "versions")
    assert "近似" in _sentences(items, "boundaries")
    shown = terminal.run("doctor", JIEDAO_DATABASE_URL=application_url).stdout
    assert "✓ 数据库 database: PostgreSQL" in shown
    assert "! 辖区边界 boundaries:" in shown


def test_a_role_that_may_change_the_past_is_a_fault(terminal, application_url, database_url):
    items = _diagnose(terminal, code=1)
    assert "is a superuser" in _sentences(items, "database")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("GRANT UPDATE ON event TO examined")
    items = _diagnose(terminal, code=1, JIEDAO_DATABASE_URL=application_url)
    assert "may UPDATE events" in _sentences(items, "database")
    assert "✗ 数据库 database" in terminal.run("doctor", code=1, JIEDAO_DATABASE_URL=application_url).stdout


def test_the_ledger_is_looked_at_its_triggers_grants_key_and_how_far_it_protects(
    terminal, application_url, database_url
):
    terminal.ask("queue", "show")
    items = _diagnose(terminal, JIEDAO_DATABASE_URL=application_url)
    assert _grades(items)["ledger"] == "warning"
    assert "no key that signs checkpoints yet" in _sentences(items, "ledger")
    terminal.ask("audit", "seal")
    items = _diagnose(terminal, JIEDAO_DATABASE_URL=application_url)
    assert _grades(items)["ledger"] == "ok"
    assert re.search(r"protected up to position (\d+) of \1,", _sentences(items, "ledger"))
    key = terminal.data / "keys" / "ledger-330103.key"
    key.chmod(0o644)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE event DISABLE TRIGGER keep_the_past")
        connection.execute("ALTER TABLE checkpoint ENABLE TRIGGER keep_all_of_the_past")  # not for a replica
        connection.execute("GRANT DELETE ON checkpoint TO jiedao_app")
        connection.execute("GRANT EXECUTE ON FUNCTION remove_events TO jiedao_app")
        items = _diagnose(terminal, code=1, JIEDAO_DATABASE_URL=application_url)
        told = _sentences(items, "ledger")
        assert "switched off: keep_all_of_the_past on checkpoint, keep_the_past on event" in told
        assert "DELETE on checkpoint, EXECUTE remove_events(" in told
        assert "others may read it" in told
        unguard(connection)
        connection.execute("DELETE FROM event WHERE position > 2")
    assert "the log ends at position 2" in _sentences(_diagnose(terminal, code=1), "ledger")


def test_a_database_that_does_not_answer_hides_no_other_part_and_no_password_is_told(terminal):
    url = "postgresql://jiedao:hunter2@127.0.0.1:1/jiedao"
    result = terminal.run("doctor", code=1, JIEDAO_DATABASE_URL=url)
    assert "hunter2" not in result.output
    grades = _grades(_diagnose(terminal, code=1, JIEDAO_DATABASE_URL=url))
    assert grades["database"] == "fault"
    assert {grades[part] for part in ("clock", "projections")} == {"warning"}
    assert {grades[part] for part in ("versions", "profile", "root_key", "kafka")} == {"ok"}


def test_an_address_that_is_none_is_told_without_its_text(terminal):
    url = "jiedao:hunter2@127.0.0.1/jiedao"
    result = terminal.run("doctor", code=1, JIEDAO_DATABASE_URL=url)
    assert "JIEDAO_DATABASE_URL is no address" in result.stdout
    assert "hunter2" not in result.output
    result = terminal.run("queue", "show", code=1, JIEDAO_DATABASE_URL=url)
    assert "JIEDAO_DATABASE_URL is no address" in result.stderr
    assert "hunter2" not in result.output


def test_a_schema_that_is_behind_is_a_fault(terminal, postgres_url):
    url = psycopg.conninfo.make_conninfo(postgres_url, dbname="template1")
    items = _diagnose(terminal, code=1, JIEDAO_DATABASE_URL=url)
    assert "0001 log" in _sentences(items, "database")
    assert "not up to date" in _sentences(items, "projections")


def test_the_faults_of_a_profile_are_listed_and_hide_nothing(terminal):
    config = terminal.folder / "config"
    shutil.copytree(ROOT / "config" / "districts" / "330103", config / "districts" / "330103")
    broken = config / "districts" / "330103" / "district.toml"
    broken.write_text(broken.read_text().replace('kind = "china"', 'kind = "lunar"').replace("west =", "wast ="))
    items = _diagnose(terminal, code=1, JIEDAO_CONFIG=str(config))
    assert "lunar" in _sentences(items, "profile")
    assert "wast" in _sentences(items, "profile")
    assert "the district's profile cannot be loaded" in _sentences(items, "calendar")
    assert "PostgreSQL" in _sentences(items, "database")


def test_a_routing_rule_that_can_never_apply_is_warned_of(terminal):
    config = terminal.folder / "config"
    shutil.copytree(ROOT / "config" / "districts" / "330103", config / "districts" / "330103")
    with (config / "districts" / "330103" / "routing.toml").open("a", encoding="utf-8") as rules:
        for name in ("rest", "behind"):
            rules.write(f'\n[[rules]]\nid = "{name}"\nname = "其余"\nthen = {{ priority = 4 }}\n')
    items = [
        one
        for one in _diagnose(terminal, code=1, JIEDAO_CONFIG=str(config))
        if one["part"] == "profile" and one["remedy"]
    ]
    assert [(one["grade"], one["sentence"]) for one in items] == [
        ("warning", "the routing rule behind can never apply: whatever fits it fits rest before it")
    ]


def test_links_that_nobody_may_fetch_are_warned_of_until_a_source_names_hosts(tmp_path):
    def look(options):
        config = tmp_path / "config"
        shutil.copytree(ROOT / "config" / "districts" / "330103", config / "districts" / "330103", dirs_exist_ok=True)
        sources = (ROOT / "config" / "districts" / "330103" / "sources.toml").read_text("utf-8")
        head = "[city_brain.options]\n"
        assert head in sources
        (config / "districts" / "330103" / "sources.toml").write_text(
            sources.replace(head, head + options), encoding="utf-8"
        )
        settings = Settings(config=config, data=tmp_path / "data")
        (finding,) = [one for one in examine(settings) if one.part == "attachments"]
        return finding

    none = look("")
    assert (none.grade, "not fetched" in none.sentence) == ("warning", True)
    assert "attachment_hosts" in none.remedy
    named = look('attachment_hosts = ["img.example.cn"]\n')
    assert (named.grade, "of city_brain from img.example.cn" in named.sentence) == ("ok", True)
    assert "hotline" in named.sentence.partition("stay links")[0]
    assert look('attachment_hosts = "img.example.cn"\n').grade == "fault"


def test_from_november_the_next_years_calendar_is_asked_for():
    def look(moment):
        return [one for one in examine(Settings(), clock=FixedClock(moment)) if one.part == "calendar"]

    (november,) = look(NOVEMBER)
    assert (november.grade, "2027" in november.sentence) == ("warning", True)
    (may,) = look(datetime(2026, 5, 1, tzinfo=UTC))
    assert may.grade == "ok"
    (later,) = look(datetime(2036, 5, 1, tzinfo=UTC))
    assert later.grade == "fault"


def test_clocks_that_are_apart_are_a_fault(database_url, tmp_path):
    settings = Settings(database_url=database_url, data=tmp_path)
    (finding,) = [one for one in examine(settings, clock=FastClock()) if one.part == "clock"]
    assert (finding.grade, "5.0 s apart" in finding.sentence or "4.9" in finding.sentence) == ("fault", True)


def test_another_root_key_is_a_fault(terminal):
    terminal.fill()
    items = _diagnose(terminal, code=1, JIEDAO_VAULT_KEY=base64.b64encode(b"x" * 32).decode())
    assert "another key" in _sentences(items, "root_key")
    items = _diagnose(terminal, code=1, JIEDAO_VAULT_KEY="not a key")
    assert "not a key" not in _sentences(items, "root_key")
    assert _grades(items)["root_key"] == "fault"


def test_a_damaged_and_a_missing_file_are_faults(terminal):
    terminal.ask("queue", "show")
    first, second, *_ = (path for path in (terminal.data / "files").rglob("*") if path.is_file())
    first.write_bytes(b"damaged")
    second.unlink()
    told = _sentences(_diagnose(terminal, code=1), "files")
    assert f"{first.parent.name}{first.name} was damaged" in told
    assert f"there is no file {second.parent.name}{second.name}" in told


def test_a_disk_that_is_nearly_full_is_a_fault(monkeypatch, tmp_path):
    def look():
        (finding,) = [one for one in examine(Settings(data=tmp_path / "data")) if one.part == "disk"]
        return finding.grade

    monkeypatch.setattr(machine, "SHORT_BYTES", 0)
    monkeypatch.setattr(machine, "FULL_BYTES", 0)
    assert look() == "ok"
    monkeypatch.setattr(machine, "SHORT_BYTES", 2**63)
    assert look() == "warning"
    monkeypatch.setattr(machine, "FULL_BYTES", 2**63)
    assert look() == "fault"


def test_a_check_that_fails_itself_hides_no_other(monkeypatch, tmp_path):
    def broken(_installation):
        raise ZeroDivisionError
        yield

    monkeypatch.setattr(examining, "PARTS", (Part("broken", "坏", broken), *PARTS))
    findings = examine(Settings(data=tmp_path))
    assert "ZeroDivisionError" in findings[0].sentence
    assert {one.part for one in findings} == {"broken", *(part.name for part in PARTS)}


def test_a_kafka_that_does_not_answer_is_a_fault(terminal):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
    items = _diagnose(terminal, code=1, JIEDAO_KAFKA_BOOTSTRAP=address)
    assert f"no Kafka broker answers at {address}" in _sentences(items, "kafka")
    assert _grades(items)["profile"] == "ok"


@pytest.mark.kafka
def test_topics_that_a_kafka_lacks_are_named(terminal, real_kafka):
    real_kafka.create_topic("jiedao.330103.hotline")
    try:
        items = _diagnose(terminal, code=1, JIEDAO_KAFKA_BOOTSTRAP=real_kafka.bootstrap)
    finally:
        admin = KafkaAdminClient(bootstrap_servers=real_kafka.bootstrap)
        admin.delete_topics(["jiedao.330103.hotline"])
        admin.close()
    told = _sentences(items, "kafka")
    assert "brokers answer" in told
    assert "jiedao.330103.video" in told
    assert "jiedao.330103.hotline" not in told
    assert _grades(items)["kafka"] == "warning"
