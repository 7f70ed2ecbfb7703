"""A subscription to the log: what was recorded, then what is being recorded, without end and without a gap.

It reads when the follower says that the log has grown; where it stands is its own, so a cut connection costs time only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from eventsourcing.persistence import Notification, Subscription

from jiedao.domain.errors import UnavailableError
from jiedao.store.follow import LogFollower

if TYPE_CHECKING:
    from jiedao.store.recorder import JiedaoRecorder

_PAGE = 500
_LOOK_SECONDS = 1.0


class LogSubscription(Subscription["JiedaoRecorder"]):
    """Iterates over notifications; ``stop`` ends it from any thread."""

    def __init__(
        self, recorder: JiedaoRecorder, follower: LogFollower, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        super().__init__(recorder, gt, topics)
        self._follower = follower
        self._scanned = gt or 0
        self._read: deque[Notification] = deque()

    def stop(self) -> None:
        """End the iteration; who waits in it is woken."""
        super().stop()
        self._follower.wake()

    def __next__(self) -> Notification:
        while not self._has_been_stopped:
            if self._read:
                return self._read.popleft()
            try:
                head = self._follower.wait_beyond(self._scanned, _LOOK_SECONDS, lambda: self._has_been_stopped)
            except UnavailableError:
                break  # the follower was closed: there is nothing more to come
            if head > self._scanned:
                self._read_on(head)
        raise StopIteration

    def _read_on(self, head: int) -> None:
        """Read a page; what lies between the last event found and the head is of other topics, and done with."""
        page = self._recorder.select_notifications(
            self._scanned, _PAGE, stop=head, topics=self._topics, inclusive_of_start=False
        )
        self._scanned = page[-1].id if len(page) == _PAGE else head
        self._read.extend(page)
