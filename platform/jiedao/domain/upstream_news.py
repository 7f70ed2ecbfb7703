"""Hears what a superior platform says of its case: what a revision of its record says that the one before did not.

Only what is new triggers an event, so a revision that repeats what is known changes nothing; and since only the newest
revision is heard (a late one is recorded and no more), what comes out of order does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from jiedao.domain.context import EventContext
from jiedao.domain.incident import Incident
from jiedao.domain.report import UpstreamCase, UpstreamNews
from jiedao.domain.terms import IncidentState, UpstreamStatus

_NOTHING = UpstreamNews()
_STATUS_EVENTS: Mapping[str, type[Any]] = MappingProxyType(
    {
        UpstreamStatus.VERIFIED.value: Incident.UpstreamVerified,
        UpstreamStatus.FAILED_VERIFICATION.value: Incident.UpstreamFailedVerification,
        UpstreamStatus.CLOSED.value: Incident.UpstreamClosed,
        UpstreamStatus.WITHDRAWN.value: Incident.UpstreamWithdrawn,
    }
)
_ASSIGNED_ANEW_FROM = frozenset({IncidentState.SENT_BACK, IncidentState.WITHDRAWN, IncidentState.CLOSED})


def hear(incident: Incident, before: UpstreamCase | None, *, context: EventContext, at: datetime) -> bool:
    """Trigger the events of what the newest revision says beyond ``before``, the case as the one before it said.

    Called right after the incident took the revision in. True when anything was triggered.
    """
    case = incident.report.upstream
    if case is None:
        return False
    known = incident.version

    def trigger(kind: type[Any], **fields: object) -> None:
        incident.trigger_event(kind, context=context, timestamp=at, **fields)

    if before is not None and before.deadline != case.deadline:
        trigger(Incident.UpstreamDeadlineChanged, before=before.deadline, deadline=case.deadline)
    _hear_pressure(_news(before), _news(case), trigger)
    _hear_status(incident, _news(before), _news(case), trigger)
    _hear_revisit(_news(before), _news(case), trigger)
    return incident.version > known


def _news(case: UpstreamCase | None) -> UpstreamNews:
    return _NOTHING if case is None or case.news is None else case.news


_Trigger = Callable[..., None]


def _hear_pressure(before: UpstreamNews, now: UpstreamNews, trigger: _Trigger) -> None:
    if now.urges > before.urges:
        trigger(Incident.UpstreamUrged, times=now.urges)
    if now.supervised and not before.supervised:
        trigger(Incident.UpstreamSupervised, note=now.note)


def _hear_status(incident: Incident, before: UpstreamNews, now: UpstreamNews, trigger: _Trigger) -> None:
    """A status is news when it is another one than before; given again or failed again, when its time or count says so.

    A handling that failed counts also where the record has moved on since: the count of reworks has grown.
    """
    changed = now.status != before.status
    failed = now.reworks > before.reworks or (changed and now.status == UpstreamStatus.FAILED_VERIFICATION)
    if failed:
        trigger(Incident.UpstreamFailedVerification, note=now.note)
    if now.status == UpstreamStatus.ASSIGNED:
        if incident.state in _ASSIGNED_ANEW_FROM and (changed or _is_later(now.assigned_at, before.assigned_at)):
            trigger(Incident.UpstreamAssigned, note=now.note)
    elif changed and now.status is not None and not (failed and now.status == UpstreamStatus.FAILED_VERIFICATION):
        trigger(_STATUS_EVENTS[now.status], note=now.note)


def _hear_revisit(before: UpstreamNews, now: UpstreamNews, trigger: _Trigger) -> None:
    if now.revisited and _revisit(now) != _revisit(before):
        trigger(Incident.UpstreamRevisited, resolved=now.resolved, satisfied=now.satisfied, note=now.revisit_note)


def _revisit(news: UpstreamNews) -> tuple[object, ...]:
    return news.revisited, news.resolved, news.satisfied, news.revisit_note


def _is_later(moment: datetime | None, before: datetime | None) -> bool:
    return moment is not None and before is not None and moment > before
