"""How a command fails: one sentence on standard error, an exit code that a script can act on, never a traceback.

With ``--json`` the error is a document on standard output as well. What nobody expected says so, and shows where it
arose when the log level is ``debug``.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum

import click
import msgspec

from jiedao.domain.errors import JiedaoError

AS_JSON = "jiedao.cli.as_json"
"""Where the context's ``meta`` says that answers are JSON."""

LOG_LEVEL = "jiedao.cli.log_level"
"""Where the context's ``meta`` says which lines are logged, once a command has read its settings."""


class ExitCode(IntEnum):
    """How the process ended, to scripts."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    UNAVAILABLE = 4
    INTERRUPTED = 130


EXIT_CODES: Mapping[ExitCode, str] = {
    ExitCode.OK: "done",
    ExitCode.FAILED: "refused, or failed; the line on standard error says why",
    ExitCode.USAGE: "the command was called wrongly",
    ExitCode.NOT_FOUND: "what was asked for does not exist",
    ExitCode.UNAVAILABLE: "a part that is needed does not answer; trying again later may work",
    ExitCode.INTERRUPTED: "stopped by Ctrl-C",
}
"""What each exit code means; documented in docs/cli.md."""

_OF_ERRORS: Mapping[str, ExitCode] = {
    "not_found": ExitCode.NOT_FOUND,
    "unavailable": ExitCode.UNAVAILABLE,
}


@contextmanager
def failures_told(ctx: click.Context) -> Iterator[None]:
    """Tell whatever goes wrong in the block and end with its exit code; click's own ways out pass."""
    try:
        yield
    except JiedaoError as error:
        _tell(ctx, error.code, str(error))
        ctx.exit(_OF_ERRORS.get(error.code, ExitCode.FAILED))
    except click.UsageError as error:
        _tell_document(ctx, "usage", error.format_message())
        raise
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
        ctx.exit(ExitCode.INTERRUPTED)
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except BrokenPipeError:
        _end_quietly(ctx)
    except OSError as error:
        if error.errno == errno.EPIPE:
            _end_quietly(ctx)
        _tell(ctx, "error", f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        ctx.exit(ExitCode.FAILED)
    except Exception as error:  # noqa: BLE001  # the end of the line: what nobody expected is told, and told apart
        _tell_unexpected(ctx, error)
        ctx.exit(ExitCode.FAILED)


def _tell(ctx: click.Context, code: str, sentence: str) -> None:
    click.echo(f"error: {sentence}", err=True)
    _tell_document(ctx, code, sentence)


def _tell_document(ctx: click.Context, code: str, sentence: str) -> None:
    if ctx.meta.get(AS_JSON):
        document = {"error": {"code": code, "message": sentence}}
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2))


def _tell_unexpected(ctx: click.Context, error: Exception) -> None:
    level = ctx.meta.get(LOG_LEVEL) or os.environ.get("JIEDAO_LOG_LEVEL", "")
    if level == "debug":
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
        hint = ""
    else:
        hint = "; run it again with JIEDAO_LOG_LEVEL=debug to see where"
    # Not its message: nobody knows what of a reporter's words it holds.
    _tell(ctx, "unexpected", f"something went wrong that should not: {type(error).__name__}{hint}")


def _end_quietly(ctx: click.Context) -> None:
    """Whoever read the output has seen enough: nothing is left to say, not even at Python's own exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    ctx.exit(ExitCode.FAILED)
