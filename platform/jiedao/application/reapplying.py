"""What the log says was destroyed is destroyed: a backup of the keys that was restored brings nobody back (恢复后重删).

Asked whenever a district is opened, before anything is read: one question of an index, and usually nothing to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

from jiedao.application.district_application import DistrictApplication
from jiedao.domain.access import Holder
from jiedao.domain.context import EventContext
from jiedao.domain.erasure import ErasureRequest
from jiedao.domain.errors import NotFoundError
from jiedao.domain.ports import Clock
from jiedao.store.erasure import ErasureTable
from jiedao.store.recorder import UnitContext


def come_back(application: DistrictApplication, keys: ErasureTable) -> Mapping[UUID, tuple[str, ...]]:
    """Return the keys that live although the log says that they were destroyed, by the request that destroyed them."""
    erased: dict[str, UUID] = {}
    for entry in keys.entries(ErasureRequest.CarriedOut.TOPIC):
        event = application.decode(entry)
        if isinstance(event, ErasureRequest.CarriedOut):
            erased |= dict.fromkeys(event.key_ids, entry.originator_id)
    by_request: dict[UUID, tuple[str, ...]] = {}
    for key_id in keys.living_among(list(erased)):
        by_request[erased[key_id]] = (*by_request.get(erased[key_id], ()), key_id)
    return by_request


def reapply_erasures(
    application: DistrictApplication, keys: ErasureTable, clock: Clock, actor: Holder
) -> tuple[str, ...]:
    """Destroy again what had come back, recorded in the request that it belongs to; returns the ids of those keys."""
    destroyed: tuple[str, ...] = ()
    for request_id, key_ids in come_back(application, keys).items():
        request: object = application.repository.get(request_id)
        if not isinstance(request, ErasureRequest):
            raise NotFoundError(f"{request_id} is not a request to erase")
        context = EventContext(actor.holder, actor.role.value, request_id, f"reapply:{uuid4()}")
        request.reapply(key_ids, context=context, at=clock.now())
        unit = UnitContext("erasures", f"{request_id}:reapply:{uuid4()}", b"", lane="people")
        stored = [application.mapper.to_stored_event(event) for event in request.collect_events()]
        keys.destroy_again(unit.unit(stored), key_ids, f"erasure request {request_id}, reapplied")  # type: ignore[arg-type]  # with metadata
        destroyed += key_ids
    return destroyed
