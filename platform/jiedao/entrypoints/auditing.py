"""What an auditor's questions are answered with, put together from a district's parts: replay, as-of, who looked."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from jiedao.application.current_rules import ClassesOfToday, CurrentRules
from jiedao.application.deciding import Incidents
from jiedao.application.district_application import DistrictApplication
from jiedao.application.forgetful import forgetful
from jiedao.application.personal_desk import PersonalDesk
from jiedao.application.routing_in_force import Routing
from jiedao.audit.access import AccessDesk
from jiedao.audit.refusing import RefusalDesk
from jiedao.audit.replay import Replay
from jiedao.audit.sampling import SampleDesk
from jiedao.domain.access import Holder
from jiedao.domain.access_record import AccessKind
from jiedao.domain.identity import time_rules_id
from jiedao.domain.ports import Clock, Jurisdiction, Vault
from jiedao.store.erasure import ErasureTable
from jiedao.store.mapper import TypedMapper
from jiedao.store.refusals import RefusalLog
from projections.as_of import AsOfQueries
from projections.audit_queries import AuditQueries
from projections.queries import ReadModel


@dataclass(frozen=True, slots=True)
class Auditing:
    """The parts. ``access`` records who looked, before anything is shown; ``personal`` opens reporters through it.

    ``refusals`` records who was turned away.
    """

    incidents: Incidents
    access: AccessDesk
    personal: PersonalDesk
    replay: Replay
    current_rules: CurrentRules
    as_of: AsOfQueries
    events: AuditQueries
    refusals: RefusalDesk
    samples: SampleDesk


def make_auditing(  # noqa: PLR0913  # the parts that it is put together from, by name
    *,
    district: str,
    application: DistrictApplication,
    read: ReadModel,
    vault: Vault,
    jurisdiction: Jurisdiction,
    classes: ClassesOfToday,
    routing: Routing,
    clock: Clock,
) -> Auditing:
    """Put the parts together; nothing connects before the first question."""
    access = AccessDesk(application, clock)
    events = AuditQueries(read)

    def record_reading(actor: Holder, incident_id: UUID, reason: str, masked: bool) -> int:  # noqa: FBT001  # as it is called
        return access.record_access(
            AccessKind.PERSONAL_DATA,
            actor,
            f"incident:{incident_id}",
            incident_id=incident_id,
            reason=reason,
            details={"fields": "reporter", "masked": "yes" if masked else "no"},
        )

    return Auditing(
        incidents=application,
        access=access,
        personal=PersonalDesk(application, vault, record_reading),
        replay=Replay(
            application.district_log,
            forgetful(application.decode, ErasureTable(application.district_log.database)),
            time_rules_id(district),
        ),
        current_rules=CurrentRules(jurisdiction, classes, routing, clock),
        as_of=AsOfQueries(read, application.district_log.reading, TypedMapper(), time_rules_id(district)),
        events=events,
        refusals=RefusalDesk(
            district,
            RefusalLog(application.district_log.database),
            application,
            application.find_refused_request,
            clock,
        ),
        samples=SampleDesk(application, events.closed_between, clock),
    )
