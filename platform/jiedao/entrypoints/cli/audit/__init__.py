"""``jiedao audit``: whether the record is whole, what was known when and by whom, and proofs for a stranger (审计).

Each module of this package brings some of its commands, by a function ``commands()``; they are named here, in the
order in which help shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from jiedao.entrypoints.cli.audit import access, events, exporting, proving, replay, sample, sealing, verifying
from jiedao.entrypoints.cli.listing import Listed

COMMANDS: Sequence[Callable[[], Sequence[click.Command]]] = (
    replay.commands,
    events.commands,
    access.commands,
    sample.commands,
    verifying.commands,
    proving.commands,
    exporting.commands,
    sealing.commands,
)
"""What brings the commands of this group, in the order in which help shows them."""


@click.group(cls=Listed)
def audit() -> None:
    """审计 Whether the record is whole, what was known when and by whom, and proofs that a stranger can check.

    docs/audit.md explains it to an auditor who has never seen event sourcing.
    """


for _commands in COMMANDS:
    for _command in _commands():
        audit.add_command(_command)
