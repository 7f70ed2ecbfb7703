"""The shape of what was arranged for an incident, as answers show it: merges, a transfer, extensions, appeals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class OtherIncidentAnswer(_Answer):
    """Another incident."""

    incident_id: UUID
    number: Annotated[str, Field(examples=["hotline:2026-0001"])]


class TransferAnswer(_Answer):
    """移送 A transfer that waits for its answer."""

    kind: Annotated[str, Field(examples=["street"])]
    kind_label: Annotated[str, Field(examples=["其他街道"])]
    name: Annotated[str, Field(examples=["文晖街道"])]
    street_code: str | None
    answer_by: datetime


class AppealAnswer(_Answer):
    """申诉 An appeal against an assessment; granted, that does not count, and what happened stays."""

    assessment: Annotated[str, Field(examples=["overtime"])]
    assessment_label: Annotated[str, Field(examples=["超时"])]
    outcome: Annotated[str, Field(description="`pending`, `granted` or `denied`.", examples=["pending"])]


class HoldAnswer(_Answer):
    """保全 What keeps an incident from being erased and archived."""

    ground: Annotated[str, Field(examples=["litigation"])]
    ground_label: Annotated[str, Field(examples=["诉讼"])]
    reference: Annotated[str, Field(description="案号 The file number; empty where none was given.")]
    placed_by: Annotated[str, Field(examples=["user:zhang"])]
    since: datetime


class Arrangements(_Answer):
    """What ties an incident to others, and what was arranged for it beside its tasks."""

    merged_into: Annotated[OtherIncidentAnswer | None, Field(description="并入 The incident that it joined.")]
    duplicates: Annotated[Sequence[OtherIncidentAnswer], Field(description="并案 Those that joined it.")]
    transfer: Annotated[TransferAnswer | None, Field(description="移送 On offer, without an answer yet.")]
    extensions: Annotated[
        Sequence[str], Field(description="延期 Granted since it was last opened.", examples=[["2工作日"]])
    ]
    appeals: Annotated[Sequence[AppealAnswer], Field(description="申诉 One for each assessment.")]
    holds: Annotated[Sequence[HoldAnswer], Field(description="保全 Neither erased nor archived while there is any.")]
