"""The shape of answers about messages to superior platforms, as the API's documentation shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from jiedao.domain.terms import OutboxState, UpstreamMessageKind
from jiedao.entrypoints.http.models import Answer, NextCursor, Position, StreetCode
from jiedao.entrypoints.http.wording import label_of
from jiedao.store.outbox import OutboxRow

_EXAMPLE: dict[str, Any] = {
    "position": 1042,
    "message_id": "7c1d5f0e-52c5-5a83-9b0f-1f4f4f9d7a10",
    "incident_id": "5a4c6a34-2f0f-5f0a-9c0e-6d0a0c1f9b11",
    "version": 9,
    "source": "hotline",
    "external_id": "330103202611240001",
    "case_number": "330103202611240001",
    "street_code": "330103006",
    "kind": "handled",
    "kind_label": "反馈",
    "content": {"results": [{"assignee": "朝晖街道综合行政执法平台", "result": "已清理", "photos": []}]},
    "owed_at": "2026-11-24T03:10:00Z",
    "state": "waiting",
    "state_label": "待发送",
    "round": 0,
    "attempts": 2,
    "next_at": "2026-11-24T03:10:17Z",
    "last_error": "上级平台答复 503 the superior platform answered 503",
    "answered_at": None,
    "answer_position": None,
    "reference": None,
    "reason": None,
}


class OutboxMessage(Answer):
    """上级报文 A message that a superior platform is owed, and what became of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    position: Annotated[int, Field(description="日志位置 Position of the event that owes it; it names the message.")]
    message_id: UUID
    incident_id: UUID
    version: int
    source: str
    external_id: str
    case_number: str
    street_code: StreetCode
    kind: str
    kind_label: str
    content: Annotated[Mapping[str, object], Field(description="内容 What it says.")]
    owed_at: datetime
    state: str
    state_label: str
    round: Annotated[int, Field(description="How often a person had it sent again after a refusal.")]
    attempts: Annotated[int, Field(description="未获应答的次数 Tries that came to no answer.")]
    next_at: Annotated[datetime, Field(description="下次尝试 Not tried again before; while it waits.")]
    last_error: str | None
    answered_at: datetime | None
    answer_position: Position | None
    reference: Annotated[str | None, Field(description="上级回执号 The superior's number.")]
    reason: Annotated[str | None, Field(description="拒收或搁置的理由 Why it was refused, or given up.")]


class OutboxPage(Answer):
    """A page of messages, the latest owed first."""

    items: Sequence[OutboxMessage]
    next_cursor: NextCursor
    position: Position


class SetAsideBody(BaseModel):
    """搁置 Why a message is given up."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "上级平台已电话告知"}]})

    reason: Annotated[str, Field(min_length=1, max_length=5_000, description="理由 Why; it is recorded.")]


def message_answer(row: OutboxRow) -> OutboxMessage:
    """Put a message into words."""
    fields = {name: getattr(row, name) for name in OutboxMessage.model_fields if hasattr(row, name)}
    return OutboxMessage(
        **fields,
        kind_label=label_of(UpstreamMessageKind, row.kind) or row.kind,
        state_label=label_of(OutboxState, row.state) or row.state,
        content=msgspec.json.decode(row.body)["content"],
    )
