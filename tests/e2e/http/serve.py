"""Serves the small district from a process of its own: ``python -m tests.e2e.http.serve DATABASE_URL FILES``.

Prints its port as the first line. ``--bare`` serves an application that only reads the body and answers, to compare.
"""

from __future__ import annotations

import sys
from pathlib import Path

import structlog
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from jiedao.entrypoints.http.app import create_app
from jiedao.entrypoints.http.serving import listen, serve
from tests.e2e.http.district import open_district


def bare_app():
    async def answer(request):
        await request.body()
        return Response(b'{"ok":true}', media_type="application/json")

    return Starlette(routes=[Route("/v1/sources/{source}/reports", answer, methods=["POST"])])


def serve_and_tell(app):
    listening = listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    serve(app, listening, on_ready=lambda: _tell(port))


def _tell(port):
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


def main(arguments):
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    if arguments == ["--bare"]:
        serve_and_tell(bare_app())
        return
    database_url, files = arguments
    with open_district(database_url, Path(files)) as services:
        serve_and_tell(create_app(services))


if __name__ == "__main__":
    main(sys.argv[1:])
