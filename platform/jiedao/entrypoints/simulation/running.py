"""Runs a simulated district minute by minute: reports come in, people act, the views follow, and all of it is checked.

Every report goes through the pipeline and every act through the command desk, as over HTTP; only time is virtual. The
same seed gives the same log, but for the keys and ciphers of personal data.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from ingest.records import FeedRecord
from jiedao.domain.access import Holder
from jiedao.domain.terms import IntakeOutcome, Role, Transport
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.simulation.acting import Acted, act_on
from jiedao.entrypoints.simulation.crowd import Crowd, Memory
from jiedao.entrypoints.simulation.happenings import Happening, Happenings
from jiedao.entrypoints.simulation.native_shapes import SHAPES, native_message
from jiedao.entrypoints.simulation.virtual_clock import VirtualClock

MINUTE = timedelta(minutes=1)
TAIL = timedelta(days=30)
"""How long after the last report lives may go on; what is still open then stays open."""

Report = Callable[[datetime], None]
"""Told how far virtual time has come."""

Machinery = Callable[[datetime], None]
"""What the software does by itself as time passes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is simulated, from which local midnight on, by which seed."""

    days: int
    per_day: int
    seed: int
    begins: datetime


@dataclass(slots=True)
class Tally:
    """What happened: deliveries by outcome, commands carried out by name, and what came of the other acts."""

    delivered: Counter[str] = field(default_factory=Counter)
    commands: Counter[str] = field(default_factory=Counter)
    otherwise: Counter[str] = field(default_factory=Counter)
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody is about to act on an incident."""

    incident_id: UUID


class Simulation:
    """One run. ``machinery`` is called once every virtual minute in which anything happens."""

    def __init__(
        self, district: District, clock: VirtualClock, plan: Plan, machinery: Sequence[Machinery] = ()
    ) -> None:
        self._district = district
        self._clock = clock
        self._plan = plan
        self._machinery = machinery
        self._crowd = Crowd(district.profile)
        self._memories: dict[UUID, Memory] = {}
        self._agenda: list[tuple[datetime, int, Happening | _Person]] = []
        self._order = count()
        self._acts = count(1)
        self.tally = Tally()

    @property
    def sources(self) -> list[str]:
        """The sources of the district that can be simulated."""
        profile = self._district.profile
        able = [name for name, source in profile.sources.items() if source.adapter in SHAPES]
        return [name for name in able if profile.sources[name].adapter != "video" or profile.cameras]

    def run(self, report: Report) -> Tally:
        """Run to the end of every life, or of the tail."""
        self._announce()
        until = self._plan.begins + timedelta(days=self._plan.days) + TAIL
        while self._agenda and self._agenda[0][0] < until:
            begins = self._agenda[0][0]
            self._clock.move_to(begins)
            self._minute(list(self._due(begins + MINUTE)))
            for work in self._machinery:
                work(self._clock.now())
            report(self._clock.now())
        self._district.runner.catch_up()
        self.tally.ended_at = self._clock.now()
        return self.tally

    def _announce(self) -> None:
        """Put every report of every day on the agenda."""
        random = Random(self._plan.seed)  # noqa: S311  # nothing here is secret
        happenings = Happenings(self._district.profile, self.sources, random)
        zone = ZoneInfo(self._district.profile.timezone)
        for day in range(self._plan.days):
            midnight = (self._plan.begins.astimezone(zone) + timedelta(days=day)).astimezone(self._plan.begins.tzinfo)
            for happening in happenings.of_day(midnight, self._plan.per_day):
                self._put(happening.at, happening)

    def _put(self, at: datetime, what: Happening | _Person) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), what))

    def _due(self, before: datetime) -> Iterable[Happening | _Person]:
        while self._agenda and self._agenda[0][0] < before:
            yield heapq.heappop(self._agenda)[2]

    def _minute(self, due: Sequence[Happening | _Person]) -> None:
        happenings: dict[str, list[Happening]] = {}
        for one in due:
            if isinstance(one, Happening):
                happenings.setdefault(one.source, []).append(one)
        for source, many in happenings.items():
            self._take_in(source, many)
        people = [one.incident_id for one in due if isinstance(one, _Person)]
        if people:
            self._act(people)

    def _take_in(self, source: str, happenings: Sequence[Happening]) -> None:
        settings, pipeline, now = self._district.profile.sources[source], self._district.pipeline, self._clock.now()
        records = [
            FeedRecord(part, f"http:simulated-{happening.number}#0", now)
            for happening in happenings
            for part in pipeline.split(source, native_message(happening, settings), "application/json")
        ]
        actor = Holder("", f"source:{source}", Role.INTEGRATOR, sources=frozenset({source}))
        for outcome in pipeline.run(source, records, transport=Transport.HTTP.value, actor=actor):
            self.tally.delivered[outcome.outcome] += 1
            if outcome.outcome == IntakeOutcome.ACCEPTED and outcome.incident_id is not None:
                self._memories[outcome.incident_id] = self._crowd.remember(self._plan.seed, outcome.external_id or "")
                self._go_on(outcome.incident_id)

    def _act(self, ids: Sequence[UUID]) -> None:
        """Let one person act on each of the incidents, on what they see of it."""
        incidents = self._district.application.load(list(dict.fromkeys(ids)))
        for incident_id in ids:
            incident, memory = incidents[incident_id], self._memories[incident_id]
            act = self._crowd.next_act(incident, memory)
            if act is None:
                continue
            acted = act_on(self._district.commands, incident, act, f"simulated-{next(self._acts)}")
            if acted is Acted.DONE:
                self.tally.commands[act.command.value] += 1
            else:
                self.tally.otherwise[acted.value] += 1
            self._go_on(incident_id)

    def _go_on(self, incident_id: UUID) -> None:
        """Let somebody come back to an incident after a while, by how it stands now."""
        memory = self._memories[incident_id]
        state = self._district.application.load([incident_id])[incident_id].state
        self._put(self._clock.now() + self._crowd.wait(state, memory.random), _Person(incident_id))
