"""Draws random samples of closed cases, and records each draw, so that anybody can draw the same from the log alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from jiedao.audit.access import Recording
from jiedao.domain.access import Holder
from jiedao.domain.context import EventContext
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.ports import Clock
from jiedao.domain.sample_draw import ALGORITHM, SampleDraw, draw
from jiedao.store.recorder import UnitContext

MAX_SIZE = 10_000
MAX_SEED = 200

Closed = Callable[[datetime | None, datetime | None, int | None], tuple[Sequence[UUID], int]]
"""Answers which cases were closed in a period as known as of a position (``None``: now), and which one that was."""


@dataclass(frozen=True, slots=True)
class SampleWanted:
    """What sample is asked for: ``since`` is included, ``until`` is not; without a ``seed`` one is made up.

    ``as_of`` draws as of a past position: so a draw of then is drawn again.
    """

    size: int
    seed: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    as_of: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample, in the order in which it was drawn; ``position`` is where the log says so."""

    algorithm: str
    seed: str
    size: int
    since: datetime | None
    until: datetime | None
    as_of: int
    population: int
    drawn: Sequence[UUID]
    position: int


class SampleDesk:
    """The one door for samples. Threads may share it."""

    def __init__(self, recording: Recording, closed: Closed, clock: Clock) -> None:
        self._recording = recording
        self._closed = closed
        self._clock = clock

    def draw(self, wanted: SampleWanted, actor: Holder, reason: str | None = None) -> Sample:
        """Draw a sample and record it.

        Raises InvalidInputError for a size beyond 1..10000, a seed that is empty or too long, a period that ends
        before it begins, or a position beyond the log.
        """
        if not 1 <= wanted.size <= MAX_SIZE:
            raise InvalidInputError(f"a sample holds 1 to {MAX_SIZE} cases, not {wanted.size}", "/size")
        if wanted.seed is not None and not 1 <= len(wanted.seed) <= MAX_SEED:
            raise InvalidInputError(f"a seed is a text of 1 to {MAX_SEED} characters", "/seed")
        if wanted.since is not None and wanted.until is not None and wanted.until <= wanted.since:
            raise InvalidInputError("the period ends before it begins: the end itself is not part of it", "/to")
        seed = wanted.seed if wanted.seed is not None else secrets.token_hex(8)
        population, as_of = self._closed(wanted.since, wanted.until, wanted.as_of)
        drawn = tuple(draw(seed, wanted.size, population))
        draw_id = uuid4()
        made = SampleDraw.record(
            draw_id,
            seed=seed,
            size=wanted.size,
            since=wanted.since,
            until=wanted.until,
            as_of=as_of,
            population=len(population),
            drawn=drawn,
            context=EventContext(actor.holder, actor.role.value, draw_id, f"sample:{draw_id}", reason=reason or None),
            at=self._clock.now(),
        )
        unit = UnitContext("access", str(draw_id), b"", lane="people")
        position = self._recording.record([made], unit)[-1]
        return Sample(
            ALGORITHM,
            seed,
            wanted.size,
            wanted.since,
            wanted.until,
            as_of,
            len(population),
            drawn,
            position,
        )
