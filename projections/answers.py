"""What the read side answers with: one frozen dataclass per kind of row, and pages of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from jiedao.domain.progress import Progress
from jiedao.domain.tasks import Task
from projections.generations import Generation

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and the cursor of the page after them; ``None`` at the end.

    ``position`` is how far along the log the answer was: everything up to it is in.
    """

    rows: Sequence[Row]
    after: str | None
    position: int


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents are asked for; every field that is ``None`` lets all through.

    ``reported_from`` is included, ``reported_before`` is not. ``text`` is found in title, description, address,
    external id and the superior platform's case number, in any writing of upper and lower case. ``streets`` is what
    the asker may see at all: what these streets hold, and what is offered to them (移送中); an incident that no street
    holds is only seen where it is ``None``.
    """

    street: str | None = None
    platform: str | None = None
    source: str | None = None
    state: str | None = None
    class_code: str | None = None
    external_id: str | None = None
    reported_from: datetime | None = None
    reported_before: datetime | None = None
    text: str | None = None
    streets: frozenset[str] | None = None


class TaskDue(msgspec.Struct, frozen=True):
    """When a task is, or was, to be handled (处置期限, UTC); ``None``: no limit, or its clock stands still."""

    due_at: datetime | None = None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class IncidentSummary:
    """An incident as it stands.

    ``lon``/``lat`` are degrees WGS-84, ``edge_distance_m`` metres, ``priority`` 1 (most urgent) to 4, times in UTC;
    ``received_at`` is when its first event was recorded. ``progress`` is how far people's commands have brought it, as
    stored; :attr:`tasks` reads it. ``routing_rule`` of the version ``routing_rules`` said where it goes, ``None`` where
    its class alone did. ``due_at`` is its deadline, the end of the clock ``due_clock``; the other three are those by
    which it is judged. ``task_dues`` says, as stored, when each task is to be handled; :meth:`task_due` reads it.
    """

    incident_id: UUID
    source: str
    external_id: str
    revision: int
    channel: str
    lifecycle: str
    upstream_case: str | None
    state: str
    street_code: str | None
    platform: str | None
    department: str | None
    class_code: str | None
    class_name: str | None
    class_method: str | None
    class_table: str | None
    priority: int | None
    due_at: datetime | None
    due_provisional: bool
    title: str
    description: str
    address: str
    lon: float | None
    lat: float | None
    jurisdiction_method: str | None
    boundary_set: str | None
    edge_distance_m: float | None
    community_code: str | None
    flags: Sequence[str]
    reported_at: datetime
    happened_at: datetime | None
    received_at: datetime
    first_position: int
    last_position: int
    version: int
    progress: Mapping[str, object] | None
    time_limit: str | None
    tags: Sequence[str]
    routing_rule: str | None
    routing_rules: str | None
    matters: Sequence[str]
    filing_condition: str
    closing_condition: str
    upstream_refusal: str | None
    due_clock: str | None
    filing_due_at: datetime | None
    handling_due_at: datetime | None
    closing_due_at: datetime | None
    task_dues: Mapping[str, object]
    maintaining_unit: str | None
    source_class: str | None

    def read_progress(self) -> Progress:
        """Read how far people's commands have brought it."""
        return msgspec.convert(self.progress or {}, Progress)

    def task_due(self, task_id: str) -> TaskDue:
        """Read when a task is, or was, to be handled."""
        return msgspec.convert(self.task_dues.get(task_id) or {}, TaskDue)

    @property
    def tasks(self) -> Sequence[Task]:
        """Its tasks since it was last opened, in the order in which they were given."""
        tasks = self.read_progress().tasks.values()
        return sorted(tasks, key=lambda task: (len(task.task_id), task.task_id))  # T2 before T10


@dataclass(frozen=True, slots=True)
class QueueRow:
    """An incident as it stood in a queue, for positions ``[from_position, to_position)``; ``None``: it still does."""

    incident_id: UUID
    from_position: int
    to_position: int | None
    state: str
    street_code: str | None
    platform: str | None
    priority: int | None
    due_at: datetime | None
    due_provisional: bool
    due_clock: str | None
    title: str
    address: str
    class_code: str | None
    class_name: str | None
    source_class: str | None
    source: str
    external_id: str
    lifecycle: str
    received_at: datetime
    upstream_refusal: str | None


@dataclass(frozen=True, slots=True)
class QueueQuestion:
    """Which queue is asked for, and as of when; without ``as_of_position`` and ``as_of_time``: as it stands now.

    ``state`` is an open one, or ``None`` for what there is to do: every open state but triage. In ``triage`` a
    ``street`` of ``None`` lets all through, else it means the district's own queue. A ``platform`` of ``None`` lets
    all through. ``streets`` is what the asker may see at all.
    """

    street: str | None = None
    platform: str | None = None
    state: str | None = None
    as_of_position: int | None = None
    as_of_time: datetime | None = None
    streets: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many incidents stand in one place; street and platform are ``None`` where not known."""

    street_code: str | None
    platform: str | None
    state: str
    incidents: int


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One event of an incident, told.

    ``event`` is the last part of its topic, ``label`` and ``summary`` are Chinese, ``inputs`` what was seen and used
    (sealed fields by the id of their key), ``corrects`` the version of the event that it puts right. ``occurred_at`` is
    when it happened, ``recorded_at`` when it was recorded.
    """

    position: int
    incident_id: UUID
    version: int
    topic: str
    event: str
    label: str
    recorded_at: datetime
    occurred_at: datetime
    actor: str
    role: str
    reason: str | None
    correlation_id: UUID
    causation_id: str
    transport: str | None
    origin: str | None
    corrects: int | None
    summary: str
    inputs: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ReferenceVersion:
    """An adopted version of a reference table; ``kind`` is ``boundaries``, ``classes`` or ``routing``."""

    position: int
    kind: str
    version: str
    effective_from: date
    approximate: bool | None
    content_sha256: str
    origin: str
    adopted_at: datetime
    adopted_by: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class DeadLetterFilter:
    """Which dead letters are asked for; ``sources`` is what the asker may see at all."""

    source: str | None = None
    reason: str | None = None
    resolved: bool | None = None
    sources: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ProjectionStatus:
    """How the read side stands.

    ``position`` is how far the active generation is, ``head`` how far the log, ``lag`` their difference in events;
    ``rebuild_needed`` is true when this version's views are defined otherwise than those that filled it.
    """

    active: Generation | None
    position: int
    head: int
    rebuild_needed: bool
    generations: Sequence[Generation]

    @property
    def lag(self) -> int:
        """Events that are recorded and not yet shown."""
        return self.head - self.position

    @property
    def fault(self) -> str | None:
        """Why the active generation stopped, in a sentence; ``None`` while it runs."""
        if self.active is None or self.active.fault_position is None:
            return None
        return f"stopped at position {self.active.fault_position}: {self.active.fault_reason}"
