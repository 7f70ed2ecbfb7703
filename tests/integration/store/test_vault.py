"""Personal data under a key of its person: one key per subject whoever makes it, and none once it is destroyed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jiedao.domain.errors import ConfigurationError, InvalidInputError, JiedaoError, NotFoundError
from jiedao.domain.report import ReporterDetails, Sealed
from jiedao.store.database import Database
from jiedao.store.root_key import RootKey
from jiedao.store.vault import ALGORITHMS, KeyVault
from tests.waiting import until

ROOT = RootKey(bytes(range(32)))
ZHANG = ReporterDetails(name="张三", phone="13800138000")
PHONE = ZHANG.phone.encode()
WAITING_MAKERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%keep_new_subject_keys%'"
    " AND datname = current_database()"
)


@contextmanager
def opened(database_url, root=ROOT):
    with Database(database_url, max_connections=2) as database:
        yield KeyVault(database, root)


@pytest.fixture
def vault(database_url):
    with opened(database_url) as vault:
        yield vault


@pytest.fixture
def another_process(database_url):
    """A vault that shares nothing with the first but database and root key."""
    with opened(database_url) as vault:
        yield vault


@pytest.fixture
def admin(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def watcher(database_url):
    """A connection outside every transaction: within one, the list of sessions stands still."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def statements(monkeypatch):
    """The statements that are executed from now on; the empty one by which the pool checks a connection is none."""
    executed = []
    real = psycopg.Cursor.execute

    def execute(cursor, query, *arguments, **options):
        if query:
            executed.append(query)
        return real(cursor, query, *arguments, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", execute)
    return executed


def test_what_is_sealed_opens_again_each_under_its_subjects_key(vault):
    plaintexts = [
        ("reporter:a", b"one"),
        ("source:hotline", b""),
        ("reporter:a", b"two"),
        ("reporter:b", b"x" * 100_000),
    ]
    sealed = vault.seal(plaintexts)
    assert [one.key_id for one in sealed] == ["reporter:a.1", "source:hotline.1", "reporter:a.1", "reporter:b.1"]
    assert {one.algorithm for one in sealed} == {"A256GCM"}
    assert vault.open(sealed) == [plaintext for _subject, plaintext in plaintexts]
    assert vault.open(sealed[::-1]) == [plaintext for _subject, plaintext in plaintexts[::-1]]
    assert vault.seal([]) == vault.open([]) == []


def test_the_same_plaintext_is_never_sealed_to_the_same_ciphertext(vault):
    sealed = vault.seal([("reporter:a", b"13800138000")] * 200)
    assert len({one.ciphertext for one in sealed}) == 200
    assert len({base64.urlsafe_b64decode(one.ciphertext + "==")[:12] for one in sealed}) == 200


def test_the_stored_form_is_what_is_documented(vault, admin):
    sealed = vault.seal([("reporter:a", "张三".encode())])[0]
    key_id, wrapped, *names = admin.execute(
        "SELECT key_id, wrapped_key, algorithm, wrapping_algorithm, wrapping_key FROM subject_key"
    ).fetchone()
    assert names == ["A256GCM", "A256GCMKW", ROOT.fingerprint]
    wrapping = AESGCM(ROOT.derive("jiedao.vault/wrap/A256GCMKW/1"))
    key = wrapping.decrypt(wrapped[:12], wrapped[12:], key_id.encode())
    whole = base64.urlsafe_b64decode(sealed.ciphertext + "=" * (-len(sealed.ciphertext) % 4))
    assert AESGCM(key).decrypt(whole[:12], whole[12:], sealed.key_id.encode()) == "张三".encode()


def test_a_batch_takes_two_statements_when_keys_are_made_and_one_when_they_are_there(vault, statements):
    vault.check_root_key()
    batch = [(f"reporter:{number % 500}", b"x") for number in range(1000)]
    for expected in (2, 1):
        statements.clear()
        sealed = vault.seal(batch)
        assert len(statements) == expected
    statements.clear()
    assert vault.open(sealed) == [b"x"] * 1000
    assert len(statements) == 1


def test_processes_that_make_the_keys_of_the_same_new_subjects_at_once_end_with_one_each(
    vault, another_process, admin, watcher
):
    subjects = [f"reporter:{number}" for number in range(50)]
    vault.check_root_key()
    another_process.check_root_key()
    with ThreadPoolExecutor(2) as threads:
        with admin.transaction():
            admin.execute("LOCK TABLE subject_key IN SHARE ROW EXCLUSIVE MODE")  # reading goes on: both see no key
            mine = threads.submit(vault.seal, [(one, b"mine") for one in subjects])
            theirs = threads.submit(another_process.seal, [(one, b"theirs") for one in reversed(subjects)])
            until(lambda: watcher.execute(WAITING_MAKERS).fetchone()[0] == 2)
        mine, theirs = mine.result(30), theirs.result(30)
    assert [one.key_id for one in mine] == [one.key_id for one in reversed(theirs)]
    assert admin.execute("SELECT count(*), count(DISTINCT subject) FROM subject_key").fetchone() == (50, 50)
    assert vault.open(theirs) == [b"theirs"] * 50
    assert another_process.open(mine) == [b"mine"] * 50


def test_many_writers_of_many_subjects_neither_block_nor_double_keys(database_url, admin):
    def work(number):
        with opened(database_url) as vault:
            batches = [
                [(f"reporter:{(number * 7 + step * 3 + i) % 40}", b"x") for i in range(20)] for step in range(10)
            ]
            return [one for batch in batches for one in vault.seal(batch)]

    with ThreadPoolExecutor(4) as threads:
        sealed = [one for found in threads.map(work, range(4)) for one in found]
    assert admin.execute("SELECT count(*), count(DISTINCT subject), max(generation) FROM subject_key").fetchone() == (
        40, 40, 1,
    )  # fmt: skip
    with opened(database_url) as vault:
        assert set(vault.open(sealed)) == {b"x"}


def test_a_destroyed_key_opens_nothing_for_anybody_from_that_moment(vault, another_process, admin):
    sealed = vault.seal([("reporter:a", b"one"), ("reporter:b", b"two")])
    assert another_process.open(sealed) == [b"one", b"two"]
    assert vault.destroy(["reporter:a", "reporter:unknown"], "依申请删除") == ["reporter:a.1"]
    assert vault.open(sealed) == another_process.open(sealed) == [None, b"two"]
    wrapped, destroyed_at, reason = admin.execute(
        "SELECT wrapped_key, destroyed_at, destroyed_reason FROM subject_key WHERE key_id = 'reporter:a.1'"
    ).fetchone()
    assert (wrapped, reason) == (None, "依申请删除")
    assert destroyed_at is not None
    assert vault.destroy(["reporter:a"], "again") == []


def test_what_is_sealed_after_the_destruction_has_a_new_key_with_a_new_name(vault, another_process):
    before = vault.seal([("reporter:a", b"before")])
    vault.destroy(["reporter:a"], "erasure")
    after = another_process.seal([("reporter:a", b"after"), ("reporter:b", b"new")])
    assert [one.key_id for one in after] == ["reporter:a.2", "reporter:b.1"]
    assert vault.seal([("reporter:a", b"more")])[0].key_id == "reporter:a.2"
    assert vault.open([*before, *after]) == [None, b"after", b"new"]
    vault.destroy(["reporter:a"], "erasure")
    assert vault.seal([("reporter:a", b"third")])[0].key_id == "reporter:a.3"


def test_keys_are_not_destroyed_without_a_reason(vault):
    sealed = vault.seal([("reporter:a", b"one")])
    with pytest.raises(InvalidInputError, match="say why"):
        vault.destroy(["reporter:a"], " ")
    assert vault.open(sealed) == [b"one"]


def test_what_was_altered_or_is_anothers_does_not_open(vault):
    one, other = vault.seal([("reporter:a", b"one"), ("reporter:b", b"two")])
    flipped = ("B" if one.ciphertext[20] == "A" else "A").join((one.ciphertext[:20], one.ciphertext[21:]))
    for forged in (
        replace(one, ciphertext=flipped), replace(one, ciphertext=one.ciphertext[:-4]), replace(one, ciphertext=""),
        replace(one, ciphertext="密文"), replace(one, ciphertext=other.ciphertext), replace(one, key_id=other.key_id),
    ):  # fmt: skip
        with pytest.raises(JiedaoError, match="was altered"):
            vault.open([forged])


def test_a_key_that_is_missing_is_not_taken_for_a_destroyed_one(vault):
    sealed = vault.seal([("reporter:a", b"one")])[0]
    with pytest.raises(NotFoundError, match="restore the table of keys"):
        vault.open([sealed, replace(sealed, key_id="reporter:gone.1")])


def test_an_algorithm_that_is_not_known_is_refused_by_its_name(vault):
    with pytest.raises(ConfigurationError, match="SM4-GCM"):
        vault.open([Sealed("SM4-GCM", "reporter:a.1", "")])


def test_keys_whose_rows_were_exchanged_or_made_elsewhere_are_refused(vault, admin):
    vault.seal([("reporter:a", b"one"), ("reporter:b", b"two")])
    admin.execute(
        "UPDATE subject_key SET wrapped_key = (SELECT wrapped_key FROM subject_key WHERE subject = 'reporter:b')"
        " WHERE subject = 'reporter:a'"
    )
    with pytest.raises(ConfigurationError, match="was altered"):
        vault.seal([("reporter:a", b"more")])
    admin.execute("UPDATE subject_key SET wrapping_key = 'other' WHERE subject = 'reporter:b'")
    with pytest.raises(ConfigurationError, match="wrapped by the root key other"):
        vault.seal([("reporter:b", b"more")])
    admin.execute("UPDATE subject_key SET wrapping_algorithm = 'SM4-KW' WHERE subject = 'reporter:b'")
    with pytest.raises(ConfigurationError, match="SM4-KW"):
        vault.open([Sealed("A256GCM", "reporter:b.1", "")])


def test_another_root_key_is_refused_before_anything_is_done_with_it(database_url, vault, admin):
    sealed = vault.seal([("reporter:a", b"one")])
    uses = (
        lambda other: other.seal([("reporter:c", b"two")]), lambda other: other.open(sealed),
        lambda other: other.mac(b"record"), lambda other: other.subject_of("330103", ZHANG),
        lambda other: other.destroy(["reporter:a"], "erasure"), lambda other: other.check_root_key(),
    )  # fmt: skip
    with opened(database_url, RootKey(bytes(32))) as other:
        for use in uses:
            with pytest.raises(ConfigurationError, match=f"under the root key {ROOT.fingerprint}"):
                use(other)
    assert admin.execute("SELECT key_id FROM subject_key WHERE destroyed_at IS NULL").fetchall() == [("reporter:a.1",)]
    assert admin.execute("SELECT fingerprint, algorithms FROM vault_root").fetchall() == [
        (ROOT.fingerprint, ALGORITHMS)
    ]


def test_of_two_root_keys_that_start_a_database_at_once_one_is_refused(database_url):
    def use(number):
        with opened(database_url, RootKey(bytes([number]) * 32)) as vault:
            try:
                vault.check_root_key()
            except ConfigurationError:
                return 0
            return 1

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(use, range(4))) == 1


def test_algorithms_of_a_later_version_are_refused(vault, database_url, admin):
    vault.check_root_key()
    admin.execute("UPDATE vault_root SET algorithms = 'HKDF-SM3 SM4-KW SM4-GCM HMAC-SM3'")
    with opened(database_url) as older, pytest.raises(ConfigurationError, match="written with HKDF-SM3"):
        older.mac(b"record")


def test_a_pseudonym_and_a_keyed_hash_never_change(vault):
    """Stored ones must be found again: these values are for ever."""
    assert vault.subject_of("330103", ZHANG) == "reporter:0kTlncR4r-LZZVSOOMEovWOlbWeN2eZ08xhVnUO1kzI"
    assert vault.mac(b"record").hex() == "8577a48922588a4be0fed9b7fd324e377a55bb4862ddae5dfd5cbf0c1ab087f1"
    key = ROOT.derive("jiedao.vault/mac/HMAC-SHA-256/1")
    assert vault.mac(b"record") == hmac.digest(key, b"record", hashlib.sha256)


def test_the_same_person_has_one_pseudonym_in_a_district_and_another_elsewhere(vault):
    subject = vault.subject_of("330103", ZHANG)
    assert vault.subject_of("330103", ReporterDetails(name="张先生", phone="+86 138-0013-8000")) == subject
    assert vault.subject_of("330103", ReporterDetails(phone="13800138001")) != subject
    assert vault.subject_of("330105", ZHANG) != subject
    assert PHONE.decode() not in subject
    assert vault.subject_of("330103", ReporterDetails(name="a", contact="bc")) != vault.subject_of(
        "330103", ReporterDetails(name="ab", contact="c")
    )


def test_the_database_alone_holds_nothing_that_can_be_read(vault, admin):
    vault.seal([(vault.subject_of("330103", ZHANG), PHONE)])
    rows = admin.execute("SELECT k::text, r::text FROM subject_key AS k, vault_root AS r").fetchall()
    assert len(rows) == 1
    for content in rows[0]:
        assert "13800138000" not in content
        assert PHONE.hex() not in content
        assert ROOT.secret.hex() not in content
