"""Opens a district for a command, and says who acts: the person at this terminal, by the system's login name."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager

import click
import psycopg
from psycopg.conninfo import conninfo_to_dict

from jiedao.domain.access import Holder
from jiedao.domain.errors import ConfigurationError, UnavailableError
from jiedao.domain.terms import Role
from jiedao.entrypoints.bootstrap import District, open_district
from jiedao.entrypoints.cli.options import TOKEN_VARIABLE, variable
from jiedao.entrypoints.cli.output import note
from jiedao.entrypoints.cli.progress import step
from jiedao.entrypoints.cli.turning_away import refusals_recorded
from jiedao.entrypoints.settings import Settings
from projections.runner import ProjectionStoppedError


def console_actor() -> Holder:
    """Return who acts at this terminal: whoever may run commands here administrates."""
    return Holder("", f"console:{_login_name()}", Role.ADMINISTRATOR)


@contextmanager
def opened(settings: Settings) -> Iterator[District]:
    """Open a district for one command; a running ``jiedao serve`` is joined, else what is needed is started.

    Raises ConfigurationError or UnavailableError with what to do.
    """
    check_address(settings)
    _say_who_acts()
    try:
        with open_district(settings) as district, refusals_recorded(district, console_actor()):
            yield district
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise UnavailableError(f"the database does not answer: {str(error).strip()}") from error


def _say_who_acts() -> None:
    """Nobody should believe that a command acts as the token's holder when it does not look at tokens."""
    ctx = click.get_current_context(silent=True)
    if ctx is not None and os.environ.get(TOKEN_VARIABLE) and all(one.name != "token" for one in ctx.command.params):
        note(f"warning: 此命令不看令牌 {ctx.command_path} takes no token: recorded is {console_actor().holder}")


@contextmanager
def opened_for_reading(settings: Settings) -> Iterator[District]:
    """Open a district whose views show everything that was recorded before.

    Where they cannot go on, that is said, and what they have is shown.
    """
    with opened(settings) as district:
        catch_up(district)
        yield district


def check_address(settings: Settings) -> None:
    """Raise ConfigurationError for a database address that is none; its text, which holds a password, is not told."""
    for name in ("database_url", "database_owner_url"):
        url = getattr(settings, name)
        try:
            conninfo_to_dict(url or "")
        except psycopg.ProgrammingError:
            message = f"{variable(name)} is no address of a database: write postgresql://USER:PASSWORD@HOST/DATABASE"
            raise ConfigurationError(message) from None


def catch_up(district: District) -> None:
    """Let the views show everything that is recorded by now; says so where they cannot.

    Raises ConfigurationError where another version filled them.
    """
    if district.read.status().rebuild_needed:
        raise ConfigurationError(
            "the views were filled by another version of the software: jiedao projections rebuild fills them anew"
        )
    try:
        with step("the views catch up with the log"):
            district.runner.catch_up()
    except ProjectionStoppedError as error:
        note(f"warning: {error}; what is shown ends there")


def _login_name() -> str:
    """The name of the account, from the system and not from the environment; its number where it has no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
