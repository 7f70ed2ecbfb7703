"""What may correct what (更正): an earlier event of the same incident is named, and stays as it was recorded.

A remark of its own (``correct``) tells what is wrong and how it is in truth. Any other command may name what it puts
right as well: a second reply that corrects the first, a decision that takes the place of one made by mistake.
"""

from __future__ import annotations

from jiedao.domain.aggregate import RecordedEvent
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.ruling import RuledOutError
from jiedao.domain.terms import Command, Role
from jiedao.domain.workflow_events import InterventionRecorded

_AT = "/corrects"
_OWN_ALONE = frozenset({Role.COLLECTOR, Role.HANDLER, Role.GRID_WORKER})
"""Who corrects nothing but what they recorded themselves."""
_OTHERS_INTERVENTIONS = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
"""Who corrects an intervention that somebody else recorded: who sees them all, but for auditors."""


def check_number(command: Command, corrects: int | None, version: int) -> None:
    """Raise InvalidInputError where no event is named that has to be, or one that there is not."""
    if corrects is None:
        if command is Command.CORRECT:
            raise InvalidInputError("须指明更正第几条记录 name the event that it corrects, by its version", _AT)
    elif not 1 <= corrects <= version:
        raise InvalidInputError(
            f"没有第 {corrects} 条记录 there is no event {corrects} of this incident: it has 1 to {version}", _AT
        )


def check_corrected(
    command: Command, corrected: RecordedEvent, role: Role, actor: str, *, holding: bool = True
) -> None:
    """Raise RuledOutError where this event is not to be corrected in this way, or not by this person.

    ``holding`` is whether they act for the side that holds the case; a street that it is only offered to (移送) sees
    it, and corrects what it recorded itself. An intervention (干预留痕) is shown to few: nothing that more people read
    may speak of it, and nobody else is told who recorded it.
    """
    number = corrected.originator_version
    intervention = isinstance(corrected, InterventionRecorded)
    if intervention != (command is Command.INTERVENE):
        raise RuledOutError(
            f"干预留痕只能以干预留痕更正，也只更正干预留痕（第 {number} 条记录）"
            " an intervention is corrected by another record of an intervention, and by nothing else"
        )
    of_others = role in _OTHERS_INTERVENTIONS if intervention else role not in _OWN_ALONE
    if corrected.context.actor == actor or (of_others and holding):
        return
    if intervention:
        raise RuledOutError(
            f"只能更正自己所记的干预留痕，第 {number} 条记录不是你所记"
            f" you correct the interventions that you recorded yourself: event {number} is not yours"
        )
    raise RuledOutError(
        f"只能更正自己所记，第 {number} 条记录是 {corrected.context.actor} 所记"
        f" you correct what you recorded yourself: event {number} is {corrected.context.actor}'s"
    )
