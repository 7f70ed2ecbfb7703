"""The one place where the platform is put together: from settings to a district that is open for work.

Everything opened here is closed here, in the reverse order, also when opening fails half way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import psycopg
import structlog
from ingest.sources.registry import make_adapters

from ingest.dead_letters import DeadLetterDesk
from ingest.kafka_connection import KafkaConnection
from ingest.pipeline import Pipeline
from jiedao.application.calendar import make_calendar
from jiedao.application.deciding import Decider
from jiedao.application.district_application import DistrictApplication
from jiedao.application.district_profile import find_profile
from jiedao.application.in_force import ClassesInForce, JurisdictionInForce
from jiedao.application.intake import Intake
from jiedao.application.reference_tables import ReferenceTables
from jiedao.domain.access import Holder
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.errors import ConfigurationError, ConflictError, JiedaoError, UnavailableError
from jiedao.domain.ports import Clock
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import Role
from jiedao.entrypoints.clock import SystemClock
from jiedao.entrypoints.services import Health, Services
from jiedao.entrypoints.settings import Settings
from jiedao.store.database import Database
from jiedao.store.embedded import EmbeddedPostgres, find_running
from jiedao.store.embedded_access import ServerAddress, set_up_database
from jiedao.store.files import FolderFileStore, sniff
from jiedao.store.inbox import InboxTable
from jiedao.store.mapper import TypedMapper
from jiedao.store.migrations import Migration, migrate, pending
from jiedao.store.offsets import OffsetTable
from jiedao.store.reconciliation import ReconciliationTable
from jiedao.store.refusals import RefusalLog
from jiedao.store.root_key import RootKey, load_root_key
from jiedao.store.tokens import TokenTable
from jiedao.store.vault import KeyVault
from projections.queries import ReadModel
from projections.runner import ProjectionRunner

_JOIN_SECONDS = 60.0
_LOOK_SECONDS = 2.0
_log = structlog.get_logger(__name__)

SYSTEM = Holder("", "system:jiedao", Role.ADMINISTRATOR)
"""Who acts where the software itself does: at a start, and nowhere else."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the district's database is: as the application, and as the schema's owner where that is known.

    ``embedded`` tells that it is the one that comes with the software.
    """

    app_url: str
    owner_url: str | None
    embedded: bool


@dataclass(frozen=True, slots=True)
class District:
    """One district, open for work: what the entrypoints are made of."""

    settings: Settings
    profile: DistrictProfile
    addresses: Addresses
    database: Database
    application: DistrictApplication
    vault: KeyVault
    tokens: TokenTable
    files: FolderFileStore
    tables: ReferenceTables
    jurisdiction: JurisdictionInForce
    classes: ClassesInForce
    intake: Intake
    pipeline: Pipeline
    dead_letters: DeadLetterDesk
    read: ReadModel
    runner: ProjectionRunner
    reconciliation: ReconciliationTable
    refusals: RefusalLog
    offsets: OffsetTable
    clock: Clock

    def services(self, checks: Mapping[str, partial[Health]] | None = None) -> Services:
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
            clock=self.clock,
            checks=checks or {},
        )


@contextmanager
def open_addresses(settings: Settings) -> Iterator[Addresses]:
    """Find the database, and start the embedded one where none is named and none runs.

    Whoever started the embedded one stops it at the end. Raises UnavailableError when it cannot be started.
    """
    if settings.database_url:
        yield Addresses(settings.database_url, settings.database_owner_url, embedded=False)
        return
    with _embedded(settings) as server:
        yield Addresses(server.app_url(settings.district), server.owner_url(settings.district), embedded=True)


@contextmanager
def _embedded(settings: Settings) -> Iterator[ServerAddress]:
    """Join the embedded server that runs, or own it; where another process is just starting it, wait for that."""
    until = monotonic() + _JOIN_SECONDS
    while (running := find_running(settings.embedded_folder)) is None:
        server = EmbeddedPostgres(settings.embedded_folder)
        try:
            address = server.prepare(settings.district)
        except ConflictError:  # owned by another, and not up yet
            if monotonic() > until:
                raise
            continue
        try:
            with _kept_running(server):
                yield address
        finally:
            server.stop()
        return
    with psycopg.connect(running.superuser_url, autocommit=True) as superuser:
        set_up_database(superuser, settings.district)  # another district may be the one that is served
    yield running


@contextmanager
def _kept_running(server: EmbeddedPostgres) -> Iterator[None]:
    """Look now and then whether the server still lives, and start it anew when it does not."""
    stop = Event()

    def look() -> None:
        while not stop.wait(_LOOK_SECONDS):
            try:
                server.start()
            except JiedaoError as error:
                _log.error("embedded_database_down", error=str(error))  # noqa: TRY400  # the sentence says all

    thread = Thread(target=look, name="jiedao-postgres", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def bring_up_to_date(addresses: Addresses) -> list[Migration]:
    """Migrate the schema where it is behind this version; returns what was applied.

    Raises ConfigurationError where it is behind and the owner's address is not known, UnavailableError when the
    database does not answer.
    """
    try:
        with psycopg.connect(addresses.app_url, connect_timeout=10) as connection:
            missing = pending(connection)
        if not missing:
            return []
        with psycopg.connect(addresses.owner_url or addresses.app_url, connect_timeout=10) as connection:
            return migrate(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise ConfigurationError(
            "the database's schema is not up to date and this role may not change it: set JIEDAO_DATABASE_OWNER_URL to"
            " the address under the role that owns it"
        ) from error
    except psycopg.OperationalError as error:
        raise UnavailableError(f"the database does not answer: {error}") from error


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
        application = stack.enter_context(
            DistrictApplication(
                {
                    "JIEDAO_DATABASE_URL": addresses.app_url,
                    "JIEDAO_DATABASE_MAX_CONNECTIONS": str(settings.database_connections),
                }
            )
        )
        database = application.district_log.database
        root_key = read_root_key(settings, create=addresses.embedded)
        vault = KeyVault(database, root_key)
        files = FolderFileStore(settings.files_folder)
        tables = ReferenceTables(application, files, clock, profile)
        tables.adopt_profile(SYSTEM)
        jurisdiction = JurisdictionInForce(tables, profile)
        classes = ClassesInForce(tables, LimitClock(profile.working_hours, make_calendar(profile.calendar)))
        decider = Decider(
            district=profile.code,
            inbox=InboxTable(database),
            incidents=application,
            vault=vault,
            jurisdiction=jurisdiction,
            classes=classes,
            clock=clock,
        )
        intake = Intake(application, decider)
        pipeline = Pipeline(make_adapters(profile), intake, files)
        yield District(
            settings=settings,
            profile=profile,
            addresses=addresses,
            database=database,
            application=application,
            vault=vault,
            tokens=TokenTable(database),
            files=files,
            tables=tables,
            jurisdiction=jurisdiction,
            classes=classes,
            intake=intake,
            pipeline=pipeline,
            dead_letters=DeadLetterDesk(application, pipeline, intake, vault, clock),
            read=ReadModel(database),
            runner=ProjectionRunner(database, application.district_log, TypedMapper()),
            reconciliation=ReconciliationTable(database),
            refusals=RefusalLog(database),
            offsets=OffsetTable(database),
            clock=clock,
        )


def read_root_key(settings: Settings, *, create: bool) -> RootKey:
    """Read the root key of personal data; with ``create`` one is made where there is none."""
    given = settings.vault_key.get_secret_value() if settings.vault_key else None
    return load_root_key(given, settings.root_key_file, create=create and settings.vault_key_file is None)


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
