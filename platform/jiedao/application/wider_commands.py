"""The commands that rest on more than the incident: on the district's rules and working time, or on another incident.

What they rest on is looked up here and handed to the domain, which decides. A merge moves several incidents at once;
they are recorded as one unit, so that each guards its own version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from jiedao.application.case_clock import CaseClock
from jiedao.domain import commands as said
from jiedao.domain import extending, merging, transferring
from jiedao.domain.access import Holder
from jiedao.domain.carrying_out import WorksOn
from jiedao.domain.context import EventContext
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.extension_rules import ExtensionRule
from jiedao.domain.incident import Incident
from jiedao.domain.ports import Clock, Deadlines, Jurisdiction
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.ruling import RuledOutError
from jiedao.domain.terms import Command
from jiedao.domain.workflow import rule_of

Decision = Callable[[Incident, Any, EventContext, Holder], Sequence[Incident]]
"""Triggers an incident's event, and returns the other incidents that were moved with it."""

Find = Callable[[UUID, Holder], Incident]
"""Reads an incident that somebody may know of; raises NotFoundError."""


class WiderCommands:
    """Carries out the commands in :attr:`decisions`. Threads may share it."""

    def __init__(  # noqa: PLR0913  # what commands rest on, by keyword
        self,
        *,
        profile: DistrictProfile,
        find: Find,
        jurisdiction: Jurisdiction,
        deadlines: Deadlines,
        case_clock: CaseClock,
        clock: Clock,
    ) -> None:
        self._profile = profile
        self._find = find
        self._jurisdiction = jurisdiction
        self._deadlines = deadlines
        self._case_clock = case_clock
        self._clock = clock
        self.decisions: Mapping[Command, Decision] = {
            Command.ASK_EXTENSION: self._ask_extension,
            Command.GRANT_EXTENSION: self._grant_extension,
            Command.OFFER_TRANSFER: self._offer_transfer,
            Command.ACCEPT_TRANSFER: self._accept_transfer,
            Command.MERGE: self._merge,
            Command.UNMERGE: self._unmerge,
        }

    def may_ask_extension(self, incident: Incident, works_on: WorksOn | None) -> bool:
        """Whether more time can be asked for now, of one of the tasks that are somebody's."""
        rule, now = self._extension_rule(incident), self._clock.now()
        asking = [
            task
            for task in incident.progress.tasks.values()
            if task.state in rule_of(Command.ASK_EXTENSION).task_from and (works_on is None or works_on(task))
        ]
        dues = (self._case_clock.handling_due(incident, task.task_id) for task in asking)
        return any(extending.may_ask(incident, rule, due and due[0], now) for due in dues)

    def _extension_rule(self, incident: Incident) -> ExtensionRule | None:
        return self._profile.extensions.of(incident.classification.class_code if incident.classification else None)

    def _ask_extension(
        self, incident: Incident, details: said.ExtensionRequest, context: EventContext, _actor: Holder
    ) -> Sequence[Incident]:
        due = self._case_clock.handling_due(incident, details.task_id)
        rule = self._extension_rule(incident)
        extending.ask(incident, details, rule, due and due[0], context=context, at=self._clock.now())
        return ()

    def _grant_extension(
        self, incident: Incident, details: said.OfTask, context: EventContext, _actor: Holder
    ) -> Sequence[Incident]:
        asked = extending.asked_for(incident.progress, details.task_id)
        due = self._case_clock.handling_due(incident, details.task_id, asked.length)
        if due is None:
            raise RuledOutError("该任务已没有处置期限 it has no deadline any more that could be extended")
        extending.grant(incident, details, due, context=context, at=self._clock.now())
        return ()

    def _offer_transfer(
        self, incident: Incident, details: said.TransferOffer, context: EventContext, _actor: Holder
    ) -> Sequence[Incident]:
        now = self._clock.now()
        due = self._deadlines.due(details.answer_within, now)
        if due is None:
            raise InvalidInputError(f"{details.answer_within!r} is no length of time; write 1工作日", "/answer_within")
        transferring.offer(incident, details, due[0], context=context, at=now)
        return ()

    def _accept_transfer(
        self, incident: Incident, details: said.Remark, context: EventContext, _actor: Holder
    ) -> Sequence[Incident]:
        boundary_set = self._jurisdiction.boundary_set
        transferring.accept(incident, details, boundary_set, context=context, at=self._clock.now())
        return ()

    def _merge(
        self, incident: Incident, details: said.Merge, context: EventContext, actor: Holder
    ) -> Sequence[Incident]:
        if details.into == incident.id:
            raise InvalidInputError("an incident cannot join itself", "/into")
        try:
            target = self._find(details.into, actor)
        except NotFoundError as error:
            raise InvalidInputError(str(error), "/into") from error
        joined = [self._find(one.incident_id, _everywhere(actor)) for one in incident.progress.duplicates]
        merging.merge(incident, details, target, joined, context=context, at=self._clock.now())
        return [target, *joined]

    def _unmerge(
        self, incident: Incident, _details: said.Reason, context: EventContext, actor: Holder
    ) -> Sequence[Incident]:
        into = incident.progress.merged_into
        if into is None:  # the table lets nobody come here without one
            raise RuledOutError("未并入其他事件 it joined no other incident")
        target = self._find(into.incident_id, _everywhere(actor))
        merging.unmerge(incident, target, context=context, at=self._clock.now())
        return [target]


def _everywhere(actor: Holder) -> Holder:
    """Who reads what a merge has tied together already, also across streets and sources."""
    return replace(actor, streets=None, sources=None)
