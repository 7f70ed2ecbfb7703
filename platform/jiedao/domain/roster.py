"""The duty roster (值班表): who is on duty when, in which role, for which street and platform.

One stream a day. Whoever plans or changes a day records the day as it then stands, whole; who did it, and why, stands
in the event. A night shift belongs to the day on which it begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.context import EventContext
from jiedao.domain.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Shift:
    """One person's duty: from ``starts_at`` until before ``ends_at``, both aware and in UTC.

    ``person`` is the actor that stands in events (``user:zhang``), ``name`` what people call them, ``role`` a
    :class:`~jiedao.domain.terms.Role` value. Without ``street_code`` the duty is the district's, without ``platform``
    (a :class:`~jiedao.domain.terms.Platform` value) that of all platforms.
    """

    person: str
    name: str
    role: str
    street_code: str | None
    platform: str | None
    starts_at: datetime
    ends_at: datetime


class RosterDay(RecordedAggregate):
    """The roster of one day."""

    TOPIC = "jiedao.roster_day"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Planned(Event, AggregateCreated):
        """The day was planned."""

        TOPIC = "jiedao.roster_day.planned"
        day: date
        shifts: tuple[Shift, ...]

    class Changed(Event):
        """The day was changed: this is how it stands now, whole."""

        TOPIC = "jiedao.roster_day.changed"
        day: date
        shifts: tuple[Shift, ...]

        def apply(self, aggregate: RosterDay) -> None:
            """Take the day as it stands now."""
            aggregate.shifts = self.shifts

    def __init__(self, day: date, shifts: tuple[Shift, ...]) -> None:
        """Start as planned."""
        self.day = day
        self.shifts = shifts

    @classmethod
    def plan(
        cls, roster_id: UUID, day: date, shifts: Sequence[Shift], *, context: EventContext, at: datetime
    ) -> RosterDay:
        """Plan a day. Raises InvalidInputError as :func:`in_order` does."""
        planned: RosterDay = cls._create(
            cls.Planned, id=roster_id, day=day, shifts=in_order(shifts), context=context, timestamp=at
        )
        return planned

    def change(self, shifts: Sequence[Shift], *, context: EventContext, at: datetime) -> bool:
        """Change the day; false, with nothing recorded, where it stands so already."""
        ordered = in_order(shifts)
        if ordered == self.shifts:
            return False
        corrected = context.correcting(self.version)  # which is the plan that held so far
        self.trigger_event(self.Changed, day=self.day, shifts=ordered, context=corrected, timestamp=at)
        return True


def in_order(shifts: Sequence[Shift]) -> tuple[Shift, ...]:
    """Return shifts in the order in which a roster names them.

    Raises InvalidInputError for one that ends before it begins, and for a person in two places at one time.
    """
    ordered = tuple(sorted(shifts, key=lambda one: (one.starts_at, one.street_code or "", one.role, one.person)))
    for one in ordered:
        if one.starts_at >= one.ends_at:
            raise InvalidInputError(f"the shift of {one.person} ends before it begins")
    last: dict[str, Shift] = {}
    for one in ordered:
        before = last.get(one.person)
        if before is not None and one.starts_at < before.ends_at:
            raise InvalidInputError(f"{one.person} has two shifts at one time, from {one.starts_at.isoformat()} on")
        last[one.person] = one
    return ordered
