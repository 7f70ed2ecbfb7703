"""A store of objects on this machine that takes PUT over HTTP, and fails as often as it is told to."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ObjectStore(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        self.objects, self.failures, self.tokens = {}, 0, set()
        super().__init__(("127.0.0.1", 0), _Putting)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Putting(BaseHTTPRequestHandler):
    def do_PUT(self):  # the library's name
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.tokens.add(self.headers["Authorization"])
        failing = self.server.failures > 0
        self.server.failures -= failing
        if not failing:
            self.server.objects[self.path] = content
        self.send_response(503 if failing else 201)
        self.end_headers()

    def log_message(self, *_):
        pass
