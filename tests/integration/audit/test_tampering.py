"""The tamper table: whatever the database's superuser changes up to the last published checkpoint is found and located.

One log: 600 events of 200 streams, with checkpoints at 200, 400 and 520 events; those at the positions 21 to 120 have
left the database with an archive, and the event at position 404 tells of it. Each row changes it, with the triggers off,
and puts it back afterwards. The table is printed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.table import Table

from jiedao.audit.checkpoints import Checkpoint
from jiedao.audit.claims import Trust
from jiedao.audit.faults import FaultKind
from jiedao.audit.growth import GrowingTree
from jiedao.audit.notes import Signer
from jiedao.audit.verification import Verification
from jiedao.domain.ports import LogEntry
from jiedao.store.leaf import leaf_hash
from tests.integration.audit.removing import archive, remove
from tests.integration.audit.sealing import ORIGIN
from tests.log_samples import stored
from tests.tampering import KEPT, unguard

REHASH = """
UPDATE event SET leaf_hash = event_leaf_hash(position, originator_id, originator_version, epoch_micros(recorded_at),
                                             topic, state, metadata) WHERE position >= %s
"""
MOVE = "UPDATE event SET position = position + %s WHERE position = %s"


def change(*statements):
    return lambda case: [case.superuser.execute(*one if isinstance(one, tuple) else (one,)) for one in statements]


def rewrite_everything(case, position=190):
    """Edit one event, then every hash after it, and the checkpoints of the database: all but what is published."""
    case.superuser.execute("UPDATE event SET state = 'other' WHERE position = %s", [position])
    case.superuser.execute(REHASH, [1])
    forger = Signer(ORIGIN, Ed25519PrivateKey.generate())
    for size in (one for one in (200, 400, 520) if one >= position):
        checkpoint = Checkpoint(ORIGIN, size, case.tree(size).root())
        case.superuser.execute(
            "UPDATE checkpoint SET root = %s, note = %s WHERE size = %s",
            [checkpoint.root, str(checkpoint.signed(forger)), size],
        )


def rewrite_the_tiles_too(case):
    """As above, and the published tiles; the published checkpoint needs the key."""
    rewrite_everything(case, 250)
    case.log.published.write_tiles(case.tiles(520))


def replace_the_published_checkpoint(case):
    forger = Signer(ORIGIN, Ed25519PrivateKey.generate())
    note = Checkpoint(ORIGIN, 520, case.tree(520).root()).signed(forger)
    (case.log.published.folder / "checkpoint").write_text(str(note))


def spoil_a_tile(case):
    tile = case.log.published.folder / "tile" / "0" / "000"
    content = tile.read_bytes()
    tile.write_bytes(content[:3200] + bytes(32) + content[3232:])


def forged(size, signer=None):
    """A checkpoint of a size that says another root: signed by somebody else, or by whoever has the key."""
    signer = signer or Signer(ORIGIN, Ed25519PrivateKey.generate())
    return str(Checkpoint(ORIGIN, size, bytes(32)).signed(signer))


def in_the_history(change):
    """Change the published history of the day, which holds the checkpoints of 200, 400 and 520 events."""

    def tamper(case):
        (day,) = (case.log.published.folder / "checkpoints").iterdir()
        notes = case.notes()
        day.write_text("".join(f"{note}\n" for note in change(case, notes)))

    return tamper


def in_a_pushed_copy(change):
    """As what is pushed elsewhere: no history by day, each checkpoint in a file by its size."""

    def tamper(case):
        folder = case.log.published.folder / "checkpoints"
        for path in folder.iterdir():
            path.unlink()
        for size, note in zip((200, 400, 520), case.notes(), strict=True):
            (folder / str(size)).write_text(note)
        change(case, folder)

    return tamper


CHECKPOINTED = [
    ("one byte of one state", change("UPDATE event SET state = set_byte(state, 2, 88) WHERE position = 137"), 137, {FaultKind.CONTENT}),
    ("one byte of metadata", change("UPDATE event SET metadata = set_byte(metadata, 0, 32) WHERE position = 138"), 138, {FaultKind.CONTENT}),
    ("a version", change("UPDATE event SET originator_version = 9 WHERE position = 489"), 489, {FaultKind.CONTENT, FaultKind.VERSION}),
    ("a topic", change("UPDATE event SET topic = 'test.other' WHERE position = 1"), 1, {FaultKind.CONTENT}),
    ("a moment", change("UPDATE event SET recorded_at = recorded_at - interval '1 microsecond' WHERE position = 520"), 520, {FaultKind.CONTENT}),
    ("a stored hash", change("UPDATE event SET leaf_hash = sha256('x') WHERE position = 256"), 256, {FaultKind.CONTENT}),
    ("two originators swapped", change(
        "UPDATE event AS e SET originator_id = o.originator_id, originator_version = 100 + e.originator_version FROM event AS o"
        " WHERE (e.position, o.position) IN ((150, 151), (151, 150))",
        "UPDATE event SET originator_version = originator_version - 100 WHERE originator_version > 100"), 150, {FaultKind.CONTENT}),
    ("one event deleted", change("DELETE FROM event WHERE position = 160"), 160, {FaultKind.MISSING, FaultKind.VERSION}),
    ("two positions reordered", change((MOVE, [9000, 170]), (MOVE, [-10, 180]), (MOVE, [-8990, 9170])), 170, {FaultKind.CONTENT}),
    ("… and their hashes recomputed", change((MOVE, [9000, 170]), (MOVE, [-10, 180]), (MOVE, [-8990, 9170]), (REHASH, [1])), 170,
     {FaultKind.REWRITTEN}),
    ("the tail cut off", change("DELETE FROM event WHERE position > 500"), 501, {FaultKind.TRUNCATED}),
    ("the tail replaced", change("UPDATE event SET state = 'other' WHERE position > 500", (REHASH, [501])), 501, {FaultKind.REWRITTEN}),
    ("an event put in, the rest moved on", change(
        "UPDATE event SET position = position + 9000 WHERE position >= 300",
        "UPDATE event SET position = position - 8999 WHERE position >= 9000",
        f"INSERT INTO event SELECT 300, '{uuid4()}', 1, topic, recorded_at, state, metadata, '' FROM event WHERE position = 299",
        (REHASH, [300])), 300, {FaultKind.REWRITTEN}),
    ("a checkpoint of the database replaced", change("UPDATE checkpoint SET root = sha256('x') WHERE size = 400"), 400, {FaultKind.CHECKPOINT}),
    ("a checkpoint of the database deleted", change("DELETE FROM checkpoint WHERE size = 400"), 400, {FaultKind.CHECKPOINT}),
    ("one event rewritten with its hash", change("UPDATE event SET state = 'other' WHERE position = 190", (REHASH, [190])), 190,
     {FaultKind.REWRITTEN, FaultKind.ROOT}),
    ("history rewritten, every hash and checkpoint recomputed", rewrite_everything, 190, {FaultKind.REWRITTEN, FaultKind.CHECKPOINT}),
    ("… and the published tiles too", rewrite_the_tiles_too, 201, {FaultKind.ROOT, FaultKind.CHECKPOINT}),
    ("the published checkpoint replaced", replace_the_published_checkpoint, 520, {FaultKind.SIGNATURE}),
    ("an older published checkpoint replaced", in_the_history(
        lambda _case, notes: [notes[0], forged(400), notes[2]]), 400, {FaultKind.SIGNATURE}),
    ("… by whoever has the key", in_the_history(
        lambda case, notes: [notes[0], forged(400, case.log.signer), notes[2]]), 400, {FaultKind.CHECKPOINT}),
    ("… deleted", in_the_history(lambda _case, notes: [notes[0], notes[2]]), 400, {FaultKind.PUBLISHED}),
    ("… damaged", in_the_history(
        lambda _case, notes: [notes[0], notes[1].replace("400", "4oo"), notes[2]]), 200, {FaultKind.PUBLISHED}),
    ("pushed copy: an older checkpoint replaced", in_a_pushed_copy(
        lambda _case, folder: (folder / "400").write_text(forged(400))), 400, {FaultKind.SIGNATURE}),
    ("pushed copy: … by whoever has the key", in_a_pushed_copy(
        lambda case, folder: (folder / "400").write_text(forged(400, case.log.signer))), 400, {FaultKind.CHECKPOINT}),
    ("pushed copy: … by another one of this log", in_a_pushed_copy(
        lambda case, folder: (folder / "400").write_text(case.notes()[0])), 400, {FaultKind.CHECKPOINT}),
    ("pushed copy: … damaged", in_a_pushed_copy(
        lambda _case, folder: (folder / "400").write_bytes(b"\xff\x00")), 400, {FaultKind.PUBLISHED}),
    ("a published tile damaged", spoil_a_tile, 101, {FaultKind.PUBLISHED}),
]  # fmt: skip


def archived(change):
    """Change the archive: its lines, and what its manifest says of it, so that they fit each other."""

    def tamper(case):
        file, manifest = case.file, case.file.with_name(case.file.name.replace(".jsonl.gz", ".manifest.json"))
        lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
        packed = gzip.compress(b"".join(change(lines)), mtime=0)
        file.write_bytes(packed)
        told = json.loads(manifest.read_bytes())
        told |= {"sha256": hashlib.sha256(packed).hexdigest(), "size": len(packed)}
        manifest.write_text(json.dumps(told))

    return tamper


def altered(lines, place, **fields):
    one = json.loads(lines[place]) | fields
    return [*lines[:place], json.dumps(one).encode() + b"\n", *lines[place + 1 :]]


def rehashed(lines, place):
    """One event of the archive rewritten with its own hash."""
    line = json.loads(lines[place]) | {"state": b64encode(b"other").decode()}
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=line["recorded_at"])
    entry = LogEntry(
        line["position"], UUID(line["stream"]), line["version"], line["topic"], b"other",
        b64decode(line["metadata"]), moment, b"",
    )  # fmt: skip
    return altered(lines, place, state=line["state"], leaf_hash=leaf_hash(entry).hex())


def one_byte(case):
    content = bytearray(case.file.read_bytes())
    content[len(content) // 2] ^= 1
    case.file.write_bytes(content)


def another_archive(case):
    """The archive of other positions under this one's name, manifest and all."""
    other = archive(case.log, 121, 200)
    for name in (case.file.name, case.file.name.replace(".jsonl.gz", ".manifest.json")):
        (case.log.archives / other.file.replace(".jsonl.gz", name[name.index(".") :])).replace(case.log.archives / name)


ARCHIVED = [
    ("archive: one byte of the file", one_byte, 21, {FaultKind.ARCHIVE}),
    ("archive: an event's state, manifest to fit", archived(lambda lines: altered(lines, 30, state="e30=")), 51, {FaultKind.CONTENT}),
    ("archive: … and its hash recomputed", archived(lambda lines: rehashed(lines, 30)), 51, {FaultKind.REWRITTEN}),
    ("archive: an event less", archived(lambda lines: lines[:-1]), 21, {FaultKind.ARCHIVE}),
    ("archive: swapped for another archive", another_archive, 21, {FaultKind.ARCHIVE}),
    ("removed range: row edited to another file hash", change("UPDATE event_removal SET archive_sha256 = repeat('ab', 32)"), 21,
     {FaultKind.ARCHIVE, FaultKind.REMOVAL}),
    ("removed range: another approver", change("UPDATE event_removal SET approver = 'user:zhao'"), 21, {FaultKind.REMOVAL}),
    ("removed range: made longer, over an event deleted", change(
        "DELETE FROM event WHERE position = 121", "UPDATE event_removal SET last_position = 121"), 21,
     {FaultKind.REMOVAL, FaultKind.VERSION}),
    ("removed range: row deleted", change("DELETE FROM event_removal"), 21, {FaultKind.MISSING}),
    ("removed range: what is kept of an event edited", change(
        "UPDATE removed_event SET recorded_at = recorded_at - interval '1 s' WHERE position = 70"), 70, {FaultKind.REMOVAL}),
    ("removed range: what is kept of an event deleted", change("DELETE FROM removed_event WHERE position = 70"), 21,
     {FaultKind.REMOVAL, FaultKind.VERSION}),
    ("removed range: an event put back into it", change(
        f"INSERT INTO event SELECT 50, '{uuid4()}', 1, topic, recorded_at, state, metadata, leaf_hash FROM event"
        " WHERE position = 299"), 50, {FaultKind.TWICE}),
    ("removed without the procedure", change("DELETE FROM event WHERE position BETWEEN 121 AND 130"), 121, {FaultKind.MISSING}),
]  # fmt: skip
LATER = [
    ("after the last checkpoint: an event rewritten with its hash",
     change("UPDATE event SET state = 'other' WHERE position = 590", (REHASH, [590])), 600),
    ("after the last checkpoint: the tail cut off", change("DELETE FROM event WHERE position > 580"), 580),
    ("nothing at all", change(), 600),
]  # fmt: skip
LATER_FOUND = [
    ("after the last checkpoint: a state alone", change("UPDATE event SET state = 'x' WHERE position = 590"), 590, {FaultKind.CONTENT}),
    ("after the last checkpoint: one event deleted", change("DELETE FROM event WHERE position = 585"), 585, {FaultKind.MISSING}),
]  # fmt: skip


class Case:
    """The log, and the ways to change it and to put it back."""

    def __init__(self, log, superuser):
        self.log = log
        self.superuser = superuser
        streams = [uuid4() for _ in range(200)]
        sealer = log.sealer()
        for upto in (200, 400, 520, 600):
            done = len(log.recorder.select_log(0, 1000))
            log.record(*(_event(streams, number) for number in range(done, upto)))
            if upto < 600:
                sealer.seal()
            if upto == 400:
                manifest, self.told_at = remove(log, 21, 120)
        self.file = log.archives / manifest.file
        unguard(superuser)
        for table in KEPT:
            superuser.execute(f"CREATE TABLE kept_{table} AS TABLE {table}")
        self._files = {path: path.read_bytes() for path in (*_files(log.published.folder), *_files(log.archives))}

    def notes(self):
        """The notes that were made, the smallest first."""
        return [row.note for row in self.log.table.every()]

    def put_back(self):
        self.superuser.execute(f"TRUNCATE {', '.join(KEPT)}")
        for table in KEPT:
            self.superuser.execute(
                f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept_{table} ORDER BY 1, 2"
            )
        for path in _files(self.log.published.folder):
            path.unlink()
        for path, content in self._files.items():
            path.write_bytes(content)

    def leaves(self, size):
        return [entry.leaf_hash for entry in self.log.recorder.select_log(0, size)]

    def tiles(self, size):
        return GrowingTree().grow(self.leaves(size))

    def tree(self, size):
        tree = GrowingTree()
        list(tree.grow(self.leaves(size)))
        return tree

    def verify(self):
        trust = Trust(ORIGIN, [self.log.signer.key])
        verification = Verification(self.log.database, self.log.published, trust, archives=self.log.archives)
        return verification.run(lambda _done, _total: None)


def _files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def _event(streams, number):
    """Each stream has three events, some way apart."""
    return stored(streams[number % 200], number // 200 + 1, state=b'{"n":%d}' % number)


def test_the_tamper_table(log, superuser, capsys):
    case = Case(log, superuser)
    superuser.execute("ALTER TABLE checkpoint DISABLE TRIGGER ALL")
    table = Table("change 改动", "detected", "first position", "what", "not yet protected", title="Tampering 篡改")
    wrong = []
    for name, tamper, position, kinds in (*CHECKPOINTED, *ARCHIVED, *LATER_FOUND):
        tamper(case)
        report = case.verify()
        found = {fault.kind for fault in report.faults}
        first = [fault.label for fault in report.faults if fault.position == report.first_fault]
        table.add_row(
            name,
            "no" if report.whole else "yes",
            str(report.first_fault),
            "、".join(dict.fromkeys(first)),
            str(report.unprotected),
        )
        if report.whole or report.first_fault != position or not kinds <= found:
            wrong.append((name, report.first_fault, report.faults[:4]))
        case.put_back()
    for name, tamper, head in LATER:
        tamper(case)
        report = case.verify()
        table.add_row(name, "no" if report.whole else "yes", "", "", str(report.unprotected))
        if not report.whole or (report.protected, report.unprotected) != (520, head - 520):
            wrong.append((name, report))
        assert any("not yet protected" in note for note in report.notes)
        case.put_back()
    in_a_pushed_copy(lambda *_: None)(case)
    assert case.verify().whole, "a pushed copy as it is"
    case.put_back()
    case.file.unlink()
    report = case.verify()
    table.add_row("archive: missing", "told: not read", "21", "", str(report.unprotected))
    (unread,) = report.unread
    assert (report.whole, unread.first_position, unread.last_position) == (True, 21, 120)
    assert case.file.name in unread.sentence
    assert any("the positions 21 to 120 were not read" in note for note in report.notes)
    case.put_back()
    with capsys.disabled():
        Console(width=150).print("", table)
    assert wrong == []
    assert case.verify().checkpoints == 3
