"""The door to what two people approve (双人审批): whoever may not do what they want is told why, and it is recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from jiedao.domain.access import Holder
from jiedao.domain.approving import READERS, SHOW_WHO, Approval, against_answering
from jiedao.domain.context import EventContext
from jiedao.domain.errors import NotAllowedError

RecordRefusal = Callable[[UUID, str, UUID | None, str, EventContext], None]
"""Records in a stream of its own that an act, about a request or none, was refused, why, and to whom."""


@dataclass(frozen=True, slots=True)
class ApprovalDoor:
    """The door of one desk. ``matter`` is what it is about (``erasure``), ``whole`` why it is all of the district's."""

    matter: str
    whole: str
    record: RecordRefusal

    def require_reader(self, actor: Holder, act: str, request_id: UUID | None) -> None:
        """Let in who may see what was asked for. Raises NotAllowedError, recorded."""
        if actor.role not in READERS:
            why = f"{actor.role.label} {actor.role.value} 无权办理 this role has nothing to do with any {self.matter}"
            raise self.refused(act, request_id, why, actor)
        if actor.streets is not None or actor.sources is not None:
            why = f"{self.whole}, and this token is limited to parts of it"
            raise self.refused(act, request_id, why, actor)

    def require_approver(
        self, actor: Holder, act: str, request_id: UUID, asked_by: str, approvals: Sequence[Approval]
    ) -> None:
        """Let in who may approve or reject a request as it stands. Raises NotAllowedError, recorded."""
        if act == "approve" and not actor.token_id:
            raise self.refused(act, request_id, SHOW_WHO, actor)
        if why := against_answering(asked_by, approvals, actor.holder, actor.role):
            raise self.refused(act, request_id, why, actor)

    def refused(self, act: str, request_id: UUID | None, why: str, actor: Holder) -> NotAllowedError:
        """Record that somebody may not, and return the error that says so."""
        self.record_refusal(act, request_id, why, actor)
        return NotAllowedError(why, recorded=True)

    def record_refusal(self, act: str, request_id: UUID | None, why: str, actor: Holder) -> None:
        """Record what was wanted, by whom, and why it is not done."""
        stream = uuid4()
        self.record(stream, act, request_id, why, self.context(actor, request_id or stream, act, None))

    def context(self, actor: Holder, correlation: UUID, act: str, reason: str | None) -> EventContext:
        """Return in which context an act is recorded."""
        return EventContext(actor.holder, actor.role.value, correlation, f"{self.matter}:{act}:{correlation}", reason)
