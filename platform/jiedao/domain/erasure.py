"""A request to forget a reporter (删除上报人信息): asked for, approved by two people, and carried out or refused.

It is a stream of its own and names nobody: the reporter stands in it by the pseudonym of the key alone. What it says
was destroyed is destroyed again after any restore, because the log outlives the keys' backup.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.approving import Approval
from jiedao.domain.context import EventContext
from jiedao.domain.erasure_rules import Obstacle
from jiedao.domain.terms import ErasureState


class ErasureRequest(RecordedAggregate):
    """One request."""

    TOPIC = "jiedao.erasure_request"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Asked(Event, AggregateCreated):
        """Somebody asked that everything sealed for a subject be made unreadable; why stands in the context.

        ``subject`` is the pseudonym in the vault, ``incidents`` and ``dead_letters`` what was theirs then.
        """

        TOPIC = "jiedao.erasure_request.asked"
        subject: str
        incidents: tuple[UUID, ...]
        dead_letters: tuple[UUID, ...]

        def apply(self, aggregate: ErasureRequest) -> None:
            """Keep who asked, and why."""
            aggregate.asked_by, aggregate.asked_role = self.context.actor, self.context.role
            aggregate.asked_at, aggregate.reason = self.timestamp, self.context.reason or ""

    class Approved(Event):
        """One of the two approved; ``seat`` is an :class:`~jiedao.domain.terms.ApprovalSeat` value."""

        TOPIC = "jiedao.erasure_request.approved"
        seat: str
        note: str

        def apply(self, aggregate: ErasureRequest) -> None:
            """Count it."""
            aggregate.approvals = (*aggregate.approvals, Approval(self.context.actor, self.context.role, self.seat))
            aggregate.state = ErasureState.APPROVED_ONCE

    class Rejected(Event):
        """One of them did not approve; why stands in the context."""

        TOPIC = "jiedao.erasure_request.rejected"

        def apply(self, aggregate: ErasureRequest) -> None:
            """It ends."""
            aggregate.state = ErasureState.REJECTED
            aggregate.rejected_by, aggregate.rejected_because = self.context.actor, self.context.reason
            aggregate.ended_at = self.timestamp

    class Refused(Event):
        """It cannot be done as things stand; ``obstacles`` say why, and until when."""

        TOPIC = "jiedao.erasure_request.refused"
        obstacles: tuple[Obstacle, ...]

        def apply(self, aggregate: ErasureRequest) -> None:
            """It ends; it may be asked again."""
            aggregate.obstacles = self.obstacles
            aggregate.state = ErasureState.REFUSED
            aggregate.ended_at = self.timestamp

    class CarriedOut(Event):
        """The keys ``key_ids`` were destroyed, in the same moment as this was recorded."""

        TOPIC = "jiedao.erasure_request.carried_out"
        key_ids: tuple[str, ...]
        incidents: tuple[UUID, ...]
        dead_letters: tuple[UUID, ...]

        def apply(self, aggregate: ErasureRequest) -> None:
            """It is done."""
            aggregate.key_ids = self.key_ids
            aggregate.incidents = self.incidents
            aggregate.dead_letters = self.dead_letters
            aggregate.state = ErasureState.CARRIED_OUT
            aggregate.ended_at = self.timestamp

    class Reapplied(Event):
        """Some of its keys had come back, from a backup of the keys, and were destroyed again."""

        TOPIC = "jiedao.erasure_request.reapplied"
        key_ids: tuple[str, ...]

        def apply(self, aggregate: ErasureRequest) -> None:
            """It was done before."""
            aggregate.reapplied += 1

    def __init__(self, subject: str, incidents: tuple[UUID, ...], dead_letters: tuple[UUID, ...]) -> None:
        """Start as asked for."""
        self.subject = subject
        self.incidents = incidents
        self.dead_letters = dead_letters
        self.state = ErasureState.ASKED
        self.approvals: tuple[Approval, ...] = ()
        self.obstacles: tuple[Obstacle, ...] = ()
        self.key_ids: tuple[str, ...] = ()
        self.reapplied = 0
        self.asked_by = self.asked_role = self.reason = ""
        self.asked_at: datetime | None = None
        self.rejected_by: str | None = None
        self.rejected_because: str | None = None
        self.ended_at: datetime | None = None

    @classmethod
    def ask(  # noqa: PLR0913  # an event's whole content, by keyword
        cls,
        request_id: UUID,
        *,
        subject: str,
        incidents: tuple[UUID, ...],
        dead_letters: tuple[UUID, ...],
        context: EventContext,
        at: datetime,
    ) -> ErasureRequest:
        """Ask for a subject to be forgotten."""
        request: ErasureRequest = cls._create(
            cls.Asked,
            id=request_id,
            subject=subject,
            incidents=incidents,
            dead_letters=dead_letters,
            context=context,
            timestamp=at,
        )
        return request

    @property
    def pending(self) -> bool:
        """Whether it still waits for somebody."""
        return self.state in {ErasureState.ASKED, ErasureState.APPROVED_ONCE}

    def approve(self, seat: str, note: str, *, context: EventContext, at: datetime) -> None:
        """Record an approval; who may give it, :mod:`jiedao.domain.approving` says."""
        self.trigger_event(self.Approved, seat=seat, note=note, context=context, timestamp=at)

    def reject(self, *, context: EventContext, at: datetime) -> None:
        """Record that it is not approved."""
        self.trigger_event(self.Rejected, context=context, timestamp=at)

    def refuse(self, obstacles: tuple[Obstacle, ...], *, context: EventContext, at: datetime) -> None:
        """Record what stands against it."""
        self.trigger_event(self.Refused, obstacles=obstacles, context=context, timestamp=at)

    def carry_out(
        self,
        *,
        key_ids: tuple[str, ...],
        incidents: tuple[UUID, ...],
        dead_letters: tuple[UUID, ...],
        context: EventContext,
        at: datetime,
    ) -> None:
        """Record that the keys were destroyed; to be appended in the transaction that destroys them."""
        self.trigger_event(
            self.CarriedOut,
            key_ids=key_ids,
            incidents=incidents,
            dead_letters=dead_letters,
            context=context,
            timestamp=at,
        )

    def reapply(self, key_ids: tuple[str, ...], *, context: EventContext, at: datetime) -> None:
        """Record that keys that had come back are destroyed again."""
        self.trigger_event(self.Reapplied, key_ids=key_ids, context=context, timestamp=at)


class RefusedErasure(RecordedAggregate):
    """An act about erasing that somebody may not do: who wanted what, and why not (拒绝留痕)."""

    TOPIC = "jiedao.refused_erasure"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Recorded(Event, AggregateCreated):
        """It was refused; who asked stands in the context. ``request_id`` is the request it was about, if any."""

        TOPIC = "jiedao.refused_erasure.recorded"
        act: str
        request_id: UUID | None
        why: str

    def __init__(self, act: str, request_id: UUID | None, why: str) -> None:
        """Keep what was refused."""
        self.act = act
        self.request_id = request_id
        self.why = why

    @classmethod
    def record(  # noqa: PLR0913  # an event's whole content, by keyword
        cls, refusal_id: UUID, *, act: str, request_id: UUID | None, why: str, context: EventContext, at: datetime
    ) -> RefusedErasure:
        """Record a refusal."""
        refusal: RefusedErasure = cls._create(
            cls.Recorded, id=refusal_id, act=act, request_id=request_id, why=why, context=context, timestamp=at
        )
        return refusal
