"""A random sample of closed cases (抽样), drawn so that anybody can draw it again from the log alone.

The draw is an event: seed, size, period, the position as of which it was made, how many there were to choose from, and
what was chosen. So nobody can draw until the sample suits them without that being seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from heapq import nsmallest
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.context import EventContext
from jiedao.domain.incident import Incident

ALGORITHM = "jiedao.sample.1/sha256"
"""How a sample is chosen; see :func:`draw`."""

CLOSING_TOPICS = (Incident.Closed.TOPIC, Incident.SettledOnSpot.TOPIC, Incident.UpstreamClosed.TOPIC)
"""The events by which a case is closed: whose stream holds one of them, recorded in the period, can be drawn."""


def draw(seed: str, size: int, population: Iterable[UUID]) -> list[UUID]:
    """Choose ``size`` ids, or all where there are fewer, in the order in which they were drawn.

    Each id's lot is SHA-256 of ``ALGORITHM``, the seed and the id's lower-case text, joined by a zero byte, in UTF-8;
    those with the least lots (as numbers, big-endian) are drawn, the least first. Neither the order of the population
    nor how often an id stands in it matters.
    """
    return nsmallest(size, set(population), key=lambda one: (_lot(seed, one), one))


def _lot(seed: str, incident_id: UUID) -> bytes:
    return hashlib.sha256(f"{ALGORITHM}\x00{seed}\x00{incident_id}".encode()).digest()


class SampleDraw(RecordedAggregate):
    """One draw."""

    TOPIC = "jiedao.sample"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Drawn(Event, AggregateCreated):
        """A sample was drawn.

        The cases are those with an event of :data:`CLOSING_TOPICS` recorded in ``[since, until)`` (UTC; ``None`` is
        open) at or before position ``as_of``; ``population`` is how many there were.
        """

        TOPIC = "jiedao.sample.drawn"
        algorithm: str
        seed: str
        size: int
        since: datetime | None
        until: datetime | None
        as_of: int
        population: int
        drawn: tuple[UUID, ...]

    def __init__(  # noqa: PLR0913  # one parameter per stored field
        self,
        algorithm: str,
        seed: str,
        size: int,
        since: datetime | None,
        until: datetime | None,
        as_of: int,
        population: int,
        drawn: tuple[UUID, ...],
    ) -> None:
        """Keep what was drawn."""
        self.algorithm = algorithm
        self.seed = seed
        self.size = size
        self.since = since
        self.until = until
        self.as_of = as_of
        self.population = population
        self.drawn = drawn

    @classmethod
    def record(  # noqa: PLR0913  # an event's whole content, by keyword
        cls,
        draw_id: UUID,
        *,
        seed: str,
        size: int,
        since: datetime | None,
        until: datetime | None,
        as_of: int,
        population: int,
        drawn: tuple[UUID, ...],
        context: EventContext,
        at: datetime,
    ) -> SampleDraw:
        """Record a draw."""
        made: SampleDraw = cls._create(
            cls.Drawn,
            id=draw_id,
            algorithm=ALGORITHM,
            seed=seed,
            size=size,
            since=since,
            until=until,
            as_of=as_of,
            population=population,
            drawn=drawn,
            context=context,
            timestamp=at,
        )
        return made
