"""A batch of events folded in memory: how each incident it touches stood before, after each moment, and after all.

The views that speak of incidents are written from this one fold, so the state of an incident and its deadline are
worked out once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.case_deadlines import work_out
from jiedao.domain.incident import Incident
from jiedao.domain.stage_clocks import StageClock
from jiedao.domain.time_rules import TimeRuleBook, TimeRules
from projections.incident_row import IncidentRow, advance, open_row, take_deadlines
from projections.log import PositionedEvent
from projections.timekeeping import (
    LimitClocks,
    Timekeeper,
    load_timekeeper,
    read_rows,
)

INCIDENT_TOPICS = f"{Incident.TOPIC}."

_moment = attrgetter("recorded_at")


class UnappliableEventError(Exception):
    """An event that a view cannot make sense of; ``position`` is where it stands in the log."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


@dataclass(slots=True)
class Before:
    """How the incidents that a batch touches stood before it, and what their deadlines are worked out from."""

    rows: dict[UUID, IncidentRow] = field(default_factory=dict)
    keeper: Timekeeper = field(default_factory=Timekeeper)


@dataclass(frozen=True, slots=True)
class ClocksStood:
    """How an incident's clocks ran from a position on, by which version of the rules.

    ``known_at`` is when its last event happened.
    """

    position: int
    clocks: tuple[StageClock, ...]
    rules: str
    known_at: datetime


@dataclass(slots=True)
class Folded:
    """What a batch means for incidents.

    ``before`` holds the rows as they stood (without the incidents that the batch opens), ``after`` as they stand
    now, ``standings`` the position of each moment's last event that touched an incident, and the incident's row then.
    ``clocks`` says how an incident's clocks ran after each of these moments, and after each on which rules changed.
    ``keeper`` holds the courses and clocks of the incidents that it touched, ``rules`` the time rules that were
    recorded in it, each with its position. By the last of each moment, which ``held`` keeps, deadlines move of
    incidents that no event of the batch is about: see :func:`look_again`.
    """

    events: Sequence[PositionedEvent]
    before: dict[UUID, IncidentRow]
    keeper: Timekeeper
    after: dict[UUID, IncidentRow] = field(default_factory=dict)
    standings: dict[UUID, list[tuple[int, IncidentRow]]] = field(default_factory=dict)
    clocks: dict[UUID, list[ClocksStood]] = field(default_factory=dict)
    rules: list[tuple[int, TimeRules]] = field(default_factory=list)
    held: list[tuple[int, TimeRules]] = field(default_factory=list)


def fold(events: Sequence[PositionedEvent], before: Before) -> Folded:
    """Fold whole moments of events onto what stood before them.

    Raises UnappliableEventError, naming the position.
    """
    folded = Folded(events, before.rows, before.keeper)
    for _recorded_at, moment in groupby(events, key=_moment):
        _fold_moment(folded, list(moment))
    return folded


def _fold_moment(folded: Folded, moment: Sequence[PositionedEvent]) -> None:
    recorded_rules = [
        (one.position, one.event.rules)
        for one in moment
        if isinstance(one.event, TimeRuleBook.Adopted | TimeRuleBook.Changed)
    ]
    if recorded_rules:
        folded.keeper.rules = recorded_rules[-1][1]
        folded.rules += recorded_rules
    changed: dict[UUID, IncidentRow] = {}
    for recorded in moment:
        if not recorded.topic.startswith(INCIDENT_TOPICS):
            continue
        incident_id = recorded.event.originator_id
        try:
            row = changed.get(incident_id)
            if row is None:
                known = folded.after.get(incident_id) or folded.before.get(incident_id)
                changed[incident_id] = _next_row(known, recorded)
            else:
                advance(row, recorded)
            folded.keeper.advance(recorded)
        except (LookupError, TypeError, ValueError) as error:
            raise UnappliableEventError(recorded.position, str(error)) from error
    for incident_id, row in changed.items():
        clocks = folded.keeper.work_out(incident_id)
        take_deadlines(row, folded.keeper.courses[incident_id], clocks)
        _stand(folded, row.last_position, row)
        _run(folded, row.last_position, incident_id, clocks)
    if recorded_rules:
        folded.held.append(recorded_rules[-1])
        _look_again(folded, recorded_rules[-1][0], changed)


def _look_again(folded: Folded, position: int, changed: Mapping[UUID, IncidentRow]) -> None:
    """Work out anew, by rules that hold from a position on, the deadlines of whatever else of the batch is open."""
    keeper = folded.keeper
    for incident_id, course in list(keeper.courses.items()):
        known = folded.after.get(incident_id) or folded.before.get(incident_id)
        if incident_id not in changed and known is not None and not course.ended:
            row, clocks = copy(known), keeper.work_out(incident_id)
            take_deadlines(row, course, clocks)
            _run(folded, position, incident_id, clocks)
            if row != known:
                _stand(folded, position, row)


def look_again(folded: Folded) -> Iterator[Folded]:
    """Yield all open incidents that no event of a batch is about, as the rules recorded in it move their deadlines.

    So many at a time, each to be written before the next is asked for: there may be a hundred thousand of them.
    """
    if not folded.held:
        return
    for keeper, rows in folded.keeper.others():
        piece = Folded((), {}, keeper)
        for incident_id, known in rows.items():
            course, stands = keeper.courses[incident_id], known
            for position, rules in folded.held:
                row = copy(stands)
                clocks = work_out(course, rules, keeper.limit_clocks.of(rules))
                take_deadlines(row, course, clocks)
                stood = ClocksStood(position, clocks, rules.version, course.at)
                piece.clocks.setdefault(incident_id, []).append(stood)
                if row != stands:
                    piece.before[incident_id], stands = known, row
                    _stand(piece, position, row)
        yield piece


def _stand(folded: Folded, position: int, row: IncidentRow) -> None:
    folded.after[row.incident_id] = row
    folded.standings.setdefault(row.incident_id, []).append((position, row))


def _run(folded: Folded, position: int, incident_id: UUID, clocks: tuple[StageClock, ...]) -> None:
    if folded.keeper.rules is not None:  # the clocks come with the first rules
        stood = ClocksStood(position, clocks, folded.keeper.rules.version, folded.keeper.courses[incident_id].at)
        folded.clocks.setdefault(incident_id, []).append(stood)


def _next_row(known: IncidentRow | None, recorded: PositionedEvent) -> IncidentRow:
    """Leave the row of the moment before as it was: the queue's history is cut from both."""
    if known is None:
        return open_row(recorded)
    row = copy(known)
    advance(row, recorded)
    return row


def load_before(
    connection: Connection[TupleRow], limit_clocks: LimitClocks, events: Sequence[PositionedEvent]
) -> Before:
    """Read rows and courses of all incidents that the events touch and do not open, and the rules, in two queries."""
    touched: dict[UUID, int] = {}
    for recorded in events:
        if recorded.topic.startswith(INCIDENT_TOPICS):
            touched.setdefault(recorded.event.originator_id, recorded.event.originator_version)
    wanted = [incident_id for incident_id, version in touched.items() if version > 1]
    return Before(read_rows(connection, wanted), load_timekeeper(connection, limit_clocks, wanted))
