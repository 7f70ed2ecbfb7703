"""``jiedao bench``: ratios measured side by side on this machine (基准测试).

The benchmarks are part of the sources, under ``tests/benchmarks``, and not of an installed package.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import psycopg

from jiedao.domain.errors import ConfigurationError, NotFoundError, UnavailableError
from jiedao.entrypoints.cli.options import with_settings
from jiedao.entrypoints.settings import Settings

CHECKOUT = Path(__file__).parents[4]
"""Where the sources are, when this is run from them."""

_MODULE = "tests.benchmarks"
_STANDARD_OUTPUT = "-"
_RIGHTS = """
SELECT quote_ident(rolname), rolsuper OR rolcreatedb,
       rolsuper OR rolcreaterole OR EXISTS (SELECT FROM pg_roles WHERE rolname = 'jiedao_app')
FROM pg_roles WHERE rolname = current_user
"""


@click.command()
@click.argument("names", metavar="[NAME…]", nargs=-1)
@click.option("--quick", is_flag=True, help="小规模 Smaller, for a first look; the numbers are less steady.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    help="最长时间 How long it may take at the most; without it, long enough for all of it.",
)
@click.option(
    "--server",
    metavar="URL",
    help="数据库服务器 Measure on this PostgreSQL, by a role that may create databases, and not on an embedded one.",
)
@click.option(
    "--json",
    "file",
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True, allow_dash=True),
    help="写入文件 Write one JSON object a line; - is standard output, without the table.",
)
@with_settings()
def bench(
    _settings: Settings,
    names: Sequence[str],
    file: str | None,
    seconds: float | None,
    server: str | None,
    *,
    quick: bool,
) -> None:
    """基准测试 Measure this machine: each number beside what the bare way does in the same run, and the ratio.

    \b
    jiedao bench                       # all of them: up to two and a half hours, most of it a month simulated
    jiedao bench --quick               # all of them, small: some minutes
    jiedao bench pipeline kafka --json numbers.jsonl
    PGPASSWORD=… jiedao bench pipeline --server postgresql://jiedao_owner@127.0.0.1/postgres

    A line has name, value, limit (what the bare way does), ratio and unit. Needs the sources, and a machine that does
    nothing else; PostgreSQL and Kafka are started for it and stopped. On a server of your own each benchmark has a
    database that is made for it and removed; the role jiedao_app stays. Exit code 1 when any benchmark failed.
    """  # noqa: D301  # \b is click's own mark: leave these lines as they are
    if not (CHECKOUT / "tests" / "benchmarks" / "__main__.py").is_file():
        raise NotFoundError("the benchmarks are not here: they are part of the sources; run `make bench` in a checkout")
    command = [sys.executable, "-m", _MODULE, *names]
    if seconds is not None:
        command += ["--seconds", str(seconds)]
    if quick:
        command.append("--quick")
    if server is not None:
        _check(server)
        command += ["--server", server]
    if file is not None:
        command += ["--json", file if file == _STANDARD_OUTPUT else str(Path(file).absolute())]
    click.get_current_context().exit(_run_to_end(command))


def _check(server: str) -> None:
    """Raise before anything is measured where the server does not answer or lets this role make no database of ours."""
    try:
        with psycopg.connect(server, connect_timeout=10) as connection:
            (role, may_make_databases, has_our_role) = connection.execute(_RIGHTS).fetchone() or ("", False, False)
    except psycopg.ProgrammingError:  # its text holds the address, and with it a password
        raise ConfigurationError(
            "--server is no address of a PostgreSQL: write postgresql://USER@HOST/postgres"
        ) from None
    except psycopg.OperationalError as error:
        raise UnavailableError(f"the server does not answer: {str(error).strip()}") from error
    remedies = {f"ALTER ROLE {role} CREATEDB": may_make_databases, "CREATE ROLE jiedao_app NOLOGIN": has_our_role}
    if lacking := [remedy for remedy, needless in remedies.items() if not needless]:
        raise ConfigurationError(f"first, as an administrator of that server: {'; '.join(lacking)}")


def _run_to_end(command: Sequence[str]) -> int:
    """Run it from the checkout; whatever ends this process ends it too, orderly, so that its servers are stopped."""
    with subprocess.Popen(command, cwd=CHECKOUT, start_new_session=True) as process:  # noqa: S603  # this interpreter and our own module
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
