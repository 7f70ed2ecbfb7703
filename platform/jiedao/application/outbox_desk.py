"""What people do with messages to superior platforms: have one sent again, or give it up, with the reason recorded."""

from __future__ import annotations

from typing import Any

from jiedao.application.district_application import DistrictApplication
from jiedao.application.outbox_filling import OutboxFiller
from jiedao.domain.access import Holder
from jiedao.domain.carrying_out import may
from jiedao.domain.context import EventContext
from jiedao.domain.errors import ConflictError, InvalidInputError, UnavailableError, VersionConflictError
from jiedao.domain.incident import Incident
from jiedao.domain.ports import Clock
from jiedao.domain.terms import Command, IncidentState, OutboxState, Role, UpstreamMessageKind
from jiedao.store.outbox import OutboxRow, OutboxTable
from jiedao.store.recorder import UnitContext

MAX_ATTEMPTS = 8


class OutboxDesk:
    """Where people deal with messages that do not go through by themselves."""

    def __init__(
        self, application: DistrictApplication, table: OutboxTable, filler: OutboxFiller, clock: Clock
    ) -> None:
        self._application = application
        self._table = table
        self._filler = filler
        self._clock = clock

    def retry(self, position: int, actor: Holder) -> OutboxRow:
        """Have a message tried at once: one that waits sooner, one that was refused anew, as it was.

        Raises NotFoundError, and ConflictError where it was delivered, given up, or overtaken by a later message of the
        case (then the command has to be given again).
        """
        self._filler.catch_up()
        row = self._table.find(position)
        if row.state == OutboxState.WAITING:
            self._table.hurry(position, self._clock.now())
            return self._table.find(position)
        if row.state != OutboxState.REFUSED:
            raise ConflictError(f"{_named(row)} was not refused: it is {_state(row)}; there is nothing to send again")
        if self._table.has_later(row):
            raise ConflictError(
                f"{_named(row)} was overtaken by a later message of its case; give the command again instead"
            )
        return self._record(row, Incident.UpstreamMessageRetried, actor, None)

    def set_aside(self, position: int, reason: str, actor: Holder) -> OutboxRow:
        """Give a message up: it is not sent any more, and those behind it may go.

        Raises NotFoundError, InvalidInputError without a reason, and ConflictError where it was delivered or given up
        already, or is being tried right now.
        """
        if not reason.strip():
            raise InvalidInputError("say why the superior platform is not told: a reason is required", "/reason")
        self._filler.catch_up()
        row = self._table.find(position)
        if row.state not in {OutboxState.WAITING, OutboxState.REFUSED}:
            raise ConflictError(f"{_named(row)} is {_state(row)}; there is nothing to give up")
        if row.leased_until is not None and row.leased_until > self._clock.now():
            raise ConflictError(f"{_named(row)} is being sent right now; look again in a moment")
        return self._record(row, Incident.UpstreamMessageSetAside, actor, reason)

    def _record(self, row: OutboxRow, kind: type[Any], actor: Holder, reason: str | None) -> OutboxRow:
        context = EventContext(
            actor.holder,
            actor.role.value,
            correlation_id=row.incident_id,
            causation_id=f"upstream-message:{row.message_id}",
            reason=reason,
        )
        # Whoever does the same to the message as it stands does it once.
        unit = UnitContext("outbox-desk", f"{row.message_id}:{row.round}:{vars(kind)['TOPIC']}", b"", lane="people")
        for _attempt in range(MAX_ATTEMPTS):
            incident = self._application.load([row.incident_id])[row.incident_id]
            returnable = Command.RETURN_CASE in may(incident, Role.SHIFT_LEADER)
            incident.trigger_event(
                kind,
                context=context,
                timestamp=self._clock.now(),
                message_id=row.message_id,
                owed_at=row.position,
                kind=row.kind,
            )
            if kind is Incident.UpstreamMessageRetried:
                _check_still_true(row, incident, returnable=returnable)
            try:
                self._application.record([incident], unit)
            except VersionConflictError:
                continue  # the incident moved on in this moment
            self._filler.catch_up()
            return self._table.find(row.position)
        raise UnavailableError("the incident changes faster than this can be recorded; try again")


def _check_still_true(row: OutboxRow, incident: Incident, *, returnable: bool) -> None:
    """Raise ConflictError where what the message says is no longer so: it is not ours, or everything is handled."""
    returned, handled = row.kind == UpstreamMessageKind.RETURNED, row.kind == UpstreamMessageKind.HANDLED
    if (returned and not returnable) or (handled and incident.state is not IncidentState.HANDLED):
        raise ConflictError(
            f"{_named(row)} says what is no longer so: the case moved on meanwhile;"
            " set the message aside, or give the command again"
        )


def _named(row: OutboxRow) -> str:
    return f"the message at position {row.position}"


def _state(row: OutboxRow) -> str:
    state = OutboxState(row.state)
    return f"{state.label} {state.value}"
