"""Counts what became of what the demo sent: by source and outcome, with why records were set aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from jiedao.domain.terms import IntakeOutcome


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one record that was sent, as the platform answered; the outcome is an ``IntakeOutcome`` value."""

    source: str
    outcome: str
    external_id: str | None = None
    incident_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """How things stood at one moment; ``story`` is an incident with something to tell: one that was revised."""

    messages: int
    outcomes: Mapping[tuple[str, str], int]
    reasons: Mapping[str, int]
    story: str | None

    def by_source(self) -> Mapping[str, Mapping[str, int]]:
        """How many records had which outcome, by source."""
        sources: dict[str, dict[str, int]] = {}
        for (source, outcome), number in self.outcomes.items():
            sources.setdefault(source, {})[outcome] = number
        return sources

    def of_source(self, source: str) -> int:
        """How many records of a source were answered."""
        return sum(number for (name, _), number in self.outcomes.items() if name == source)

    def of_outcome(self, outcome: IntakeOutcome) -> int:
        """How many records had an outcome."""
        return sum(number for (_, name), number in self.outcomes.items() if name == outcome.value)


class Tally:
    """Counts; the thread that sends writes it, the one that shows reads it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._messages = 0
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._reasons: Counter[str] = Counter()
        self._story: str | None = None

    def add(self, answered: Sequence[Sent]) -> None:
        """Count the records of one message."""
        with self._lock:
            self._messages += 1
            for one in answered:
                self._outcomes[one.source, one.outcome] += 1
                if one.outcome == IntakeOutcome.DEAD.value and one.reason is not None:
                    self._reasons[one.reason] += 1
                if self._story is None or one.outcome == IntakeOutcome.REVISED.value:
                    self._story = one.incident_id or self._story

    def sums(self) -> Sums:
        """Return how things stand."""
        with self._lock:
            return Sums(self._messages, dict(self._outcomes), dict(self._reasons), self._story)
