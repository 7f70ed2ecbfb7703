"""A server seals what it records: while it runs, and at its end; killed, the next start goes on from there."""

from __future__ import annotations

from jiedao.audit.published import PublishedLedger
from tests.e2e.cli.terminal import form
from tests.installation import Installation


def test_a_server_seals_at_its_end_and_goes_on_after_it_was_killed(database_url, tmp_path):
    installation = Installation(database_url, tmp_path, ledger_seconds=3600)
    published = PublishedLedger(tmp_path / "data" / "ledger" / "330103")
    token = installation.token("administrator")
    with installation.serving() as client:
        client.headers.update(token)
        recorded = client.post("/v1/sources/manual/reports", json=form("S1")).json()["position"]
        assert client.get("/health/ready").json()["parts"]["ledger"]["ok"]
        assert "jiedao_ledger_unprotected_events" in client.get("/metrics").text
        waited = client.get("/v1/audit/checkpoints").json()["items"]
        assert all(one["size"] < recorded for one in waited)
    sealed = published.latest().checkpoint.size
    assert sealed >= recorded
    process = installation.start("serve", "--port", 0)
    try:
        installation.run("audit", "seal")  # waits for the server, or does it itself where the server is not up yet
    finally:
        process.kill()
        process.wait()
    report = installation.ask("audit", "verify")
    assert (report["whole"], report["unprotected"]) == (True, 0)
