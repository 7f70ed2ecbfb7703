"""Offers tasks onward that nobody accepted in time (顺延派办): to the next of the advice, at last to who is in charge.

Like :mod:`jiedao.application.lapsing`: the views say what has come, the incident itself decides, and a key that follows
from what is recorded keeps two leaders harmless. That a limit passed, and its escalation, is the ticker's to record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from jiedao.application.case_clock import CaseClock
from jiedao.application.district_application import DistrictApplication
from jiedao.application.ticker import ACTOR, LANE, SCOPE
from jiedao.domain.advice import Advice, HandlerRecord, Place, advise
from jiedao.domain.context import EventContext
from jiedao.domain.duty import DutyRules
from jiedao.domain.errors import NotFoundError, VersionConflictError
from jiedao.domain.incident import Incident
from jiedao.domain.offering import Asked, InCharge, OfferLimit, offer_onward, waiting_task
from jiedao.domain.tasks import Assignee, Task
from jiedao.domain.terms import ClockKind, Role
from jiedao.store.recorder import UnitContext

AT_ONCE = 10
"""Tasks a beat: each asks who could take it, some 10 ms, and what comes due meanwhile must not wait for long."""


class UnacceptedTasks(Protocol):
    """Knows which tasks nobody accepted in time."""

    def unaccepted(self, now: datetime, limit: int) -> Sequence[tuple[UUID, str]]:
        """Return at most ``limit`` tasks (incident, task) that are to be offered onward by ``now``, oldest first."""


@dataclass(frozen=True, slots=True)
class KnownHandlers:
    """Where an incident is, and what is known of those whom its task could be given to."""

    place: Place | None
    handlers: Sequence[HandlerRecord]


class DutyKnown(Protocol):
    """Knows who is on duty, and what handlers have to do."""

    def known_handlers(self, incident_id: UUID, assignee: Assignee, now: datetime, since: datetime) -> KnownHandlers:
        """Return the handlers of an assignee's street and platform. Raises NotFoundError for an unknown incident."""

    def in_charge(self, assignee: Assignee, roles: Sequence[str], now: datetime) -> InCharge | None:
        """Return who is on duty in the first of the roles in which anybody is, the street's own first."""


class Offering:
    """Goes through what nobody accepted. One thread at a time may use it."""

    def __init__(
        self,
        unaccepted: UnacceptedTasks,
        duty: DutyKnown,
        application: DistrictApplication,
        case_clock: CaseClock,
        rules: DutyRules,
    ) -> None:
        self._unaccepted = unaccepted
        self._duty = duty
        self._application = application
        self._case_clock = case_clock
        self._rules = rules

    def run(self, now: datetime, ended_by: datetime | None = None) -> int:
        """Offer every task onward whose time to be accepted is over by ``now``, so many a call; returns how many.

        With ``ended_by`` only those whose time was over by that earlier moment: up to there what passed is recorded,
        and a clock that moved on before its 超期 was recorded would never have one.

        An incident that moves on in this moment is looked at again the next time, as is one that the views show late.
        """
        due = self._unaccepted.unaccepted(ended_by or now, AT_ONCE)
        incidents = self._application.load(list(dict.fromkeys(incident_id for incident_id, _task_id in due)))
        given: Counter[str] = Counter()  # what the views do not show yet of this call's own offers
        offered = 0
        for incident_id, task_id in due:
            incident = incidents.get(incident_id)
            task = waiting_task(incident, task_id, now) if incident is not None else None
            if incident is None or task is None or not self._offer(incident, task, given, now):
                continue
            offered += 1
        return offered

    def _offer(self, incident: Incident, task: Task, given: Counter[str], now: datetime) -> bool:
        """Record the next offer of a task; false where the incident moved on, or no limit says until when."""
        due = self._case_clock.stage_due(ClockKind.ACCEPT, now)
        if due is None:
            return False
        try:
            advised = self._advised(incident, task, given, now)
        except NotFoundError:  # the views do not show it yet
            return False
        onward = self._rules.onward
        in_charge = self._duty.in_charge(task.assignee, onward.then, now) or InCharge(onward.then[0])
        asked = Asked(advised, in_charge, OfferLimit(*due), onward.at_most)
        key = f"{incident.id}:{task.task_id}:offered:{len(task.offers) + 1}"
        context = EventContext(ACTOR, Role.ADMINISTRATOR.value, incident.id, f"clock:{key}")
        offer = offer_onward(incident, task, asked, context=context, at=now)
        try:
            self._application.record([incident], UnitContext(SCOPE, key, b"", lane=LANE))
        except VersionConflictError:
            return False
        if offer.person is not None:
            given[offer.person] += 1
        return True

    def _advised(self, incident: Incident, task: Task, given: Counter[str], now: datetime) -> list[Advice]:
        rules = self._rules
        known = self._duty.known_handlers(incident.id, task.assignee, now, now - rules.remembered)
        handlers = [replace(one, offered=one.offered + given[one.person]) for one in known.handlers]
        handling = self._case_clock.handling_due(incident, task.task_id)
        return advise(handlers, known.place, handling[0] if handling else None, now, rules)
