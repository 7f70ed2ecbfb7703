"""Takes transfers back that nobody answered in time (移送逾期): the case is the dispatcher's again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from jiedao.application.district_application import DistrictApplication
from jiedao.application.ticker import ACTOR, LANE, SCOPE
from jiedao.domain.context import EventContext
from jiedao.domain.errors import VersionConflictError
from jiedao.domain.terms import Role
from jiedao.store.recorder import UnitContext

_AT_ONCE = 200


class UnansweredTransfers(Protocol):
    """Knows which offered transfers nobody answered in time."""

    def unanswered(self, now: datetime, limit: int) -> Sequence[UUID]:
        """Return at most ``limit`` incidents whose transfer was to be answered by ``now``."""


class Lapsing:
    """Goes through what was not answered; the incident itself decides whether its transfer lapses."""

    def __init__(self, unanswered: UnansweredTransfers, application: DistrictApplication) -> None:
        self._unanswered = unanswered
        self._application = application

    def run(self, now: datetime, ended_by: datetime | None = None) -> int:
        """Take every transfer back whose time is over by ``now``, or was by an earlier moment; returns how many.

        An incident that moves on in this moment is looked at again the next time, as is one that the views show late.
        """
        lapsed = 0
        for incident in self._application.load(self._unanswered.unanswered(ended_by or now, _AT_ONCE)).values():
            offered = incident.progress.transfer
            key = f"{incident.id}:lapsed:{incident.version}"
            context = EventContext(ACTOR, Role.ADMINISTRATOR.value, incident.id, f"clock:{key}")
            if offered is None or not incident.lapse_transfer(context=context, at=now):
                continue
            try:
                self._application.record([incident], UnitContext(SCOPE, key, b"", lane=LANE))
            except VersionConflictError:
                continue
            lapsed += 1
        return lapsed
