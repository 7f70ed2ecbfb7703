"""What was erased stays erased, whatever backup is restored (恢复后重删).

Asked whenever a district is opened, before anything is read. The log tells what was destroyed, so keys that a backup
of the keys brought back go again. Where the whole database was restored to before an erasure, the log does not tell of
it any more: then the list beside the database does, and the erasure is recorded anew. Usually there is nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from eventsourcing.application import AggregateNotFoundError

from jiedao.application.district_application import DistrictApplication
from jiedao.domain.access import Holder
from jiedao.domain.context import EventContext
from jiedao.domain.erasure import ErasureRequest
from jiedao.domain.ports import Clock
from jiedao.store.erasure import ErasureTable
from jiedao.store.erasure_list import Erased, ErasureList
from jiedao.store.recorder import UnitContext

RESTORED = "恢复备份后重新删除 erased again after a backup of before was restored"
"""The reason of an erasure that is recorded anew."""


@dataclass(frozen=True, slots=True)
class Reapplying:
    """Destroys again what a restore brought back."""

    application: DistrictApplication
    keys: ErasureTable
    listed: ErasureList
    clock: Clock

    def reapply(self, actor: Holder) -> tuple[str, ...]:
        """Destroy what had come back, recorded in the request that it belongs to; returns the ids of those keys.

        Afterwards the list beside the database holds every erasure of the log.
        """
        told = {one.request: one for one in self._told_by_the_log()}
        listed = {one.request: one for one in self.listed.all()}
        erased = listed | told
        gone = set(self.keys.destroyed_among([key for one in erased.values() for key in one.keys]))
        destroyed: tuple[str, ...] = ()
        for one in erased.values():
            came_back = tuple(key for key in one.keys if key not in gone)  # it lives, or its id could be given anew
            if came_back:
                self._destroy(one, came_back, actor)
                destroyed += came_back
        self.listed.add(one for request, one in told.items() if request not in listed)
        return destroyed

    def _told_by_the_log(self) -> list[Erased]:
        found = []
        for entry in self.keys.entries(ErasureRequest.CarriedOut.TOPIC):
            event = self.application.decode(entry)
            if isinstance(event, ErasureRequest.CarriedOut):
                found.append(Erased(entry.originator_id, "", event.key_ids, event.incidents, event.dead_letters))
        return found

    def _destroy(self, one: Erased, key_ids: tuple[str, ...], actor: Holder) -> None:
        context = EventContext(actor.holder, actor.role.value, one.request, f"reapply:{uuid4()}", RESTORED)
        request, now = self._request(one.request), self.clock.now()
        if request is None:
            subject = one.subject or key_ids[0].rpartition(".")[0]
            request = ErasureRequest.ask(
                one.request,
                subject=subject,
                incidents=one.incidents,
                dead_letters=one.dead_letters,
                context=context,
                at=now,
            )
        if request.key_ids:
            request.reapply(key_ids, context=context, at=now)
        else:
            request.carry_out(
                key_ids=one.keys, incidents=one.incidents, dead_letters=one.dead_letters, context=context, at=now
            )
        unit = UnitContext("erasures", f"{one.request}:reapply:{uuid4()}", b"", lane="people")
        stored = [self.application.mapper.to_stored_event(event) for event in request.collect_events()]
        self.keys.destroy_again(unit.unit(stored), key_ids, f"erasure request {one.request}, reapplied")  # type: ignore[arg-type]  # with metadata

    def _request(self, request_id: UUID) -> ErasureRequest | None:
        try:
            found: object = self.application.repository.get(request_id)
        except AggregateNotFoundError:
            return None
        return found if isinstance(found, ErasureRequest) else None
