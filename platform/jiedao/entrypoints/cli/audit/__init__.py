"""``jiedao audit``: whether the record is whole, what was known when and by whom, and proofs for a stranger (审计).

Each module of this package brings some of its commands, by a function ``commands()``; they are named here, in the
order in which help shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from jiedao.entrypoints.cli.audit import access, events, exporting, proving, replay, sample, sealing, verifying

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


class _InOrder(click.Group):
    """Shows its commands in the order of the work, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name the commands in the order in which they were added."""
        return list(self.commands)


@click.group(cls=_InOrder)
def audit() -> None:
    """审计 Whether the record is whole, what was known when and by whom, and proofs that a stranger can check.

    docs/audit.md explains it to an auditor who has never seen event sourcing.
    """


for _commands in COMMANDS:
    for _command in _commands():
        audit.add_command(_command)
