"""Puts an auditor's rows into words, and writes them as CSV or JSONL, piece by piece (审计轨迹)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from jiedao.application.personal_desk import ReporterShown
from jiedao.audit.sampling import Sample
from jiedao.domain.access_record import AccessKind
from jiedao.domain.report import ReporterDetails
from jiedao.domain.terms import Role
from jiedao.entrypoints.http.audit_models import (
    AccessAnswer,
    AuditEventAnswer,
    AuditQuestionAnswer,
    AuditQuestionsAnswer,
    ReporterAnswer,
    SampleAnswer,
)
from jiedao.entrypoints.http.wording import Wording, label_of
from projections.access_record import AccessRow
from projections.audit_kinds import AuditKind
from projections.audit_queries import AuditRow
from projections.audit_questions import QUESTIONS, AuditFilter
from projections.telling import TELLINGS

_KINDS = {kind.value: kind.label for kind in AuditKind}
_ROLES = {role.value: role.label for role in Role}

COLUMNS = (
    "position", "recorded_at", "occurred_at", "kind", "kind_label", "topic", "label", "summary", "stream_id", "version",
    "actor", "role", "role_label", "incident_id", "street_code", "street_name", "street_before", "command", "reason",
    "correlation_id", "causation_id", "corrects",
)  # fmt: skip
"""What an exported row and an answer hold of an event, in this order."""

_encode = msgspec.json.Encoder().encode


def label_of_event(row: AuditRow) -> str:
    """Return what an event is called: as its incident's history calls it, else its kind."""
    telling = TELLINGS.get(row.topic)
    return telling.label if telling is not None else _KINDS.get(row.kind, row.kind)


def event_answer(row: AuditRow, wording: Wording) -> AuditEventAnswer:
    """Put an event into words."""
    return AuditEventAnswer.model_validate(dict(zip(COLUMNS, _values(row, wording), strict=True)))


def _values(row: AuditRow, wording: Wording) -> tuple[object, ...]:
    """Return an event's values in the order of :data:`COLUMNS`: one tuple a row, as exports hold a million."""
    label = label_of_event(row)
    return (
        row.position, row.recorded_at, row.occurred_at, row.kind, _KINDS.get(row.kind, row.kind), row.topic, label,
        row.summary or label, row.stream_id, row.version, row.actor, row.role, _ROLES.get(row.role, row.role),
        row.incident_id, row.street_code, wording.street(row.street_code), row.street_before, row.command, row.reason,
        row.correlation_id, row.causation_id, row.corrects,
    )  # fmt: skip


def access_answer(row: AccessRow) -> AccessAnswer:
    """Put a look into words."""
    return AccessAnswer(
        position=row.position,
        recorded_at=row.recorded_at,
        access=row.access,
        access_label=label_of(AccessKind, row.access) or row.access,
        subject=row.subject,
        incident_id=row.incident_id,
        actor=row.actor,
        role=row.role,
        role_label=_ROLES.get(row.role, row.role),
        reason=row.reason,
        details=row.details,
    )


def sample_answer(sample: Sample) -> SampleAnswer:
    """Put a sample into words."""
    return SampleAnswer.model_validate(sample)


def reporter_answer(shown: ReporterShown) -> ReporterAnswer:
    """Put a reporter into an answer; where nobody is known, or the key is gone, every field is null."""
    details = shown.details or ReporterDetails()
    return ReporterAnswer(
        incident_id=shown.incident_id,
        masked=shown.masked,
        erased=shown.erased,
        name=details.name,
        phone=details.phone,
        contact=details.contact,
        identity_number=details.identity_number,
        address=details.address,
        position=shown.position,
    )


def questions_answer() -> AuditQuestionsAnswer:
    """Tell the named questions."""
    return AuditQuestionsAnswer(
        items=[
            AuditQuestionAnswer(
                name=name,
                label=question.zh,
                label_en=question.en,
                kinds=[kind.value for kind in question.kinds or ()],
                needs=question.needs,
            )
            for name, question in QUESTIONS.items()
        ]
    )


def told_filter(wanted: AuditFilter, **more: str) -> dict[str, str]:
    """Tell what was asked for, to be recorded with who asked."""
    asked = {
        name: _told(value)
        for name in AuditFilter.__dataclass_fields__
        if (value := getattr(wanted, name)) not in (None, False, ()) and name not in {"hidden", "newest_first"}
    }
    return asked | more


def _told(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | frozenset):
        return ",".join(sorted(map(str, value)))
    return "yes" if value is True else str(value)


def write_csv(pieces: Iterator[Sequence[AuditRow]], wording: Wording) -> Iterator[bytes]:
    """Write rows as CSV, a piece at a time; UTF-8 with a byte order mark, so that spreadsheets read the Chinese."""
    yield "\ufeff".encode() + _csv([COLUMNS])
    for piece in pieces:
        yield _csv([list(map(_cell, _values(row, wording))) for row in piece])


def write_jsonl(pieces: Iterator[Sequence[AuditRow]], wording: Wording) -> Iterator[bytes]:
    """Write rows as one JSON object a line, a piece at a time."""
    for piece in pieces:
        yield b"".join(_encode(dict(zip(COLUMNS, _values(row, wording), strict=True))) + b"\n" for row in piece)


WRITERS: Mapping[str, Callable[[Iterator[Sequence[AuditRow]], Wording], Iterator[bytes]]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
}
"""The forms of an export."""

MEDIA_TYPES: Mapping[str, str] = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()


def _cell(value: object) -> str:
    """Write a value; a spreadsheet must not take a text for a formula of its own."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value[:1] in _FORMULA else value
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


_FORMULA = frozenset("=+-@\t\r")
