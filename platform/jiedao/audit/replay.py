"""Replays an incident from the log, event by event: how it stood after each, what changed, who, why, on which inputs.

What moves its deadlines without an event of its own, other time rules, is a step of it, too.
Nothing but the incident's own stream and that of the time rules is read, and nothing of what the views keep: a replay
says what the record says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast
from uuid import UUID

from jiedao.audit.deadlines import Deadlines
from jiedao.audit.standing import FactChange, Standing, Value, changed, standing_of
from jiedao.domain.aggregate import RecordedEvent
from jiedao.domain.clock_events import ClockEvent
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.errors import NotFoundError
from jiedao.domain.incident import Incident
from jiedao.domain.ports import LogEntry
from jiedao.domain.routing_decision import RoutingDecision
from jiedao.domain.time_rules import TimeRuleBook

_Recorded = tuple[LogEntry, RecordedEvent]
_RULES = TimeRuleBook.Adopted | TimeRuleBook.Changed


class StreamLog(Protocol):
    """Reads streams of the log."""

    def select_stream_entries(self, originator_id: UUID) -> Sequence[LogEntry]:
        """Read the whole entries of one stream, oldest first."""


@dataclass(frozen=True, slots=True)
class ReplayStep:
    """One event and what it did: one of the incident, or other time rules that moved its deadline.

    ``version`` is the incident's after it. ``rests_on`` are the versions of the tables that it used and the rule that
    applied, by name; ``changes`` is what differs from how the incident stood before, ``standing`` how it stood after.
    """

    entry: LogEntry
    event: RecordedEvent
    version: int
    rests_on: Mapping[str, Value]
    changes: Sequence[FactChange]
    standing: Standing


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two positions, and the events from the first (not included) to the second."""

    before: Standing
    after: Standing
    changes: Sequence[FactChange]
    steps: Sequence[ReplayStep]


class Replay:
    """Replays incidents. Holds nothing between two of them."""

    def __init__(self, log: StreamLog, decode: Callable[[LogEntry], RecordedEvent], time_rules: UUID) -> None:
        """Make it; ``time_rules`` is the stream of the time rules, from which deadlines follow."""
        self._log = log
        self._decode = decode
        self._time_rules = time_rules

    def steps(self, incident_id: UUID, position: int | None = None) -> list[ReplayStep]:
        """Replay an incident up to a position (included), or to its end.

        Raises NotFoundError for what is no incident, or had not been received by then.
        """
        entries = self._log.select_stream_entries(incident_id)
        if not entries or not entries[0].topic.startswith(f"{Incident.TOPIC}."):
            raise NotFoundError(f"there is no incident {incident_id}")
        first = entries[0].position
        if position is not None and first > position:
            raise NotFoundError(
                f"there was no incident {incident_id} as of position {position}: it was received at position {first}"
            )
        rules = [(entry, self._decode(entry)) for entry in self._log.select_stream_entries(self._time_rules)]
        end = max(entries[-1].position, rules[-1][0].position if rules else 0) if position is None else position
        events = [(entry, self._decode(entry)) for entry in entries if entry.position <= end]
        return list(_steps(events, [(entry, event) for entry, event in rules if entry.position <= end]))

    def difference(self, incident_id: UUID, start: int, end: int) -> Difference:
        """Compare an incident as of two positions, whichever comes first; before it was received it was nothing.

        Raises NotFoundError for what is no incident, or had not been received by the later one.
        """
        steps = self.steps(incident_id, max(start, end))
        first = min(start, end)
        between = [step for step in steps if step.entry.position > first]
        known = [step for step in steps if step.entry.position <= first]
        early: Standing = known[-1].standing if known else {}
        late: Standing = steps[-1].standing
        before, after = (early, late) if start <= end else (late, early)
        return Difference(before, after, changed(before, after), between)


def _steps(events: Sequence[_Recorded], rules: Sequence[_Recorded]) -> Iterator[ReplayStep]:
    """Replay an incident's events, with the rules recorded meanwhile and since."""
    incident: Incident | None = None
    deadlines = Deadlines([(entry.position, one.rules) for entry, one in rules if isinstance(one, _RULES)])
    standing: dict[str, Value] = {}
    own = {entry.position for entry, _event in events}
    for entry, event in sorted([*events, *rules], key=lambda one: one[0].position):
        if entry.position in own:
            incident = cast("Incident", cast("Any", event).mutate(incident))
            due_at = deadlines.after(event, entry.position)
        else:
            due_at = deadlines.under_rules_of(entry.position)
        if incident is None:
            continue  # rules of before it was received
        after = standing_of(incident, due_at)
        changes = changed(standing, after)
        if changes or entry.position in own:
            yield ReplayStep(entry, event, incident.version, rests_on(event), changes, after)
        standing = after


def rests_on(event: RecordedEvent) -> dict[str, Value]:
    """Return the versions that an event names, and the rule that applied; empty for what rests on no table."""
    decision = getattr(event, "decision", None)
    if isinstance(decision, JurisdictionDecision):
        return {"boundary_set": decision.boundary_set, "method": decision.method}
    if isinstance(decision, ClassDecision):
        return {"class_table": decision.class_table, "method": decision.method}
    if isinstance(decision, RoutingDecision):
        return {"rule_set": decision.rule_set, "rule_id": decision.rule_id, "rule_name": decision.rule_name}
    if isinstance(event, _RULES):
        return {"time_rules": event.rules.version}
    if isinstance(event, ClockEvent):
        return {"time_rules": getattr(event, "rules", None)}
    return {}
