"""The shape of answers about events, looks, refusals and samples: what an auditor reads (审计)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jiedao.entrypoints.http.models import Answer, NextCursor, Position, StreetCode


class AuditEventAnswer(Answer):
    """One event of the log, as an auditor reads it; what came in and who reported it is not in it."""

    position: Position
    recorded_at: Annotated[datetime, Field(description="When the log recorded it; never goes back along positions.")]
    occurred_at: Annotated[datetime, Field(description="When it happened.")]
    kind: Annotated[str, Field(description="类别 What it is to an auditor.", examples=["refusal"])]
    kind_label: str
    topic: Annotated[str, Field(description="Its stored name.", examples=["jiedao.incident.filed"])]
    label: Annotated[str, Field(description="What it is called.", examples=["立案"])]
    summary: Annotated[str, Field(description="It in a sentence.")]
    stream_id: UUID
    version: int
    actor: str
    role: str
    role_label: str
    incident_id: UUID | None
    street_code: StreetCode
    street_name: str | None
    street_before: Annotated[str | None, Field(description="Of a change of jurisdiction: who held it until then.")]
    command: Annotated[str | None, Field(description="The command that somebody gave; null: it came otherwise.")]
    reason: str | None
    correlation_id: UUID
    causation_id: str
    corrects: Annotated[
        int | None, Field(description="更正 The version of the event of its stream that it puts right.")
    ]


class AuditEventPage(Answer):
    """审计轨迹 Events, in the order of the log or the newest first."""

    items: Sequence[AuditEventAnswer]
    next_cursor: NextCursor
    position: Position


class AuditQuestionAnswer(Answer):
    """One question that auditors ask."""

    name: Annotated[str, Field(description="Pass it as `question`.", examples=["refusals"])]
    label: str
    label_en: str
    kinds: Sequence[str]
    needs: Annotated[str | None, Field(description="The filter that has to be named with it.")]


class AuditQuestionsAnswer(Answer):
    """审计问题 The named questions."""

    items: Sequence[AuditQuestionAnswer]


class AccessAnswer(Answer):
    """One look: who looked at what, when and why, recorded before anything was shown."""

    position: Position
    recorded_at: datetime
    access: Annotated[str, Field(examples=["personal_data"])]
    access_label: Annotated[str, Field(examples=["读取个人信息"])]
    subject: Annotated[str, Field(examples=["incident:5a4c6a34-2f0f-5f0a-9c0e-6d0a0c1f9b11"])]
    incident_id: UUID | None
    actor: str
    role: str
    role_label: str
    reason: str | None
    details: Mapping[str, str]


class AccessPage(Answer):
    """访问记录 Who looked, the latest first."""

    items: Sequence[AccessAnswer]
    next_cursor: NextCursor
    position: Position


class RefusalAnswer(Answer):
    """A request that was refused at the door, counted by the minute."""

    status: int
    reason: str
    method: str
    route: str
    token_id: str
    holder: str
    role: str
    client: str
    times: Annotated[int, Field(description="How often within the minute.")]
    first_at: datetime
    last_at: datetime
    request_id: Annotated[str, Field(description="Of the last one.")]
    why: Annotated[str, Field(description="理由 The sentence that was answered.")]
    allowed: Annotated[
        Sequence[str], Field(description="允许 What would have been allowed instead.", examples=[["role:auditor"]])
    ]
    told: Annotated[int, Field(description="入账 Of how many the log tells; the rest within two minutes.")]


class RefusalPage(Answer):
    """拒绝记录 Requests that were refused at the door, the latest first; refused commands are events."""

    items: Sequence[RefusalAnswer]
    next_cursor: NextCursor


class SampleBody(BaseModel):
    """What sample is drawn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: Annotated[int, Field(ge=1, le=10_000, description="件数 How many cases.")]
    seed: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="种子 Any text; without it one is made up and answered."),
    ] = None
    since: Annotated[str | None, Field(alias="from", description="结案记录时间起（含） Closed at or after.")] = None
    until: Annotated[str | None, Field(alias="to", description="结案记录时间止（不含） Closed before.")] = None
    as_of: Annotated[int | None, Field(ge=0, le=2**63 - 1, description="日志位置 To draw again as of then.")] = None
    reason: Annotated[str | None, Field(max_length=500)] = None


class SampleAnswer(Answer):
    """抽样 A sample of closed cases, in the order in which it was drawn; docs/audit.md tells how to draw it again."""

    algorithm: str
    seed: str
    size: int
    since: datetime | None
    until: datetime | None
    as_of: Annotated[int, Field(description="The position of the log as of which it was drawn.")]
    population: Annotated[int, Field(description="How many cases there were to choose from.")]
    drawn: Sequence[UUID]
    position: Annotated[int, Field(description="Where the log says that it was drawn.")]


class ReporterAnswer(Answer):
    """上报人 Who reported an incident; that it was read stands in the log at `position`."""

    incident_id: UUID
    masked: Annotated[bool, Field(description="True where the role may not see it whole.")]
    erased: Annotated[bool, Field(description="已删除 The reporter's key was destroyed: nobody can read it any more.")]
    name: str | None
    phone: str | None
    contact: str | None
    identity_number: str | None
    address: str | None
    position: Position
