"""Drives an application in this process, on an event loop in a thread of its own, from any number of test threads."""

from __future__ import annotations

from contextlib import ExitStack

import httpx
from anyio.from_thread import start_blocking_portal


class InProcessClient:
    """Starts the application as a server does and stops it at the end."""

    def __init__(self, app):
        self._app = app

    def __enter__(self):
        with ExitStack() as stack:
            self._portal = stack.enter_context(start_blocking_portal())
            stack.enter_context(self._portal.wrap_async_context_manager(self._app.router.lifespan_context(self._app)))
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False, client=("203.0.113.7", 4711))
            self._client = httpx.AsyncClient(transport=transport, base_url="http://jiedao.test")
            stack.callback(self._portal.call, self._client.aclose)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def request(self, method, path, **content):
        body = content.get("content")
        if body is not None and not isinstance(body, str | bytes):
            content["content"] = _chunks(body)
        return self._portal.call(lambda: self._client.request(method, path, timeout=60, **content))


async def _chunks(body):
    for chunk in body:
        yield chunk
