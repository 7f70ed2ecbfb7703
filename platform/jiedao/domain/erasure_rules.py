"""What stands against forgetting a reporter, as things are: an open incident, a hold, a period that has not passed.

Only a reporter's key, and that of a record that could not be read, is ever destroyed. The party of a penalty (当事人)
is no reporter: nothing that is sealed for one can be named here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID

from jiedao.domain.errors import InvalidInputError
from jiedao.domain.holds import Hold
from jiedao.domain.incident import Incident
from jiedao.domain.retention import RetentionRules, kind_of
from jiedao.domain.terms import ErasureObstacle, IncidentState, RetentionKind
from jiedao.domain.workflow import OPEN

REPORTER, DEAD_LETTER = "reporter:", "dead-letter:"
"""How the subjects begin that can be forgotten; those of sources and of a penalty's party cannot."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that stands against it.

    ``kind`` is an :class:`~jiedao.domain.terms.ErasureObstacle` value, ``incident`` and ``number`` the incident that
    it is about, if any. ``until`` (UTC) is when it ends by itself; ``None``: when somebody ends it. ``detail`` is a
    sentence that names nobody.
    """

    kind: str
    incident: UUID | None
    number: str
    until: datetime | None
    detail: str


@dataclass(frozen=True, slots=True)
class TheirCase:
    """An incident of a reporter: as it stands, since when it has ended (UTC), and the open one that it joined."""

    incident: Incident
    ended_at: datetime | None
    joined: Incident | None = None


@dataclass(frozen=True, slots=True)
class TheirLetter:
    """A record of theirs that could not be read, and when it was set aside (UTC)."""

    letter_id: UUID
    set_aside_at: datetime


def require_forgettable(subject: str) -> str:
    """Return the subject; raises InvalidInputError where it is nobody who may be forgotten."""
    if not subject.startswith((REPORTER, DEAD_LETTER)):
        raise InvalidInputError(
            "只能删除上报人的信息 only a reporter's data is ever erased: not a source's records, and never what is kept"
            " of the party of a penalty (当事人)"
        )
    return subject


def obstacles(  # noqa: PLR0913  # what is looked at, and by which rules
    cases: Sequence[TheirCase],
    letters: Sequence[TheirLetter],
    holds: Sequence[Hold],
    rules: RetentionRules,
    now: datetime,
    zone: tzinfo,
) -> tuple[Obstacle, ...]:
    """Return all that stands against it; ``holds`` are those on the reporter, whatever the incident.

    Sentences tell moments in ``zone``, the district's.
    """
    found = [_held(hold, None, "", zone) for hold in holds]
    for case in cases:
        found += _of_case(case, rules, now, zone)
    for letter in letters:
        until = rules.keep_until(RetentionKind.DEAD_LETTER, letter.set_aside_at)
        if now < until:
            kept = _kept(None, f"dead-letter:{letter.letter_id}", until, RetentionKind.DEAD_LETTER, rules, zone)
            found.append(kept)
    return tuple(found)


def told_moment(moment: datetime, zone: tzinfo) -> str:
    """Return a moment as people there say it, with the zone: ``2026-11-24 17:30+08:00``."""
    return moment.astimezone(zone).isoformat(sep=" ", timespec="minutes")


def again_at(found: Sequence[Obstacle]) -> datetime | None:
    """Return when it may be asked again (UTC); ``None`` where somebody has to end something first."""
    untils = [one.until for one in found]
    return None if not untils or None in untils else max(until for until in untils if until is not None)


def _of_case(case: TheirCase, rules: RetentionRules, now: datetime, zone: tzinfo) -> Iterator[Obstacle]:
    incident = case.incident
    for hold in incident.progress.holds:
        yield _held(hold, incident.id, incident.number, zone)
    if incident.state in OPEN or case.ended_at is None:
        yield _open(incident, incident.state)
    elif case.joined is not None and case.joined.state in OPEN:
        yield _open(incident, case.joined.state, f"已并入 {case.joined.number}，")
    else:
        kind = kind_of(incident)
        until = rules.keep_until(kind, case.ended_at)
        if now < until:
            yield _kept(incident.id, incident.number, until, kind, rules, zone)


def _open(incident: Incident, state: IncidentState, joined: str = "") -> Obstacle:
    detail = f"{joined}{state.label} it is {state.value}: once it has ended"
    return Obstacle(ErasureObstacle.OPEN.value, incident.id, incident.number, None, detail)


def _held(hold: Hold, incident: UUID | None, number: str, zone: tzinfo) -> Obstacle:
    since = told_moment(hold.since, zone)
    detail = f"{hold.told}，{hold.placed_by} 提出 held by them since {since}: once it is released"
    return Obstacle(ErasureObstacle(hold.ground).value, incident, number, None, detail)


def _kept(  # noqa: PLR0913  # what is kept, until when, and by what
    incident: UUID | None, number: str, until: datetime, kind: RetentionKind, rules: RetentionRules, zone: tzinfo
) -> Obstacle:
    period = rules.kinds[kind].keep.written
    assumed = "（假定值）" if rules.assumed else ""
    detail = f"{kind.label}保管 {period}{assumed}，至 {told_moment(until, zone)} to be kept until then"
    return Obstacle(ErasureObstacle.RETENTION.value, incident, number, until, detail)
