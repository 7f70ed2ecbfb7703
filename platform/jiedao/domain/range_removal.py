"""A request to remove an archived range from the database (归档移除): asked, approved by two, carried out or refused.

It is a stream of its own, and stays in the database whatever else is archived: the event *carried out* is what tells an
auditor which file holds the range, and the ledger protects it as any other event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.approving import Approval
from jiedao.domain.context import EventContext
from jiedao.domain.terms import RemovalState, Role

ASKERS: tuple[Role, ...] = (Role.ADMINISTRATOR, Role.LEGAL_REVIEWER)
"""Who may ask for a removal. Who may approve is the table of :mod:`jiedao.domain.approving`."""


@dataclass(frozen=True, slots=True)
class RemovalObstacle:
    """What stands against it.

    ``kind`` is a :class:`~jiedao.domain.terms.StaysWhy` value; ``position`` the first event that it is about, ``whose``
    the incident by its source and number, or the event's topic; ``events`` how many stay for it.
    """

    kind: str
    position: int
    whose: str
    events: int


@dataclass(frozen=True, slots=True)
class ArchivedRange:
    """What is to be removed: the positions, both included, and the archive that holds them.

    ``sha256`` is that of ``file``, ``tree_size`` the size of the checkpoint that it carries.
    """

    first: int
    last: int
    file: str
    sha256: str
    tree_size: int

    @property
    def name(self) -> str:
        """How people call it: 1-5000."""
        return f"{self.first}-{self.last}"

    @property
    def events(self) -> int:
        """How many events it holds."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class RangeLook:
    """What was found when a range was looked at: what stands in the way (the first few), and on what that rests.

    ``beside`` are streams outside the range on which it rests, too; ``position`` is how far was looked.
    """

    obstacles: tuple[RemovalObstacle, ...]
    beside: tuple[UUID, ...]
    position: int


class RangeRemoval(RecordedAggregate):
    """One request."""

    TOPIC = "jiedao.range_removal"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Asked(Event, AggregateCreated):
        """Somebody asked that a range be removed; why stands in the context."""

        TOPIC = "jiedao.range_removal.asked"
        archive: ArchivedRange

        def apply(self, aggregate: RangeRemoval) -> None:
            """Keep who asked, and why."""
            aggregate.asked_by, aggregate.asked_role = self.context.actor, self.context.role
            aggregate.asked_at, aggregate.reason = self.timestamp, self.context.reason or ""

    class Approved(Event):
        """One of the two approved; ``seat`` is an :class:`~jiedao.domain.terms.ApprovalSeat` value."""

        TOPIC = "jiedao.range_removal.approved"
        seat: str
        note: str

        def apply(self, aggregate: RangeRemoval) -> None:
            """Count it; with the second it may be carried out."""
            both = bool(aggregate.approvals)
            aggregate.approvals = (*aggregate.approvals, Approval(self.context.actor, self.context.role, self.seat))
            aggregate.state = RemovalState.APPROVED if both else RemovalState.APPROVED_ONCE

    class Rejected(Event):
        """Somebody who may approve did not; why stands in the context."""

        TOPIC = "jiedao.range_removal.rejected"

        def apply(self, aggregate: RangeRemoval) -> None:
            """It ends."""
            aggregate.state = RemovalState.REJECTED
            aggregate.rejected_by, aggregate.rejected_because = self.context.actor, self.context.reason
            aggregate.ended_at = self.timestamp

    class Refused(Event):
        """It cannot be done as things stand: ``obstacles`` are in the range, ``because`` says what else."""

        TOPIC = "jiedao.range_removal.refused"
        obstacles: tuple[RemovalObstacle, ...]
        because: str

        def apply(self, aggregate: RangeRemoval) -> None:
            """It ends; it may be asked again."""
            aggregate.obstacles, aggregate.refused_because = self.obstacles, self.because
            aggregate.state = RemovalState.REFUSED
            aggregate.ended_at = self.timestamp

    class CarriedOut(Event):
        """The range left the table of events in the transaction that recorded this; the archive holds it."""

        TOPIC = "jiedao.range_removal.carried_out"
        archive: ArchivedRange
        approvers: tuple[str, ...]

        def apply(self, aggregate: RangeRemoval) -> None:
            """It is done."""
            aggregate.state = RemovalState.CARRIED_OUT
            aggregate.ended_at = self.timestamp

    def __init__(self, archive: ArchivedRange) -> None:
        """Start as asked for."""
        self.archive = archive
        self.state = RemovalState.ASKED
        self.approvals: tuple[Approval, ...] = ()
        self.obstacles: tuple[RemovalObstacle, ...] = ()
        self.refused_because = ""
        self.asked_by = self.asked_role = self.reason = ""
        self.asked_at: datetime | None = None
        self.rejected_by: str | None = None
        self.rejected_because: str | None = None
        self.ended_at: datetime | None = None

    @classmethod
    def ask(cls, request_id: UUID, archive: ArchivedRange, *, context: EventContext, at: datetime) -> RangeRemoval:
        """Ask for a range to be removed."""
        request: RangeRemoval = cls._create(cls.Asked, id=request_id, archive=archive, context=context, timestamp=at)
        return request

    @property
    def pending(self) -> bool:
        """Whether it still waits for an approval."""
        return self.state in {RemovalState.ASKED, RemovalState.APPROVED_ONCE}

    @property
    def ended(self) -> bool:
        """Whether nothing more can become of it."""
        return not self.pending and self.state is not RemovalState.APPROVED

    def approve(self, seat: str, note: str, *, context: EventContext, at: datetime) -> None:
        """Record an approval; who may give it, :mod:`jiedao.domain.approving` says."""
        self.trigger_event(self.Approved, seat=seat, note=note, context=context, timestamp=at)

    def reject(self, *, context: EventContext, at: datetime) -> None:
        """Record that it is not approved."""
        self.trigger_event(self.Rejected, context=context, timestamp=at)

    def refuse(
        self, obstacles: Sequence[RemovalObstacle], because: str, *, context: EventContext, at: datetime
    ) -> None:
        """Record what stands against it."""
        self.trigger_event(self.Refused, obstacles=tuple(obstacles), because=because, context=context, timestamp=at)

    def carry_out(self, *, context: EventContext, at: datetime) -> None:
        """Record that the range is removed, in the transaction that does it."""
        approvers = tuple(one.actor for one in self.approvals)
        self.trigger_event(self.CarriedOut, archive=self.archive, approvers=approvers, context=context, timestamp=at)


class RefusedRemoval(RecordedAggregate):
    """An act about removing that somebody may not do: who wanted what, and why not (拒绝留痕)."""

    TOPIC = "jiedao.refused_removal"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Recorded(Event, AggregateCreated):
        """It was refused; who asked stands in the context. ``request_id`` is the request it was about, if any."""

        TOPIC = "jiedao.refused_removal.recorded"
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
    ) -> RefusedRemoval:
        """Record a refusal."""
        refusal: RefusedRemoval = cls._create(
            cls.Recorded, id=refusal_id, act=act, request_id=request_id, why=why, context=context, timestamp=at
        )
        return refusal
