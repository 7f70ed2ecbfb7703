"""Finishes a report: masks what is personal in all of its texts, and calls an adapter so that nothing escapes it.

Everything that an adapter has read goes through :func:`finished`, the one door; so no adapter can forget to mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from ingest.records import Normalised, Rejection
from ingest.sources.reading.decoding import UTF8, decode_text
from ingest.sources.reading.faults import UNREAD, UnreadableError
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.personal import NOBODY, Masker, People
from ingest.sources.reading.texts import title_of
from jiedao.domain.quickly_made import replaced
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
    others: People = NOBODY,
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
    attachments = _masked_attachments(report.attachments, masker, notes)
    place, named, case = report.place, report.source_class, report.upstream
    channel, title, description, address, name, stage, *details = masker.texts(
        report.channel,
        report.title,
        report.description,
        place.address,
        named.name if named else "",
        (case.stage if case else None) or "",
        *notes.details.values(),
    )
    place = _masked_place(place, address, masker)
    named = named and _masked_class(named, name, masker)
    case = case and _masked_case(case, report.external_id, stage, masker)
    if masker.masked:
        notes.flag(ReportFlag.PERSONAL_MASKED)
    masked = replaced(
        report,
        channel=channel,
        title=title or title_of(description),
        description=description,
        place=place,
        source_class=named,
        upstream=case,
        attachments=attachments,
        details=dict(zip(notes.details, details, strict=True)),
        flags=notes.flags,
    )
    return Normalised(masked, reporter or None)


def _masked_class(named: SourceClass, name: str, masker: Masker) -> SourceClass:
    code = masker.code(named.code)
    return named if (code, name) == (named.code, named.name) else SourceClass(named.scheme, code, name)


def _masked_place(place: ReportedPlace, address: str, masker: Masker) -> ReportedPlace:
    codes = (place.grid_cell, place.community_code, place.component_code, place.camera_code)
    if address == place.address and not any(codes):
        return place
    return ReportedPlace(
        lon=place.lon,
        lat=place.lat,
        crs=place.crs,
        address=address,
        street_code=place.street_code,
        grid_cell=_code(place.grid_cell, masker),
        community_code=_code(place.community_code, masker),
        component_code=_code(place.component_code, masker),
        camera_code=_code(place.camera_code, masker),
        needed=place.needed,
    )


def _number(case: UpstreamCase, external_id: str, masker: Masker) -> str:
    return case.case_number if case.case_number == external_id else masker.code(case.case_number)


def _masked_case(case: UpstreamCase, external_id: str, stage: str, masker: Masker) -> UpstreamCase:
    news = case.news and replaced(
        case.news, note=masker.text(case.news.note), revisit_note=masker.text(case.news.revisit_note)
    )
    return UpstreamCase(_number(case, external_id, masker), case.deadline, stage or None, news)


def _masked_attachments(attachments: Iterable[Attachment], masker: Masker, notes: Notes) -> tuple[Attachment, ...]:
    """Leave out a link that holds something personal: masked it would lead nowhere."""
    kept = []
    for attachment in attachments:
        whole = _code(attachment.url, masker) == attachment.url
        if not whole:
            notes.flag(ReportFlag.ATTACHMENT_MISSING)
        if whole or attachment.sha256:
            url, media_type = attachment.url if whole else None, _code(attachment.media_type, masker)
            kept.append(replaced(attachment, kind=masker.text(attachment.kind), url=url, media_type=media_type))
    return tuple(kept)


def _code(code: str | None, masker: Masker) -> str | None:
    return masker.code(code) if code else None
