"""Finishes a report: masks what is personal in all of its texts, and calls an adapter so that nothing escapes it.

Everything that an adapter has read goes through :func:`finished`, the one door; so no adapter can forget to mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from ingest.records import Normalised, Rejection
from ingest.sources.reading.decoding import UTF8, decode_text
from ingest.sources.reading.faults import UNREAD, UnreadableError
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.personal import Masker
from ingest.sources.reading.texts import title_of
from jiedao.domain.report import Attachment, IncidentReport, ReportedPlace, ReporterDetails, SourceClass, UpstreamCase
from jiedao.domain.terms import ReportFlag

Read = Callable[[str, datetime, Notes], Normalised]
"""Reads a record's text, received at a time, noting what is odd or bad; raises UnreadableError."""


def read_record(raw: bytes, received_at: datetime, read: Read, *, encoding: str = UTF8) -> Normalised | Rejection:
    """Read one record; one that cannot be read is a Rejection."""
    notes = Notes()
    try:
        decoded = decode_text(raw, encoding)
        if decoded.repaired:
            notes.flag(ReportFlag.ENCODING_REPAIRED)
        return read(decoded.text, received_at, notes)
    except UnreadableError as error:
        return rejection(error, notes)


def rejection(error: UnreadableError, notes: Notes) -> Rejection:
    """Say that a record cannot be read: all that is wrong with it, and its number as far as it is known."""
    notes.fault(error)
    first, *others = notes.faults
    number = notes.external_id
    known = number is not None and UNREAD not in number
    return Rejection(first.reason, first.detail, first.pointer, number if known else None, tuple(others))


def finished(
    report: IncidentReport,
    notes: Notes,
    reporter: ReporterDetails | None = None,
    *,
    others: Iterable[ReporterDetails] = (),
) -> Normalised:
    """Return the report with its details and flags, nothing personal in it, and the reporter apart.

    A report without a title gets one from its description; one without both is unreadable, and so is one of which
    anything was. ``others`` are people whom the record names beside the reporter
    (:func:`ingest.sources.reading.people.everybody`). The source's own number, and with it the number of the superior
    case, stay as they are: by them the record is found again.
    """
    if not report.title and not report.description:
        notes.fault(UnreadableError("text_missing"))
    if notes.faults:
        first = notes.faults[0]
        raise UnreadableError(first.reason, first.pointer, first.detail)
    masker = Masker(reporter, others)
    description = masker.text(report.description)
    attachments = _masked_attachments(report.attachments, masker, notes)
    masked = replace(
        report,
        channel=masker.text(report.channel),
        title=masker.text(report.title) or title_of(description),
        description=description,
        place=_masked_place(report.place, masker),
        source_class=_masked_class(report.source_class, masker),
        upstream=_masked_case(report.upstream, report.external_id, masker),
        attachments=attachments,
        details={name: masker.text(text) for name, text in notes.details.items()},
    )
    if masker.masked:
        notes.flag(ReportFlag.PERSONAL_MASKED)
    return Normalised(replace(masked, flags=notes.flags), reporter or None)


def _masked_place(place: ReportedPlace, masker: Masker) -> ReportedPlace:
    return replace(
        place,
        address=masker.text(place.address),
        grid_cell=_code(place.grid_cell, masker),
        community_code=_code(place.community_code, masker),
        component_code=_code(place.component_code, masker),
        camera_code=_code(place.camera_code, masker),
    )


def _masked_class(named: SourceClass | None, masker: Masker) -> SourceClass | None:
    return named and SourceClass(named.scheme, masker.code(named.code), masker.text(named.name))


def _masked_case(case: UpstreamCase | None, external_id: str, masker: Masker) -> UpstreamCase | None:
    if case is None:
        return None
    number = case.case_number if case.case_number == external_id else masker.code(case.case_number)
    news = case.news and replace(
        case.news, note=masker.text(case.news.note), revisit_note=masker.text(case.news.revisit_note)
    )
    return UpstreamCase(number, case.deadline, masker.text(case.stage) if case.stage else None, news)


def _masked_attachments(attachments: Iterable[Attachment], masker: Masker, notes: Notes) -> tuple[Attachment, ...]:
    """Leave out a link that holds something personal: masked it would lead nowhere."""
    kept = []
    for attachment in attachments:
        whole = _code(attachment.url, masker) == attachment.url
        if not whole:
            notes.flag(ReportFlag.ATTACHMENT_MISSING)
        if whole or attachment.sha256:
            url, media_type = attachment.url if whole else None, _code(attachment.media_type, masker)
            kept.append(replace(attachment, kind=masker.text(attachment.kind), url=url, media_type=media_type))
    return tuple(kept)


def _code(code: str | None, masker: Masker) -> str | None:
    return masker.code(code) if code else None
