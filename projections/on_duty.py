"""Who is on duty for a task that nobody accepted, asked by the clock (:mod:`jiedao.application.offering`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from jiedao.application.offering import KnownHandlers
from jiedao.domain.advice import Place
from jiedao.domain.offering import InCharge
from jiedao.domain.tasks import Assignee
from projections.handler_task import HandlersWanted, select_handlers
from projections.queries import ReadModel

# Street before district, the platform's own before that of all platforms, who leaves last before others.
_IN_CHARGE = b"""
SELECT role, person, name FROM roster_shift
WHERE starts_at <= %(now)s AND ends_at > %(now)s AND role = ANY(%(roles)s)
  AND (street_code = %(street)s OR street_code IS NULL) AND (platform = %(platform)s OR platform IS NULL)
ORDER BY array_position(%(roles)s, role), street_code IS NULL, platform IS NULL, ends_at DESC, person
LIMIT 1
"""


class OnDuty:
    """Asks the active generation. Every method raises UnavailableError as those of :class:`ReadModel` do."""

    def __init__(self, read: ReadModel) -> None:
        self._read = read

    def known_handlers(self, incident_id: UUID, assignee: Assignee, now: datetime, since: datetime) -> KnownHandlers:
        """Return the handlers of an assignee's street and platform. Raises NotFoundError for an unknown incident."""
        incident = self._read.incident(incident_id)
        wanted = HandlersWanted(incident, assignee.street_code, assignee.platform, now, since)
        with self._read.active() as (connection, _position):
            handlers = select_handlers(connection, wanted)
        lon, lat = incident.lon, incident.lat
        return KnownHandlers(None if lon is None or lat is None else Place(lon, lat), handlers)

    def in_charge(self, assignee: Assignee, roles: Sequence[str], now: datetime) -> InCharge | None:
        """Return who is on duty in the first of the roles in which anybody is, the street's own first."""
        asked = {"now": now, "roles": list(roles), "street": assignee.street_code, "platform": assignee.platform}
        with self._read.active() as (connection, _position):
            row = connection.execute(_IN_CHARGE, asked).fetchone()
        return InCharge(*row) if row else None
