"""The ledger at a million events: sealing, verifying, and the time and size of proofs.

The log is filled by one statement with synthetic events of three sizes, three to a stream, each hashed by the server's
own function: how they came there is not what is measured.
"""

from __future__ import annotations

import base64
import random
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import msgspec
import psycopg

from jiedao.audit.claims import Trust
from jiedao.audit.merkle import consistent, included
from jiedao.audit.proofs import Prover, tlog_proof
from jiedao.audit.published import PublishedLedger
from jiedao.audit.sealer import Sealer
from jiedao.audit.signing_key import load_signer
from jiedao.audit.verification import Verification, VerificationReport
from jiedao.store.archive_reading import ArchiveReader
from jiedao.store.database import Database
from jiedao.store.ledger import LedgerTable
from jiedao.store.ledger_reading import _COPY, _copied
from jiedao.store.log_reading import LogReading
from tests.benchmarks.bench_append import stored_events
from tests.benchmarks.measured import Measured

ORIGIN = "jiedao.330103/log"
_FILL = """
INSERT INTO event (position, originator_id, originator_version, topic, recorded_at, state, metadata, leaf_hash)
SELECT n, id, version, topic, moment, state, metadata,
       event_leaf_hash(n, id, version, epoch_micros(moment), topic, state, metadata)
FROM (SELECT n, md5(((n - 1) / 3)::text)::uuid AS id, ((n - 1) %% 3 + 1)::integer AS version,
             (%(topics)s::text[])[(n - 1) %% 3 + 1] AS topic, (%(states)s::bytea[])[(n - 1) %% 3 + 1] AS state,
             (%(metadata)s::bytea[])[(n - 1) %% 3 + 1] AS metadata,
             timestamptz '2026-11-24 00:00+00' + n * interval '1 microsecond' AS moment
      FROM generate_series(1, %(events)s::bigint) AS n OFFSET 0) AS made
"""


class _Clock:
    def now(self) -> datetime:
        """Return one moment: what time it is makes no difference here."""
        return datetime(2026, 11, 24, 4, tzinfo=UTC)


def bench(url: str, *, events: int = 1_000_000, proofs: int = 300) -> list[Measured]:
    """Measure on a migrated database of its own."""
    patterns = stored_events(1)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_FILL, {
            "topics": [one.topic for one in patterns], "states": [one.state for one in patterns],
            "metadata": [one.metadata for one in patterns], "events": events,
        })  # fmt: skip
        connection.execute("VACUUM ANALYZE event")
        bytes_each = sum(len(one.state) + len(one.metadata) for one in patterns) / len(patterns)
        bare = _bare_reading(connection, events)
    with Database(url, max_connections=4) as database, TemporaryDirectory() as folder:
        log = LogReading(database, ArchiveReader(None))
        table, published = LedgerTable(database), PublishedLedger(Path(folder) / "ledger")
        signer = load_signer(ORIGIN, Path(folder) / "ledger.key", create=True)
        started = perf_counter()
        Sealer(log, published, signer, _Clock()).seal()
        sealed = events / (perf_counter() - started)
        trust = Trust(ORIGIN, [signer.key])
        rate, processor_rate = _verified(Verification(database, published, trust), events)
        both, _ = _verified(Verification(database, published, trust, processes=2), events)
        what = f"{events:,} events of {bytes_each:.0f} bytes"
        return [
            Measured(f"verification, one process: {what}, beside reading them by COPY", rate, "events/s", bare),
            Measured(
                "verification, by second of the verifying process's own processor time", processor_rate, "events/s"
            ),
            Measured("verification, two processes", both, "events/s", bare),
            Measured("sealing of a log that was never sealed", sealed, "events/s", bare),
            *_proofs(Prover(ORIGIN, log, table, published), published, events, proofs),
        ]


def _bare_reading(connection: psycopg.Connection, events: int) -> float:
    started = perf_counter()
    count = sum(1 for _ in _copied(connection, _COPY.format(first=1, last=events).encode()))
    if count != events:
        raise AssertionError(f"{count} rows were read")
    return events / (perf_counter() - started)


def _verified(verification: Verification, events: int) -> tuple[float, float]:
    """Verify; returns events by second of the clock, and by second of this process's processor time."""
    started, used = perf_counter(), process_time()
    report: VerificationReport = verification.run(lambda _done, _total: None)
    took, used = perf_counter() - started, process_time() - used
    if not report.whole or report.protected != events:
        raise AssertionError(f"the log does not hold: {report.faults[:3]}")
    return events / took, events / used


def _proofs(prover: Prover, published: PublishedLedger, events: int, count: int) -> list[Measured]:
    """Make proofs of random events, one by one, and check each."""
    drawn = random.Random(1)  # noqa: S311  # the same places every time
    made, checked, sizes, json_sizes, grown, grown_sizes = [], [], [], [], [], []
    told = published.latest()
    root = told.checkpoint.root if told is not None else b""
    for _ in range(count):
        position = drawn.randint(1, events)
        started = perf_counter()
        proofs = prover.of_position(position)
        made.append(perf_counter() - started)
        (proof,) = proofs.proofs
        path = [_bytes(one) for one in proof.path]
        started = perf_counter()
        if not included(_bytes(proof.leaf_hash), proof.index, events, path, root):
            raise AssertionError(f"the proof of {position} does not hold")
        checked.append(perf_counter() - started)
        sizes.append(len(tlog_proof(proofs)))
        json_sizes.append(len(msgspec.json.encode(proofs)))
        started = perf_counter()
        grown_proof = prover.consistency(position, events)
        grown.append(perf_counter() - started)
        roots = _bytes(grown_proof.first_root), _bytes(grown_proof.second_root)
        if not consistent(position, events, [_bytes(one) for one in grown_proof.path], *roots):
            raise AssertionError(f"the proof from {position} does not hold")
        grown_sizes.append(len(msgspec.json.encode(grown_proof)))
    at = f"at {events:,} events"
    return [
        Measured(f"inclusion proof {at}, made from the published tiles (median)", median(made) * 1000, "ms"),
        Measured(f"inclusion proof {at}, checked (median)", median(checked) * 1_000_000, "µs"),
        Measured("… its size as tlog-proof, with the checkpoint", median(sizes), "bytes"),
        Measured("… its size as JSON", median(json_sizes), "bytes"),
        Measured(f"consistency proof {at}, made (median)", median(grown) * 1000, "ms"),
        Measured("… its size as JSON", median(grown_sizes), "bytes"),
    ]


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
