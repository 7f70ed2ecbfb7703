"""A process that is killed while it removes a range has removed all of it or nothing; the log reads whole throughout."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

from jiedao.audit.claims import Trust
from jiedao.audit.verification import Verification
from tests.integration.audit.removing import archive, decide
from tests.integration.audit.sealing import ORIGIN, SealedLog
from tests.log_samples import stored

ROOT = Path(__file__).parents[2]
EVENTS, FIRST, LAST = 21_000, 501, 20_500  # four steps of 5,000


def test_killed_at_any_step_it_is_all_or_nothing(recorder, database_url, tmp_path):
    log = SealedLog(recorder, tmp_path)
    for _ in range(EVENTS // 1_000):
        log.record(*(stored() for _ in range(1_000)))
    log.sealer().seal()
    manifest = archive(log, FIRST, LAST)
    seen = [(one.position, one.leaf_hash) for one in log.recorder.select_log(0, EVENTS)]
    outcomes = []
    for kill_at in ("5000", "15000", "20000", None):
        decided = tmp_path / "decided"
        decided.write_bytes(pickle.dumps(decide(log, manifest)))
        command = [sys.executable, "-m", "tests.removal_process", database_url, decided, log.archives / manifest.file]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            try:
                said = [line.strip() for line in iter(process.stdout.readline, "") if _reached(line, kill_at, process)]
            finally:
                process.kill()
        left, behind, removals = log.database.rows(
            b"SELECT (SELECT count(*) FROM event WHERE position BETWEEN %s AND %s),"
            b" (SELECT count(*) FROM removed_event), (SELECT count(*) FROM event_removal)",
            [FIRST, LAST],
        )[0]
        assert (left, behind, removals) in {(20_000, 0, 0), (0, 20_000, 1)}, (kill_at, said)
        assert [(one.position, one.leaf_hash) for one in log.recorder.select_log(0, EVENTS)] == seen
        outcomes.append(left)
        if not left:
            break
    assert outcomes[:2] == [20_000, 20_000], "killed before it was done, nothing was"
    assert outcomes[-1] == 0
    log.sealer().seal()
    trust = Trust(ORIGIN, [log.signer.key])
    report = Verification(log.database, log.published, trust, archives=log.archives).run(lambda _done, _total: None)
    assert (report.whole, report.unread, len(report.removals)) == (True, [], 1)


def _reached(line, kill_at, process):
    if line.strip() == kill_at:
        process.kill()
    return True
