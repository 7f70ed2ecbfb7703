"""How a superior platform's answers are read, over real HTTP, in its own fields."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from jiedao.application.outbox_sending import Delivered, Refused, UndeliveredError
from jiedao.domain.profile import UpstreamSettings
from jiedao.entrypoints.upstream_transport import HttpUpstream
from tests.superior import TOKEN


@contextmanager
def answering(status, content, **headers):
    """A server that gives one answer to everything; yields its address and the requests that came."""
    seen = []

    class Requests(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, dict(self.headers), body))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/messages", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def send(url, token=TOKEN, **settings):
    transport = HttpUpstream(UpstreamSettings(url, timeout_seconds=5, **settings), token)
    try:
        return transport.send(b'{"kind": "accepted"}', "key-1")
    finally:
        transport.close()


def answer_to(status, content, **settings):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    with answering(status, body) as (url, _seen):
        return send(url, **settings)


OWN = {
    "accepted_field": "code", "accepted_value": "0", "reason_field": "msg", "reference_field": "data.id",
}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "content", "settings", "answer"),
    [
        (200, {"accepted": True, "reference": "R1"}, {}, Delivered("R1")),
        (202, {"accepted": True}, {}, Delivered(None)),
        (200, {"accepted": True, "reference": 17}, {}, Delivered("17")),
        (200, {"accepted": False, "reason": "材料不全", "code": "E1"}, {}, Refused("材料不全", "E1")),
        (200, {"accepted": False}, {}, Refused("未说明理由 no reason given")),
        (409, {"reason": "案件已结"}, {}, Refused("案件已结")),
        (422, {"accepted": False}, {}, Refused("未说明理由 no reason given")),
        (409, b'{"reason": "\\u0000a\\u202eb\\n"}', {}, Refused("ab")),
        (400, {"reason": "x" * 2_000}, {}, Refused("x" * 500)),
        (200, {"code": 0, "msg": "ok", "data": {"id": "D9"}}, OWN, Delivered("D9")),
        (200, {"code": 1004, "msg": "超期"}, OWN, Refused("超期", "1004")),
        (200, {"code": 0, "data": "no object"}, OWN, Delivered(None)),
    ],
)  # fmt: skip
def test_an_answer_that_settles_it(status, content, settings, answer):
    assert answer_to(status, content, **settings) == answer


@pytest.mark.parametrize(
    ("status", "content", "settings"),
    [
        (200, {}, {}), (200, [], {}), (200, b"", {}), (200, b"\xff", {}), (200, {"message": "ok"}, {}),
        (200, {"reason": "said nothing of taking it"}, {}), (400, {}, {}), (409, b"<html>", {}),
        (409, {"accepted": True, "reason": "both"}, {}), (401, {"accepted": True}, {}), (404, {"reason": "moved"}, {}),
        (500, {"accepted": True}, {}), (503, {"accepted": False, "reason": "later"}, {}), (200, {"msg": "ok"}, OWN),
        (302, {"accepted": True}, {}), (200, b"[" * 100_000, {}), (200, {"accepted": {"x": 1}}, {}),
    ],
)  # fmt: skip
def test_an_answer_that_does_not(status, content, settings):
    with pytest.raises(UndeliveredError):
        answer_to(status, content, **settings)


@pytest.mark.parametrize(
    ("asked", "pause"), [("30", 30.0), ("Wed, 25 Nov 2026 01:00:00 GMT", None), ("-1", None), ("9" * 40, None)]
)
def test_the_pause_that_is_asked_for_is_read_in_seconds(asked, pause):
    with answering(503, b"", Retry_After=asked) as (url, _seen), pytest.raises(UndeliveredError) as error:
        send(url)
    assert error.value.retry_after == pause


def test_a_redirect_is_followed_nowhere():
    with (
        answering(200, b'{"accepted": true}') as (elsewhere, reached),
        answering(307, b"", Location=elsewhere) as (url, _seen),
        pytest.raises(UndeliveredError, match="307"),
    ):
        send(url)
    assert reached == []


def test_the_token_and_the_key_are_sent_and_no_token_where_there_is_none(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")  # the environment's proxy is not asked
    with answering(200, b'{"accepted": true}') as (url, seen):
        send(url)
        send(url, token=None)
    (path, first, body), (_path, second, _body) = seen
    assert (path, body) == ("/messages", b'{"kind": "accepted"}')
    assert first["Authorization"] == f"Bearer {TOKEN}"
    assert first["Idempotency-Key"] == "key-1"
    assert "Authorization" not in second


def test_a_token_is_in_no_error():
    with pytest.raises(UndeliveredError) as error:
        send("http://127.0.0.1:1/")
    assert TOKEN not in str(error.value)
    assert "ConnectError" in str(error.value)
