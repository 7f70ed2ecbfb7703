"""Archives a range of a sealed log and removes it, by the procedure, without the desk before it."""

from __future__ import annotations

from uuid import uuid4

from jiedao.audit.archiving import Archives
from jiedao.domain.context import EventContext
from jiedao.domain.range_removal import ArchivedRange, RangeRemoval
from jiedao.store.archive import read_events
from jiedao.store.mapper import TypedMapper
from jiedao.store.recorder import UnitContext
from jiedao.store.removal import Decided, RangeRemover

REASON, APPROVERS = "保管期满", ("user:li", "user:wang")


def archive(log, first, last):
    """Write the archive of a range."""
    return Archives(log.archives).write(
        first,
        last,
        district="330103",
        log=log.recorder,
        published=log.published,
        keys=[log.signer.key],
        clock=log.clock,
    )


def decide(log, manifest, **changes):
    """A removal that is asked for and approved, not carried out yet."""
    context = EventContext("user:admin", "administrator", uuid4(), "test:removal", REASON)
    archived = ArchivedRange(manifest.first, manifest.last, manifest.file, manifest.sha256, manifest.tree_size)
    request = RangeRemoval.ask(uuid4(), archived, context=context, at=log.clock.now())
    for who, seat in zip(APPROVERS, ("administration", "oversight"), strict=True):
        given = EventContext(who, "administrator", uuid4(), "test:approval")
        request.approve(seat, "", context=given, at=log.clock.now())
    to_stored = TypedMapper().to_stored_event
    log.record(*(to_stored(event) for event in request.collect_events()))
    request.carry_out(context=context, at=log.clock.now())
    stored = [to_stored(event) for event in request.collect_events()]
    decided = {
        "archive": archived,
        "reason": REASON,
        "approvers": APPROVERS,
        "stream": request.id,
        "version": request.version,
        "unit": UnitContext("removals", str(request.id), b"").unit(stored),
        "looked_to": log.recorder.max_notification_id(),
        "beside": (),
    }
    return Decided(**decided | changes)


def carry_out(log, manifest, decided, report=lambda _done, _total: None):
    """Remove what was decided; returns the position of the event that records it."""
    entries = read_events(log.archives / manifest.file)
    return RangeRemover(log.database.url).remove(decided, entries, report).positions[0]


def remove(log, first, last):
    """All of it; returns the archive's manifest and the position of the event that records the removal."""
    manifest = archive(log, first, last)
    return manifest, carry_out(log, manifest, decide(log, manifest))
