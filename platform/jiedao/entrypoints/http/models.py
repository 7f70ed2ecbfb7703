"""The shape of answers about reports, incidents and queues, as the API's documentation shows them.

Times are UTC in ISO 8601. Beside each word of the vocabulary stands its Chinese label (``…_label``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ingest.rejections import label_of_reason
from jiedao.entrypoints.http.arrangement_models import Arrangements

Position = Annotated[int, Field(description="日志位置 Position in the log: 1, 2, … without a hole.", examples=[1042])]
NextCursor = Annotated[
    str | None,
    Field(description="下一页游标 Cursor of the next page; null at the end. Pass it back with the same filters."),
]
SourceClass = Annotated[
    str | None,
    Field(description="来源分类 By the source's own code, mapped or not.", examples=["ga1400:661 游商"]),
]
StreetCode = Annotated[str | None, Field(description="街道代码 Code of the street; null where none holds it.")]

UpstreamRefusal = Annotated[
    str | None, Field(description="上级拒收 What the superior platform refused and nobody has dealt with; else null.")
]


Due = Annotated[
    datetime | None,
    Field(
        description="期限 By when: to be handled, else closed, else decided; null while its clock stands still (挂账)."
    ),
]


class Answer(BaseModel):
    """What all answers have in common: made from the platform's own rows, and never changed."""

    model_config = ConfigDict(from_attributes=True, frozen=True, ser_json_timedelta="iso8601")


class FaultAnswer(Answer):
    """字段错误 One thing that is wrong with a record."""

    reason: Annotated[str, Field(description="A stable code.", examples=["time_unreadable"])]
    detail: Annotated[str, Field(examples=["the time is in no form that is read here"])]
    pointer: Annotated[str | None, Field(description="JSON pointer to the field; null: the record as a whole.")]


class RecordResult(Answer):
    """What became of one record."""

    index: Annotated[int, Field(description="Its place in the request, from 0.")]
    outcome: Annotated[str, Field(examples=["accepted"])]
    outcome_label: Annotated[str, Field(examples=["已接收"])]
    external_id: str | None
    revision: int | None
    incident_id: UUID | None
    dead_letter_id: UUID | None
    street_code: StreetCode
    street_name: str | None
    platform: str | None
    state: str | None
    flags: Annotated[Sequence[str], Field(description="What was odd about it; accepted all the same.")]
    reason: Annotated[str | None, Field(description="Why it was set aside: a stable code.")]
    reason_label: Annotated[str | None, Field(description="原因 The same in Chinese.")]
    detail: str | None
    pointer: Annotated[str | None, Field(description="JSON pointer to the bad field within the record.")]
    faults: Annotated[
        Sequence[FaultAnswer],
        Field(
            description="全部错误 All that is wrong with it, in the order of the record; the first is told above too."
        ),
    ]
    position: Position | None


class ReportsAnswer(Answer):
    """上报结果 What became of each record of a push."""

    source: str
    recorded: Annotated[bool, Field(description="False for `validate=only`.")]
    received: int
    counts: Annotated[Mapping[str, int], Field(examples=[{"accepted": 1}])]
    position: Annotated[
        int | None, Field(description="Pass it as `min_position` to a query to see at least this. Null: nothing new.")
    ]
    results: Sequence[RecordResult]


class Delivery(Answer):
    """One delivery of a record."""

    entry: int
    external_id: str | None
    revision: int | None
    outcome: str
    transport: str
    origin: str
    received_at: datetime
    recorded_at: datetime
    incident_id: UUID | None
    dead_letter_id: UUID | None
    content_mac: Annotated[
        str,
        Field(description="内容指纹 Keyed hash (HMAC-SHA-256) of the bytes: the same for the same bytes."),
    ]


class ReconciliationAnswer(Answer):
    """对账 What a source delivered on a day; ``received`` = ``accepted`` + ``duplicate`` + ``dead``."""

    source: str
    date: date
    timezone: str
    since: datetime
    until: datetime
    received: int
    accepted: Annotated[int, Field(description="First reports, later revisions and late ones together.")]
    revised: int
    late: int
    duplicate: int
    dead: int
    records: Annotated[Mapping[str, Sequence[Delivery]], Field(description="The deliveries of this page, by outcome.")]
    next_cursor: Annotated[
        str | None, Field(description="游标 Where there are more; the counts are of the whole day on every page.")
    ]


class DeliveriesAnswer(Answer):
    """来源记录的投递情况 Every delivery of one record, oldest first."""

    source: str
    external_id: str
    incident_id: UUID | None
    deliveries: Sequence[Delivery]


class AssigneeAnswer(Answer):
    """承办方 Whom a task is given to; with the street whose people work on it, where it is a street's."""

    kind: Annotated[str, Field(examples=["platform"])]
    kind_label: Annotated[str, Field(examples=["街道平台"])]
    name: Annotated[str, Field(examples=["朝晖街道综合行政执法平台"])]
    street_code: StreetCode
    platform: str | None


class TaskAnswer(Answer):
    """任务 What one assignee has to do for an incident."""

    task_id: Annotated[str, Field(examples=["T1"])]
    state: Annotated[str, Field(examples=["accepted"])]
    state_label: Annotated[str, Field(examples=["已签收"])]
    assignee: AssigneeAnswer
    worker: Annotated[AssigneeAnswer | None, Field(description="二次派遣 To whom the assignee gave it on.")]
    leads: Annotated[bool, Field(description="牵头 Whether it is the lead's task of a joint operation.")]
    due_at: Annotated[datetime | None, Field(description="处置期限 By when it is, or was, to be handled.")]
    due_provisional: Annotated[bool, Field(description="暂定 Whether that rests on a year whose holidays are unknown.")]
    extension_asked: Annotated[str | None, Field(description="延期 Asked for, unanswered.", examples=["2工作日"])]
    offered_to: Annotated[
        str | None,
        Field(
            description="顺延派办 Whom it is offered to, not accepted by its assignee in time.", examples=["user:wang"]
        ),
    ]
    offered_name: Annotated[
        str | None, Field(description="姓名或岗位 Their name, or the role where nobody is on duty.")
    ]
    offered_until: Annotated[datetime | None, Field(description="签收截止 Until when; then the next one is asked.")]


class IncidentAnswer(Answer):
    """事件 An incident as it stands; coordinates are WGS-84 degrees, distances metres."""

    incident_id: UUID
    source: str
    source_label: str
    external_id: str
    revision: int
    channel: str
    lifecycle: str
    upstream_case: str | None
    state: str
    state_label: str
    street_code: StreetCode
    street_name: str | None
    platform: str | None
    platform_label: str | None
    department: str | None
    class_code: str | None
    class_name: str | None
    source_class: SourceClass
    class_method: str | None
    class_table: str | None
    priority: Annotated[int | None, Field(description="1 (most urgent) to 4.")]
    due_at: Due
    due_provisional: bool
    due_clock: Annotated[str | None, Field(description="Which clock `due_at` is the end of.", examples=["handle"])]
    due_label: Annotated[str | None, Field(description="其名称 That clock's name.", examples=["处置"])]
    title: str
    description: str
    address: str
    lon: float | None
    lat: float | None
    jurisdiction_method: str | None
    jurisdiction_label: str | None
    boundary_set: str | None
    edge_distance_m: float | None
    community_code: str | None
    flags: Sequence[str]
    reported_at: datetime
    happened_at: datetime | None
    received_at: datetime
    first_position: Position
    last_position: Position
    version: int
    time_limit: Annotated[str | None, Field(description="处置时限 As the class table or a rule says it.")]
    tags: Annotated[Sequence[str], Field(description="标签 Put on by the routing rules.")]
    routing_rule: Annotated[str | None, Field(description="派单规则 The rule that applied; null where none did.")]
    routing_rules: Annotated[str | None, Field(description="规则版本 The version of the rules that were asked.")]
    matters: Annotated[Sequence[str], Field(description="执法事项 Codes of the matters that its class can come to.")]
    maintaining_unit: Annotated[
        str | None, Field(description="养护单位 Of a component: to whom its task goes, or to others with a reason.")
    ]
    filing_condition: Annotated[str, Field(description="立案条件 What the class asks for before filing.")]
    closing_condition: Annotated[str, Field(description="结案条件 What closing confirms.")]
    tasks: Annotated[Sequence[TaskAnswer], Field(description="任务 Its tasks since it was last opened.")]
    arrangements: Annotated[Arrangements, Field(description="并案、移送、延期、申诉 What ties it to others.")]
    upstream_refusal: UpstreamRefusal
    filing_due_at: Annotated[datetime | None, Field(description="立案期限 By when it is, or was, to be filed.")]
    handling_due_at: Annotated[datetime | None, Field(description="处置期限 By which its handling is judged.")]
    closing_due_at: Annotated[datetime | None, Field(description="结案期限 By when it is, or was, to be closed.")]


class IncidentPage(Answer):
    """A page of incidents, the latest received first."""

    items: Sequence[IncidentAnswer]
    next_cursor: NextCursor
    position: Position


class HistoryEntry(Answer):
    """One event of an incident, told."""

    position: Position
    version: int
    event: str
    label: str
    summary: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    role: str
    reason: str | None
    correlation_id: UUID
    causation_id: str
    transport: str | None
    origin: str | None
    corrects: Annotated[int | None, Field(description="更正第几条记录 The version of the event that it puts right.")]
    corrected_by: Annotated[
        Sequence[int], Field(description="由第几条记录更正 The versions of the events that put it right.")
    ] = ()
    inputs: Annotated[Mapping[str, object], Field(description="What was seen and used for it.")]


class HistoryAnswer(Answer):
    """事件全过程 The whole story of an incident, in order: what came in, what happened, where it stands."""

    incident_id: UUID
    deliveries: Annotated[Sequence[Delivery], Field(description="投递 Every delivery of its record, oldest first.")]
    events: Sequence[HistoryEntry]
    incident: Annotated[IncidentAnswer, Field(description="现状 How it stands, and so in which queue.")]


class QueueEntry(Answer):
    """An incident as it stands, or stood, in a queue, for positions ``[from_position, to_position)``."""

    incident_id: UUID
    from_position: Position
    to_position: Position | None
    state: str
    street_code: StreetCode
    street_name: str | None
    platform: str | None
    priority: int | None
    due_at: Due
    due_provisional: bool
    due_clock: Annotated[str | None, Field(description="Which clock `due_at` is the end of.", examples=["handle"])]
    due_label: Annotated[str | None, Field(description="其名称 That clock's name.", examples=["处置"])]
    title: str
    address: str
    class_code: str | None
    class_name: str | None
    source_class: SourceClass
    source: str
    external_id: str
    lifecycle: str
    received_at: datetime
    upstream_refusal: UpstreamRefusal


class QueuePage(Answer):
    """任务队列 A page of a queue: by priority, then deadline (none last)."""

    street_code: StreetCode
    street_name: str | None
    platform: str | None
    platform_label: str | None
    state: Annotated[str | None, Field(description="状态 The state asked for; null: every open one but triage.")]
    items: Sequence[QueueEntry]
    next_cursor: NextCursor
    position: Position


class DeadLetterAnswer(Answer):
    """死信 A record that could not be read; ``size`` is in bytes, the bytes themselves stay encrypted."""

    dead_letter_id: UUID
    source: str
    external_id: str | None
    reason: Annotated[str, Field(examples=["time_unreadable"])]
    reason_label: Annotated[
        str, Field(validation_alias="reason", examples=["时间无法识别"]), AfterValidator(label_of_reason)
    ]
    detail: str
    pointer: str | None
    faults: Annotated[Sequence[FaultAnswer], Field(description="全部错误 All that is wrong, the first as above.")]
    size: int
    transport: str | None
    origin: str | None
    set_aside_at: datetime
    resolved: bool
    replays: int
    last_outcome: str | None
    last_detail: str | None
    last_replayed_at: datetime | None
    incident_id: UUID | None
    erased: Annotated[bool, Field(description="已删除 Its bytes were erased and cannot be read any more.")]


class DeadLetterPage(Answer):
    """A page of dead letters, the latest first."""

    items: Sequence[DeadLetterAnswer]
    next_cursor: NextCursor
    position: Position
