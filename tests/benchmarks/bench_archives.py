"""What it costs that the log is the table plus the archives: reading, rebuilding, verifying, removing, and room.

The same log is measured twice in one run: all of it in the table, then most of it in an archive. That the seam costs a
district without archives nothing is measured by the statements themselves, in turns, by processor time of both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from uuid import UUID, uuid4

import psycopg

from jiedao.audit.archiving import Archives
from jiedao.audit.claims import Trust
from jiedao.audit.published import PublishedLedger
from jiedao.audit.sealer import Sealer
from jiedao.audit.signing_key import load_signer
from jiedao.audit.verification import Verification
from jiedao.domain.context import EventContext
from jiedao.domain.range_removal import ArchivedRange, RangeRemoval
from jiedao.store import log_queries
from jiedao.store.archive import Manifest, read_events
from jiedao.store.archive_reading import ArchiveReader
from jiedao.store.arrays import UuidArray, register_arrays
from jiedao.store.database import Database
from jiedao.store.follow import LogFollower
from jiedao.store.mapper import TypedMapper
from jiedao.store.recorder import JiedaoRecorder, UnitContext
from jiedao.store.removal import Decided, RangeRemover
from jiedao.store.writer import GroupCommitWriter
from projections.rebuild import rebuild
from projections.runner import ProjectionRunner
from tests.benchmarks.lives import write
from tests.benchmarks.measured import Measured

ORIGIN = "jiedao.330103/log"
PAGE, STREAMS = 3_000, 50
_HASH = """
ALTER TABLE event DISABLE TRIGGER USER;
UPDATE event SET leaf_hash = event_leaf_hash(position, originator_id, originator_version, epoch_micros(recorded_at),
                                             topic, state, metadata);
ALTER TABLE event ENABLE ALWAYS TRIGGER keep_the_past; ALTER TABLE event ENABLE ALWAYS TRIGGER keep_all_of_the_past;
"""
_ONLY_TABLE = b"""
SELECT originator_id, originator_version, topic, state, metadata FROM event
WHERE originator_id = %(stream)s AND originator_version > %(gt)s AND originator_version <= %(lte)s
ORDER BY originator_version LIMIT %(limit)s
"""
_ONLY_TABLE_MANY = b"""
SELECT e.originator_id, e.originator_version, e.topic, e.state, e.metadata
FROM unnest(%b) AS s (id)
CROSS JOIN LATERAL (SELECT * FROM event WHERE originator_id = s.id ORDER BY originator_version OFFSET 0) AS e
"""


class _Clock:
    def now(self) -> datetime:
        """Return one moment: what time it is makes no difference here."""
        return datetime(2026, 11, 24, 4, tzinfo=UTC)


def bench(url: str, *, events: int = 300_000, rounds: int = 3) -> list[Measured]:
    """Measure on a migrated database of its own."""
    last = write(url, events)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_HASH.encode())
        connection.execute("VACUUM FULL ANALYZE event")
        size = _size(connection, "event")
        seam = _seam(connection, rounds)
    with (
        TemporaryDirectory() as folder,
        Database(url, max_connections=4) as database,
        GroupCommitWriter(url) as writer,
        LogFollower(url) as follower,
    ):
        reader = ArchiveReader(Path(folder) / "archives")
        bench = _Bench(url, JiedaoRecorder(database, writer, follower, reader), Path(folder), last)
        before = bench.measure(rounds)
        manifest, archived, removed = bench.remove()
        after = bench.measure(rounds)
        with psycopg.connect(url, autocommit=True) as connection:
            left = _size(connection, "removed_event")
        share = manifest.last / last
        names = (
            (f"reading in pages of {PAGE}, of archives, beside the table", "events/s of processor time"),
            (f"streams, {STREAMS} at a time, of archives, beside the table", "streams/s of processor time"),
            ("rebuilding the views from archives, beside the table", "events/s of processor time"),
            ("verifying archives, beside the table", "events/s of processor time"),
        )
        return [
            *seam,
            *(Measured(name, a, unit, b) for (name, unit), a, b in zip(names, after, before, strict=True)),
            Measured("archiving: writing, and verifying what was written", archived, "events/s"),
            Measured("removing: compared with the archive byte for byte, and recorded", removed, "events/s"),
            Measured("the archive, beside the table's bytes", manifest.size, "bytes", size * share),
            Measured("what stays in the database, beside the table's bytes", left, "bytes", size * share),
        ]


class _Bench:
    def __init__(self, url: str, recorder: JiedaoRecorder, folder: Path, last: int) -> None:
        self._url, self._recorder, self._folder, self._last = url, recorder, folder, last
        self._signer = load_signer(ORIGIN, folder / "ledger.key", create=True)
        self._published = PublishedLedger(folder / "ledger")
        self._runner = ProjectionRunner(recorder.database, recorder, TypedMapper())
        query = b"SELECT DISTINCT originator_id FROM event WHERE position <= %s ORDER BY 1"
        self._streams = [row[0] for row in recorder.database.rows(query, [last // 2])]
        Sealer(recorder.reading, self._published, self._signer, _Clock()).seal()

    def measure(self, rounds: int) -> list[float]:
        """Events or streams by second of this process's processor time, the best of some rounds."""
        random = Random(3)  # noqa: S311  # nothing here is secret
        batches = [random.sample(self._streams, STREAMS) for _ in range(10)]
        return [
            max(_rate(self._read, self._last) for _ in range(rounds)),
            max(_rate(lambda: self._load(batches), STREAMS * len(batches)) for _ in range(rounds)),
            _rate(lambda: rebuild(self._runner), self._last),
            max(_rate(self._verify, self._last) for _ in range(rounds)),
        ]

    def _read(self) -> None:
        after = 0
        while page := self._recorder.select_log(after, PAGE):
            after = page[-1].position

    def _load(self, batches: Sequence[Sequence[UUID]]) -> None:
        for batch in batches:
            if len(self._recorder.select_streams(batch)) != len(batch):
                raise AssertionError("a stream is not there")

    def _verify(self) -> None:
        trust = Trust(ORIGIN, [self._signer.key])
        archives = self._recorder.reading.archives.folder
        report = Verification(self._recorder.database, self._published, trust, archives=archives).run(lambda *_: None)
        if report.unread or not report.whole:
            raise AssertionError(f"the log does not hold: {report.faults[:3]}")

    def remove(self) -> tuple[Manifest, float, float]:
        """Archive and remove all but the last tenth; returns the manifest, and both in events by second of the clock."""
        last, context = self._last * 9 // 10, EventContext("bench", "administrator", uuid4(), "bench", "bench")
        started = perf_counter()
        manifest = Archives(self._folder / "archives").write(
            1, last, district="330103", log=self._recorder, published=self._published, keys=[self._signer.key],
            clock=_Clock(),
        )  # fmt: skip
        archived = last / (perf_counter() - started)
        archive = ArchivedRange(1, last, manifest.file, manifest.sha256, manifest.tree_size)
        request = RangeRemoval.ask(uuid4(), archive, context=context, at=_Clock().now())
        for who in ("a", "b"):
            given = EventContext(who, "administrator", uuid4(), "bench")
            request.approve("administration", "", context=given, at=_Clock().now())
        request.carry_out(context=context, at=_Clock().now())
        stored = [TypedMapper().to_stored_event(event) for event in request.collect_events()]
        decided = Decided(
            archive=archive, reason="bench", approvers=("a", "b"), stream=request.id, version=request.version,
            unit=UnitContext("bench", str(request.id), b"").unit(stored),  # type: ignore[arg-type]  # with metadata
            looked_to=self._last, beside=(),
        )  # fmt: skip
        started = perf_counter()
        RangeRemover(self._url).remove(decided, read_events(self._folder / "archives" / manifest.file), lambda *_: None)
        return manifest, archived, last / (perf_counter() - started)


def _rate(what: Callable[[], object], number: int) -> float:
    used = process_time()
    what()
    return number / (process_time() - used)


def _size(connection: psycopg.Connection, table: str) -> float:
    row = connection.execute("SELECT pg_total_relation_size(%s)", [table]).fetchone()
    return float(row[0]) if row else 0.0


def _seam(connection: psycopg.Connection, rounds: int) -> list[Measured]:
    """The statements that every command reads by, beside those that knew the table alone; in turns."""
    random = Random(9)  # noqa: S311  # nothing here is secret
    row = connection.execute("SELECT array_agg(DISTINCT originator_id) FROM event WHERE position < 20000").fetchone()
    streams = row[0] if row else []
    one = {"gt": -1, "lte": 2**31 - 1, "limit": None}
    singles = [one | {"stream": random.choice(streams)} for _ in range(4_000)]
    batches = [[UuidArray(random.sample(streams, 333))] for _ in range(60)]
    return [
        _in_turns(connection, "one stream", log_queries.STREAM, _ONLY_TABLE, singles, rounds),
        _in_turns(connection, "333 streams", log_queries.STREAMS, _ONLY_TABLE_MANY, batches, rounds),
    ]


def _in_turns(
    connection: psycopg.Connection, what: str, new: bytes, old: bytes, asked: Sequence[object], rounds: int
) -> Measured:
    used = {new: 0.0, old: 0.0}
    for _ in range(rounds * 4):
        for query in (new, old):
            begun = process_time() + _server_seconds(connection)
            with connection.cursor(binary=True) as cursor:
                register_arrays(cursor)
                for parameters in asked:
                    cursor.execute(query, parameters, prepare=True).fetchall()  # type: ignore[arg-type]  # both kinds
            used[query] += process_time() + _server_seconds(connection) - begun
    each = 1e6 / (rounds * 4 * len(asked))
    name = f"reading {what} without any archive, beside the table alone; processor time of both sides"
    return Measured(name, used[new] * each, "µs", used[old] * each)


def _server_seconds(connection: psycopg.Connection) -> float:
    """Processor time of the server's process behind a connection; it stands in ticks of 10 ms."""
    fields = Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
