"""How many single reports a second come in over HTTP at 32 clients, and how long one waits.

The server is ``jiedao serve`` with the real district 330103, its views following, and the reports are orders of the
hotline. The limit is an application that only reads the body and answers, on the same server, driven by the same
clients in the same run.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from urllib.parse import urlsplit
from uuid import uuid4

from tests.benchmarks.measured import Measured
from tests.benchmarks.orders import Orders
from tests.e2e.http.server import running_server
from tests.installation import Installation

CLIENTS = 32
SOURCE = "hotline"
PATH = f"/v1/sources/{SOURCE}/reports"


def request_of(body: bytes, authorization: str) -> bytes:
    """One POST as it goes over the wire."""
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: jiedao\r\nAuthorization: {authorization}\r\n"
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


def measure(address: str, authorization: str, count: int, bodies: Callable[[int], Sequence[bytes]]) -> Rates:
    """Warm up, then measure."""
    asyncio.run(drive(address, [request_of(body, authorization) for body in bodies(count // 5)]))
    rate, seconds = asyncio.run(drive(address, [request_of(body, authorization) for body in bodies(count)]))
    return Rates(rate, quantiles(seconds, n=100)[98] * 1_000)


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a second, and the 99th percentile of what one takes, in milliseconds."""

    per_second: float
    p99_ms: float


def bench(url: str, *, posts: int = 5_000) -> list[Measured]:
    """Measure on a migrated database of its own."""
    orders = Orders()
    with tempfile.TemporaryDirectory(prefix="jiedao-bench-") as folder:
        log = Path(folder) / f"server-{uuid4().hex}.log"
        with running_server("--bare", log=log) as address:
            limit = measure(address, "Bearer none", 4 * posts, orders.batch)  # it is so quick that fewer say little
        installation = Installation(url, Path(folder), log_level="info")
        token = installation.token("integrator", holder=f"source:{SOURCE}", sources=[SOURCE])
        with installation.serving() as client:
            found = measure(str(client.base_url), token["Authorization"], posts, orders.batch)
    what = f"{CLIENTS} clients, beside a bare server"
    return [
        Measured(f"reports posted one by one, {what}", found.per_second, "posts/s", limit.per_second),
        Measured(f"p99 of a report posted, {what}", found.p99_ms, "ms", limit.p99_ms),
    ]
