"""How long what has ended is kept (档案保管期限), by kind: data of the district's profile.

``keep`` is how long a reporter's data of an ended incident has to stay; until then it cannot be erased. ``online`` is
how long its events stay in the database at least; later they may be archived, where they are kept on.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jiedao.domain.incident import Incident
from jiedao.domain.terms import IncidentState, Lifecycle, RetentionKind

_WRITTEN = re.compile(r"(?P<number>\d{1,3})\s*(?P<unit>年|个月|月|日|天)")
_MONTHS = {"年": 12, "个月": 1, "月": 1}
_UNFILED = frozenset({IncidentState.DECLINED, IncidentState.REJECTED, IncidentState.VOID})


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time as archives count it: whole months (a year is twelve), or days."""

    months: int = 0
    days: int = 0
    written: str = ""

    def after(self, moment: datetime) -> datetime:
        """Return the moment that lies this long after another; the last day of a month stays within its month."""
        month = moment.month - 1 + self.months
        year, month = moment.year + month // 12, month % 12 + 1
        day = min(moment.day, calendar.monthrange(year, month)[1])
        return moment.replace(year=year, month=month, day=day) + timedelta(days=self.days)

    def before(self, now: datetime) -> datetime:
        """Return the latest day's moment from which this length has passed by now: what ended by then is beyond it."""
        moment = now - timedelta(days=self.days + 31 * self.months)
        while self.after(moment + _DAY) <= now:
            moment += _DAY
        return moment


_DAY = timedelta(days=1)


def read_period(text: str) -> Period | None:
    """Read a period as people write it (``10年``, ``6个月``, ``30日``); ``None`` for anything else."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        return None
    number, unit = int(match["number"]), match["unit"]
    if unit in _MONTHS:
        return Period(months=number * _MONTHS[unit], written=text.strip())
    return Period(days=number, written=text.strip())


@dataclass(frozen=True, slots=True)
class KeptFor:
    """The two periods of a kind; both are counted from the moment at which the incident ended."""

    keep: Period
    online: Period


def _assumed() -> Mapping[RetentionKind, KeptFor]:
    years = {kind: Period(months=12 * number, written=f"{number}年") for kind, number in _ASSUMED_YEARS.items()}
    online = Period(months=24, written="2年")
    return {kind: KeptFor(keep, online if keep.months > online.months else keep) for kind, keep in years.items()}


_ASSUMED_YEARS = {
    RetentionKind.FILED: 10, RetentionKind.UNFILED: 3, RetentionKind.UPSTREAM: 10, RetentionKind.DEAD_LETTER: 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """The periods by kind; ``assumed`` until the district has said its own (文书档案: 永久, 30年, 10年)."""

    kinds: Mapping[RetentionKind, KeptFor] = field(default_factory=_assumed)
    assumed: bool = True

    def keep_until(self, kind: RetentionKind, ended_at: datetime) -> datetime:
        """Return the moment until which a reporter's data of something that ended has to stay."""
        return self.kinds[kind].keep.after(ended_at)


def kind_of(incident: Incident) -> RetentionKind:
    """Say which periods an incident that has ended is kept by."""
    if incident.lifecycle is Lifecycle.UPSTREAM:
        return RetentionKind.UPSTREAM
    return RetentionKind.UNFILED if incident.state in _UNFILED else RetentionKind.FILED
