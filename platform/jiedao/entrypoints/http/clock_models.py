"""The shape of answers about clocks (时限), as the API's documentation shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from jiedao.entrypoints.http.models import Answer, NextCursor, Position, StreetCode


class ClockEntry(Answer):
    """时限 A clock that runs: of an incident, or of one of its tasks.

    ``part`` is the label of one stage of a staged limit (停工), or of an offer of a task that nobody accepted in time
    (顺延1): ``offered_to`` is asked to accept it until ``due_at``. ``provisional`` says that the deadline may still
    move, because the calendar of its year is not known. ``overdue`` is as of the answer.
    """

    incident_id: UUID
    clock: Annotated[str, Field(examples=["handle"])]
    clock_label: Annotated[str, Field(examples=["处置时限"])]
    task_id: Annotated[str | None, Field(description="任务 Null where it is the incident's own.", examples=["T1"])]
    part: Annotated[str | None, Field(examples=["停工"])]
    time_limit: Annotated[str, Field(description="时限 As it is written.", examples=["4工作时"])]
    since: datetime
    due_at: datetime
    provisional: bool
    overdue: bool
    next_step: Annotated[
        str | None, Field(description="下一步 What is recorded of it next; null: nothing.", examples=["approaching"])
    ]
    next_step_label: Annotated[str | None, Field(examples=["即将到期"])]
    next_at: datetime | None
    offered_to: Annotated[
        str | None,
        Field(description="顺延派办给 To whom its task is offered, as they stand in events.", examples=["user:wang"]),
    ]
    rules: Annotated[str, Field(description="时限规则版本 The time rules that it runs by.")]
    version: Annotated[int, Field(description="The incident's version.")]
    state: Annotated[str, Field(examples=["dispatched"])]
    state_label: Annotated[str, Field(examples=["处置中"])]
    street_code: StreetCode
    street_name: str | None
    platform: str | None
    platform_label: str | None
    priority: int | None
    title: str
    source: str
    external_id: str
    lifecycle: str


class ClockPage(Answer):
    """A page of clocks, the soonest due first; what is suspended (挂账) is not due and is left out."""

    items: Sequence[ClockEntry]
    next_cursor: NextCursor
    position: Position
