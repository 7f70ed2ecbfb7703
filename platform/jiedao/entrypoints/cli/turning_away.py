"""Records what is refused at this terminal, as what is refused over HTTP: who, which command, why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import click
from psycopg import Error as DatabaseError

from jiedao.domain.access import Holder
from jiedao.domain.errors import JiedaoError, NotAllowedError
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.cli.output import note
from jiedao.store.refusals import Refusal

_ACTOR = "jiedao.cli.actor"
"""Where the context's ``meta`` holds who acts by a token."""


def acts_as(holder: Holder | None) -> None:
    """Say whose token was shown; ``None``: nobody's, so it is the person at this terminal who tried."""
    if holder is not None:
        click.get_current_context().meta[_ACTOR] = holder


@contextmanager
def refusals_recorded(district: District, person: Holder) -> Iterator[None]:
    """Record a refusal within the block; ``person`` is who is at this terminal, where no token was shown.

    One that cannot be recorded is said, and still refused.
    """
    try:
        yield
    except NotAllowedError as error:
        if not error.recorded:
            _record(district, person, error)
        raise


def _record(district: District, person: Holder, error: NotAllowedError) -> None:
    context = click.get_current_context()
    actor: Holder = context.meta.get(_ACTOR, person)
    refusal = Refusal(
        at=district.clock.now(),
        status=403,
        reason=error.code,
        method="CLI",
        route=" ".join(("jiedao", *context.command_path.split()[1:])),
        token_id=actor.token_id,
        holder=actor.holder,
        role=actor.role.value,
        client="",
        request_id=uuid4().hex,
        why=str(error),
        allowed=error.allowed,
    )
    try:
        district.auditing.refusals.record([refusal])
    except (JiedaoError, DatabaseError) as failure:
        note(f"warning: this refusal could not be recorded: {type(failure).__name__}")
