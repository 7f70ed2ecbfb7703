"""The part of a district by which reports come in, put together: in the process that feeds, and in those that help it.

A process that takes large batches in for a feed (:mod:`jiedao.entrypoints.intake_process`) has this and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ingest.pipeline import Pipeline
from ingest.sources.registry import make_adapters
from jiedao.application.calendar import make_calendar
from jiedao.application.deciding import Decider
from jiedao.application.district_application import DistrictApplication
from jiedao.application.in_force import ClassesInForce, JurisdictionInForce
from jiedao.application.intake import Intake
from jiedao.application.reference_tables import ReferenceTables
from jiedao.application.routing_in_force import RoutingInForce
from jiedao.domain.deadlines import WorkCalendar
from jiedao.domain.ports import Clock
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.routing import LocalTime
from jiedao.store.database import Database
from jiedao.store.factory import environment
from jiedao.store.files import FolderFileStore
from jiedao.store.inbox import InboxTable
from jiedao.store.root_key import RootKey
from jiedao.store.vault import KeyVault


@dataclass(frozen=True, slots=True)
class IntakeSetup:
    """What the intake is made of. ``root_key`` is never shown."""

    profile: DistrictProfile
    database_url: str
    database_connections: int
    archives: Path
    files_folder: Path
    root_key: RootKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class IntakeParts:
    """What takes reports in, and what others need of it."""

    application: DistrictApplication
    database: Database
    vault: KeyVault
    files: FolderFileStore
    tables: ReferenceTables
    calendar: WorkCalendar
    local_time: LocalTime
    jurisdiction: JurisdictionInForce
    classes: ClassesInForce
    routing: RoutingInForce
    intake: Intake
    pipeline: Pipeline


@contextmanager
def open_intake(setup: IntakeSetup, clock: Clock) -> Iterator[IntakeParts]:
    """Open it on a database that is up to date. Nothing is read before the first use."""
    profile = setup.profile
    made_of = environment(setup.database_url, setup.database_connections, setup.archives)
    with DistrictApplication(made_of) as application:
        database = application.district_log.database
        vault = KeyVault(database, setup.root_key)
        files = FolderFileStore(setup.files_folder)
        tables = ReferenceTables(application, files, clock, profile)
        calendar = make_calendar(profile.calendar)
        local_time = LocalTime(profile.working_hours, calendar)
        jurisdiction = JurisdictionInForce(tables, profile)
        classes = ClassesInForce(tables)
        routing = RoutingInForce(tables, local_time)
        decider = Decider(
            district=profile.code,
            inbox=InboxTable(database),
            incidents=application,
            vault=vault,
            jurisdiction=jurisdiction,
            classes=classes,
            clock=clock,
            routing=routing,
        )
        intake = Intake(application, decider)
        yield IntakeParts(
            application=application,
            database=database,
            vault=vault,
            files=files,
            tables=tables,
            calendar=calendar,
            local_time=local_time,
            jurisdiction=jurisdiction,
            classes=classes,
            routing=routing,
            intake=intake,
            pipeline=Pipeline(make_adapters(profile), intake, files),
        )
