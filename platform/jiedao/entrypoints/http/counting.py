"""Lays counts out as the table that people read: every street × platform, also empty ones, and what is undecided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from jiedao.domain.access import Holder
from jiedao.domain.terms import IncidentState, Platform
from jiedao.entrypoints.http.boundaries import notice_in_force
from jiedao.entrypoints.http.place_models import PlatformAnswer, QueueCountsAnswer, StreetCounts
from jiedao.entrypoints.services import Services
from projections.answers import Count

_Counts = Mapping[tuple[str | None, str | None, str], int]


def count_queues(
    services: Services, holder: Holder, as_of_position: int | None, as_of_time: datetime | None
) -> QueueCountsAnswer:
    """Count what the holder may see, now or as of the past. Blocks on the database."""
    # Asked before the counts, so that they hold at least everything up to this position.
    reached = services.read.position_as_of(as_of_position, as_of_time)
    past = as_of_position is not None or as_of_time is not None
    counts = services.read.counts(as_of_position=reached if past else None, streets=holder.streets)
    profile = services.profile
    found = {(one.street_code, one.platform, one.state): one.incidents for one in counts}
    return QueueCountsAnswer(
        district_code=profile.code,
        district_name=profile.name,
        boundaries=notice_in_force(services),
        platforms=[PlatformAnswer(code=platform.value, label=platform.label) for platform in Platform],
        streets=[_street(code, name, found) for code, name in _shown(services, holder, counts)],
        district=None if holder.streets is not None else _street(None, profile.name, found),
        triage=sum(number for (_, _, state), number in found.items() if state == IncidentState.TRIAGE),
        total=sum(found.values()),
        position=reached,
    )


def _shown(services: Services, holder: Holder, counts: Sequence[Count]) -> list[tuple[str, str]]:
    """The streets of the profile, and those of former days that still hold incidents."""
    names = {street.code: street.name for street in services.profile.streets}
    for one in counts:
        if one.street_code is not None:
            names.setdefault(one.street_code, one.street_code)
    return [(code, name) for code, name in names.items() if holder.may_see_street(code)]


def _street(code: str | None, name: str, found: _Counts) -> StreetCounts:
    own = [(platform, state, number) for (street, platform, state), number in found.items() if street == code]
    platforms = dict.fromkeys((platform.value for platform in Platform), 0)
    triage = 0
    for platform, state, number in own:
        if state == IncidentState.TRIAGE:
            triage += number
        elif platform in platforms:
            platforms[platform] += number
    return StreetCounts(
        code=code or "", name=name, platforms=platforms, triage=triage, total=sum(number for *_, number in own)
    )
