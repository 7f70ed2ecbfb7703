"""Runs a simulated district minute by minute: reports come in, people act, the views follow, and all of it is checked.

Every report goes through the pipeline and every act through the command desk, as over HTTP; only time is virtual. The
same seed gives the same log, but for the keys and ciphers of personal data.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from ingest.records import FeedRecord
from jiedao.application.outcomes import RecordOutcome
from jiedao.domain.access import Holder
from jiedao.domain.incident import Incident
from jiedao.domain.terms import IncidentState, IntakeOutcome, Lifecycle, Role, Transport
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.simulation.acting import Acted, act_on_all
from jiedao.entrypoints.simulation.crowd import Crowd
from jiedao.entrypoints.simulation.happenings import Happening, Happenings
from jiedao.entrypoints.simulation.native_shapes import SHAPES, native_message, superiors_word
from jiedao.entrypoints.simulation.people import Memory
from jiedao.entrypoints.simulation.virtual_clock import VirtualClock

MINUTE = timedelta(minutes=1)
MACHINERY_EVERY = timedelta(minutes=30)
"""How often the software does what it does by itself; clocks record the moments themselves, however late it is."""

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


@dataclass(frozen=True, slots=True)
class _Superior:
    """A superior platform is about to say what it makes of its case."""

    incident_id: UUID


_Due = Happening | _Person | _Superior
_CLOSED, _FAILED = "已办结", "核查不通过"
_FAILS = 0.1
_SUPERIORS_WAIT = timedelta(hours=20)


class Simulation:
    """One run. ``machinery`` is called every half of a virtual hour, on views that have caught up."""

    def __init__(
        self, district: District, clock: VirtualClock, plan: Plan, machinery: Sequence[Machinery] = ()
    ) -> None:
        self._district = district
        self._clock = clock
        self._plan = plan
        self._machinery = machinery
        self._crowd = Crowd(district.profile)
        self._memories: dict[UUID, Memory] = {}
        self._happenings: dict[UUID, Happening] = {}
        self._incidents: dict[int, UUID] = {}
        self._agenda: list[tuple[datetime, int, _Due]] = []
        self._order, self._acts, self._messages = count(), count(1), count(1)
        self.tally = Tally()

    @property
    def sources(self) -> list[str]:
        """The sources of the district that can be simulated."""
        profile = self._district.profile
        able = [name for name, source in profile.sources.items() if source.adapter in SHAPES]
        return [name for name in able if profile.sources[name].adapter != "video" or profile.cameras]

    def run(self, report: Report, enough: Callable[[], bool] = lambda: False) -> Tally:
        """Run to the end of every life, or of the tail; or until it is ``enough``, asked minute by minute."""
        self._announce()
        until = self._plan.begins + timedelta(days=self._plan.days) + TAIL
        worked_at = self._plan.begins
        while self._agenda and self._agenda[0][0] < until and not enough():
            begins = self._agenda[0][0]
            self._clock.move_to(begins)
            self._minute(list(self._due(begins + MINUTE)))
            if self._machinery and self._clock.now() - worked_at >= MACHINERY_EVERY:
                worked_at = self._clock.now()
                self._work()
            report(self._clock.now())
        self._district.runner.catch_up()
        self.tally.ended_at = self._clock.now()
        return self.tally

    def _work(self) -> None:
        self._district.runner.catch_up()
        for machine in self._machinery:
            machine(self._clock.now())

    def _announce(self) -> None:
        """Put every report of every day on the agenda."""
        random = Random(self._plan.seed)  # noqa: S311  # nothing here is secret
        happenings = Happenings(self._district.profile, self.sources, random)
        zone = ZoneInfo(self._district.profile.timezone)
        for day in range(self._plan.days):
            midnight = (self._plan.begins.astimezone(zone) + timedelta(days=day)).astimezone(self._plan.begins.tzinfo)
            for happening in happenings.of_day(midnight, self._plan.per_day):
                self._put(happening.at, happening)

    def _put(self, at: datetime, what: _Due) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), what))

    def _due(self, before: datetime) -> Iterable[_Due]:
        while self._agenda and self._agenda[0][0] < before:
            yield heapq.heappop(self._agenda)[2]

    def _minute(self, due: Sequence[_Due]) -> None:
        """Let everything of a minute happen: reports first, then people's acts, then what superiors say of them."""
        happenings: dict[str, list[Happening]] = {}
        for one in due:
            if isinstance(one, Happening):
                happenings.setdefault(one.source, []).append(one)
        self._take_in(happenings)
        self._act([one.incident_id for one in due if isinstance(one, _Person)])
        self._hear([one.incident_id for one in due if isinstance(one, _Superior)])

    def _take_in(self, happenings: Mapping[str, Sequence[Happening]]) -> None:
        sources = self._district.profile.sources
        sent = self._send(
            {source: [native_message(one, sources[source]) for one in many] for source, many in happenings.items()}
        )
        for source, many in happenings.items():
            for happening, outcome in zip(many, sent[source], strict=True):
                if outcome.outcome == IntakeOutcome.ACCEPTED and outcome.incident_id is not None:
                    self._begin(happening, outcome.incident_id, outcome)

    def _begin(self, happening: Happening, incident_id: UUID, outcome: RecordOutcome) -> None:
        self._incidents[happening.number] = incident_id
        self._happenings[incident_id] = happening
        memory = Memory.of(self._plan.seed, outcome.external_id or "")
        memory.same_as = self._incidents.get(happening.same_as) if happening.same_as else None
        self._memories[incident_id] = memory
        self._go_on(incident_id, IncidentState(outcome.state or ""))

    def _send(self, messages: Mapping[str, Sequence[bytes]]) -> dict[str, list[RecordOutcome]]:
        """Push messages as their sources do, each with one record; the sources' batches go together."""
        pipeline, now = self._district.pipeline, self._clock.now()
        under_way = {}
        for source, many in messages.items():
            records = [
                FeedRecord(part, f"http:simulated-{next(self._messages)}#0", now)
                for message in many
                for part in pipeline.split(source, message, "application/json")
            ]
            actor = Holder("", f"source:{source}", Role.INTEGRATOR, sources=frozenset({source}))
            under_way[source] = pipeline.begin(source, records, transport=Transport.HTTP.value, actor=actor)
        for batch in under_way.values():
            batch.decide()
        for batch in under_way.values():
            batch.hand_in()
        outcomes = {source: batch.finish() for source, batch in under_way.items()}
        for some in outcomes.values():
            self.tally.delivered.update(outcome.outcome for outcome in some)
        return outcomes

    def _hear(self, ids: Sequence[UUID]) -> None:
        """Let superior platforms say that their cases are closed, or have to be done again."""
        words: dict[str, list[bytes]] = {}
        spoken_of: dict[str, list[UUID]] = {}
        for incident_id in dict.fromkeys(ids):
            happening, memory = self._happenings[incident_id], self._memories[incident_id]
            settings = self._district.profile.sources[happening.source]
            word = _FAILED if memory.random.random() < _FAILS else _CLOSED
            said = superiors_word(happening, settings, word, self._clock.now())
            words.setdefault(happening.source, []).append(said)
            spoken_of.setdefault(happening.source, []).append(incident_id)
        for source, outcomes in self._send(words).items():
            for incident_id, outcome in zip(spoken_of[source], outcomes, strict=True):
                self._go_on(incident_id, IncidentState(outcome.state or ""))

    def _act(self, ids: Sequence[UUID]) -> None:
        """Let one person act on each of the incidents, on what they see of it."""
        incidents = self._district.application.load(list(dict.fromkeys(ids)))
        acts = []
        for incident_id in ids:
            incident = incidents[incident_id]
            act = self._crowd.next_act(incident, self._memories[incident_id])
            if act is None:
                self._leave(incident)
            else:
                acts.append((incident, act, f"simulated-{next(self._acts)}"))
        for (incident, act, _key), (acted, state) in zip(acts, act_on_all(self._district.commands, acts), strict=True):
            if acted is Acted.DONE:
                self.tally.commands[act.command.value] += 1
            else:
                self.tally.otherwise[acted.value] += 1
            self._go_on(incident.id, state)

    def _leave(self, incident: Incident) -> None:
        """Wait for who is to move next where nobody here is."""
        at = self._clock.now()
        if incident.state is IncidentState.TRANSFERRING:
            self._put(at + _SUPERIORS_WAIT, _Person(incident.id))
        elif incident.state is IncidentState.HANDLED and incident.lifecycle is Lifecycle.UPSTREAM:
            self._put(at + _SUPERIORS_WAIT * self._memories[incident.id].random.random(), _Superior(incident.id))

    def _go_on(self, incident_id: UUID, state: IncidentState) -> None:
        """Let somebody come back to an incident after a while, by how it stands now."""
        memory = self._memories[incident_id]
        self._put(self._clock.now() + self._crowd.wait(state, memory.random), _Person(incident_id))
