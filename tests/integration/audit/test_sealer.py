"""What the sealer publishes, what it mends, and what it refuses."""

from __future__ import annotations

import shutil

import psycopg
import pytest

from jiedao.audit.growth import GrowingTree
from jiedao.audit.merkle import root_of
from jiedao.audit.notes import read_note
from jiedao.audit.published import LedgerFaultError, PublishedLedger
from jiedao.audit.signing_key import load_signer
from jiedao.audit.tiles import tiles_of
from jiedao.domain.errors import ConfigurationError
from tests.integration.audit.sealing import SealedLog
from tests.log_samples import stored
from tests.tampering import unguard


def events(number):
    return [stored(state=b'{"n":%d}' % one) for one in range(number)]


def test_it_publishes_tiles_a_signed_checkpoint_and_its_key_and_only_what_is_new(log):
    sealer = log.sealer()
    assert sealer.seal().size == 0
    assert list(log.files()) == ["keys.txt"]
    log.record(*events(300))
    done = sealer.seal()
    assert (done.size, done.head, done.unprotected) == (300, 300, 0)
    told = log.published.latest()
    assert told.note.signed_by(log.signer.key)
    assert log.published.keys() == [log.signer.key]
    leaves = [entry.leaf_hash for entry in log.recorder.select_log(0, 1000)]
    tree = GrowingTree()
    expected = dict(tree.grow(leaves))
    assert told.checkpoint.root == tree.root()
    published = log.files()
    assert {f"tile/{tile.path}": content for tile, content in expected.items()}.items() <= published.items()
    assert sealer.seal() == done
    assert log.files() == published  # nothing new: no new checkpoint
    log.record(*events(300))
    log.sealer().seal()  # as after a start
    assert {path for path in log.files() if path.startswith("tile/")} == {
        f"tile/{tile.path}" for tile in tiles_of(600)
    } | {"tile/1/000.p/1"}  # a partial one goes when the full one has come
    assert [told.checkpoint.size for told in log.published.history()] == [300, 600, 600]
    assert [row.size for row in log.table.page(sealer.origin, None, 10)] == [600, 300]


def test_what_was_published_stays_provable_after_every_growth(log):
    sealer, roots = log.sealer(), {}
    for step in (1, 1, 3, 250, 1, 1, 300):
        log.record(*events(step))
        size = sealer.seal().size
        roots[size] = log.published.latest().checkpoint.root
    tree = log.published.tree(size)
    assert {one: root_of(tree, one) for one in roots} == roots
    assert log.sealer().seal().size == size


def test_a_crash_between_any_two_steps_is_mended_by_the_next_start(log, monkeypatch):
    for name in ("announce", "write_tiles", "announce"):  # of the very first one, too
        log.record(*events(5))
        with monkeypatch.context() as patch:

            def fail(*_):
                raise OSError(28, "No space left on device")

            patch.setattr(PublishedLedger, name, fail)
            failing = log.sealer()
            with pytest.raises(OSError, match="No space"):
                failing.seal()
        assert failing.seal().unprotected == 0  # the same one goes on too
    sizes = [told.checkpoint.size for told in log.published.history()]
    assert sizes == [5, 10, 15, 15]
    shutil.rmtree(log.published.folder / "checkpoints")
    (log.published.folder / "checkpoint").unlink()
    with pytest.raises(LedgerFaultError, match="--anew"):  # that was no crash
        log.sealer().seal()
    assert [row.size for row in log.table.every()] == [5, 10, 15]


def test_a_note_that_a_crash_cut_off_in_the_history_is_cut_out(log):
    log.record(*events(5))
    sealer = log.sealer()
    sealer.seal()
    (day,) = (log.published.folder / "checkpoints").iterdir()
    whole = day.read_bytes()
    for cut in (whole[:10], whole[:-1], whole[: len(whole) // 2]):
        day.write_bytes(whole + cut)
        assert [told.checkpoint.size for told in log.published.history()] == [5, 5]
    log.record(*events(1))
    sealer.seal()
    assert [told.checkpoint.size for told in log.published.history()] == [5, 6, 6]
    day.write_bytes(day.read_bytes().replace(b"jiedao.330103/log\n5\n", b"jiedao.330103/log\nV\n"))
    damaged, *others = log.published.history()
    assert (damaged.size, "is damaged" in damaged.sentence) == (0, True)
    assert [told.checkpoint.size for told in others] == [6, 6], "what stands behind is read all the same"


def test_it_seals_no_event_that_is_not_what_was_appended_and_no_log_with_a_hole(log, superuser):
    sealer = log.sealer()
    log.record(*events(4))
    sealer.seal()
    log.record(*events(4))
    unguard(superuser)
    superuser.execute("UPDATE event SET state = 'other' WHERE position = 6")
    with pytest.raises(LedgerFaultError, match="the event at position 6 is not what was appended"):
        sealer.seal()
    superuser.execute("DELETE FROM event WHERE position = 6")
    with pytest.raises(LedgerFaultError, match="no event at position 6, and there are later ones"):
        sealer.seal()
    assert log.published.latest().checkpoint.size == 4
    assert sealer.protection().unprotected == 4


def test_it_never_replaces_a_checkpoint_by_a_smaller_or_another_one(log, superuser):
    log.record(*events(8))
    log.sealer().seal()
    before = log.files()
    unguard(superuser)
    superuser.execute("DELETE FROM checkpoint")
    superuser.execute("DELETE FROM event WHERE position > 6")
    with pytest.raises(LedgerFaultError, match="8 events is published and the log ends at position 6"):
        log.sealer().seal()
    log.record(*events(4))  # other events at the positions that were published
    with pytest.raises(LedgerFaultError, match="the event at position 8 is not the one that was published"):
        log.sealer().seal()
    assert log.files() == before


def test_a_folder_and_a_database_that_do_not_fit_are_refused(log, superuser):
    log.record(*events(300))
    log.sealer().seal()
    folder = log.published.folder
    tile = folder / "tile" / "0" / "001.p" / "44"
    content = tile.read_bytes()
    tile.write_bytes(content[:32] + content[:32] + content[64:])
    with pytest.raises(LedgerFaultError, match="do not have the root"):
        log.sealer().seal()
    tile.write_bytes(content[:-1])
    with pytest.raises(LedgerFaultError, match="damaged"):
        log.sealer().seal()
    tile.write_bytes(content)
    unguard(superuser)
    superuser.execute("UPDATE checkpoint SET root = sha256('other')")
    with pytest.raises(LedgerFaultError, match="another root than the published one"):
        log.sealer().seal()
    superuser.execute("DELETE FROM checkpoint")
    assert log.sealer().seal().size == 300  # what is published is put back
    assert [row.size for row in log.table.every()] == [300]
    (folder / "checkpoint").write_text("nothing")
    with pytest.raises(LedgerFaultError, match="no signed note"):
        log.sealer().seal()


def test_an_empty_folder_is_filled_again_only_when_somebody_says_so(log):
    for _ in range(3):
        log.record(*events(100))
        log.sealer().seal()
    before = log.files()
    shutil.rmtree(log.published.folder)
    with pytest.raises(LedgerFaultError, match="--anew"):
        log.sealer().seal()
    assert log.sealer().seal(anew=True).size == 300
    assert {path for path in before if ".p/" not in path} == {path for path in log.files() if ".p/" not in path}
    assert log.files()["checkpoint"] == before["checkpoint"]


def test_another_log_does_not_get_into_the_folder(log):
    log.record(*events(2))
    log.sealer().seal()
    checkpoint = log.published.folder / "checkpoint"
    checkpoint.write_text(checkpoint.read_text().replace("330103", "330105"))
    with pytest.raises(LedgerFaultError, match=r"belongs to the log jiedao\.330105/log"):
        log.sealer().seal()


def test_a_checkpoint_under_a_key_that_nobody_knows_is_refused_and_an_old_key_is_known(log, tmp_path):
    log.record(*events(2))
    log.sealer().seal()
    (tmp_path / "keys" / "ledger.key").rename(tmp_path / "keys" / "old.key")
    renewed = SealedLog(log.recorder, tmp_path)
    renewed.record(*events(2))
    assert renewed.sealer().seal().size == 4
    assert renewed.published.keys() == [log.signer.key, renewed.signer.key]
    (renewed.published.folder / "keys.txt").unlink()
    renewed.record(*events(1))
    with pytest.raises(LedgerFaultError, match="not signed by this log's key"):
        log.sealer().seal()


def test_a_key_that_others_may_read_signs_nothing(tmp_path):
    load_signer("x", tmp_path / "keys" / "ledger.key", create=True)
    key = tmp_path / "keys" / "ledger.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o640)
    with pytest.raises(ConfigurationError, match="others may read it"):
        load_signer("x", key)
    with pytest.raises(ConfigurationError, match="bring it back from its backup"):
        load_signer("x", tmp_path / "none.key")
    key.chmod(0o600)
    key.write_text("no key")
    with pytest.raises(ConfigurationError, match="not a private key"):
        load_signer("x", key)


def test_the_database_takes_no_checkpoint_out_of_turn(log, superuser):
    log.record(*events(3))
    log.sealer().seal()
    note = str(read_note(log.files()["checkpoint"].decode()))
    for size, fault in ((2, "not later"), (3, "not later"), (4, "the log has not 4 events")):
        with pytest.raises(psycopg.DatabaseError, match=fault):
            superuser.execute(
                "INSERT INTO checkpoint VALUES (%s, %s, sha256(''), %s, now())", [log.signer.key.name, size, note]
            )
