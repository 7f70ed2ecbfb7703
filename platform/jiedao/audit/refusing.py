"""Puts refusals of known people into the log, bounded: who was refused what, why, and what was allowed instead.

The first refusal of a kind within a minute is an event before it is answered. What is repeated within that minute is
counted beside the log and told by one more event once the minute is over, so a flood costs two events a minute and none
of its refusals is lost: what a process left behind that was killed, the next one tells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.context import EventContext
from jiedao.domain.errors import ConflictError, KeyReuseError
from jiedao.domain.identity import refused_request_id
from jiedao.domain.ports import Clock
from jiedao.domain.refused_request import RefusedRequest
from jiedao.store.recorder import UnitContext
from jiedao.store.refusals import CountedRefusal, Refusal, RefusalLog

WINDOW = timedelta(minutes=1)
"""Within which the same refusal is counted into one row."""


class Recording(Protocol):
    """Records aggregates as one unit."""

    def record(self, aggregates: Sequence[RecordedAggregate], unit: UnitContext) -> range:
        """Record their pending events; returns the positions."""


class RefusalDesk:
    """The one door for refusals. Threads and processes may share it."""

    def __init__(
        self,
        district: str,
        counts: RefusalLog,
        recording: Recording,
        find: Callable[[UUID], RefusedRequest | None],
        clock: Clock,
    ) -> None:
        """Make it; ``find`` reads the stream of a refusal, ``None`` where there is none."""
        self._district = district
        self._counts = counts
        self._recording = recording
        self._find = find
        self._clock = clock

    def record(self, refusals: Sequence[Refusal]) -> None:
        """Count refusals, and record those of known people that are the first of their kind.

        Raises UnavailableError when the database does not answer.
        """
        for counted in self._counts.record(refusals):
            if counted.holder and not counted.told:
                self._tell(counted)

    def settle(self, *, everything: bool = False) -> int:
        """Record what was repeated in minutes that are over, or in this one as well; returns how many rows that were.

        Raises UnavailableError when the database does not answer: then it is for the next time.
        """
        now = self._clock.now()
        before = now + WINDOW if everything else now.replace(second=0, microsecond=0)
        settled = 0
        while rows := self._counts.untold(before):
            told = [row for row in rows if self._tell(row)]
            settled += len(told)
            if not told:
                break
        return settled

    def _tell(self, counted: CountedRefusal) -> bool:
        """Record what the log does not tell of yet; false where another process is about it at this moment."""
        refusal_id = self._stream(counted)
        known = self._find(refusal_id)
        here = counted.told - known.times if known is not None else counted.told
        more = counted.times - counted.told
        if known is not None and here < 0:  # it was recorded, and whoever did that could not note it any more
            self._counts.tell(counted, -here)
            return True
        refused = known or self._first(refusal_id, counted, more)
        if known is not None:
            known.repeat(more, counted.request_id, context=self._context(refusal_id, counted), at=self._clock.now())
        try:
            self._recording.record([refused], self._unit(refused, more))
        except (ConflictError, KeyReuseError):  # another process told of it meanwhile, perhaps of fewer
            return False
        self._counts.tell(counted, more)
        return True

    def _first(self, refusal_id: UUID, counted: CountedRefusal, times: int) -> RefusedRequest:
        return RefusedRequest.record(
            refusal_id,
            method=counted.method,
            route=counted.route,
            reason=counted.reason,
            why=counted.why,
            allowed=tuple(counted.allowed),
            token_id=counted.token_id,
            times=times,
            request_id=counted.request_id,
            context=self._context(refusal_id, counted),
            at=_latest(counted.last_at, self._clock.now()),
        )

    def _stream(self, counted: CountedRefusal) -> UUID:
        return refused_request_id(
            self._district, counted.minute.isoformat(), str(counted.status), counted.reason, counted.method,
            counted.route, counted.token_id, counted.holder, counted.client,
        )  # fmt: skip

    @staticmethod
    def _context(refusal_id: UUID, counted: CountedRefusal) -> EventContext:
        return EventContext(counted.holder, counted.role, refusal_id, f"refusal:{refusal_id}")

    @staticmethod
    def _unit(refused: RefusedRequest, more: int) -> UnitContext:
        return UnitContext("refusals", f"{refused.id}:{refused.version}", str(more).encode(), lane="people")


def _latest(refused_at: datetime, now: datetime) -> datetime:
    """When it happened; never later than now, whatever another machine's clock says."""
    return min(refused_at, now)
