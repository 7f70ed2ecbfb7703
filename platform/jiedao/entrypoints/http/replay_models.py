"""The shape of answers about replays, differences, and what today's rules would decide (重放)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from jiedao.entrypoints.http.models import Answer, HistoryEntry, Position

FactValue = str | int | float | bool | None
StandingAnswer = Annotated[
    Mapping[str, FactValue],
    Field(description="现状 How it stood, by fact; of tasks `task.T1.state`. Times are UTC."),
]


class FactChangeAnswer(Answer):
    """One fact that differs; beside its words stand their Chinese."""

    field: Annotated[str, Field(examples=["street_code"])]
    label: Annotated[str, Field(examples=["街道"])]
    before: FactValue
    after: FactValue
    before_label: str | None
    after_label: str | None


class ReplayStepAnswer(HistoryEntry):
    """One event, what it rests on, and what it did."""

    rests_on: Annotated[
        Mapping[str, FactValue],
        Field(description="依据 Versions of boundary set, class table, rules; the rule that applied, null for none."),
    ]
    changes: Sequence[FactChangeAnswer]
    standing: StandingAnswer
    beside: Annotated[
        bool, Field(description="时限规则 No event of the incident, but other time rules that moved its deadline.")
    ]


class ReplayAnswer(Answer):
    """重放 An incident told from the log, event by event."""

    incident_id: UUID
    as_of: Annotated[int | None, Field(description="The position as of which; null: to its end.")]
    hidden: Annotated[int, Field(description="How many events (干预留痕) your role may not see.")]
    steps: Sequence[ReplayStepAnswer]
    standing: StandingAnswer
    verified: Annotated[
        Literal[False],
        Field(
            description="核验 A replay reads the record and verifies nothing: `jiedao audit verify` recomputes the log,"
            " `/v1/audit/proofs/inclusion?incident=` proves that these events are in it."
        ),
    ] = False


class DifferenceAnswer(Answer):
    """差异 What differs in an incident between two moments, and what happened between them."""

    incident_id: UUID
    from_position: Annotated[int, Field(description="As of the end of this moment.")]
    to_position: Annotated[int, Field(description="As of the end of this one.")]
    changes: Sequence[FactChangeAnswer]
    events: Annotated[Sequence[HistoryEntry], Field(description="What was recorded after the earlier one.")]


class ComparedAnswer(Answer):
    """One thing that was decided: what happened beside what today's tables would decide."""

    field: str
    label: str
    happened: Annotated[str | None, Field(description="What holds of the incident.")]
    happened_by: Annotated[str | None, Field(description="The version, and the rule, that it rests on.")]
    today: str | None
    today_by: str | None
    by_person: Annotated[bool, Field(description="A person decided what happened.")]
    differs: bool


class CurrentRulesAnswer(Answer):
    """按现行规则 What today's boundary set, class table and routing rules would decide on the report as it stands."""

    incident_id: UUID
    position: Position
    decided_at: Annotated[datetime, Field(description="Now: the tables in force at this moment were asked.")]
    items: Sequence[ComparedAnswer]
    differs: Annotated[bool, Field(description="Whether anything does.")]
