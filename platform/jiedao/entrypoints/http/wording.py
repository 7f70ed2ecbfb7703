"""Puts names and Chinese labels beside codes: what a reader of an answer sees of the district's vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from jiedao.application.outcomes import RecordOutcome
from jiedao.domain.extending import waiting
from jiedao.domain.links import Appeal, OtherIncident
from jiedao.domain.maintaining import maintaining_unit
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.progress import Progress
from jiedao.domain.tasks import Assignee, Task
from jiedao.domain.terms import (
    Assessment,
    AssigneeKind,
    ClockKind,
    HoldGround,
    IncidentState,
    MatchMethod,
    Platform,
    ReceiverKind,
    Role,
    Term,
)
from jiedao.entrypoints.http.arrangement_models import (
    AppealAnswer,
    Arrangements,
    HoldAnswer,
    OtherIncidentAnswer,
    TransferAnswer,
)
from jiedao.entrypoints.http.models import (
    AssigneeAnswer,
    Delivery,
    HistoryAnswer,
    HistoryEntry,
    IncidentAnswer,
    QueueEntry,
    TaskAnswer,
)
from jiedao.store.reconciliation import DeliveredRecord
from projections.answers import HistoryRow, IncidentSummary, QueueRow, TaskDue


def label_of(vocabulary: type[Term], value: str | None) -> str | None:
    """Return the Chinese label of a stored word; a word that this version does not know stands for itself."""
    if value is None:
        return None
    member = next((term for term in vocabulary if term.value == value), None)
    return member.label if member is not None else value


class Wording:
    """The names that one district's profile gives to codes."""

    def __init__(self, profile: DistrictProfile) -> None:
        self._streets = {street.code: street.name for street in profile.streets}
        self._sources = {name: source.label for name, source in profile.sources.items()}
        codes = "|".join(re.escape(code) for code in sorted(self._streets, key=len, reverse=True))
        self._street_said = re.compile(rf"(?<=归属街道 )(?:{codes})(?=（)") if codes else None

    def street(self, code: str | None) -> str | None:
        """Return a street's name; ``None`` where the profile has none."""
        return self._streets.get(code) if code is not None else None

    def incident(self, row: IncidentSummary) -> IncidentAnswer:
        """Put an incident into words."""
        fields = asdict(row)
        named = fields.pop("maintaining_unit")
        del fields["progress"], fields["task_dues"]  # as stored; what people read of them are the tasks
        return IncidentAnswer(
            **fields,
            source_label=self._sources.get(row.source, row.source),
            state_label=label_of(IncidentState, row.state) or row.state,
            street_name=self.street(row.street_code),
            platform_label=label_of(Platform, row.platform),
            jurisdiction_label=label_of(MatchMethod, row.jurisdiction_method),
            due_label=label_of(ClockKind, row.due_clock),
            maintaining_unit=maintaining_unit(row.class_code, named, row.department),
            tasks=[task_answer(task, row.task_due(task.task_id)) for task in row.tasks],
            arrangements=_arrangements(row.read_progress()),
        )

    def told(self, row: HistoryRow, corrected_by: Sequence[int] = ()) -> HistoryEntry:
        """Tell an event, with the name of a street before its code, and which others put it right."""
        entry = HistoryEntry.model_validate(row).model_copy(update={"corrected_by": corrected_by})
        if self._street_said is None:
            return entry
        named = self._street_said.sub(lambda found: f"{self._streets[found[0]]} {found[0]}", entry.summary)
        return entry.model_copy(update={"summary": named})

    def told_in_order(self, rows: Sequence[HistoryRow]) -> list[HistoryEntry]:
        """Tell events of one incident, each with those among them that put it right."""
        corrected = _corrections(rows)
        return [self.told(row, corrected.get(row.version, ())) for row in rows]

    def history(
        self, incident: IncidentSummary, deliveries: Sequence[DeliveredRecord], events: Sequence[HistoryRow]
    ) -> HistoryAnswer:
        """Tell an incident's whole story: what came in, what happened, where it stands."""
        return HistoryAnswer(
            incident_id=incident.incident_id,
            deliveries=[Delivery.model_validate(one) for one in deliveries],
            events=self.told_in_order(events),
            incident=self.incident(incident),
        )

    def queue_entry(self, row: QueueRow) -> QueueEntry:
        """Put a queue's row into words."""
        return QueueEntry(
            **asdict(row), due_label=label_of(ClockKind, row.due_clock), street_name=self.street(row.street_code)
        )

    def street_of(self, outcome: RecordOutcome) -> str | None:
        """Return the name of the street to which a record was given."""
        return self.street(outcome.street_code)


def _corrections(rows: Iterable[HistoryRow]) -> Mapping[int, Sequence[int]]:
    """Return which events, by version, are put right by which others of these (更正)."""
    found: dict[int, list[int]] = {}
    for row in rows:
        if row.corrects is not None:
            found.setdefault(row.corrects, []).append(row.version)
    return found


def correction_words(entry: HistoryEntry) -> str:
    """Say which event an event puts right, unless its sentence does, and which put it right; or nothing."""
    puts_right = f"更正第 {entry.corrects} 条记录" if entry.corrects is not None else ""
    puts_right = "" if puts_right in entry.summary else puts_right
    put_right = f"已由第 {'、'.join(map(str, entry.corrected_by))} 条记录更正" if entry.corrected_by else ""
    return "；".join(one for one in (puts_right, put_right) if one)


def task_answer(task: Task, due: TaskDue) -> TaskAnswer:
    """Put a task into words."""
    offer = task.offer
    return TaskAnswer(
        task_id=task.task_id,
        state=task.state.value,
        state_label=task.state.label,
        assignee=_assignee(task.assignee),
        worker=_assignee(task.worker) if task.worker else None,
        leads=task.leads,
        due_at=due.due_at,
        due_provisional=due.provisional,
        extension_asked=task.asked.length if task.asked and waiting(task) else None,
        offered_to=offer.person if offer else None,
        offered_name=(offer.name or label_of(Role, offer.role)) if offer else None,
        offered_until=offer.until if offer else None,
    )


def _assignee(assignee: Assignee) -> AssigneeAnswer:
    return AssigneeAnswer(**asdict(assignee), kind_label=label_of(AssigneeKind, assignee.kind) or assignee.kind)


def _arrangements(progress: Progress) -> Arrangements:
    offered = progress.transfer
    return Arrangements(
        merged_into=_other(progress.merged_into) if progress.merged_into else None,
        duplicates=[_other(one) for one in progress.duplicates],
        transfer=None
        if offered is None
        else TransferAnswer(
            **asdict(offered.receiver),
            kind_label=label_of(ReceiverKind, offered.receiver.kind) or offered.receiver.kind,
            answer_by=offered.answer_by,
        ),
        extensions=progress.extensions,
        appeals=[_appeal(assessment, appeal) for assessment, appeal in progress.appeals.items()],
        holds=[HoldAnswer(**asdict(one), ground_label=HoldGround(one.ground).label) for one in progress.holds],
    )


def _other(other: OtherIncident) -> OtherIncidentAnswer:
    return OtherIncidentAnswer(incident_id=other.incident_id, number=other.number)


def _appeal(assessment: str, appeal: Appeal) -> AppealAnswer:
    return AppealAnswer(
        assessment=assessment,
        assessment_label=label_of(Assessment, assessment) or assessment,
        outcome="pending" if appeal.pending else "granted" if appeal.granted else "denied",
    )
