"""What a person said of two incidents that look alike: that they are two (排除重复), or that this was said wrongly.

It speaks of a pair and is a stream of its own, so it moves neither incident's version and is the same from either side.
That two are one is said by merging them.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.context import EventContext


class DuplicateJudgement(RecordedAggregate):
    """A judgement on one pair."""

    TOPIC = "jiedao.duplicate_judgement"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Dismissed(Event, AggregateCreated):
        """They are two happenings; ``one`` is the lesser id. The reason stands in the context."""

        TOPIC = "jiedao.duplicate_judgement.dismissed"
        one: UUID
        other: UUID

    class Withdrawn(Event):
        """That they are two was said wrongly: they may be suggested again."""

        TOPIC = "jiedao.duplicate_judgement.withdrawn"
        one: UUID
        other: UUID

        def apply(self, aggregate: DuplicateJudgement) -> None:
            """Nothing is said of them any more."""
            aggregate.distinct = False

    class DismissedAgain(Event):
        """They are two after all."""

        TOPIC = "jiedao.duplicate_judgement.dismissed_again"
        one: UUID
        other: UUID

        def apply(self, aggregate: DuplicateJudgement) -> None:
            """They are two."""
            aggregate.distinct = True

    def __init__(self, one: UUID, other: UUID) -> None:
        """Start as two."""
        self.one = one
        self.other = other
        self.distinct = True

    @classmethod
    def dismiss(
        cls, judgement_id: UUID, one: UUID, other: UUID, *, context: EventContext, at: datetime
    ) -> DuplicateJudgement:
        """Say of a pair, of which nothing was said before, that they are two."""
        judged: DuplicateJudgement = cls._create(
            cls.Dismissed, id=judgement_id, one=one, other=other, context=context, timestamp=at
        )
        return judged

    def say(self, *, distinct: bool, context: EventContext, at: datetime) -> bool:
        """Say anew whether they are two; false, with nothing recorded, where that holds already."""
        if distinct == self.distinct:
            return False
        kind = self.DismissedAgain if distinct else self.Withdrawn
        corrected = context.correcting(self.version)  # which is the judgement that held so far
        self.trigger_event(kind, one=self.one, other=self.other, context=corrected, timestamp=at)
        return True
