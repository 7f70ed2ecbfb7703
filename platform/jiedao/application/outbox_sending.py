"""Sends what the outbox holds: in order within a case, again with growing waits until it is answered, never given up.

What the superior answers is recorded as an event of the incident, once for each message; the outbox learns of it from
the log. A sender that dies in between sends the same message again under the same key, and the other side knows it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Protocol
from uuid import uuid4

import psycopg
import structlog

from jiedao.application.district_application import DistrictApplication
from jiedao.application.outbox_filling import OutboxFiller
from jiedao.domain.context import EventContext
from jiedao.domain.errors import JiedaoError, UnavailableError, VersionConflictError
from jiedao.domain.incident import Incident
from jiedao.domain.ports import Clock
from jiedao.domain.terms import Role
from jiedao.store.outbox import LeasedMessage, OutboxTable
from jiedao.store.recorder import UnitContext

ACTOR, ROLE = "system:outbox", Role.ADMINISTRATOR.value
SCOPE = "outbox"
"""The scope of idempotency keys of recorded answers."""

MAX_ATTEMPTS = 8
_LOOK_SECONDS = 1.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivered:
    """The superior took the message; ``reference`` is the number that it gave to it, if any."""

    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The superior understood the message and refused it; ``code`` is its own for the reason, if any."""

    reason: str
    code: str = ""


class UndeliveredError(JiedaoError):
    """No answer that settles the message: it is sent again; ``retry_after`` is the pause asked for, in seconds."""

    code = "undelivered"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        """Say what came of it."""
        super().__init__(message)
        self.retry_after = retry_after


class UpstreamTransport(Protocol):
    """The way to one superior platform."""

    @property
    def longest_seconds(self) -> float:
        """The longest that one :meth:`send` takes."""

    def send(self, body: bytes, key: str) -> Delivered | Refused:
        """Send a message under its key and return the answer; raises UndeliveredError where it is not settled."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long to wait before a message is tried again: twice as long each time, in seconds, with jitter.

    Of each wait at least half is waited; ``jitter`` gives a share from 0 to 1 of the other half, so that what failed at
    one moment does not come back at one moment.
    """

    first: float = 5.0
    longest: float = 1_800.0
    jitter: Callable[[], float] = random.random

    def after(self, attempts: int, asked: float | None = None) -> float:
        """Return the wait after so many tries; never shorter than what the superior asked, within the longest."""
        wait = min(self.longest, self.first * 2.0 ** min(attempts, 32))
        jittered = wait / 2 + wait / 2 * self.jitter()
        return max(jittered, min(asked or 0.0, self.longest))


class OutboxSender:
    """Sends messages over each source's transport. Threads and processes may share the work."""

    def __init__(  # noqa: PLR0913  # the composition root wires each part by name
        self,
        *,
        application: DistrictApplication,
        table: OutboxTable,
        filler: OutboxFiller,
        transports: Mapping[str, UpstreamTransport],
        clock: Clock,
        waits: Waits | None = None,
    ) -> None:
        self._application = application
        self._table = table
        self._filler = filler
        self._transports = transports
        self._clock = clock
        self._waits = waits or Waits()

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources whose superior platform can be reached."""
        return tuple(self._transports)

    def step(self) -> int:
        """Take in what the log says and try everything that is due now; returns how many were tried."""
        self._filler.catch_up()
        return sum(self.drain(source) for source in self._transports)

    def next_at(self, source: str) -> datetime | None:
        """When the next message of a source may be tried; none where none waits."""
        return self._table.next_at(source)

    def drain(self, source: str) -> int:
        """Try all messages of a source that are due; returns how many were."""
        tried = 0
        while self.send_one(source) is not None:
            tried += 1
        return tried

    def send_one(self, source: str) -> bool | None:
        """Try the message of a source that is due next: true when it was answered, none where none is due."""
        transport = self._transports[source]
        now = self._clock.now()
        until = now + timedelta(seconds=transport.longest_seconds + _LEASE_MARGIN)
        leased = self._table.lease(source, uuid4(), now, until)
        if leased is None:
            return None
        try:
            answer = transport.send(leased.body.encode(), key_of(leased))
        except UndeliveredError as error:
            self._postpone(leased, error)
            return False
        self._record(leased, answer)
        self._filler.catch_up()
        return True

    def run(self, source: str, stop: Event) -> None:
        """Send what a source is owed until ``stop`` is set; a silent superior is not asked message by message."""
        failures = 0
        while not stop.is_set():
            try:
                answered = self.send_one(source)
            except (JiedaoError, psycopg.Error) as error:  # the database, mostly: it is asked again
                if not stop.is_set():
                    _log.warning("outbox_tries_again", source=source, error=str(error))
                answered = False
            failures = 0 if answered else failures + (answered is False)
            if answered is None:
                stop.wait(_LOOK_SECONDS)
            elif answered is False:
                stop.wait(min(self._waits.longest, _LOOK_SECONDS * 2.0 ** min(failures - 1, 6)))

    def _postpone(self, leased: LeasedMessage, error: UndeliveredError) -> None:
        wait = self._waits.after(leased.attempts, error.retry_after)
        self._table.postpone(leased, self._clock.now() + timedelta(seconds=wait), str(error))
        _log.warning(
            "upstream_message_undelivered",
            source=leased.source,
            position=leased.position,
            kind=leased.kind,
            attempts=leased.attempts + 1,
            again_in=round(wait, 1),
            error=str(error),
        )

    def _record(self, leased: LeasedMessage, answer: Delivered | Refused) -> None:
        """Record what was answered, once for each message and round, on whatever the incident is by now."""
        unit = UnitContext(SCOPE, key_of(leased), b"", lane="people")
        log = self._application.district_log
        for _attempt in range(MAX_ATTEMPTS):
            if log.select_answer(SCOPE, unit.key, b"") is not None:
                return
            incident = self._application.load([leased.incident_id])[leased.incident_id]
            self._trigger(incident, leased, answer)
            try:
                self._application.record([incident], unit)
            except VersionConflictError:
                continue  # the incident moved on in this moment
            return
        raise UnavailableError(
            "the incident changes faster than the superior's answer can be recorded; it is sent again"
        )

    def _trigger(self, incident: Incident, leased: LeasedMessage, answer: Delivered | Refused) -> None:
        about = {"message_id": leased.message_id, "owed_at": leased.position, "kind": leased.kind}
        context = EventContext(
            ACTOR, ROLE, correlation_id=leased.incident_id, causation_id=f"upstream-message:{key_of(leased)}"
        )
        at = self._clock.now()
        if isinstance(answer, Delivered):
            incident.trigger_event(
                Incident.UpstreamMessageDelivered, context=context, timestamp=at, reference=answer.reference, **about
            )
        else:
            incident.trigger_event(
                Incident.UpstreamMessageRefused,
                context=context,
                timestamp=at,
                reason=answer.reason,
                code=answer.code,
                **about,
            )


_LEASE_MARGIN = 5.0
"""Seconds beyond the longest try after which a message whose sender said nothing more is free again."""


def key_of(leased: LeasedMessage) -> str:
    """The key by which the other side knows a message that comes twice; another one once a person sends it again."""
    return f"{leased.message_id}.{leased.round}" if leased.round else str(leased.message_id)
