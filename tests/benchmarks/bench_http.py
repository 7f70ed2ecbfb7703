"""How many single reports a second come in over HTTP at 32 clients, and how long one waits.

The limit is an application that only reads the body and answers, on the same server, driven by the same clients in
the same run.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from urllib.parse import urlsplit
from uuid import uuid4

from tests.benchmarks.measured import Measured
from tests.e2e.http.district import CITY_BRAIN, fresh_orders
from tests.e2e.http.server import running_server

CLIENTS = 32
PATH = "/v1/sources/city_brain/reports"


def request_of(body: bytes, token: str) -> bytes:
    """One POST as it goes over the wire."""
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: jiedao\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _client(address: str, requests: Sequence[bytes], seconds: list[float]) -> None:
    where = urlsplit(address)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    for request in requests:
        started = perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        seconds.append(perf_counter() - started)
    writer.close()
    await writer.wait_closed()


async def drive(address: str, requests: Sequence[bytes]) -> tuple[float, list[float]]:
    """Send the requests from so many clients at once; returns requests a second, and the seconds of each."""
    seconds: list[float] = []
    started = perf_counter()
    await asyncio.gather(*(_client(address, requests[number::CLIENTS], seconds) for number in range(CLIENTS)))
    return len(requests) / (perf_counter() - started), seconds


def measure(address: str, count: int, bodies: Callable[[int], Sequence[bytes]]) -> tuple[float, float]:
    """Warm up, then measure; returns requests a second and the 99th percentile in milliseconds."""
    asyncio.run(drive(address, [request_of(body, CITY_BRAIN) for body in bodies(count // 5)]))
    rate, seconds = asyncio.run(drive(address, [request_of(body, CITY_BRAIN) for body in bodies(count)]))
    return rate, quantiles(seconds, n=100)[98] * 1_000


def _bodies(count: int) -> list[bytes]:
    return [json.dumps(order, ensure_ascii=False).encode() for order in fresh_orders(count)]


def bench(url: str, *, posts: int = 5_000) -> list[Measured]:
    """Measure on a migrated database of its own."""
    with tempfile.TemporaryDirectory(prefix="jiedao-bench-") as folder:
        log = Path(folder) / f"server-{uuid4().hex}.log"
        with running_server("--bare", log=log) as address:
            limit, limit_p99 = measure(address, 4 * posts, _bodies)  # it is so quick that fewer say little
        with running_server(url, folder, log=log) as address:
            rate, p99 = measure(address, posts, _bodies)
    return [
        Measured(f"reports posted one by one, {CLIENTS} clients, beside a bare server", rate, "posts/s", limit),
        Measured(f"p99 of a report posted, {CLIENTS} clients, beside a bare server", p99, "ms", limit_p99),
    ]
