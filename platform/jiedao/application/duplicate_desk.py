"""Takes down what people say of two incidents that look alike: that they are two, or that this was said wrongly.

Saying the same again records nothing; the log holds what was said last, by whom, and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError

from jiedao.application.district_application import DistrictApplication
from jiedao.domain.access import Holder
from jiedao.domain.context import EventContext
from jiedao.domain.duplicate_judgement import DuplicateJudgement
from jiedao.domain.errors import (
    InvalidInputError,
    KeyReuseError,
    NotAllowedError,
    NotFoundError,
    UnavailableError,
    VersionConflictError,
)
from jiedao.domain.identity import duplicate_judgement_id
from jiedao.domain.ports import Clock
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.repeated_complaints import pair_of
from jiedao.domain.terms import Role
from jiedao.store.recorder import UnitContext

JUDGES = (Role.INTAKE_OPERATOR, Role.DISPATCHER, Role.SHIFT_LEADER)
"""Who may say that two incidents are two: those who sort what comes in."""

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """What holds of a pair now; ``position`` is that of the event, ``None`` where it was said before."""

    one: UUID
    other: UUID
    distinct: bool
    position: int | None


class DuplicateDesk:
    """The one door for judgements on pairs. Threads may share it."""

    def __init__(self, profile: DistrictProfile, application: DistrictApplication, clock: Clock) -> None:
        self._profile = profile
        self._application = application
        self._clock = clock

    def say(self, incident_id: UUID, other_id: UUID, actor: Holder, *, distinct: bool, reason: str) -> Judged:
        """Say whether two incidents are two.

        Raises NotAllowedError for another role, NotFoundError for an incident that the actor may not know of,
        InvalidInputError for an incident beside itself, no reason, or taking back what was never said.
        """
        if actor.role not in JUDGES:
            words = ", ".join(f"{role.value} ({role.label})" for role in JUDGES)
            raise NotAllowedError(
                f"the role {actor.role.value} ({actor.role.label}) may not judge this; {words} may",
                allowed=[f"role:{role.value}" for role in JUDGES],
            )
        if not reason.strip():
            raise InvalidInputError("say why in reason", "/reason")
        if incident_id == other_id:
            raise InvalidInputError("an incident is no duplicate of itself: name another one", "/other_id")
        self._require_seen((incident_id, other_id), actor)
        one, other = pair_of(incident_id, other_id)
        for _attempt in range(_ATTEMPTS):
            judgement, changed = self._judge(one, other, actor, distinct=distinct, reason=reason)
            if not changed:
                return Judged(one, other, distinct, None)
            unit = UnitContext(
                "duplicates", f"{judgement.id}:{judgement.version}", _content(actor, reason), lane="people"
            )
            try:
                return Judged(one, other, distinct, self._application.record([judgement], unit)[-1])
            except (VersionConflictError, KeyReuseError):
                continue  # somebody said something of this pair in this moment: look again
        raise UnavailableError("others judge this pair at the same moment; try again")

    def _judge(
        self, one: UUID, other: UUID, actor: Holder, *, distinct: bool, reason: str
    ) -> tuple[DuplicateJudgement, bool]:
        stream = duplicate_judgement_id(self._profile.code, one, other)
        context = EventContext(actor.holder, actor.role.value, stream, f"judge:{stream}", reason)
        now = self._clock.now()
        try:
            judgement: DuplicateJudgement = self._application.repository.get(stream)
        except AggregateNotFoundError as error:
            if not distinct:
                raise InvalidInputError("nobody said that these two are two: there is nothing to take back") from error
            return DuplicateJudgement.dismiss(stream, one, other, context=context, at=now), True
        return judgement, judgement.say(distinct=distinct, context=context, at=now)

    def _require_seen(self, ids: tuple[UUID, UUID], actor: Holder) -> None:
        known = self._application.load(ids)
        for one in ids:
            incident = known.get(one)
            if incident is None or not (
                actor.may_see_street(incident.street_code)
                and (actor.sources is None or incident.report.source in actor.sources)
            ):
                raise NotFoundError(f"there is no incident {one}")


def _content(actor: Holder, reason: str) -> bytes:
    return f"{actor.holder}\x00{reason}".encode()
