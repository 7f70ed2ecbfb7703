"""Serves an application until this process is told to stop, and then returns, so that everything else can close.

The settings that make it quick and safe stand here once, whoever starts it: the command, the demo, a test.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from jiedao.application.collector import started_frozen
from jiedao.domain.errors import ConfigurationError

STOP_SECONDS = 10
"""How long requests under way may take to end once the server was told to stop."""

_BACKLOG = 1_024
_KEEP_ALIVE_SECONDS = 75  # longer than gateways keep theirs, so that it is they who close first
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def listen(host: str, port: int) -> socket.socket:
    """Take an address; port 0 takes any free one. Raises ConfigurationError when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ConfigurationError(
            f"{host}:{port} cannot be listened on ({error.strerror}): choose another port, or stop what holds it"
        ) from error


def serve(
    app: FastAPI,
    listening: socket.socket,
    *,
    trusted_proxies: Sequence[str] = (),
    on_ready: Callable[[], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, let requests under way end, and return.

    Call it from the main thread. ``trusted_proxies`` are the addresses whose ``X-Forwarded-For`` is believed; without
    them the address that connects is the client. ``on_ready`` is called once requests are answered.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # the application writes its own, without what people searched for
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    with listening, _signals_end_quietly(), started_frozen():
        _Server(config, on_ready).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self._on_ready is not None and self.started:
            self._on_ready()


@contextmanager
def _signals_end_quietly() -> Iterator[None]:
    """Uvicorn raises the signal again once it has shut down, which would end the process with everything still open."""

    def stay(_signal: int, _frame: FrameType | None) -> None:
        """The server has stopped already; whoever called it goes on from here."""

    before = {one: signal.signal(one, stay) for one in _SIGNALS}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
