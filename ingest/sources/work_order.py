"""Reads 1do work orders (1do 工单) of Xiacheng's own store, the descriptions of whose tables are published.

What each field means and where it goes is documented in docs/sources/work_order.md.
"""

from __future__ import annotations

from datetime import datetime

from ingest.records import Normalised
from ingest.sources.reading.adapter import FieldsAdapter
from ingest.sources.reading.aliases import Aliases
from ingest.sources.reading.faults import UnreadableError
from ingest.sources.reading.json_fields import MAX_REVISION, Fields
from ingest.sources.reading.links import read_attachments
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.options import Options
from ingest.sources.reading.people import everybody
from ingest.sources.reading.reports import finished
from ingest.sources.reading.superior import SuperiorFields
from ingest.sources.reading.texts import MAX_DESCRIPTION, MAX_TITLE
from jiedao.domain.report import IncidentReport, ReportedPlace, ReporterDetails, SourceClass
from jiedao.domain.terms import UpstreamStatus

ALIASES: Aliases = Aliases(
    {
        "number": ("SHOWID",),
        "parent": ("PARENTID",),
        "revision": ("REVISION", "VERSION"),
        "updated_at": ("LASTUPDATETIME", "UPDATETIME", "OUPDATETIME", "MODIFYTIME"),
        "title": ("OTITLE",),
        "description": ("ODESCRIBE",),
        "source": ("SOURCE",),
        "type": ("OTYPEID",),
        "status": ("OSTATUS",),
        "feedbacks": ("FBNUM",),
        "urged": ("LIGHTNING",),
        "created_at": ("OCREATETIME",),
        "started_at": ("OSTARTTIME",),
        "due_at": ("OFINISHTIME",),
        "finished_at": ("RealFINISHTIME",),
        "address": ("ADDRESS", "OADDRESS"),
        "lon": ("LNG", "LON", "LONGITUDE"),
        "lat": ("LAT", "LATITUDE"),
        "coordinates": ("LNGLAT", "COORDINATES"),
        "street": ("STREET",),
        "urgent": ("URGENT", "OURGENT"),
        "module": ("MODULE",),
        "deleted": ("OISDELETED",),
        "origin_event": ("EVENTID",),
        "command_platform_id": ("COMMANDPLATFORMID",),
        "attachments": ("ATTACHMENTS", "FILES", "ATTR"),
        "customer_name": ("OCUSTOMERNAME", "OCUSTOMER_NAME"),
        "customer": ("OCUSTOMER",),
        "customer_phone": ("OCUSTOMERPHONE", "PHONE", "MOBILE"),
        "created_by": ("CREATEUSERNAME", "CREATEUSER"),
        "executor": ("OEXECUTORNAME", "OEXECUTOR_NAME"),
        "handled_by": ("OHANDLENAME", "OHANDLE_NAME"),
        "copied_to": ("CCNAME", "ORANGENAME"),
        "urged_by": ("URGENAME",),
    }
)

_KEPT = ("module", "deleted", "urged", "origin_event", "command_platform_id")
_PEOPLE = ("created_by", "executor", "handled_by", "copied_to", "urged_by")
"""Employees: their names are in the record for those who may read it, and in no text of the report."""

_NO_PARENT = "0"
"""What the store writes where an order is part of no other."""

_WITHIN_A_SECOND = 999
"""How far what is counted can move a revision that is a whole second: the milliseconds that are left of it."""


class WorkOrderAdapter(FieldsAdapter):
    """Reads 1do work orders."""

    aliases = ALIASES
    superior = SuperiorFields(
        urges="urged",
        deleted="deleted",
        deleted_value="2",
        stages={"5": UpstreamStatus.CLOSED, "已完成": UpstreamStatus.CLOSED},
    )

    def read_options(self, options: Options) -> None:
        """Read what the codes of SOURCE (``sources``), OTYPEID (``types``) and OSTATUS (``statuses``) mean."""
        self._sources = options.tables("sources", "source", "channel")
        self._types = options.table("types")
        self._statuses = options.table("statuses")

    def read(self, fields: Fields, received_at: datetime, notes: Notes) -> Normalised:
        """Make the report of a work order."""
        external_id = fields.external_id("number")
        origin = self._sources.get(fields.text("source"))
        due_at = self.times.read(fields.find("due_at"), notes, end_of_day=True)
        stage = self._statuses.get(fields.text("status"), fields.text("status"))
        fields.keep(*_KEPT)
        parent = fields.text("parent")
        notes.keep("parent", "" if parent == _NO_PARENT else parent)
        report = IncidentReport(
            source=self.settings.name,
            external_id=external_id,
            revision=self._revision(fields, notes),
            lifecycle=self.settings.lifecycle,
            channel=origin["channel"] if origin else self.channel(fields.text("source"), notes),
            title=fields.text("title", MAX_TITLE),
            description=fields.text("description", MAX_DESCRIPTION, lines=True),
            reported_at=self.times.reported(fields.find("created_at"), received_at, notes),
            happened_at=self.times.happened(fields.find("started_at"), received_at, notes),
            place=self._place(fields, notes),
            source_class=self._class(fields),
            upstream=self.superior_case(external_id, due_at, stage, fields, notes),
            urgent=self.urgent(fields, notes),
            attachments=read_attachments(fields.items("attachments"), "file", notes),
            original_source=origin["source"] if origin and origin["source"] != self.settings.name else None,
        )
        people = everybody(
            fields, names=("customer_name", *_PEOPLE), phones=("customer_phone",), contacts=("customer",)
        )
        return finished(report, notes, _customer(fields), others=people)

    def _revision(self, fields: Fields, notes: Notes) -> int:
        """Return the revision: stated, or the last that happened to the order, and within it what only ever grows.

        The store's times are whole seconds, and it is not known whether all that changes moves them. So status,
        feedbacks and urges are counted into the milliseconds that a whole second leaves; without a time they alone are
        the revision.
        """
        times = [self.times.read(fields.find(name), notes) for name in ("updated_at", "finished_at")]
        changed_at = max((time for time in times if time is not None), default=None)
        grown = self._grown(fields, notes)
        if fields.find("revision") is not None:
            return self.revision(fields, changed_at)
        if changed_at is None:
            return 1 + grown
        return self.revision(fields, changed_at) + (0 if changed_at.microsecond else min(grown, _WITHIN_A_SECOND))

    def _grown(self, fields: Fields, notes: Notes) -> int:
        """Return how far an order has come: the place of its status, its feedbacks and its urges, taken together."""
        order = sorted(self._statuses)
        status = fields.text("status")
        grown = order.index(status) if status in order else 0
        for count in ("feedbacks", "urged"):
            grown += max(0, fields.integer(count) or 0)
        if grown >= MAX_REVISION:
            notes.fault(UnreadableError("revision_invalid", fields.pointer("feedbacks")))
            return 0
        return grown

    def _place(self, fields: Fields, notes: Notes) -> ReportedPlace:
        lon, lat = self.position(fields, notes)
        street = self.streets.asserted(fields.text("street"), notes)
        return ReportedPlace(lon, lat, crs=self.settings.crs, address=fields.text("address"), street_code=street)

    def _class(self, fields: Fields) -> SourceClass | None:
        """Return SOURCE, or SOURCE/OTYPEID where the order has a type."""
        source, kind = fields.text("source"), fields.text("type")
        if not source:
            return None
        code = f"{source}/{kind}" if kind else source
        origin = self._sources.get(source)
        name = self._types.get(code) or (origin["channel"] if origin else "")
        return SourceClass(self.settings.class_scheme, code, name)


def _customer(fields: Fields) -> ReporterDetails:
    """Return the initiator (发起人)."""
    return ReporterDetails(
        name=fields.text("customer_name") or None,
        phone=fields.text("customer_phone") or None,
        contact=fields.text("customer") or None,
    )
