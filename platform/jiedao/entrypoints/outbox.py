"""The outbox of one district, put together: what fills it, what sends it, what people do with it, and how it stands.

``step()`` does everything that is due at the clock's present moment, so a simulation drives the same code; a server
runs it in threads, one for each superior platform, since one that is silent must not hold up the others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Thread

import psycopg
import structlog

from jiedao.application.district_application import DistrictApplication
from jiedao.application.outbox_desk import OutboxDesk
from jiedao.application.outbox_filling import OutboxFiller
from jiedao.application.outbox_sending import OutboxSender, Waits
from jiedao.domain.errors import JiedaoError
from jiedao.domain.ports import Clock
from jiedao.domain.profile import DistrictProfile
from jiedao.entrypoints.services import Health
from jiedao.entrypoints.upstream_transport import open_transports, unreachable
from jiedao.store.database import Database
from jiedao.store.outbox import OutboxTable, SourceStanding
from projections.outbox import OutboxPages

_END_SECONDS = 15.0
_WAIT_SECONDS = 1.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outbox:
    """The parts of a district's outbox; ``environment`` is where tokens for superior platforms come from."""

    profile: DistrictProfile
    application: DistrictApplication
    filler: OutboxFiller
    sender: OutboxSender
    desk: OutboxDesk
    pages: OutboxPages
    clock: Clock
    environment: Mapping[str, str]
    _threads: list[Thread] = field(default_factory=list)

    def step(self) -> int:
        """Take in what the log says and try every message that is due now; returns how many were tried."""
        return self.sender.step()

    def next_at(self) -> datetime | None:
        """When there is something to try next, for a simulation to go on at; none where nothing waits for it."""
        moments = [moment for source in self.sender.sources if (moment := self.sender.next_at(source)) is not None]
        return min(moments, default=None)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Fill and send in threads while the block runs; a message that is under way at the end is ended first."""
        stop = Event()
        self._threads[:] = [
            Thread(target=self._fill, args=(stop,), name="jiedao-outbox", daemon=True),
            *(
                Thread(target=self.sender.run, args=(source, stop), name=f"jiedao-outbox-{source}", daemon=True)
                for source in self.sender.sources
            ),
        ]
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in self._threads:
                thread.join(_END_SECONDS)
            self._threads.clear()

    def health(self) -> Health:
        """Say how it stands. Not well is what a restart could mend; a silent superior takes nobody out of service."""
        dead = [thread.name for thread in self._threads if not thread.is_alive()]
        try:
            sentences = [sentence_of(row, self.clock.now(), self.why_not(row.source)) for row in self.pages.standing()]
        except (JiedaoError, psycopg.Error):
            sentences = ["not looked at: the database does not answer"]
        told = "; ".join([*(f"{name} has ended" for name in dead), *sentences])
        return Health(ok=not dead, sentence=told or "nothing waits for a superior platform")

    def why_not(self, source: str) -> str | None:
        """Say why a source's messages cannot be sent at all; ``None`` where they can."""
        return unreachable(self.profile, source, self.environment) if source in self.profile.sources else None

    def _fill(self, stop: Event) -> None:
        follower = self.application.district_log.follower
        while not stop.is_set():
            try:
                follower.wait_beyond(self.filler.catch_up(), _WAIT_SECONDS)
            except (JiedaoError, psycopg.Error) as error:
                if not stop.is_set():
                    _log.warning("outbox_waits_for_database", error=str(error))
                    stop.wait(_WAIT_SECONDS)


def sentence_of(row: SourceStanding, now: datetime, why_not: str | None) -> str:
    """Say how one source's messages stand."""
    parts = []
    if row.waiting:
        age = int((now - row.oldest_owed_at).total_seconds()) if row.oldest_owed_at else 0
        parts.append(f"{row.waiting} wait, the oldest for {age} s")
    if row.failing:
        parts.append(f"{row.failing} tried in vain: {row.last_error}")
    if row.refused:
        parts.append(f"{row.refused} refused and not dealt with")
    if row.waiting and why_not:
        parts.append(why_not)
    return f"{row.source}: {', '.join(parts)}"


@contextmanager
def open_outbox(  # noqa: PLR0913  # the composition root wires each part by name
    *,
    profile: DistrictProfile,
    application: DistrictApplication,
    database: Database,
    clock: Clock,
    environment: Mapping[str, str] = os.environ,
    waits: Waits | None = None,
) -> Iterator[Outbox]:
    """Put the outbox together; nothing connects and no thread starts before it is used."""
    table = OutboxTable(database)
    filler = OutboxFiller(profile.code, application, table)
    transports = open_transports(profile, environment)
    try:
        yield Outbox(
            profile=profile,
            application=application,
            filler=filler,
            sender=OutboxSender(
                application=application, table=table, filler=filler, transports=transports, clock=clock, waits=waits
            ),
            desk=OutboxDesk(application, table, filler, clock),
            pages=OutboxPages(database),
            clock=clock,
            environment=environment,
        )
    finally:
        for transport in transports.values():
            transport.close()
