"""A server in a process of its own: it answers over the wire, and records what waits before it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys

import httpx
import psycopg
import pytest

from jiedao.domain.errors import ConfigurationError
from jiedao.entrypoints.http.serving import listen
from tests.e2e.http.district import ADMINISTRATOR, order
from tests.e2e.http.server import ROOT, running_server


@pytest.fixture
def address(database_url, tmp_path):
    with running_server(database_url, tmp_path, log=tmp_path / "server.log") as address:
        yield address


def client_of(address):
    return httpx.Client(base_url=address, headers={"Authorization": f"Bearer {ADMINISTRATOR}"}, timeout=30)


def test_a_report_goes_over_the_wire_into_a_queue(address, tmp_path):
    with client_of(address) as client:
        pushed = client.post("/v1/sources/hotline/reports", json=order(1, phone="13800000000"))
        assert pushed.status_code == 200
        position = pushed.json()["position"]
        counts = client.get("/v1/queues", params={"min_position": position}).json()
        assert counts["total"] == 1
        assert "server" not in pushed.headers
    log = (tmp_path / "server.log").read_text(encoding="utf-8")
    assert any(json.loads(line)["event"] == "request" for line in log.splitlines())
    assert "13800000000" not in log


def test_a_malformed_request_does_not_stop_the_server(address):
    host, port = address.removeprefix("http://").split(":")
    for nonsense in (
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/files HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(nonsense)
            connection.recv(1000)
    with client_of(address) as client:
        assert client.get("/health/live").status_code == 200


def test_what_was_pushed_when_it_is_told_to_stop_is_recorded_and_answered(database_url, tmp_path):
    log = tmp_path / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.http.serve", database_url, str(tmp_path)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=output, text=True,
        )  # fmt: skip
        with process.stdout:
            port = int(process.stdout.readline())
            body = json.dumps([order(number) for number in range(3_000)]).encode()
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                connection.sendall(
                    b"POST /v1/sources/hotline/reports HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b"
                    % (ADMINISTRATOR.encode(), len(body), body)
                )
                connection.recv(0)
                process.send_signal(signal.SIGTERM)
                answer = connection.recv(100)
            assert process.wait(30) == 0, log.read_text()
    with psycopg.connect(database_url) as connection:
        (recorded,) = connection.execute("SELECT count(*) FROM inbox").fetchone()
    # Told to stop before or after the request was read: either way it is whole.
    assert (recorded, answer[:12]) in {(3_000, b"HTTP/1.1 200"), (0, b"")}


def test_an_address_that_is_taken_is_told_in_a_sentence():
    with listen("127.0.0.1", 0) as taken, pytest.raises(ConfigurationError, match="choose another port"):
        listen("127.0.0.1", taken.getsockname()[1])
