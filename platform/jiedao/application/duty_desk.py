"""Takes down duty: rosters that people plan (值班表), and shifts that they hand over and take over (交接班).

Every change is an event by a person. A roster that stands so already, or a handover that is offered again under its
key, records nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError

from jiedao.application.district_application import DistrictApplication
from jiedao.domain.access import Holder
from jiedao.domain.context import EventContext
from jiedao.domain.errors import (
    ConflictError,
    InvalidInputError,
    KeyReuseError,
    NotAllowedError,
    NotFoundError,
    VersionConflictError,
)
from jiedao.domain.handover import HandedOver, Handover
from jiedao.domain.identity import handover_id, roster_day_id
from jiedao.domain.ports import Clock
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.roster import RosterDay, Shift
from jiedao.domain.terms import Role
from jiedao.store.recorder import UnitContext

A = TypeVar("A", bound=RosterDay | Handover)

PLANNERS = (Role.SHIFT_LEADER, Role.ADMINISTRATOR)
"""Who may plan the roster."""

LEADERS = (Role.SHIFT_LEADER,)
"""Who hands over and takes over."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What came of planning: the days that are new, changed, and as they were; ``position`` ``None`` for no change."""

    new: Sequence[date]
    changed: Sequence[date]
    unchanged: Sequence[date]
    position: int | None


@dataclass(frozen=True, slots=True)
class HandoverAnswer:
    """How a handover stands, and the position to ask the views for."""

    handover_id: UUID
    state: str
    position: int


class DutyDesk:
    """The one door for rosters and handovers. Threads may share it."""

    def __init__(self, profile: DistrictProfile, application: DistrictApplication, clock: Clock) -> None:
        self._profile = profile
        self._application = application
        self._clock = clock

    def plan(self, days: Mapping[date, Sequence[Shift]], actor: Holder, reason: str) -> Planned:
        """Plan days, each whole, all of them or none.

        Raises NotAllowedError for another role or a street that is not the actor's, InvalidInputError for shifts that
        cannot be, ConflictError where somebody else plans one of the days at this moment.
        """
        _require_role(actor, PLANNERS)
        if actor.streets is not None:
            raise NotAllowedError("a roster is planned for the whole district, and this token is limited to streets")
        now = self._clock.now()
        touched: list[RosterDay] = []
        outcome: dict[str, list[date]] = {"new": [], "changed": [], "unchanged": []}
        for day in sorted(days):
            stream = roster_day_id(self._profile.code, day)
            context = EventContext(actor.holder, actor.role.value, stream, f"roster:{day}", reason or None)
            roster = self._find(stream, RosterDay)
            if roster is None:
                touched.append(RosterDay.plan(stream, day, days[day], context=context, at=now))
                outcome["new"].append(day)
            elif roster.change(days[day], context=context, at=now):
                touched.append(roster)
                outcome["changed"].append(day)
            else:
                outcome["unchanged"].append(day)
        position = None
        if touched:
            key = ",".join(f"{roster.day}:{roster.version}" for roster in touched)
            position = self._record(touched, "roster", key, actor)
        return Planned(**outcome, position=position)

    def offer(self, content: HandedOver, actor: Holder, key: str) -> HandoverAnswer:
        """Hand over; offered again under the same key, the first one is the answer.

        Raises NotAllowedError for another role or street, InvalidInputError for handing over to oneself, KeyReuseError
        for a key that came with something else.
        """
        _require_role(actor, LEADERS)
        _require_street(actor, content.street_code)
        if content.to == actor.holder:
            raise InvalidInputError("a shift is handed over to somebody else", "/to")
        stream = handover_id(self._profile.code, actor.holder, key)
        before = self._find(stream, Handover)
        if before is not None:
            return self._again(before, content, key)
        context = EventContext(actor.holder, actor.role.value, stream, f"handover:{key}")
        offered = Handover.offer(stream, content, context=context, at=self._clock.now())
        position = self._record([offered], "handover", str(stream), actor)
        return HandoverAnswer(stream, offered.state.value, position)

    def accept(self, handover: UUID, note: str, actor: Holder) -> HandoverAnswer:
        """Take over. Raises as :meth:`object` does."""
        found, context = self._answered(handover, actor, None)
        found.accept(note, context=context, at=self._clock.now())
        return self._answer(found, actor)

    def object(self, handover: UUID, reason: str, actor: Holder) -> HandoverAnswer:
        """Do not take over as it is.

        Raises NotAllowedError for another role, for who handed over, and for anybody but whom it was handed to;
        NotFoundError, and InvalidInputError where it was answered before.
        """
        if not reason.strip():
            raise InvalidInputError("say in reason what is not right", "/reason")
        found, context = self._answered(handover, actor, reason)
        found.object(context=context, at=self._clock.now())
        return self._answer(found, actor)

    def _answered(self, handover: UUID, actor: Holder, reason: str | None) -> tuple[Handover, EventContext]:
        _require_role(actor, LEADERS)
        found = self._find(handover, Handover)
        if found is None or not actor.may_see_street(found.content.street_code):
            raise NotFoundError(f"there is no handover {handover}")
        events = self._application.recorder.select_events(handover, limit=1)
        offered = self._application.mapper.to_domain_event(events[0])
        if isinstance(offered, Handover.Offered) and offered.context.actor == actor.holder:
            raise NotAllowedError("who hands over cannot take over 交班人不得自行接班")
        if found.content.to not in {None, actor.holder}:
            raise NotAllowedError(f"this was handed over to {found.content.to}")
        return found, EventContext(actor.holder, actor.role.value, handover, f"answer:{handover}", reason)

    def _answer(self, handover: Handover, actor: Holder) -> HandoverAnswer:
        position = self._record([handover], "handover", f"{handover.id}:{handover.version}", actor)
        return HandoverAnswer(handover.id, handover.state.value, position)

    def _again(self, before: Handover, content: HandedOver, key: str) -> HandoverAnswer:
        kept = before.content
        if (kept.street_code, kept.to, kept.remarks) != (content.street_code, content.to, content.remarks):
            raise KeyReuseError(f"the idempotency key {key!r} was used before with another handover: use a new one")
        return HandoverAnswer(before.id, before.state.value, kept.as_of_position)

    def _record(self, aggregates: Sequence[RosterDay | Handover], scope: str, key: str, actor: Holder) -> int:
        unit = UnitContext(scope, key, actor.holder.encode(), lane="people")
        try:
            return self._application.record(list(aggregates), unit)[-1]
        except (VersionConflictError, KeyReuseError) as error:
            raise ConflictError("somebody else changed this at the same moment: look again and decide anew") from error

    def _find(self, stream: UUID, kind: type[A]) -> A | None:
        try:
            found: object = self._application.repository.get(stream)
        except AggregateNotFoundError:
            return None
        return found if isinstance(found, kind) else None


def _require_role(actor: Holder, roles: Sequence[Role]) -> None:
    if actor.role not in roles:
        words = ", ".join(f"{role.value} ({role.label})" for role in roles)
        raise NotAllowedError(
            f"the role {actor.role.value} ({actor.role.label}) may not do this; {words} may",
            allowed=[f"role:{role.value}" for role in roles],
        )


def _require_street(actor: Holder, street_code: str | None) -> None:
    if not actor.may_see_street(street_code):
        raise NotAllowedError("this token is not for this street")
