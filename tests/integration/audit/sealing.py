"""A sealed log of a test's own: events, a sealer on them, and the folder that it publishes to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jiedao.audit.published import PublishedLedger
from jiedao.audit.sealer import Sealer
from jiedao.audit.signing_key import load_signer
from jiedao.store.archive_reading import ArchiveReader
from jiedao.store.ledger import LedgerTable
from jiedao.store.recorder import JiedaoRecorder

ORIGIN = "jiedao.330103/log"


class SteppingClock:
    """Each look is a second later."""

    def __init__(self):
        self._now = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)

    def now(self):
        self._now += timedelta(seconds=1)
        return self._now


class SealedLog:
    """Puts a sealer beside a recorder."""

    def __init__(self, recorder, folder, origin=ORIGIN):
        self.archives = folder / "archives"
        self.recorder = JiedaoRecorder(
            recorder.database, recorder.writer, recorder.follower, ArchiveReader(self.archives)
        )
        self.database = recorder.database
        self.table = LedgerTable(recorder.database)
        self.signer = load_signer(origin, folder / "keys" / "ledger.key", create=True)
        self.published = PublishedLedger(folder / "ledger")
        self.clock = SteppingClock()

    def sealer(self):
        """A sealer that has seen nothing yet, as after a start."""
        return Sealer(self.recorder.reading, self.published, self.signer, self.clock)

    def record(self, *events):
        self.recorder.insert_events(events)

    def files(self):
        """What is published, by path."""
        folder = self.published.folder
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
