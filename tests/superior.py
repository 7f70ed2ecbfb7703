"""A superior platform for tests: a real HTTP server on 127.0.0.1 that takes our messages, and can be as bad as real ones.

It knows a message by its key: what comes twice takes effect once and is answered as the first time. ``moods`` are what
it does with the next requests, one each; without one it takes the message.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread

TOKEN = "token-of-the-superior"


ODD = {
    "redirect": (307, b"{}", {"Location": "http://127.0.0.1:1/elsewhere"}),
    "busy": (429, b"{}", {"Retry-After": "120"}),
    "garbage": (200, b"<html>ok</html>", {}),
    "huge": (200, b'{"accepted": true, "x": "' + b"x" * 200_000 + b'"}', {}),
    "undecided": (200, b'{"message": "ok"}', {}),
}
"""Answers that settle nothing: status, content, headers."""


class Superior:
    """Takes messages. ``effective`` is what took effect: case → kinds, in order; ``arrivals`` every request that came."""

    def __init__(self):
        self.moods = deque()
        self.arrivals = []
        self.effective = defaultdict(list)
        self.messages = []
        self.strangers = 0
        self._answers = {}
        self._released = Event()
        self._arrived = Condition()
        self._server = None
        self._port = 0
        self.is_down = True

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}/cases/messages"

    def start(self):
        """Listen, after a stop on the port of before; what it knew it still knows."""
        self._released.clear()
        self._server = _Server(("127.0.0.1", self._port), _Requests)
        self.is_down = False
        self._server.superior = self
        self._port = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self):
        """Go down: who waits for an answer gets none."""
        self._released.set()
        self.is_down = True
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_for_arrivals(self, count, seconds=60):
        """Wait until so many requests have come."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.arrivals) >= count, seconds), "too little came"

    def wait_for_effect(self, case, kinds, seconds=60):
        """Wait until these messages of a case took effect, and no others."""
        with self._arrived:
            self._arrived.wait_for(lambda: self.effective[case] == kinds, seconds)
        assert self.effective[case] == kinds

    def keys_of(self, case):
        return [key for number, _kind, key in self.arrivals if number == case]

    def take(self, body, key):
        """Let a message take effect, once for its key; returns the answer."""
        with self._arrived:
            self.arrivals.append((body["case_number"], body["kind"], key))
            mood = self.moods.popleft() if self.moods else "take"
            if mood in {"refuse", "take", "lose", "slow"} and key not in self._answers:
                self._answers[key] = self._judge(body, mood)
            self._arrived.notify_all()
            return mood, self._answers.get(key)

    def wait_for_end(self):
        """Hold a request until the server goes down, or for as long as nobody would wait."""
        self._released.wait(60)

    def wait_a_little(self):
        """Be slower than usual, and still in time."""
        self._released.wait(0.2)

    def _judge(self, body, mood):
        if mood == "refuse":
            return {"accepted": False, "reason": "材料不全，请补充照片", "code": "E102"}
        self.effective[body["case_number"]].append(body["kind"])
        self.messages.append(body)
        return {"accepted": True, "reference": f"R{len(self.messages):04}"}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        """A client that went away in the middle is what some of these tests are about."""


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        superior = self.server.superior
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            superior.strangers += 1
            self._answer(401, {"message": "no"})
            return
        mood, answer = superior.take(body, self.headers["Idempotency-Key"])
        self._behave(superior, mood, answer)

    def _behave(self, superior, mood, answer):
        if mood in {"silent", "lose"}:
            superior.wait_for_end()
            self.close_connection = True
        elif mood == "hang up":
            self.close_connection = True
            self.connection.close()
        elif mood in ODD:
            status, content, headers = ODD[mood]
            self._send(status, content, **headers)
        elif isinstance(mood, int):
            self._answer(mood, {"message": "out of order"})
        else:
            if mood == "slow":
                superior.wait_a_little()
            self._answer(200 if answer["accepted"] else 422, answer)

    def log_message(self, *_arguments):
        """Say nothing: what came is in ``arrivals``."""

    def _answer(self, status, answer, **headers):
        self._send(status, json.dumps(answer, ensure_ascii=False).encode(), **headers)

    def _send(self, status, content, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def superior_platform():
    """A superior platform that is up while the block runs."""
    superior = Superior()
    superior.start()
    try:
        yield superior
    finally:
        superior.stop()
