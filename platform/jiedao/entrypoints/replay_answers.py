"""Puts replays into words: each event as the history tells it, with what it rests on and what it changed (重放)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from jiedao.application.current_rules import Compared
from jiedao.audit.replay import Difference, ReplayStep
from jiedao.audit.standing import FactChange
from jiedao.domain.errors import NotFoundError
from jiedao.domain.incident import Incident
from jiedao.entrypoints.http.models import HistoryEntry
from jiedao.entrypoints.http.replay_models import (
    ComparedAnswer,
    CurrentRulesAnswer,
    DifferenceAnswer,
    FactChangeAnswer,
    ReplayAnswer,
    ReplayStepAnswer,
)
from jiedao.entrypoints.http.wording import Wording
from jiedao.entrypoints.services import Services
from projections.answers import HistoryRow
from projections.telling import TELLINGS, Telling

_RULES_CHANGED = Telling(
    "时限规则变更",
    lambda event: f"时限规则 {event.rules.version} 起效，期限随之变动",
    lambda event: {"time_rules": event.rules.version},
)


def replay_answer(
    incident_id: UUID, steps: Sequence[ReplayStep], wording: Wording, *, as_of: int | None, interventions: bool
) -> ReplayAnswer:
    """Tell a replay; interventions (干预留痕) only to those who may see them."""
    shown = _shown(steps, interventions=interventions)
    return ReplayAnswer(
        incident_id=incident_id,
        as_of=as_of,
        hidden=len(steps) - len(shown),
        steps=[
            _step(step, told, wording, beside=_beside(incident_id, step))
            for step, told in zip(shown, _told(incident_id, shown, wording), strict=True)
        ],
        standing=steps[-1].standing,
    )


def difference_answer(  # noqa: PLR0913  # a difference, between what, for whom
    incident_id: UUID, found: Difference, start: int, end: int, wording: Wording, *, interventions: bool
) -> DifferenceAnswer:
    """Tell a difference, and what happened between."""
    return DifferenceAnswer(
        incident_id=incident_id,
        from_position=start,
        to_position=end,
        changes=[_change(one, wording) for one in found.changes],
        events=_told(incident_id, _shown(found.steps, interventions=interventions), wording),
    )


def current_rules_answer(services: Services, incident: Incident) -> CurrentRulesAnswer:
    """Decide anew under what holds now, and lay it beside what happened. Blocks on the database."""
    wording, now = Wording(services.profile), services.clock.now()
    items = [_compared(one, wording) for one in services.auditing.current_rules.compare(incident)]
    return CurrentRulesAnswer(
        incident_id=incident.id,
        position=services.read.position_as_of(),
        decided_at=now,
        items=items,
        differs=any(one.differs for one in items),
    )


def load_incident(services: Services, incident_id: UUID) -> Incident:
    """Rebuild an incident from the log; raises NotFoundError where there is none."""
    found = services.auditing.incidents.load([incident_id]).get(incident_id)
    if found is None:
        raise NotFoundError(f"there is no incident {incident_id}")
    return found


def _shown(steps: Sequence[ReplayStep], *, interventions: bool) -> list[ReplayStep]:
    return [step for step in steps if interventions or step.entry.topic != Incident.InterventionRecorded.TOPIC]


def _told(incident_id: UUID, steps: Sequence[ReplayStep], wording: Wording) -> list[HistoryEntry]:
    """Tell the events, each with those among them that put it right, which are no rules beside the incident."""
    own = iter(wording.told_in_order([_row(incident_id, step) for step in steps if not _beside(incident_id, step)]))
    return [wording.told(_row(incident_id, step)) if _beside(incident_id, step) else next(own) for step in steps]


def _beside(incident_id: UUID, step: ReplayStep) -> bool:
    return step.entry.originator_id != incident_id


def _step(step: ReplayStep, told: HistoryEntry, wording: Wording, *, beside: bool) -> ReplayStepAnswer:
    return ReplayStepAnswer(
        **told.model_dump(),
        rests_on=step.rests_on,
        changes=[_change(one, wording) for one in step.changes],
        standing=step.standing,
        beside=beside,
    )


def _row(incident_id: UUID, step: ReplayStep) -> HistoryRow:
    """The event as the history would tell it, from the log alone."""
    entry, event, context = step.entry, step.event, step.event.context
    telling = TELLINGS.get(entry.topic) or _RULES_CHANGED
    return HistoryRow(
        position=entry.position,
        incident_id=incident_id,
        version=step.version,
        topic=entry.topic,
        event=entry.topic.rpartition(".")[2],
        label=telling.label,
        recorded_at=entry.recorded_at,
        occurred_at=event.timestamp,
        actor=context.actor,
        role=context.role,
        reason=context.reason,
        correlation_id=context.correlation_id,
        causation_id=context.causation_id,
        transport=context.transport,
        origin=context.origin,
        corrects=context.corrected_version,
        summary=telling.sentence(event),
        inputs=msgspec.json.decode(msgspec.json.encode(telling.inputs(event))),
    )


def _change(change: FactChange, wording: Wording) -> FactChangeAnswer:
    answer = FactChangeAnswer.model_validate(change)
    if change.field != "street_code":
        return answer
    before, after = (wording.street(str(one) if one else None) for one in (change.before, change.after))
    return answer.model_copy(update={"before_label": before, "after_label": after})


def _compared(one: Compared, wording: Wording) -> ComparedAnswer:
    answer = ComparedAnswer.model_validate(one)
    if one.field != "street_code":
        return answer
    named = {
        name: f"{wording.street(code)} {code}" if wording.street(code) else code
        for name, code in (("happened", one.happened), ("today", one.today))
    }
    return answer.model_copy(update=named)
