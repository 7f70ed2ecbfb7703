"""``jiedao bench``: ratios measured side by side on this machine (基准测试).

The benchmarks are part of the sources, under ``tests/benchmarks``, and not of an installed package.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from jiedao.domain.errors import NotFoundError
from jiedao.entrypoints.cli.options import with_settings
from jiedao.entrypoints.settings import Settings

CHECKOUT = Path(__file__).parents[4]
"""Where the sources are, when this is run from them."""

_MODULE = "tests.benchmarks"
_STANDARD_OUTPUT = "-"


@click.command()
@click.argument("names", metavar="[NAME…]", nargs=-1)
@click.option("--quick", is_flag=True, help="小规模 Smaller, for a first look; the numbers are less steady.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    help="最长时间 How long it may take at the most; without it, long enough for all of it.",
)
@click.option(
    "--json",
    "file",
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True, allow_dash=True),
    help="写入文件 Write one JSON object a line; - is standard output, without the table.",
)
@with_settings()
def bench(_settings: Settings, names: Sequence[str], file: str | None, seconds: float | None, *, quick: bool) -> None:
    """基准测试 Measure this machine: each number beside what the bare way does in the same run, and the ratio.

    \b
    jiedao bench                       # all of them: up to two and a half hours, most of it a month simulated
    jiedao bench --quick               # all of them, small: some minutes
    jiedao bench pipeline kafka --json numbers.jsonl

    A line has name, value, limit (what the bare way does), ratio and unit. Needs the sources, and a machine that does
    nothing else; PostgreSQL and Kafka are started for it and stopped. Exit code 1 when any benchmark failed.
    """  # noqa: D301  # \b is click's own mark: leave these lines as they are
    if not (CHECKOUT / "tests" / "benchmarks" / "__main__.py").is_file():
        raise NotFoundError("the benchmarks are not here: they are part of the sources; run `make bench` in a checkout")
    command = [sys.executable, "-m", _MODULE, *names]
    if seconds is not None:
        command += ["--seconds", str(seconds)]
    if quick:
        command.append("--quick")
    if file is not None:
        command += ["--json", file if file == _STANDARD_OUTPUT else str(Path(file).absolute())]
    click.get_current_context().exit(_run_to_end(command))


def _run_to_end(command: Sequence[str]) -> int:
    """Run it from the checkout; whatever ends this process ends it too, orderly, so that its servers are stopped."""
    with subprocess.Popen(command, cwd=CHECKOUT, start_new_session=True) as process:  # noqa: S603  # this interpreter and our own module
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
