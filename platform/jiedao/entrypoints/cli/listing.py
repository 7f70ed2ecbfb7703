"""Groups of commands whose help reads as a list of what can be done: in the order of the work, each line whole."""

from __future__ import annotations

import click

_WHOLE = 10_000
"""Characters: more than any first sentence has. Click would cut it where the line ends."""


class Listed(click.Group):
    """Names its commands in the order in which they were added, each with its first sentence, wrapped and not cut."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name the commands in the order in which they were added."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, as far as they are shown at all."""
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, one.get_short_help_str(_WHOLE)) for name, one in found if one is not None and not one.hidden]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)
