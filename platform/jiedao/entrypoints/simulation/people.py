"""The people of a simulated district: an act of one of them, and what is remembered of an incident between acts."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from uuid import UUID

from jiedao.domain.access import Holder
from jiedao.domain.terms import Command, Role

_PEOPLE_OF_A_ROLE = 6


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does: the person in their role, the command, what it says, and which event it puts right."""

    actor: Holder
    command: Command
    details: object
    corrects: int | None = None


@dataclass(slots=True)
class Memory:
    """What the simulation remembers of an incident between acts.

    ``random`` are its own dice, so that what becomes of one incident does not hang on the others. ``same_as`` is the
    incident of the same happening that another source reported before.
    """

    random: Random
    same_as: UUID | None = None
    replied: bool = False
    revisited: bool = False
    satisfied: bool = True

    @classmethod
    def of(cls, seed: object, number: str) -> Memory:
        """Begin to remember an incident by its source's number."""
        return cls(Random(f"{seed}:{number}"))  # noqa: S311  # nothing here is secret


def somebody(role: Role, memory: Memory, command: Command, details: object) -> Act:
    """Let one of the people of a role do it."""
    number = memory.random.randrange(_PEOPLE_OF_A_ROLE) + 1
    return Act(Holder("", f"user:{role.value}-{number}", role), command, details)
