"""Advises whom a task could be given to, the same over HTTP and on the command line (派办建议)."""

from __future__ import annotations

from collections.abc import Collection

from jiedao.domain.advice import Advice, Place, advise
from jiedao.domain.errors import NotFoundError
from jiedao.domain.ports import Clock
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.tasks import Task
from jiedao.domain.terms import Term
from jiedao.entrypoints.http.advice_models import AdviceAnswer, AdvicePartAnswer, AdvisedHandler
from jiedao.entrypoints.http.models import TaskAnswer
from jiedao.entrypoints.http.wording import task_answer
from projections.answers import IncidentSummary
from projections.duty import DutyQueries
from projections.handler_task import HandlersWanted

_NO_STREET = "该任务不由街道平台承办，名册中没有可比的处置人员 it is no street's task: no handlers of it are known"
_NOBODY = "无当班处置人员，也无处置记录 nobody is on duty, and nobody is known to have taken such tasks"


class AdvisedBy(Term):
    """The parts of an advice."""

    DUTY = "duty", "值班"
    LOAD = "load", "在办"
    DISTANCE = "distance", "距离"
    EXPERIENCE = "experience", "经验"


def find_task(incident: IncidentSummary, task_id: str | None) -> Task:
    """Return a task by its id, or the one given last. Raises NotFoundError naming those that there are."""
    tasks = {task.task_id: task for task in incident.tasks}
    if task_id is None and tasks:
        return list(tasks.values())[-1]
    if task_id not in tasks:
        known = ", ".join(tasks) or "none"
        raise NotFoundError(f"there is no task {task_id or ''} now; this incident has {known}")
    return tasks[task_id]


def told_task(incident: IncidentSummary, task_id: str | None) -> TaskAnswer:
    """Return a task as :func:`find_task` does, in words."""
    task = find_task(incident, task_id)
    return task_answer(task, incident.task_due(task.task_id))


def advice_answer(
    incident: IncidentSummary, task: Task, queries: DutyQueries, clock: Clock, profile: DistrictProfile
) -> AdviceAnswer:
    """Rank the handlers for a task, with the reasons. Blocks on the database."""
    now, rules = clock.now(), profile.duty
    assignee = task.assignee
    wanted = HandlersWanted(incident, assignee.street_code, assignee.platform, now, now - rules.remembered)
    due = incident.task_due(task.task_id)
    lon, lat = incident.lon, incident.lat
    place = Place(lon, lat) if lon is not None and lat is not None else None
    advised = advise(queries.handlers(wanted), place, due.due_at, now, rules)
    asked = {one.person for one in task.offers}
    nobody = _NO_STREET if assignee.street_code is None else _NOBODY
    return AdviceAnswer(
        incident_id=incident.incident_id,
        task=task_answer(task, due),
        items=[_handler(rank, one, asked) for rank, one in enumerate(advised, 1)],
        assumed=rules.assumed,
        note=None if advised else nobody,
    )


def _handler(rank: int, one: Advice, asked: Collection[str | None]) -> AdvisedHandler:
    known = one.handler
    parts = [
        AdvicePartAnswer(
            part=name,
            label=AdvisedBy(name).label,
            value=round(part.value, 3),
            share=round(part.share, 3),
            reason=part.reason,
        )
        for name, part in one.parts.items()
    ]
    return AdvisedHandler(
        rank=rank,
        person=known.person,
        name=known.name,
        score=one.score,
        reasons=one.reasons,
        on_duty=known.duty_ends_at is not None,
        duty_ends_at=known.duty_ends_at,
        open_tasks=known.open_tasks,
        offered=known.offered,
        already_offered=known.person in asked,
        parts=parts,
    )
