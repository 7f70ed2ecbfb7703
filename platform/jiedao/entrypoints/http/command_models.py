"""What the routes for commands answer with."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field


class AllowedCommand(BaseModel):
    """A command that may be carried out now."""

    command: str = Field(examples=["file"])
    label: str = Field(description="中文 In Chinese.", examples=["立案"])


class CommandsAnswer(BaseModel):
    """What may be done with an incident."""

    incident_id: UUID
    allowed: list[AllowedCommand]


class DoneAnswer(BaseModel):
    """What came of a command."""

    incident_id: UUID
    version: int = Field(description="版本 The incident's version now.")
    state: str = Field(description="状态 The incident's state now.", examples=["filed"])
    state_label: str = Field(examples=["待派遣"])
    position: int = Field(description="日志位置 Pass it as min_position to see it in a query.")
    allowed: list[AllowedCommand] = Field(description="接下来可执行的命令 What you may do next.")
    replayed: bool = Field(description="此键此前已执行 It had been done before, under this key.")
