"""A small district on a real database: the real log, intake, views and routes; its sources and places are simple.

Two streets lie side by side at longitude 120.17; reports are small JSON objects with made-up people.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ingest.records import FeedRecord, Normalised, Rejection
from jiedao.application.calendar import WeekdayCalendar
from jiedao.application.command_desk import CommandDesk
from jiedao.application.deciding import Decider
from jiedao.application.district_application import DistrictApplication
from jiedao.application.duplicate_desk import DuplicateDesk
from jiedao.application.duty_desk import DutyDesk
from jiedao.application.erasing import ErasureDesk
from jiedao.application.intake import Intake
from jiedao.application.outbox_desk import OutboxDesk
from jiedao.application.outbox_filling import OutboxFiller
from jiedao.application.outcomes import ReadableRecord, UnreadableRecord
from jiedao.application.reference_tables import ReferenceTables
from jiedao.application.reporter_holds import ReporterHoldDesk
from jiedao.application.routing_desk import RoutingDesk
from jiedao.application.routing_in_force import RoutingInForce
from jiedao.audit.access import AccessDesk
from jiedao.audit.notes import COSIGNATURE_V1, Signer
from jiedao.domain.access import Holder
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.extension_rules import ExtensionRule, ExtensionRules
from jiedao.domain.ports import StoredFile
from jiedao.domain.profile import ClassTable, Community, DistrictProfile, SourceSettings, Street, WorkingHours
from jiedao.domain.record_fault import RecordFault
from jiedao.domain.report import IncidentReport, ReportedPlace, ReporterDetails, Sealed, SourceClass
from jiedao.domain.routing import LocalTime
from jiedao.domain.terms import Platform, Role
from jiedao.entrypoints.auditing import make_auditing
from jiedao.entrypoints.ledger import open_ledger
from jiedao.entrypoints.services import Services
from jiedao.entrypoints.settings import load_settings
from jiedao.store.erasure import ErasureTable
from jiedao.store.erasure_list import ErasureList
from jiedao.store.inbox import InboxTable
from jiedao.store.mapper import TypedMapper
from jiedao.store.outbox import OutboxTable
from jiedao.store.reconciliation import ReconciliationTable
from jiedao.store.refusals import RefusalLog
from jiedao.store.tokens import FormerToken
from projections.indicator_formulas import load_formulas
from projections.outbox import OutboxPages
from projections.queries import ReadModel
from projections.reporters import ReporterIndex
from projections.runner import ProjectionRunner

CONFIG = Path(__file__).parents[3] / "config"
WEST, EAST = "330103006", "330103007"
BORDER = 120.17
POINTS = {WEST: (120.165, 30.28), EAST: (120.175, 30.28)}
SOURCES = ("city_brain", "hotline")
PLATFORM_OF = {"E0101": "enforcement", "F0101": "market", "G0101": "governance", "H0101": "service"}

TOKENS = {
    "jd_AdministratorAdministrator01": Holder("t-admin", "user:admin", Role.ADMINISTRATOR),
    "jd_DispatcherDispatcher00000001": Holder("t-dispatch", "user:dispatch", Role.DISPATCHER),
    "jd_HandlerOfTheWesternStreet001": Holder("t-west", "user:west", Role.HANDLER, streets=frozenset({WEST})),
    "jd_HotlineIntegratorIntegrator1": Holder(
        "t-hotline", "source:hotline", Role.INTEGRATOR, sources=frozenset({"hotline"})
    ),
    "jd_CityBrainIntegratorIntegrat1": Holder(
        "t-brain", "source:city_brain", Role.INTEGRATOR, sources=frozenset({"city_brain"})
    ),
    "jd_AuditorAuditorAuditorAudito1": Holder("t-audit", "user:audit", Role.AUDITOR),
    "jd_ShiftLeaderOfTheDistrict0001": Holder("t-leader", "user:leader", Role.SHIFT_LEADER),
    "jd_LegalReviewerOfTheDistrict01": Holder("t-legal", "user:legal", Role.LEGAL_REVIEWER),
    "jd_SupervisorOfTheWesternStreet": Holder("t-super", "user:super", Role.SUPERVISOR, streets=frozenset({WEST})),
}
ADMINISTRATOR, DISPATCHER, WESTERNER, HOTLINE, CITY_BRAIN, AUDITOR, LEADER, LEGAL, SUPERVISOR = TOKENS


def _square(west, east):
    ring = [[west, 30.25], [east, 30.25], [east, 30.31], [west, 30.31], [west, 30.25]]
    return {"type": "Polygon", "coordinates": [ring]}


def _feature(code, name, west, east):
    return {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": _square(west, east)}


def _source(name, label):
    return SourceSettings(name, label, "orders", "own", "wgs84", "Asia/Shanghai", name, name, f"jiedao.{name}")


PROFILE = DistrictProfile(
    code="330103", name="下城区", city="杭州市", timezone="Asia/Shanghai", bounds=(120.1, 30.2, 120.3, 30.4),
    edge_tolerance_m=15.0, streets=(Street(WEST, "朝晖街道"), Street(EAST, "文晖街道")),
    communities=(Community("330103006001", "河西社区", WEST),), place_names=(),
    class_table=ClassTable("classes-1", date(2020, 1, 1), {}, {}),
    sources={"city_brain": _source("city_brain", "城市大脑"), "hotline": _source("hotline", "投诉受理")},
    cameras={}, working_hours=WorkingHours(((time(9), time(17)),), "Asia/Shanghai"), street_aliases={},
    boundaries={
        "type": "FeatureCollection",
        "features": [_feature(WEST, "朝晖街道", 120.15, BORDER), _feature(EAST, "文晖街道", BORDER, 120.19)],
    },
    extensions=ExtensionRules(ExtensionRule(1, "2工作日", Role.SHIFT_LEADER)),
    boundaries_version="approximate-2020", boundaries_effective_from=date(2020, 1, 1), boundaries_approximate=True,
)  # fmt: skip

WITNESS = Signer("witness.example/w", Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32), COSIGNATURE_V1)
DEADLINES = LimitClock(PROFILE.working_hours, WeekdayCalendar())


def order(number, street=WEST, **changes):
    """A report of a made-up person, as the sources of this district send it."""
    lon, lat = POINTS[street]
    fields = {"id": f"N{number}", "title": f"占道经营 {number}", "lon": lon, "lat": lat, "class": "E0101"}
    return {**fields, **changes}


class SystemClock:
    def now(self):
        return datetime.now(UTC)


class MemoryVault:
    """Real encryption under keys that live as long as the test."""

    def __init__(self):
        self._keys = {}

    def subject_of(self, district, reporter):
        return f"{district}:{hashlib.sha256((reporter.phone or reporter.name or '').encode()).hexdigest()}"

    def destructions(self):
        return 0

    def seal(self, plaintexts):
        sealed = []
        for subject, plaintext in plaintexts:
            key = self._keys.setdefault(subject, AESGCM(AESGCM.generate_key(256)))
            nonce = os.urandom(12)
            sealed.append(Sealed("A256GCM", subject, (nonce + key.encrypt(nonce, plaintext, None)).hex()))
        return sealed

    def open(self, sealed):
        opened = []
        for one in sealed:
            whole, key = bytes.fromhex(one.ciphertext), self._keys.get(one.key_id)
            opened.append(key.decrypt(whole[:12], whole[12:], None) if key else None)
        return opened

    def forget(self, phone):
        """Destroy the key of somebody who reported with this number."""
        digest = hashlib.sha256(phone.encode()).hexdigest()
        self._keys = {name: key for name, key in self._keys.items() if not name.endswith(digest)}

    def mac(self, content):
        return hashlib.blake2b(content, key=b"test", digest_size=32).digest()


class TwoStreets:
    boundary_set = PROFILE.boundaries_version

    def decide(self, places):
        return [self._decide(place) for place in places]

    def _decide(self, place):
        if not place.needed:
            return JurisdictionDecision("no_place", None, self.boundary_set)
        if place.lon is None:
            return JurisdictionDecision("none", None, self.boundary_set)
        street = WEST if place.lon < BORDER else EAST
        return JurisdictionDecision("polygon", street, self.boundary_set, place.lon, place.lat, 120.0)


class FourClasses:
    def decide(self, reports):
        return [self._decide(report.source_class.code if report.source_class else "") for report in reports]

    def decide_as_of(self, reports, moment):
        return self.decide(reports)

    def of_code(self, incident, class_code):
        decision = self._decide(class_code)
        if decision.platform is None:
            raise InvalidInputError(f"no class {class_code!r}", "/class_code")
        return decision

    def _decide(self, code):
        platform = PLATFORM_OF.get(code)
        if platform is None:
            return ClassDecision("none", "classes-1", source_class=code)
        return ClassDecision("code", "classes-1", code, "占道经营", Platform(platform).value, "城管", 2)


def read_order(source, raw):
    """Read one record of this district's sources."""
    try:
        record = msgspec.json.decode(raw, type=dict)
    except msgspec.DecodeError:
        return Rejection("not_json", "the record is not a JSON object", "")
    number = record.get("id")
    if not isinstance(number, str) or not number:
        return Rejection("id_missing", "the source's own number is missing", "/id")
    bad = [name for name in ("title", "phone") if not isinstance(record.get(name, ""), str)]
    if bad:
        first, *others = (RecordFault("wrong_type", f"the {name} must be a text", f"/{name}") for name in bad)
        return Rejection(first.reason, first.detail, first.pointer, number, tuple(others))
    report = IncidentReport(
        source=source, external_id=number, revision=record.get("revision", 1), lifecycle=record.get("lifecycle", "own"), channel=source,
        title=record["title"], description="", reported_at=datetime(2026, 11, 24, 1, tzinfo=UTC),
        place=ReportedPlace(record.get("lon"), record.get("lat"), needed=record.get("needed", True)),
        source_class=SourceClass(source, record.get("class", "")),
    )  # fmt: skip
    reporter = ReporterDetails(phone=record["phone"]) if "phone" in record else None
    return Normalised(report, reporter)


class OrderPipeline:
    """Reads small JSON orders and hands them to the real intake."""

    def __init__(self, intake):
        self._intake = intake

    def split(self, source, payload, media_type):
        if source not in PROFILE.sources:
            raise NotFoundError(f"this district has no source {source!r}")
        if media_type == "application/x-ndjson":
            return [line for line in payload.splitlines() if line.strip()]
        if media_type != "application/json":
            return [payload]
        try:
            content = msgspec.json.decode(payload)
        except msgspec.DecodeError as error:
            raise InvalidInputError("the body is not JSON") from error
        return [msgspec.json.encode(one) for one in content] if isinstance(content, list) else [payload]

    def run(self, source, records, *, transport, actor, offsets=()):
        return self.begin(source, records, transport=transport, actor=actor, offsets=offsets).finish()

    def begin(self, source, records, *, transport, actor, offsets=(), after=None):
        read = _read(source, records)
        return self._intake.begin(read, transport=transport, actor=actor, offsets=offsets, after=after)

    def validate(self, source, records):
        nobody = Holder("", "validate", Role.INTEGRATOR)
        return self._intake.preview(_read(source, records), transport="http", actor=nobody)


def _read(source, records: list[FeedRecord]):
    read = []
    for record in records:
        found = read_order(source, record.raw)
        if isinstance(found, Rejection):
            read.append(
                UnreadableRecord(
                    source, found.external_id, found.reason, found.detail, found.pointer,
                    record.raw, record.origin, record.received_at, found.further_faults,
                )
            )  # fmt: skip
        else:
            read.append(ReadableRecord(found.report, found.reporter, record.raw, record.origin, record.received_at))
    return read


class Tokens:
    """Tokens that a test can take away."""

    def __init__(self):
        self.holders = dict(TOKENS)
        self.looked_up = 0

    def authenticate(self, plain):
        self.looked_up += 1
        return self.holders.get(plain)

    def former(self, plain):
        held = TOKENS.get(plain)
        return FormerToken(held, "revoked") if held is not None and plain not in self.holders else None


class Folder:
    """Files by content hash in a directory."""

    def __init__(self, directory):
        self._directory = directory

    def put(self, content, media_type=None):  # the content tells
        digest = hashlib.sha256(content).hexdigest()
        (self._directory / digest).write_bytes(content)
        return self.describe(digest)

    def get(self, sha256):
        try:
            return (self._directory / sha256).read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError(f"there is no file {sha256}") from error

    def describe(self, sha256):
        content = self.get(sha256)
        return StoredFile(sha256, len(content), sniff(content))


def sniff(content):
    """Tell a PNG and a PDF from anything else."""
    if content.startswith(b"\x89PNG"):
        return "image/png"
    return "application/pdf" if content.startswith(b"%PDF") else "application/octet-stream"


def routing_of(application, files, clock):
    """The rules that this district adopted, none at first, and the desk for them."""
    tables = ReferenceTables(application, files, clock, PROFILE)
    local_time = LocalTime(PROFILE.working_hours, WeekdayCalendar())
    routing = RoutingInForce(tables, local_time)
    return routing, RoutingDesk(
        profile=PROFILE, tables=tables, incidents=application, routing=routing,
        classes=FourClasses(), local_time=local_time, clock=clock,
    )  # fmt: skip


@contextmanager
def open_district(database_url, files, *, limits=None, live=True):
    """Open everything; with ``live`` the views follow the log in a thread, as they do in a server."""
    with ExitStack() as stack:
        application = stack.enter_context(DistrictApplication({"JIEDAO_DATABASE_URL": database_url}))
        recorder = application.district_log
        database, follower = recorder.database, recorder.follower
        vault, clock = MemoryVault(), SystemClock()
        routing, desk = routing_of(application, Folder(files), clock)
        decider = Decider(
            district=PROFILE.code, inbox=InboxTable(database), incidents=application, vault=vault,
            jurisdiction=TwoStreets(), classes=FourClasses(), clock=clock, routing=routing,
        )  # fmt: skip
        runner = ProjectionRunner(database, recorder, TypedMapper())
        runner.catch_up()
        if live:
            stop = Event()
            thread = Thread(target=runner.run, args=(follower, stop))
            thread.start()
            stack.callback(thread.join)
            stack.callback(follower.close)  # so that nothing waits for more
            stack.callback(stop.set)
        outbox, read = OutboxTable(database), ReadModel(database)
        filler = OutboxFiller(PROFILE.code, application, outbox)
        services = Services(
            outbox=OutboxPages(database), outbox_desk=OutboxDesk(application, outbox, filler, clock),
            profile=PROFILE, pipeline=OrderPipeline(Intake(application, decider)), read=read,
            reconciliation=ReconciliationTable(database), tokens=Tokens(), refusals=RefusalLog(database),
            files=Folder(files), sniff=sniff, jurisdiction=TwoStreets(), clock=clock,
            formulas=load_formulas(CONFIG),
            auditing=make_auditing(
                district=PROFILE.code,
                application=application, read=read, vault=vault, jurisdiction=TwoStreets(), classes=FourClasses(),
                routing=routing, clock=clock,
            ),
            erasing=ErasureDesk(
                profile=PROFILE, application=application, vault=vault, keys=ErasureTable(database),
                listed=ErasureList(files / "erasures.jsonl"),
                reporters=ReporterIndex(read), clock=clock,
                record_look=AccessDesk(application, clock).record_finding,
            ),
            reporter_holds=ReporterHoldDesk(PROFILE, application, ReporterIndex(read), clock),
            duplicates=DuplicateDesk(PROFILE, application, clock), duty=DutyDesk(PROFILE, application, clock),
            commands=CommandDesk(
                profile=PROFILE, application=application, jurisdiction=TwoStreets(), classes=FourClasses(), macs=vault,
                deadlines=DEADLINES, clock=clock, routing=routing,
            ),
            routing=desk, ledger=open_ledger(load_settings(data=Path(files), ledger_witnesses=str(WITNESS.key)), recorder.reading, clock),
        )  # fmt: skip
        yield services if limits is None else replace(services, limits=limits)


def fresh_orders(count):
    """Reports that nobody sent before."""
    run = uuid4().hex[:8]
    return [order(f"{run}-{index}", (WEST, EAST)[index % 2]) for index in range(count)]
