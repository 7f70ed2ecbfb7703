"""Lets made-up people work on the demo's incidents once the sample was sent, so that a newcomer sees a living district.

They act through the command desk as anybody does, many times faster than people would. What a visitor does is left
alone: whoever comes second sees what the first did and goes on from there.
"""

from __future__ import annotations

import heapq
from itertools import count
from threading import Event
from time import monotonic
from uuid import UUID

from jiedao.domain.terms import IncidentState
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.simulation.acting import act_on_all
from jiedao.entrypoints.simulation.crowd import Crowd
from jiedao.entrypoints.simulation.people import Memory
from projections.answers import IncidentFilter
from projections.paging import MAX_PAGE

SECONDS_A_MINUTE = 0.5
"""How long a minute of these people takes."""

_LOOK_SECONDS = 2.0
_MOST = 5_000
"""Incidents that are remembered; a demo of many samples goes on with the latest."""


class Living:
    """People at work until told to stop."""

    def __init__(self, district: District, seed: str) -> None:
        self._district = district
        self._seed = seed
        self._crowd = Crowd(district.profile)
        self._memories: dict[UUID, Memory] = {}
        self._agenda: list[tuple[float, int, UUID]] = []
        self._order = count()
        self._acts = count(1)

    def run(self, stop: Event) -> None:
        """Work; new incidents are noticed every few seconds."""
        looked_at = 0.0
        while not stop.is_set():
            if monotonic() - looked_at >= _LOOK_SECONDS:
                self._notice()
                looked_at = monotonic()
            while self._agenda and self._agenda[0][0] <= monotonic() and not stop.is_set():
                self._act(heapq.heappop(self._agenda)[2])
            stop.wait(0.1)

    def _notice(self) -> None:
        """Take up incidents that are new here, the latest first."""
        cursor: str | None = None
        while len(self._memories) < _MOST:
            page = self._district.read.incidents(IncidentFilter(), cursor, MAX_PAGE)
            new = [row for row in page.rows if row.incident_id not in self._memories]
            for row in new:
                self._memories[row.incident_id] = Memory.of(self._seed, row.external_id)
                self._come_back(row.incident_id, IncidentState(row.state))
            cursor = page.after
            if cursor is None or len(new) < len(page.rows):
                return

    def _act(self, incident_id: UUID) -> None:
        incident = self._district.application.load([incident_id])[incident_id]
        act = self._crowd.next_act(incident, self._memories[incident_id])
        if act is not None:
            key = f"demo-{self._seed}-{next(self._acts)}"
            ((_acted, state),) = act_on_all(self._district.commands, [(incident, act, key)])
            self._come_back(incident_id, state)

    def _come_back(self, incident_id: UUID, state: IncidentState) -> None:
        wait = self._crowd.wait(state, self._memories[incident_id].random).total_seconds() / 60 * SECONDS_A_MINUTE
        heapq.heappush(self._agenda, (monotonic() + wait, next(self._order), incident_id))
