"""Verification beside the tamper table: long logs in stretches and processes, witnesses, removed ranges, kept notes."""

from __future__ import annotations

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from jiedao.audit import verification
from jiedao.audit.checkpoints import Checkpoint
from jiedao.audit.claims import Trust
from jiedao.audit.faults import FaultKind
from jiedao.audit.merkle import root_of
from jiedao.audit.notes import COSIGNATURE_V1, Signer
from jiedao.audit.published import PublishedLedger, Told
from jiedao.audit.sealer import Sealer
from jiedao.audit.verification import Verification
from jiedao.store.ledger import CosignatureRow
from tests.integration.audit.removing import remove
from tests.integration.audit.sealing import ORIGIN, SealedLog
from tests.log_samples import stored
from tests.tampering import unguard

WITNESS = Signer("witness.example/w", Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32), COSIGNATURE_V1)
ARCHIVE = "ab" * 32


def verify(log, **more):
    trust = Trust(ORIGIN, [log.signer.key], [WITNESS.key])
    told = []
    report = Verification(log.database, log.published, trust, archives=log.archives, **more).run(
        lambda done, total: told.append((done, total))
    )
    assert told[-1] == (report.head, report.head)
    return report


@pytest.fixture
def sealed(log):
    """A log of 700 events, sealed in steps that end inside, at and across tiles."""
    sealer = log.sealer()
    for step in (100, 156, 1, 255, 88, 100):
        log.record(*(stored() for _ in range(step)))
        sealer.seal()
    return log


@pytest.mark.parametrize("processes", [1, 2])
def test_stretches_are_put_together_to_the_roots_of_the_whole(sealed, superuser, monkeypatch, processes):
    monkeypatch.setattr(verification, "STRETCH", 256)
    report = verify(sealed, processes=processes)
    assert (report.whole, report.protected, report.unprotected, report.checkpoints) == (True, 700, 0, 6)
    unguard(superuser)
    superuser.execute("UPDATE event SET state = 'x' WHERE position IN (600, 300, 513)")
    report = verify(sealed, processes=processes)
    found = [(fault.position, fault.kind) for fault in report.faults]
    assert found == [(300, "content"), (300, "root"), (513, "content"), (600, "content")]
    assert report.faults[1].sentence.endswith("；前 257 条相符 those of the checkpoint of 257 do")


def test_a_log_that_nobody_published_is_whole_and_protects_nothing(log):
    assert verify(log).notes == ("the log is empty",) or verify(log).notes == ["the log is empty"]
    log.record(stored(), stored())
    report = verify(log)
    assert (report.whole, report.protected, report.unprotected) == (True, 0, 2)
    assert "nothing is published outside the database" in report.notes[0]


def test_a_key_that_is_not_the_logs_is_said_to_be_so_and_not_that_nothing_was_published(sealed):
    stranger = Signer(ORIGIN, Ed25519PrivateKey.generate())
    trust = Trust(ORIGIN, [stranger.key], [])
    report = Verification(sealed.database, sealed.published, trust).run(lambda *_: None)
    assert {fault.kind for fault in report.faults} == {FaultKind.SIGNATURE}
    assert (report.whole, report.protected, len(report.notes)) == (False, 0, 1)
    assert report.notes[0].startswith("没有一个公布的检查点由可信密钥签名")


def test_a_removal_that_nothing_published_covers_is_a_fault_that_accuses_nobody(sealed, tmp_path):
    remove(sealed, 101, 200)
    sealed.sealer().seal()
    trust = Trust(ORIGIN, [sealed.signer.key], [])
    empty = PublishedLedger(tmp_path / "empty")
    report = Verification(sealed.database, empty, trust, archives=sealed.archives).run(lambda *_: None)
    (found,) = (fault for fault in report.faults if fault.kind is FaultKind.MISSING)
    assert (found.position, report.protected) == (101, 0)
    assert "or what was published is not all here" in found.sentence


def test_witnesses_are_told_and_a_wrong_cosignature_is_found(sealed):
    sealer, note = sealed.sealer(), sealed.published.latest().note
    signature = WITNESS.sign(note.text, sealed.clock.now())
    at = sealed.clock.now()
    assert sealed.table.cosign(CosignatureRow(ORIGIN, 700, WITNESS.key.name, signature.line(), at, at, "user:audit"))
    sealer.seal()
    report = verify(sealed)
    assert (report.whole, report.cosigned, report.witnesses) == (True, 1, ["witness.example/w"])
    assert sealed.published.latest().note.signed_by(WITNESS.key)
    path = sealed.published.folder / "checkpoint"
    line = signature.line()
    path.write_text(path.read_text().replace(line, line[:-8] + "AAAAAAA="))
    report = verify(sealed)
    assert [(fault.kind, fault.position) for fault in report.faults] == [(FaultKind.SIGNATURE, 700)]
    unknown = Verification(sealed.database, sealed.published, Trust(ORIGIN, [sealed.signer.key])).run(lambda *_: None)
    assert unknown.notes[0] == (
        "witness.example/w 不是这里设定的见证人 cosigned, and is no witness that is configured here"
    )


def test_a_checkpoint_that_an_auditor_kept_outweighs_what_is_published_now(sealed):
    kept = next(sealed.published.history())
    assert verify(sealed, kept=[kept]).whole
    other = kept.checkpoint.__class__(ORIGIN, 100, bytes(32))
    report = verify(sealed, kept=[Told(other, other.signed(sealed.signer), "mine")])
    assert {fault.kind for fault in report.faults} == {FaultKind.CHECKPOINT, FaultKind.ROOT}
    assert report.first_fault == 1


def test_a_kept_checkpoint_of_more_than_log_and_folder_have_together_tells_that_the_end_was_cut_off(sealed, superuser):
    kept = sealed.published.latest()
    day, latest = next((sealed.published.folder / "checkpoints").iterdir()), sealed.published.folder / "checkpoint"
    latest.write_text(sealed.table.find(ORIGIN, 600).note)
    day.write_text("".join(f"{row.note}\n" for row in sealed.table.every() if row.size <= 600))
    unguard(superuser)
    superuser.execute("DELETE FROM event WHERE position > 600")
    superuser.execute("DELETE FROM checkpoint WHERE size > 600")
    assert verify(sealed).whole, "nothing here tells"
    report = verify(sealed, kept=[kept._replace(file="mine.txt")])
    (fault,) = report.faults
    assert (fault.position, fault.kind, "mine.txt" in fault.sentence) == (601, FaultKind.TRUNCATED, True)


def test_a_kept_checkpoint_of_another_history_than_the_one_signed_since_doubts_the_log(sealed):
    other = Checkpoint(ORIGIN, 257, bytes(32))
    report = verify(sealed, kept=[Told(other, other.signed(sealed.signer), "mine.txt")])
    (root,) = (fault for fault in report.faults if fault.kind is FaultKind.ROOT)
    assert root.position == report.first_fault == 257, "what a checkpoint of 256 events held is as it was"
    assert "mine.txt says another root of 257 events than the log has" in root.sentence
    assert "the later checkpoint of 512" in root.sentence


def test_only_trusted_keys_count(sealed):
    stranger = Signer(ORIGIN, Ed25519PrivateKey.generate())
    trust = Trust(ORIGIN, [stranger.key])
    report = Verification(sealed.database, sealed.published, trust).run(lambda *_: None)
    assert not report.whole
    assert {fault.kind for fault in report.faults} == {FaultKind.SIGNATURE}


def test_a_log_that_several_keys_signed_is_told_of(sealed, tmp_path):
    assert not verify(sealed).notes
    (tmp_path / "keys" / "ledger.key").rename(tmp_path / "keys" / "old.key")
    renewed = SealedLog(sealed.recorder, tmp_path)
    renewed.record(stored())
    renewed.sealer().seal()
    keys = [sealed.signer.key, renewed.signer.key]
    report = Verification(sealed.database, sealed.published, Trust(ORIGIN, keys)).run(lambda *_: None)
    assert report.whole
    first, second = (key.key_id.hex() for key in keys)
    assert any(f"{first} (from 100 events), {second} (from 701 events)" in note for note in report.notes)


def test_a_range_leaves_the_log_by_the_recorded_procedure_and_is_told_of(sealed, superuser):
    manifest, recorded = remove(sealed, 10, 20)
    report = verify(sealed)
    assert (report.whole, report.first_fault, report.unread) == (True, None, [])
    (removal,) = report.removals
    assert (removal.first_position, removal.last_position, removal.reason) == (10, 20, "保管期满")
    assert (removal.recorded_position, removal.archive_file) == (recorded, manifest.file)
    assert sealed.sealer().seal().size == recorded == 704
    for statement in (
        "DELETE FROM event WHERE position = 21",
        "DELETE FROM event_removal",
        "UPDATE removed_event SET recorded_at = now()",
        "DELETE FROM removed_event",
        "UPDATE event SET state = 'x' WHERE position = 1",
        "TRUNCATE event",
        "DELETE FROM checkpoint WHERE size = 100",
        "UPDATE checkpoint SET note = ''",
        "TRUNCATE checkpoint CASCADE",
        "SET session_replication_role = replica; DELETE FROM event WHERE position = 21",
    ):
        with pytest.raises(psycopg.DatabaseError, match="what was recorded is neither changed nor removed"):
            superuser.execute(statement)
    unguard(superuser)
    superuser.execute("DELETE FROM event WHERE position = 21")
    assert verify(sealed).first_fault == 21


def test_a_published_folder_that_was_lost_is_made_again_out_of_table_and_archives(sealed, tmp_path):
    for first, last in ((1, 255), (257, 600)):
        remove(sealed, first, last)
    again = PublishedLedger(tmp_path / "again")
    protection = Sealer(sealed.recorder.reading, again, sealed.signer, sealed.clock).seal(anew=True)
    assert protection.size == 708
    for size in (100, 356, 700):
        assert root_of(again.tree(708), size) == root_of(sealed.published.tree(700), size)


def test_what_left_is_verified_out_of_its_archives_in_stretches_and_processes(sealed, monkeypatch):
    monkeypatch.setattr(verification, "STRETCH", 256)
    for first, last in ((1, 255), (257, 600)):
        remove(sealed, first, last)
    for processes in (1, 2):
        report = verify(sealed, processes=processes)
        assert (report.whole, report.unread, len(report.removals)) == (True, [], 2)


def test_a_removal_that_the_procedure_would_not_have_permitted_is_a_fault(sealed, superuser):
    sealed.record(stored(), stored())
    unguard(superuser)
    superuser.execute("DELETE FROM event WHERE position IN (30, 701)")
    row = "INSERT INTO event_removal (first_position, last_position, reason, approver, second_approver, archive_sha256,"
    row += " archive_file) VALUES (%s, %s, 'r', 'a', 'b', %s, 'events-30.jsonl.gz')"
    superuser.execute(row, [30, 30, ARCHIVE])
    superuser.execute(row, [701, 701, ARCHIVE])
    report = verify(sealed)
    found = {(fault.position, fault.kind) for fault in report.faults}
    assert {(30, "removal"), (701, "missing"), (701, "removal")} <= found
    assert len(report.removals) == 2


def test_a_log_that_an_older_backup_cut_off_goes_on_under_another_name(sealed, superuser, tmp_path):
    unguard(superuser)
    superuser.execute("DELETE FROM event WHERE position > 650")
    assert verify(sealed).first_fault == 651
    renamed = SealedLog(sealed.recorder, tmp_path / "second", "jiedao.330103/log-2")
    renamed.record(stored())
    assert renamed.sealer().seal().size == 651
    trust = Trust("jiedao.330103/log-2", [renamed.signer.key])
    report = Verification(renamed.database, renamed.published, trust).run(lambda *_: None)
    assert (report.whole, report.protected, report.checkpoints) == (True, 651, 1)
    assert not verify(sealed).whole  # the old name still says what is gone


def test_what_is_sealed_while_it_verifies_is_no_fault(sealed, monkeypatch):
    sealer = sealed.sealer()
    history = sealed.published.history

    def growing():
        sealed.record(stored(), stored())
        sealer.seal()
        yield from history()

    monkeypatch.setattr(sealed.published, "history", growing)
    report = verify(sealed)
    assert (report.whole, report.head, report.protected) == (True, 702, 702)
