"""The desk at which an archived range leaves the database: asked for, approved by two people, looked at again, done.

What stands against it is looked at when it is asked, with each approval, and in the moment in which it is done: the
range leaves in the transaction that records it, and only where nothing of its incidents was recorded since that look.
Every refusal is recorded. It stays in the log: everything that reads the log reads it from the archive from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application

from jiedao.audit.archiving import Archives, verify_archive
from jiedao.audit.notes import VerifierKey
from jiedao.audit.published import PublishedLedger
from jiedao.domain.access import Holder
from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.approval_door import ApprovalDoor
from jiedao.domain.approving import against_asking, seat_of
from jiedao.domain.context import EventContext
from jiedao.domain.errors import (
    ConflictError,
    InvalidInputError,
    JiedaoError,
    KeyReuseError,
    NotFoundError,
    UnavailableError,
    VersionConflictError,
)
from jiedao.domain.identity import range_removal_id
from jiedao.domain.ports import Clock
from jiedao.domain.range_removal import (
    ASKERS,
    ArchivedRange,
    RangeLook,
    RangeRemoval,
    RefusedRemoval,
    RemovalObstacle,
)
from jiedao.domain.ruling import RuledOutError
from jiedao.domain.terms import RemovalState, Role, StaysWhy
from jiedao.store.archive import ArchiveFaultError, Manifest, manifest_path, note_removal, read_events, read_manifest
from jiedao.store.recorder import JiedaoRecorder, UnitContext
from jiedao.store.removal import Decided, RangeMovedError, RangeRemover, Report

_ATTEMPTS = 5
_MOST_CHARACTERS = 2_000


class Book(Protocol):
    """Knows what stands in the way of a range, and which removals were asked for."""

    def look(self, first: int, last: int, now: datetime) -> RangeLook:
        """Look at every event of a range."""

    def reach(self, position: int) -> bool:
        """Wait a little until everything up to a position is known; false where it is not."""

    def requests(self, before: int | None, limit: int) -> Sequence[tuple[int, UUID]]:
        """The requests, the latest first, with the positions of their first events."""


class RemovalRefusedError(JiedaoError):
    """It cannot be done as things stand; the refusal is recorded, ``request`` is how it stands."""

    code = "command_refused"

    def __init__(self, request: RangeRemoval) -> None:
        """Name what stands against it."""
        self.request = request
        found = "；".join([*map(_told, request.obstacles), *filter(None, [request.refused_because])])
        super().__init__(f"不得移除 {request.archive.name} cannot be removed now: {found}")


def _told(one: RemovalObstacle) -> str:
    return f"{one.whose} {StaysWhy(one.kind).label} {one.kind} (position {one.position}, {one.events} events)"


@dataclass(frozen=True, slots=True)
class RemovalDesk:
    """The one door by which events leave the database. Threads may share it.

    ``keys`` are the verifier keys that are believed. ``report`` of its methods is told how far they are.
    """

    district: str
    application: Application[UUID]
    record: Callable[[Sequence[RecordedAggregate], UnitContext], range]
    log: JiedaoRecorder
    book: Book
    archives: Archives
    published: PublishedLedger
    keys: Callable[[], Sequence[VerifierKey]]
    remover: RangeRemover
    clock: Clock

    @property
    def _door(self) -> ApprovalDoor:
        return ApprovalDoor("removal", "归档不分街道 the log is the whole district's", self._record_refused)

    def ask(  # noqa: PLR0913  # what is asked, by whom, under which key
        self, first: int, last: int, reason: str, actor: Holder, key: str, report: Report | None = None
    ) -> RangeRemoval:
        """Ask for an archived range to be removed; the same key is asked once.

        Raises RemovalRefusedError, recorded, where something stands against it, ConflictError where it was asked
        already and waits, or has left already, NotFoundError where there is no archive of exactly these positions,
        NotAllowedError.
        """
        self._door.require_reader(actor, "ask", None)
        if why := against_asking(actor.role, ASKERS):
            raise self._door.refused("ask", None, why, actor)
        reason = _text(reason, "reason")
        stream = range_removal_id(self.district, actor.holder, key)
        if (before := self._get(stream)) is not None:
            return before
        manifest = self.archives.of(first, last)
        if any(one.first <= last and first <= one.last for one in self.log.reading.removed()):
            raise ConflictError(f"已移除 the positions {first} to {last} have left the database already")
        archive = ArchivedRange(first, last, manifest.file, manifest.sha256, manifest.tree_size)
        self._let_views_catch_up()
        if (waiting := self._waiting_for(archive)) is not None:
            raise ConflictError(f"已有申请 it was asked for before and has not ended: {waiting.id}")
        context = self._door.context(actor, stream, "ask", reason)
        request = RangeRemoval.ask(stream, archive, context=context, at=self.clock.now())
        self._refuse_where_it_must_be(request, context, report)
        self.record([request], self._unit(request, actor, reason))
        return self._unless_refused(request)

    def approve(self, request_id: UUID, note: str, actor: Holder) -> RangeRemoval:
        """Approve a request; after the second approval it may be carried out.

        Raises RemovalRefusedError, recorded, where something stands against it by now, NotAllowedError, recorded, for
        who may not, RuledOutError for a request that waits for no approval, NotFoundError for none.
        """

        def answer(request: RangeRemoval, context: EventContext) -> None:
            seat = seat_of(actor.role)
            if seat is None:
                raise TypeError("who may approve has a seat")
            request.approve(seat.value, note.strip(), context=context, at=self.clock.now())
            look = self.book.look(request.archive.first, request.archive.last, self.clock.now())
            if look.obstacles:
                request.refuse(look.obstacles, "", context=context, at=self.clock.now())

        self._let_views_catch_up()
        return self._unless_refused(self._answered(request_id, "approve", note.strip(), actor, answer))

    def reject(self, request_id: UUID, reason: str, actor: Holder) -> RangeRemoval:
        """Do not approve a request: it ends. Raises as :meth:`approve` does."""
        reason = _text(reason, "reason")

        def answer(request: RangeRemoval, context: EventContext) -> None:
            request.reject(context=context, at=self.clock.now())

        return self._answered(request_id, "reject", reason, actor, answer)

    def carry_out(self, request_id: UUID, actor: Holder, report: Report) -> RangeRemoval:
        """Remove a range whose removal two people approved, after everything was looked at again.

        Raises RemovalRefusedError, recorded, where something stands against it by now or the archive is not what the
        database holds, RuledOutError for a request that was not approved twice, NotAllowedError, recorded,
        ConfigurationError where the address under the schema's owner is not known.
        """
        self._door.require_reader(actor, "carry_out", request_id)
        if actor.role is not Role.ADMINISTRATOR:
            why = f"{actor.role.label} {actor.role.value} 无权移除 an administrator does it"
            raise self._door.refused("carry_out", request_id, why, actor)
        for _attempt in range(_ATTEMPTS):
            request = self._request(request_id)
            if request.state is not RemovalState.APPROVED:
                why = f"申请为{request.state.label} the request is {request.state.value}, not approved by two"
                self._door.record_refusal("carry_out", request_id, why, actor)
                raise RuledOutError(why)
            context = self._door.context(actor, request_id, "carry_out", request.reason)
            self._let_views_catch_up()
            try:
                look = self._refuse_where_it_must_be(request, context, None)
                if request.state is RemovalState.APPROVED:
                    self._remove(request, look, actor, context, report)
                    return request
            except RangeMovedError:
                continue  # something of the range was recorded in this moment: look again
            except (VersionConflictError, KeyReuseError):
                continue  # somebody carries it out at this moment: look what became of it
            except ArchiveFaultError as error:
                request = self._request(request_id)
                request.refuse((), str(error), context=context, at=self.clock.now())
            self.record([request], self._unit(request, actor, "refused"))
            raise RemovalRefusedError(request)
        raise UnavailableError("more and more of the range is being recorded; nothing was removed, try again")

    def show(self, request_id: UUID, actor: Holder) -> RangeRemoval:
        """Return a request. Raises NotFoundError, and NotAllowedError, recorded."""
        self._door.require_reader(actor, "show", request_id)
        return self._request(request_id)

    def list(self, actor: Holder, before: int | None, limit: int) -> list[tuple[int, RangeRemoval]]:
        """Return requests with the positions of their first events, the latest first."""
        self._door.require_reader(actor, "list", None)
        return [(position, self._request(stream)) for position, stream in self.book.requests(before, limit)]

    def _remove(
        self, request: RangeRemoval, look: RangeLook, actor: Holder, context: EventContext, report: Report
    ) -> None:
        now = self.clock.now()
        request.carry_out(context=context, at=now)
        unit = self._unit(request, actor, "carried out")
        stored = [self.application.mapper.to_stored_event(event) for event in request.collect_events()]
        first, second = (one.actor for one in request.approvals)
        decided = Decided(
            archive=request.archive,
            reason=request.reason,
            approvers=(first, second),
            stream=request.id,
            version=request.version,
            unit=unit.unit(stored),  # type: ignore[arg-type]  # with metadata
            looked_to=look.position,
            beside=look.beside,
        )
        path = self.archives.folder / request.archive.file
        self.remover.remove(decided, read_events(path), report)
        note_removal(path, request.id, now)

    def _refuse_where_it_must_be(
        self, request: RangeRemoval, context: EventContext, report: Report | None
    ) -> RangeLook:
        """Look at everything that the decision rests on, and refuse where something stands against it."""
        archive = request.archive
        look = self.book.look(archive.first, archive.last, self.clock.now())
        because = self._against_archive(archive, report)
        if look.obstacles or because:
            request.refuse(look.obstacles, because, context=context, at=self.clock.now())
        return look

    def _against_archive(self, archive: ArchivedRange, report: Report | None) -> str:
        """Say why the archive cannot stand for what it holds; empty where it can."""
        told = self.published.latest()
        if told is None or told.checkpoint.size <= archive.last:
            return (
                f"the published checkpoint does not reach beyond {archive.last} yet: `jiedao audit seal`, or let jiedao"
                " serve do it"
            )
        path = self.archives.folder / archive.file
        try:
            manifest: Manifest = read_manifest(manifest_path(path))
            if manifest.sha256 != archive.sha256 or manifest.tree_size != archive.tree_size:
                return f"{archive.file} is another archive than the one that was asked for"
            verify_archive(manifest, path, self.keys(), report)
        except (ArchiveFaultError, NotFoundError, OSError) as error:
            return str(error)
        return ""

    def _answered(
        self,
        request_id: UUID,
        act: str,
        said: str,
        actor: Holder,
        answer: Callable[[RangeRemoval, EventContext], None],
    ) -> RangeRemoval:
        for _attempt in range(_ATTEMPTS):
            request = self._answerable(request_id, act, actor)
            answer(request, self._door.context(actor, request_id, act, said or None))
            try:
                self.record([request], self._unit(request, actor, said))
            except (VersionConflictError, KeyReuseError):
                continue  # somebody answered in this moment: look again
            return request
        raise UnavailableError("others answer this request at the same moment; try again")

    def _answerable(self, request_id: UUID, act: str, actor: Holder) -> RangeRemoval:
        self._door.require_reader(actor, act, request_id)
        request = self._request(request_id)
        if request.ended or (act == "approve" and not request.pending):
            why = f"申请已是{request.state.label} the request is {request.state.value}: it waits for no approval"
            self._door.record_refusal(act, request_id, why, actor)
            raise RuledOutError(why)
        approvals = request.approvals if request.pending else ()
        self._door.require_approver(actor, act, request_id, request.asked_by, approvals)
        return request

    def _record_refused(self, stream: UUID, act: str, request_id: UUID | None, why: str, context: EventContext) -> None:
        refused = RefusedRemoval.record(
            stream, act=act, request_id=request_id, why=why, context=context, at=self.clock.now()
        )
        self.record([refused], UnitContext("refusals", str(stream), b"", lane="people"))

    def _waiting_for(self, archive: ArchivedRange) -> RangeRemoval | None:
        for stream in self._all_requests():
            request = self._request(stream)
            overlaps = request.archive.first <= archive.last and archive.first <= request.archive.last
            if overlaps and not request.ended:
                return request
        return None

    def _all_requests(self) -> Iterator[UUID]:
        before: int | None = None
        while page := self.book.requests(before, 100):
            yield from (stream for _position, stream in page)
            before = page[-1][0]

    def _let_views_catch_up(self) -> None:
        """Wait a little until the views show what is recorded now; nothing rests on whether they do."""
        self.book.reach(self.log.max_notification_id() or 0)

    def _request(self, request_id: UUID) -> RangeRemoval:
        found = self._get(request_id)
        if found is None:
            raise NotFoundError(f"there is no request {request_id}; `jiedao retention requests` names them")
        return found

    def _get(self, request_id: UUID) -> RangeRemoval | None:
        try:
            found: object = self.application.repository.get(request_id)
        except AggregateNotFoundError:
            return None
        return found if isinstance(found, RangeRemoval) else None

    @staticmethod
    def _unless_refused(request: RangeRemoval) -> RangeRemoval:
        if request.state is RemovalState.REFUSED:
            raise RemovalRefusedError(request)
        return request

    @staticmethod
    def _unit(request: RangeRemoval, actor: Holder, said: str) -> UnitContext:
        content = f"{actor.holder}\x00{said}".encode()
        return UnitContext("removals", f"{request.id}:{request.version}", content, lane="people")


def _text(given: str, name: str) -> str:
    text = given.strip()
    if not text or len(text) > _MOST_CHARACTERS:
        raise InvalidInputError(f"say why in {name}, in at most {_MOST_CHARACTERS} characters", f"/{name}")
    return text
