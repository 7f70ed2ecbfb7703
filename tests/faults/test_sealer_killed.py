"""A process that is killed while it seals leaves nothing that the next one cannot go on from, and nothing that lies."""

from __future__ import annotations

import time

from jiedao.audit.claims import Trust
from jiedao.audit.published import PublishedLedger
from jiedao.audit.signing_key import load_signer
from jiedao.audit.verification import Verification
from tests.installation import Installation
from tests.integration.audit.sealing import ORIGIN, SealedLog
from tests.log_samples import stored

BOUND = 60.0
EVENTS = 6_000  # 23 full tiles, and what is begun


def tiles(folder):
    return sum(1 for path in folder.glob("tile/**/*") if path.is_file() and not path.name.startswith("."))


def test_a_seal_that_was_killed_half_way_is_gone_on_with(recorder, database_url, tmp_path):
    recorder.insert_events([stored() for _ in range(EVENTS)])
    installation = Installation(database_url, tmp_path)
    published = PublishedLedger(tmp_path / "data" / "ledger" / "330103")
    for wanted in (1, 17):
        process = installation.start("audit", "seal")
        try:
            until = time.monotonic() + BOUND
            while tiles(published.folder) < wanted and process.poll() is None:
                assert time.monotonic() < until
        finally:
            process.kill()
            process.wait()
    log = SealedLog(recorder, tmp_path / "data")
    log.published, log.signer = published, load_signer(ORIGIN, tmp_path / "data" / "keys" / "ledger-330103.key")
    assert log.sealer().seal().unprotected == 0
    report = Verification(log.database, published, Trust(ORIGIN, [log.signer.key])).run(lambda _done, _total: None)
    assert (report.whole, report.unprotected, report.faults) == (True, 0, [])
    assert published.latest().checkpoint.size == report.head >= EVENTS
