"""The rules that clocks run by (时限规则): working hours, the calendar as far as it is known, and the limits of stages.

They are recorded as events: what a clock was due by is answered by the log, also after the rules changed, and a
calendar year that becomes known is an event by which provisional deadlines are worked out anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.context import EventContext
from jiedao.domain.profile import WorkingHours

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class TimeRules:
    """What clocks run by.

    ``version`` names the exact content. ``spans`` are the district's working hours, local time in ``timezone``.
    ``years`` are those whose calendar is known, ``exceptions`` the days in them that are not as a plain Monday to
    Friday has it: holidays, and the workdays that make up for them (调休). ``limits`` are those of the stages, by
    :class:`~jiedao.domain.terms.ClockKind`; a stage without one has no clock. A clock approaches its end when
    ``approaching_share`` of its limit has passed, and goes to the supervisor ``escalate_after`` it was due (empty:
    never).
    """

    version: str
    spans: tuple[tuple[time, time], ...]
    timezone: str
    years: tuple[int, ...]
    exceptions: tuple[date, ...]
    limits: Mapping[str, str] = field(default_factory=dict)
    approaching_share: float = 0.75
    escalate_after: str = ""

    @property
    def working_hours(self) -> WorkingHours:
        """The district's working hours."""
        return WorkingHours(self.spans, self.timezone)


class RecordedCalendar:
    """The calendar of recorded rules; implements :class:`~jiedao.domain.deadlines.WorkCalendar`."""

    def __init__(self, rules: TimeRules) -> None:
        self._years = frozenset(rules.years)
        self._exceptions = frozenset(rules.exceptions)

    def is_workday(self, day: date) -> bool | None:
        """Return whether people work on a day; ``None`` in a year that was not known."""
        if day.year not in self._years:
            return None
        return (day.weekday() < _SATURDAY) is not (day in self._exceptions)


class TimeRuleBook(RecordedAggregate):
    """The rules of a district, one version after the other; what was adopted last holds."""

    TOPIC = "jiedao.time_rules"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Adopted(Event, AggregateCreated):
        """The first rules hold from now on."""

        TOPIC = "jiedao.time_rules.adopted"
        rules: TimeRules

    class Changed(Event):
        """Other rules hold from now on: the district changed a limit, or the calendar of a year became known."""

        TOPIC = "jiedao.time_rules.changed"
        rules: TimeRules

        def apply(self, aggregate: TimeRuleBook) -> None:
            """Take the rules over."""
            aggregate.rules = self.rules

    def __init__(self, rules: TimeRules) -> None:
        """Start from the first rules."""
        self.rules = rules

    @classmethod
    def adopt(cls, book_id: UUID, rules: TimeRules, *, context: EventContext, at: datetime) -> TimeRuleBook:
        """Let the first rules hold."""
        adopted: TimeRuleBook = cls._create(cls.Adopted, id=book_id, rules=rules, context=context, timestamp=at)
        return adopted

    def change(self, rules: TimeRules, *, context: EventContext, at: datetime) -> None:
        """Let other rules hold; the same again change nothing."""
        if rules.version != self.rules.version:
            self.trigger_event(self.Changed, rules=rules, context=context, timestamp=at)
