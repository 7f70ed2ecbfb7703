"""The shape of answers that advise on a task."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from jiedao.entrypoints.http.models import Answer, TaskAnswer


class AdvicePartAnswer(Answer):
    """One part of a score: `value` × `share` is what it adds; what could not be told counts as 0.5."""

    part: Annotated[str, Field(examples=["load"])]
    label: Annotated[str, Field(examples=["在办"])]
    value: float
    share: float
    reason: Annotated[str, Field(examples=["在办任务 2 件"])]


class AdvisedHandler(Answer):
    """派办建议 A handler, how well the task fits them, and why."""

    rank: Annotated[int, Field(examples=[1])]
    person: Annotated[str, Field(description="The name that stands in events.", examples=["user:zhang"])]
    name: Annotated[str | None, Field(description="Null for who never stood in the roster.")]
    score: Annotated[float, Field(ge=0, le=1)]
    reasons: Sequence[str]
    on_duty: bool
    duty_ends_at: datetime | None
    open_tasks: int
    offered: Annotated[int, Field(description="待签收 Other tasks offered to them that they have not accepted.")]
    already_offered: Annotated[bool, Field(description="已派过 Whether this task was offered to them before.")]
    parts: Sequence[AdvicePartAnswer]


class AdviceAnswer(Answer):
    """派办建议 Whom a task could be given to, the best first. It advises; people assign."""

    incident_id: UUID
    task: TaskAnswer
    items: Sequence[AdvisedHandler]
    assumed: Annotated[bool, Field(description="权重为假定值 True while the weights are assumed.")]
    note: Annotated[str | None, Field(description="为何没有建议 Why there is none.")]
