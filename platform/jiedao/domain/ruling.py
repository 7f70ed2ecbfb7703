"""What stands against a command beside the workflow's table, as one kind of error with its sentence."""

from __future__ import annotations

from jiedao.domain.errors import JiedaoError


class RuledOutError(JiedaoError):
    """A rule that needs more than the table stands against the command; who carries it out says what may be done."""

    code = "command_refused"
