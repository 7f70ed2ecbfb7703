"""Who asks: the holder of a token, in which role, for which streets and sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jiedao.domain.links import Receiver
from jiedao.domain.tasks import Assignee, Task
from jiedao.domain.terms import AssigneeKind, ReceiverKind, Role

_OF_STREETS = frozenset({AssigneeKind.PLATFORM, AssigneeKind.COMMUNITY, AssigneeKind.GRID_WORKER})
"""Assignees that are a street's; where none is named, the street's that holds the incident."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of a token.

    ``holder`` is the actor written into events (``source:hotline``, ``user:zhang``). ``streets`` and ``sources``
    limit what they may see and push; ``None`` means all of the district. ``assignees`` are the names of those for whom
    they work (区城管局, 朝晖街道综合行政执法平台): then only tasks of these are theirs; ``None`` means those of their
    streets.
    """

    token_id: str
    holder: str
    role: Role
    streets: frozenset[str] | None = None
    sources: frozenset[str] | None = None
    expires_at: datetime | None = None
    assignees: frozenset[str] | None = None

    def may_see_street(self, street_code: str | None) -> bool:
        """Whether this holder may see what a street holds; what no street holds yet, only the unlimited see."""
        return self.streets is None or street_code in self.streets

    def works_on(self, task: Task, street_code: str | None) -> bool:
        """Whether a task is theirs: given to those for whom they work, or given on to them.

        ``street_code`` is the street that holds the incident.
        """
        return any(self._works_for(one, street_code) for one in (task.assignee, task.worker) if one is not None)

    def may_answer(self, receiver: Receiver) -> bool:
        """Whether they are of the side to which a case is transferred; a body outside is nobody's here."""
        if receiver.kind == ReceiverKind.STREET:
            return self.may_see_street(receiver.street_code)
        if receiver.kind == ReceiverKind.DEPARTMENT and self.assignees is None:
            return self.streets is None
        return receiver.kind != ReceiverKind.DEPARTMENT or receiver.name in (self.assignees or ())

    def _works_for(self, assignee: Assignee, street_code: str | None) -> bool:
        if self.assignees is not None:
            return assignee.name in self.assignees
        of_street = street_code if assignee.kind in _OF_STREETS else None
        return self.streets is None or (assignee.street_code or of_street) in self.streets
