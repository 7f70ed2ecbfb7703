"""Reads any table by its columns (表格导入): which column holds what is said in ``sources.toml``, not in code.

The header decides over the whole table, because a mapping that does not fit it fits no row. After that each row
stands for itself: one with too many or too few cells is set aside alone.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from ingest.records import Normalised
from ingest.sources.reading.adapter import FieldsAdapter
from ingest.sources.reading.aliases import Aliases
from ingest.sources.reading.decoding import decode_row, delimiter_of
from ingest.sources.reading.faults import UNREAD, UnreadableError
from ingest.sources.reading.json_fields import Fields, Found, as_text, pointer_of
from ingest.sources.reading.links import read_attachments
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.options import Options
from ingest.sources.reading.reports import finished
from ingest.sources.reading.splitting import CSV, split_csv, text_of
from ingest.sources.reading.texts import MAX_DESCRIPTION, MAX_TITLE
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.profile import DistrictProfile, SourceSettings
from jiedao.domain.report import IncidentReport, ReporterDetails, SourceClass

COLUMNS = (
    *("external_id", "revision", "updated_at", "title", "description", "class_code", "class_name", "urgent", "channel"),
    *("reported_at", "happened_at", "lon", "lat", "coordinates", "address", "street"),
    *("grid_cell", "community_code", "community", "component_code", "photos"),
    *("reporter_name", "reporter_phone", "reporter_contact", "reporter_identity", "reporter_address"),
)
"""The fields that a column may be mapped to; ``external_id`` and one of ``title`` and ``description`` must be."""

DELIMITERS = (",", ";", "\t", "|")
_EXAMPLE = datetime(2020, 3, 4, 5, 6, 7, tzinfo=UTC)


class CsvTableAdapter(FieldsAdapter):
    """Reads the tables of one source.

    Options: ``columns`` (field → column), ``details`` (name → column kept as it is), ``time_format`` (as strptime has
    it; without one all forms that are read elsewhere), ``delimiter`` (told by the header where it is not given),
    ``encoding`` (``utf-8``, with or without byte order mark, or ``gb18030``).
    """

    def __init__(self, settings: SourceSettings, profile: DistrictProfile) -> None:
        """Make it; raises ConfigurationError for options that are wrong or that nobody reads."""
        super().__init__(settings, profile)
        self._needed = list(dict.fromkeys([*self._columns.values(), *self._details.values()]))

    def read_options(self, options: Options) -> None:
        """Read how a table is laid out."""
        self._columns = _columns(options)
        self._details = options.table("details")
        _check_names(options, {*self._columns.values(), *self._details.values()})
        self._time_format = _time_format(options)
        self._delimiter = _delimiter(options)
        self.aliases = Aliases({field: (self._columns[field],) if field in self._columns else () for field in COLUMNS})
        self._detail_names = Aliases({name: (column,) for name, column in self._details.items()})

    def split(self, payload: bytes, media_type: str) -> Sequence[bytes]:
        """Part a table into rows, each below its header.

        Raises InvalidInputError for a header without one of the columns that the mapping names.
        """
        kind = media_type.partition(";")[0].strip().lower()
        if kind != CSV:
            raise InvalidInputError(f"this source reads tables; send {CSV}, not {kind or 'a payload without a type'}")
        parts = split_csv(payload, self._encoding, self._delimiter)
        self._check_header(payload)
        return parts

    def _check_header(self, payload: bytes) -> None:
        """Refuse a header; a table without one has people's data in its first line, so nothing of it is quoted."""
        text = text_of(payload, self._encoding)[0].lstrip("\r\n")
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter or delimiter_of(text))
        header = [name.strip() for name in next(row for row in rows if any(cell.strip() for cell in row))]
        for column in self._needed:
            if column not in header:
                raise InvalidInputError(
                    f"the table has no column {column!r}, which the columns of the source {self.settings.name}"
                    " (sources.toml) name; correct the table's first line, or the mapping"
                )
        counts = Counter(name for name in header if name)
        twice = [number for number, name in enumerate(header, 1) if counts[name] > 1]
        if twice:
            raise InvalidInputError(
                f"the columns {', '.join(map(str, twice))} do not have names of their own; rename them"
            )

    def read(self, fields: Fields, received_at: datetime, notes: Notes) -> Normalised:
        """Make the report of a row."""
        external_id = fields.external_id("external_id")
        changed_at = self.times.read(self._time(fields, "updated_at", notes), notes)
        report = IncidentReport(
            source=self.settings.name,
            external_id=external_id,
            revision=self.revision(fields, changed_at),
            lifecycle=self.settings.lifecycle,
            channel=self.channel(fields.text("channel"), notes),
            title=fields.text("title", MAX_TITLE),
            description=fields.text("description", MAX_DESCRIPTION, lines=True),
            reported_at=self.times.reported(self._time(fields, "reported_at", notes), received_at, notes),
            happened_at=self.times.happened(self._time(fields, "happened_at", notes), received_at, notes),
            place=self.place(fields, notes),
            source_class=self._class(fields),
            urgent=self.urgent(fields, notes),
            attachments=read_attachments(fields.items("photos"), "photo", notes),
        )
        return finished(report, notes, _reporter(fields))

    def _read(self, text: str, received_at: datetime, notes: Notes) -> Normalised:
        notes.content = row = decode_row(text, self._delimiter)
        for column in self._needed:
            if column not in row:
                detail = f"the table has no column {column!r}; correct its header"
                notes.fault(UnreadableError("field_missing", pointer_of(column), detail))
        mapped = {column: row.get(column, UNREAD) for column in self._needed}
        self._keep_details(mapped, notes)
        return self.read(Fields(mapped, self.aliases, notes), received_at, notes)

    def _keep_details(self, row: Mapping[str, object], notes: Notes) -> None:
        if self._details:
            Fields(row, self._detail_names, notes).keep(*self._details)

    def _time(self, fields: Fields, field: str, notes: Notes) -> Found | None:
        """Return a time in the form that every reader knows; one that is not in its format is noted as a fault."""
        found = fields.find(field)
        if found is None or self._time_format is None:
            return found
        try:
            moment = datetime.strptime(as_text(found).strip(), self._time_format)  # noqa: DTZ007  # its zone comes after
        except ValueError:
            detail = f"the time is not written as {self._time_format}; write it so, or change the source's time_format"
            notes.fault(UnreadableError("time_unreadable", found.pointer, detail))
            return None
        return Found(moment.isoformat(), found.pointer)

    def _class(self, fields: Fields) -> SourceClass | None:
        code = fields.text("class_code")
        return SourceClass(self.settings.class_scheme, code, fields.text("class_name")) if code else None


def _reporter(fields: Fields) -> ReporterDetails:
    return ReporterDetails(
        name=fields.text("reporter_name") or None,
        phone=fields.text("reporter_phone") or None,
        contact=fields.text("reporter_contact") or None,
        identity_number=fields.text("reporter_identity") or None,
        address=fields.text("reporter_address") or None,
    )


def _columns(options: Options) -> Mapping[str, str]:
    columns = options.table("columns")
    for field in columns:
        if field not in COLUMNS:
            raise options.fault(f"columns.{field}", f"is no field; a column may be one of {', '.join(COLUMNS)}")
    if "external_id" not in columns:
        raise options.fault("columns", "must name the column of external_id, by which a row is known again")
    if "title" not in columns and "description" not in columns:
        raise options.fault("columns", "must name the column of title or of description")
    return columns


def _check_names(options: Options, columns: Collection[str]) -> None:
    """Refuse columns that fields are not told apart by: names are compared without case, spaces, _ and -."""
    plain = Counter(_plain(column) for column in columns)
    alike = sorted(column for column in columns if plain[_plain(column)] > 1)
    if alike:
        raise options.fault("columns", f"names columns that are too much alike ({', '.join(alike)}); rename one")


def _plain(column: str) -> str:
    return column.casefold().translate(str.maketrans("", "", " _-"))


def _time_format(options: Options) -> str | None:
    time_format = options.text("time_format")
    if time_format is None:
        return None
    try:
        datetime.strptime(_EXAMPLE.strftime(time_format), time_format)  # noqa: DTZ007  # only whether it can be read
    except ValueError:
        raise options.fault("time_format", f"is {time_format!r}, by which no time can be read") from None
    return time_format


def _delimiter(options: Options) -> str | None:
    delimiter = options.text("delimiter")
    if delimiter is not None and delimiter not in DELIMITERS:
        raise options.fault("delimiter", "must be one of , ; | or a tabulator")
    return delimiter
