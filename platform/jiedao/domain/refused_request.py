"""A request of a known person that was refused at the door: their role, street or source does not permit it.

It is a stream for each minute, person, address and reason, so that a flood is two events: the first refusal when it
happens, and how often it was repeated once the minute is over. Nothing that was asked for is in it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.context import EventContext


class RefusedRequest(RecordedAggregate):
    """The same refusal within one minute."""

    TOPIC = "jiedao.refused_request"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Recorded(Event, AggregateCreated):
        """It was refused; who asked stands in the context, the sentence that they were told is ``why``.

        ``method`` and ``route`` are those of the HTTP route (its template), or ``CLI`` and the command. ``reason`` is a
        stable code, ``allowed`` what would have been allowed instead (``role:auditor``, ``street:330103001``).
        ``times`` is how often it was refused by then, mostly once; ``request_id`` stands in the service's log.
        """

        TOPIC = "jiedao.refused_request.recorded"
        method: str
        route: str
        reason: str
        why: str
        allowed: tuple[str, ...]
        token_id: str
        times: int
        request_id: str

    class Repeated(Event):
        """Within the same minute it was refused ``times`` more; ``request_id`` is that of the last one."""

        TOPIC = "jiedao.refused_request.repeated"
        times: int
        request_id: str

        def apply(self, aggregate: RefusedRequest) -> None:
            """Count it."""
            aggregate.times += self.times

    def __init__(  # noqa: PLR0913  # one parameter per stored field
        self,
        method: str,
        route: str,
        reason: str,
        why: str,
        allowed: tuple[str, ...],
        token_id: str,
        times: int,
        request_id: str,
    ) -> None:
        """Keep what was refused, and how often the log tells of it."""
        self.method = method
        self.route = route
        self.reason = reason
        self.why = why
        self.allowed = allowed
        self.token_id = token_id
        self.times = times
        self.request_id = request_id

    @classmethod
    def record(  # noqa: PLR0913  # an event's whole content, by keyword
        cls,
        refusal_id: UUID,
        *,
        method: str,
        route: str,
        reason: str,
        why: str,
        allowed: tuple[str, ...],
        token_id: str,
        times: int,
        request_id: str,
        context: EventContext,
        at: datetime,
    ) -> RefusedRequest:
        """Record a refusal."""
        refused: RefusedRequest = cls._create(
            cls.Recorded,
            id=refusal_id,
            method=method,
            route=route,
            reason=reason,
            why=why,
            allowed=allowed,
            token_id=token_id,
            times=times,
            request_id=request_id,
            context=context,
            timestamp=at,
        )
        return refused

    def repeat(self, times: int, request_id: str, *, context: EventContext, at: datetime) -> None:
        """Record that it was repeated ``times`` more."""
        self.trigger_event(self.Repeated, times=times, request_id=request_id, context=context, timestamp=at)
