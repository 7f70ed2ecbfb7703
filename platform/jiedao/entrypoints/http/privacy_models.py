"""The shape of answers about forgetting reporters: what is known of one, a request, what stands against it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from jiedao.entrypoints.http.arrangement_models import HoldAnswer
from jiedao.entrypoints.http.models import Answer, NextCursor

Pseudonym = Annotated[str, Field(description="假名 The reporter's pseudonym; tells nobody.", examples=["reporter:1f…"])]


class ObstacleAnswer(Answer):
    """不得删除的事由 One thing that stands against erasing."""

    kind: Annotated[str, Field(examples=["retention"])]
    kind_label: Annotated[str, Field(examples=["保管期限未满"])]
    incident_id: UUID | None
    number: Annotated[str, Field(description="The incident's number; empty where it is about none.")]
    until: Annotated[datetime | None, Field(description="When it ends by itself; null: when somebody ends it.")]
    detail: str


class ApprovalAnswer(Answer):
    """审批 One approval."""

    actor: str
    role: str
    seat: Annotated[str, Field(examples=["administration"])]
    seat_label: Annotated[str, Field(examples=["系统管理"])]


class ErasureAnswer(Answer):
    """删除申请 A request to erase a reporter, as it stands."""

    request_id: UUID
    state: Annotated[str, Field(examples=["approved_once"])]
    state_label: Annotated[str, Field(examples=["待第二人审批"])]
    subject: Pseudonym
    asked_by: str
    asked_role: str
    asked_at: datetime | None
    reason: str
    approvals: Sequence[ApprovalAnswer]
    obstacles: Sequence[ObstacleAnswer]
    again_at: Annotated[datetime | None, Field(description="可再申请 When it may be asked again, where that is known.")]
    rejected_by: str | None
    rejected_because: str | None
    ended_at: datetime | None
    incidents: Sequence[UUID]
    dead_letters: Sequence[UUID]
    keys: Annotated[int, Field(description="How many keys were destroyed.")]
    reapplied: Annotated[int, Field(description="How often it was done again after a restore.")]
    not_covered: Annotated[Sequence[str], Field(description="未涵盖 What erasing does not reach, in sentences.")]


class ErasurePage(Answer):
    """A page of requests, the latest first."""

    items: Sequence[ErasureAnswer]
    next_cursor: NextCursor


class KnownCaseAnswer(Answer):
    """One incident of a reporter."""

    incident_id: UUID
    number: str
    state: str
    state_label: str
    ended_at: datetime | None
    keep_until: Annotated[datetime | None, Field(description="保管至 Null while it is open.")]


class KnownAnswer(Answer):
    """What is known of a reporter without opening anything, and what stands against erasing it now."""

    subject: Pseudonym
    keys: Annotated[int, Field(description="How many keys live; 0: nothing of theirs can be opened.")]
    incidents: Sequence[KnownCaseAnswer]
    dead_letters: Sequence[UUID]
    holds: Sequence[HoldAnswer]
    obstacles: Sequence[ObstacleAnswer]
    again_at: datetime | None
    not_covered: Sequence[str]


class ReporterHoldsAnswer(Answer):
    """保全 The holds that there are on a reporter now."""

    subject: Pseudonym
    holds: Sequence[HoldAnswer]
