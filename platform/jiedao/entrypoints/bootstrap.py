"""The one place where the platform is put together: from settings to a district that is open for work.

Everything opened here is closed here, in the reverse order, also when opening fails half way.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from prometheus_client.registry import Collector

from ingest.dead_letters import DeadLetterDesk
from ingest.intake_apart import IntakeApart
from ingest.kafka_connection import KafkaConnection
from ingest.pipeline import Pipeline
from jiedao.application.command_desk import CommandDesk
from jiedao.application.district_application import DistrictApplication
from jiedao.application.district_profile import find_profile
from jiedao.application.duplicate_desk import DuplicateDesk
from jiedao.application.duty_desk import DutyDesk
from jiedao.application.erasing import ErasureDesk
from jiedao.application.in_force import ClassesInForce, JurisdictionInForce
from jiedao.application.intake import Intake
from jiedao.application.reapplying import Reapplying
from jiedao.application.reference_tables import ReferenceTables
from jiedao.application.reporter_holds import ReporterHoldDesk
from jiedao.application.routing_desk import RoutingDesk
from jiedao.application.time_rules import adopt_time_rules
from jiedao.domain.access import Holder
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.ports import Clock
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import Role
from jiedao.domain.time_rules import TimeRules
from jiedao.entrypoints.auditing import Auditing, make_auditing
from jiedao.entrypoints.clock import SystemClock
from jiedao.entrypoints.databases import Addresses, bring_up_to_date, open_addresses
from jiedao.entrypoints.intake import IntakeSetup, open_intake
from jiedao.entrypoints.ledger import Ledger, open_ledger
from jiedao.entrypoints.outbox import Outbox, open_outbox
from jiedao.entrypoints.services import Health, Services
from jiedao.entrypoints.settings import Settings, shipped_config
from jiedao.store.database import Database
from jiedao.store.erasure import ErasureTable
from jiedao.store.erasure_list import ErasureList
from jiedao.store.files import FolderFileStore, sniff
from jiedao.store.mapper import TypedMapper
from jiedao.store.offsets import OffsetTable
from jiedao.store.reconciliation import ReconciliationTable
from jiedao.store.refusals import RefusalLog
from jiedao.store.root_key import RootKey, load_root_key
from jiedao.store.tokens import TokenTable
from jiedao.store.vault import KeyVault
from projections.indicator_formulas import Formulas, find_formulas
from projections.queries import ReadModel
from projections.reporters import ReporterIndex
from projections.runner import ProjectionRunner

_log = structlog.get_logger(__name__)
SYSTEM = Holder("", "system:jiedao", Role.ADMINISTRATOR)
"""Who acts where the software itself does: at a start, and nowhere else."""

INTAKE_PROCESS = "jiedao.entrypoints.intake_process"
"""The module that a process which helps a feed runs."""

_HELPERS_CONNECTIONS = 4
"""Connections that a process which helps a feed may read with; it decides one batch at a time, which takes one."""


@dataclass(frozen=True, slots=True)
class District:
    """One district, open for work: what the entrypoints are made of."""

    settings: Settings
    profile: DistrictProfile
    addresses: Addresses
    intake_setup: IntakeSetup
    database: Database
    application: DistrictApplication
    vault: KeyVault
    tokens: TokenTable
    files: FolderFileStore
    tables: ReferenceTables
    deadlines: LimitClock
    rules: TimeRules
    jurisdiction: JurisdictionInForce
    classes: ClassesInForce
    routing: RoutingDesk
    intake: Intake
    pipeline: Pipeline
    commands: CommandDesk
    duplicates: DuplicateDesk
    duty: DutyDesk
    dead_letters: DeadLetterDesk
    read: ReadModel
    runner: ProjectionRunner
    reconciliation: ReconciliationTable
    refusals: RefusalLog
    offsets: OffsetTable
    outbox: Outbox
    ledger: Ledger
    clock: Clock
    formulas: Formulas
    auditing: Auditing
    erasing: ErasureDesk
    reporter_holds: ReporterHoldDesk

    def services(
        self, checks: Mapping[str, Callable[[], Health]] | None = None, collectors: Sequence[Collector] = ()
    ) -> Services:
        """What the HTTP entrypoint is handed; ``checks`` are further parts that readiness depends on."""
        return Services(
            profile=self.profile,
            pipeline=self.pipeline,
            read=self.read,
            reconciliation=self.reconciliation,
            tokens=self.tokens,
            refusals=self.refusals,
            files=self.files,
            sniff=sniff,
            jurisdiction=self.jurisdiction,
            commands=self.commands,
            routing=self.routing,
            duplicates=self.duplicates,
            duty=self.duty,
            clock=self.clock,
            outbox=self.outbox.pages,
            outbox_desk=self.outbox.desk,
            formulas=self.formulas,
            auditing=self.auditing,
            erasing=self.erasing,
            reporter_holds=self.reporter_holds,
            ledger=self.ledger,
            checks={"outbox": self.outbox.health} | dict(checks or {}),
            collectors=collectors,
        )


@contextmanager
def open_district(settings: Settings, *, clock: Clock | None = None) -> Iterator[District]:
    """Open a district with everything it needs; starts the embedded database where none is named.

    Brings the schema up to date, and adopts the profile's tables where they are new. Threads start with the first
    use. Raises ConfigurationError or UnavailableError with what to do.
    """
    profile = find_profile(settings.config, settings.district)
    with ExitStack() as stack:
        addresses = stack.enter_context(open_addresses(settings))
        bring_up_to_date(addresses)
        yield stack.enter_context(_open(settings, profile, addresses, clock or SystemClock()))


@contextmanager
def _open(settings: Settings, profile: DistrictProfile, addresses: Addresses, clock: Clock) -> Iterator[District]:
    with ExitStack() as stack:
        setup = IntakeSetup(
            profile=profile,
            database_url=addresses.app_url,
            database_connections=settings.database_connections,
            archives=settings.archives,
            files_folder=settings.files_folder,
            root_key=read_root_key(settings, create=addresses.embedded),
        )
        parts = stack.enter_context(open_intake(setup, clock))
        application, database, vault, tables = parts.application, parts.database, parts.vault, parts.tables
        jurisdiction, classes, routing = parts.jurisdiction, parts.classes, parts.routing
        keys = ErasureTable(database)
        listed = ErasureList(settings.data / "erasures" / f"{profile.code}.jsonl")
        reapplying = Reapplying(application, keys, listed, clock)
        if destroyed := reapplying.reapply(SYSTEM):  # before anything is read
            _log.warning("erasures_reapplied", keys=len(destroyed))
        tables.adopt_profile(SYSTEM)
        rules = adopt_time_rules(application, profile, clock, SYSTEM)
        deadlines = LimitClock(profile.working_hours, parts.calendar)
        read = ReadModel(database)
        reporters = ReporterIndex(read)
        auditing = make_auditing(
            district=profile.code,
            application=application,
            read=read,
            vault=vault,
            jurisdiction=jurisdiction,
            classes=classes,
            routing=routing,
            clock=clock,
        )
        yield District(
            settings=settings,
            profile=profile,
            addresses=addresses,
            intake_setup=setup,
            database=database,
            application=application,
            vault=vault,
            tokens=TokenTable(database),
            files=parts.files,
            tables=tables,
            deadlines=deadlines,
            rules=rules,
            jurisdiction=jurisdiction,
            classes=classes,
            routing=RoutingDesk(
                profile=profile,
                tables=tables,
                incidents=application,
                routing=routing,
                classes=classes,
                local_time=parts.local_time,
                clock=clock,
            ),
            intake=parts.intake,
            pipeline=parts.pipeline,
            commands=CommandDesk(
                profile=profile,
                application=application,
                jurisdiction=jurisdiction,
                classes=classes,
                macs=vault,
                deadlines=deadlines,
                clock=clock,
                routing=routing,
            ),
            duplicates=DuplicateDesk(profile, application, clock),
            duty=DutyDesk(profile, application, clock),
            dead_letters=DeadLetterDesk(application, parts.pipeline, parts.intake, vault, clock),
            read=read,
            runner=ProjectionRunner(database, application.district_log, TypedMapper()),
            reconciliation=ReconciliationTable(database),
            refusals=RefusalLog(database),
            offsets=OffsetTable(database),
            outbox=stack.enter_context(
                open_outbox(profile=profile, application=application, database=database, clock=clock)
            ),
            ledger=open_ledger(settings, application.district_log.reading, clock),
            clock=clock,
            formulas=find_formulas(settings.config, settings.district, shipped_config()),
            auditing=auditing,
            erasing=ErasureDesk(
                profile=profile,
                application=application,
                vault=vault,
                keys=keys,
                listed=listed,
                reporters=reporters,
                record_look=auditing.access.record_finding,
                clock=clock,
            ),
            reporter_holds=ReporterHoldDesk(profile, application, reporters, clock),
        )


def read_root_key(settings: Settings, *, create: bool) -> RootKey:
    """Read the root key of personal data; with ``create`` one is made where there is none."""
    given = settings.vault_key.get_secret_value() if settings.vault_key else None
    return load_root_key(given, settings.root_key_file, create=create and settings.vault_key_file is None)


def intake_apart(district: District) -> IntakeApart:
    """Return what has the large batches of a feed of this district taken in by processes, as its settings say."""
    setup = replace(district.intake_setup, database_connections=_HELPERS_CONNECTIONS)
    told = pickle.dumps((district.settings, setup), pickle.HIGHEST_PROTOCOL)
    return IntakeApart(INTAKE_PROCESS, told, processes=district.settings.intake_processes)


def kafka_connection(settings: Settings) -> KafkaConnection:
    """Say how Kafka is reached; raises ConfigurationError where no broker is named."""
    if not settings.kafka_bootstrap:
        raise ConfigurationError("no Kafka is named: set JIEDAO_KAFKA_BOOTSTRAP to host:port of a broker")
    return KafkaConnection(
        settings.kafka_bootstrap,
        security_protocol=settings.kafka_security_protocol,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        username=settings.kafka_username,
        password=settings.kafka_password.get_secret_value() if settings.kafka_password else None,
        ca_file=_path(settings.kafka_ca_file),
        certificate_file=_path(settings.kafka_certificate_file),
        key_file=_path(settings.kafka_key_file),
    )


def _path(path: Path | None) -> str | None:
    return str(path) if path is not None else None
