"""The district's event-sourced application: saves what was decided as one unit, and reads streams many at a time.

It is the library's Application on the platform's own store. Whatever the platform records passes through ``record``,
which does what the library's ``save`` does, but for the notification that it makes of every event: nobody reads those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import ClassVar, cast
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import CanMutateProtocol

from jiedao.domain.aggregate import RecordedEvent, WithEvents
from jiedao.domain.errors import NotFoundError
from jiedao.domain.incident import Incident
from jiedao.domain.ports import InboxEntry, LogEntry, OffsetMove
from jiedao.domain.refused_request import RefusedRequest
from jiedao.store.mapper import TypedMapper
from jiedao.store.recorder import JiedaoRecorder, UnitContext
from jiedao.store.writer import appended

FEED_SCOPE = "feed"
"""The scope of idempotency keys of feed batches; those of people are their own."""


class DistrictApplication(Application[UUID]):
    """Records aggregates and rebuilds them."""

    name = "jiedao"
    env: ClassVar[dict[str, str]] = {"PERSISTENCE_MODULE": "jiedao.store.factory"}

    @property
    def district_log(self) -> JiedaoRecorder:
        """The log itself."""
        return cast("JiedaoRecorder", self.recorder)

    def prepare_batch(
        self,
        aggregates: Sequence[WithEvents],
        *,
        key: str,
        inbox: Sequence[InboxEntry],
        offsets: Sequence[OffsetMove],
        destructions: int | None = None,
    ) -> Callable[[], Callable[[], range]]:
        """Lay a feed batch out; what is returned hands it in as :meth:`hand_in` does.

        ``destructions`` is how often keys had been destroyed before anything in it was sealed. The waiting raises the
        conflict errors of :mod:`jiedao.domain.errors`.
        """
        unit = UnitContext(FEED_SCOPE, key, b"", inbox, offsets, destructions=destructions)
        return self._prepare(aggregates, unit)

    def record(self, aggregates: Sequence[WithEvents], unit: UnitContext) -> range:
        """Record the pending events of aggregates as one unit, in their order, and return the positions.

        A unit that was recorded before is answered with its first positions. Raises the conflict errors of
        :mod:`jiedao.domain.errors`, and KeyReuseError for a key that came with another body.
        """
        return self.hand_in(aggregates, unit)()

    def hand_in(self, aggregates: Sequence[WithEvents], unit: UnitContext) -> Callable[[], range]:
        """Hand aggregates in as :meth:`record` does; what is returned waits, and returns or raises as it does."""
        return self._prepare(aggregates, unit)()

    def _prepare(self, aggregates: Sequence[WithEvents], unit: UnitContext) -> Callable[[], Callable[[], range]]:
        events = chain.from_iterable(aggregate.collect_events() for aggregate in aggregates)
        stored = cast("TypedMapper", self.mapper).to_stored_events(events)

        def hand_in() -> Callable[[], range]:
            future = self.district_log.hand_in(unit, stored)
            return lambda: appended(future).positions

        return hand_in

    def decode(self, entry: LogEntry) -> RecordedEvent:
        """Decode an entry of the log."""
        return cast("TypedMapper", self.mapper).to_event(entry)

    def event_of(self, stream: UUID, version: int) -> RecordedEvent:
        """Read one event of a stream; raises NotFoundError where there is none of this version."""
        found = self.district_log.select_events(stream, gt=version - 1, lte=version)
        if not found:
            raise NotFoundError(f"{stream} has no event {version}")
        return cast("TypedMapper", self.mapper).to_domain_event(found[0])

    def find_refused_request(self, refusal_id: UUID) -> RefusedRequest | None:
        """Rebuild what is recorded of the same refusal within a minute; ``None`` for nothing."""
        try:
            found: object = self.repository.get(refusal_id)
        except AggregateNotFoundError:
            return None
        return found if isinstance(found, RefusedRequest) else None

    def load(self, ids: Sequence[UUID]) -> Mapping[UUID, Incident]:
        """Rebuild each incident from its stream, in one read; those that do not exist are left out."""
        found: dict[UUID, Incident] = {}
        for stream, stored in self.district_log.select_streams(ids).items():
            aggregate: object = None
            for one in stored:
                event = cast("CanMutateProtocol[Incident]", self.mapper.to_domain_event(one))
                aggregate = event.mutate(cast("Incident | None", aggregate))
            if not isinstance(aggregate, Incident):
                raise NotFoundError(f"{stream} is not an incident")
            found[stream] = aggregate
        return found
