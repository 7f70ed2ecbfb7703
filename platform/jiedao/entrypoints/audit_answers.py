"""Puts an auditor's rows into words, and writes them as CSV or JSONL, piece by piece (审计轨迹)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

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

COLUMNS: Mapping[str, Callable[[AuditRow, Wording], object]] = {
    "position": lambda row, _wording: row.position,
    "recorded_at": lambda row, _wording: row.recorded_at,
    "occurred_at": lambda row, _wording: row.occurred_at,
    "kind": lambda row, _wording: row.kind,
    "kind_label": lambda row, _wording: _KINDS.get(row.kind, row.kind),
    "topic": lambda row, _wording: row.topic,
    "label": lambda row, _wording: label_of_event(row),
    "summary": lambda row, _wording: row.summary or label_of_event(row),
    "stream_id": lambda row, _wording: row.stream_id,
    "version": lambda row, _wording: row.version,
    "actor": lambda row, _wording: row.actor,
    "role": lambda row, _wording: row.role,
    "role_label": lambda row, _wording: _ROLES.get(row.role, row.role),
    "incident_id": lambda row, _wording: row.incident_id,
    "street_code": lambda row, _wording: row.street_code,
    "street_name": lambda row, wording: wording.street(row.street_code),
    "street_before": lambda row, _wording: row.street_before,
    "command": lambda row, _wording: row.command,
    "reason": lambda row, _wording: row.reason,
    "correlation_id": lambda row, _wording: row.correlation_id,
    "causation_id": lambda row, _wording: row.causation_id,
}
"""What an exported row and an answer hold of an event, in this order."""

_encode = msgspec.json.Encoder().encode


def label_of_event(row: AuditRow) -> str:
    """Return what an event is called: as its incident's history calls it, else its kind."""
    telling = TELLINGS.get(row.topic)
    return telling.label if telling is not None else _KINDS.get(row.kind, row.kind)


def event_answer(row: AuditRow, wording: Wording) -> AuditEventAnswer:
    """Put an event into words."""
    return AuditEventAnswer.model_validate({name: read(row, wording) for name, read in COLUMNS.items()})


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
    yield "\ufeff".encode() + _csv([list(COLUMNS)])
    for piece in pieces:
        yield _csv([[_cell(read(row, wording)) for read in COLUMNS.values()] for row in piece])


def write_jsonl(pieces: Iterator[Sequence[AuditRow]], wording: Wording) -> Iterator[bytes]:
    """Write rows as one JSON object a line, a piece at a time."""
    for piece in pieces:
        yield b"".join(_encode({name: read(row, wording) for name, read in COLUMNS.items()}) + b"\n" for row in piece)


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
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    text = str(value)
    return f"'{text}" if not isinstance(value, int | UUID) and text[:1] in _FORMULA else text


_FORMULA = frozenset("=+-@\t\r")
