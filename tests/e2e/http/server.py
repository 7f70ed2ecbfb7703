"""Starts the small district's server as a process and stops it by the pid that was started."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]


@contextmanager
def running_server(*arguments, log):
    """Run ``python -m tests.e2e.http.serve`` with these arguments; yields its address. ``log`` is a path."""
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.http.serve", *map(str, arguments)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=output, text=True,
        )  # fmt: skip
        try:
            port = process.stdout.readline().strip()
            assert port.isdecimal(), f"the server did not start: {log.read_text(encoding='utf-8')}"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
