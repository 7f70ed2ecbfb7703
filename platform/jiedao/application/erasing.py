"""The desk at which a reporter is forgotten: asked for, approved by two people, checked again, and carried out.

What stands against it is looked at when it is asked and again in the moment in which it is done: keys are destroyed in
the transaction that records it, and only where nothing of theirs was recorded since that look. Every refusal is
recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo

from eventsourcing.application import AggregateNotFoundError

from jiedao.application.district_application import DistrictApplication
from jiedao.application.seeing import may_know
from jiedao.application.their_cases import CaseBook, Look, Reporters
from jiedao.domain.access import Holder
from jiedao.domain.approval_door import ApprovalDoor
from jiedao.domain.approving import ASKERS, against_asking, seat_of
from jiedao.domain.context import EventContext
from jiedao.domain.erasure import ErasureRequest, RefusedErasure
from jiedao.domain.erasure_rules import (
    DEAD_LETTER,
    Obstacle,
    again_at,
    obstacles,
    require_forgettable,
    told_moment,
)
from jiedao.domain.errors import (
    ConflictError,
    InvalidInputError,
    JiedaoError,
    KeyReuseError,
    NotFoundError,
    UnavailableError,
    VersionConflictError,
)
from jiedao.domain.identity import erasure_id
from jiedao.domain.ports import Clock, Vault
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.report import ReporterDetails
from jiedao.domain.retention import RetentionRules
from jiedao.domain.ruling import RuledOutError
from jiedao.store.erasure import ErasureTable, TheirsMovedError
from jiedao.store.erasure_list import Erased, ErasureList
from jiedao.store.recorder import UnitContext

_ATTEMPTS = 5
_MOST_CHARACTERS = 2_000


RecordLook = Callable[[Holder, str, str], object]
"""Records that somebody asks what is a subject's: who, the subject, and by what they named it."""


@dataclass(frozen=True, slots=True)
class Whom:
    """Who is meant, in one of four ways: by an incident, a dead letter, a pseudonym, or what identifies them."""

    incident_id: UUID | None = None
    letter_id: UUID | None = None
    subject: str | None = None
    details: ReporterDetails | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a subject without opening anything, and what stands against erasing it now."""

    subject: str
    living_keys: Sequence[str]
    look: Look
    obstacles: Sequence[Obstacle]


class ErasureRefusedError(JiedaoError):
    """It cannot be done as things stand; the refusal is recorded, ``request`` is how it stands."""

    code = "command_refused"

    def __init__(self, request: ErasureRequest, zone: tzinfo) -> None:
        """Name what stands against it, and when it may be asked again, in the zone of the district."""
        self.request = request
        self.again_at: datetime | None = again_at(request.obstacles)
        found = "；".join(f"{one.number} {one.detail}".strip() for one in request.obstacles)
        when = "once these have ended" if self.again_at is None else f"from {told_moment(self.again_at, zone)}"
        super().__init__(f"不得删除 it cannot be erased now: {found}. 可再申请 ask again {when}")


class ErasureDesk:
    """The one door to forgetting. Threads may share it."""

    def __init__(  # noqa: PLR0913  # the composition root wires each part by name
        self,
        *,
        profile: DistrictProfile,
        application: DistrictApplication,
        vault: Vault,
        keys: ErasureTable,
        listed: ErasureList,
        reporters: Reporters,
        record_look: RecordLook,
        clock: Clock,
    ) -> None:
        self._district = profile.code
        self._rules: RetentionRules = profile.retention
        self._zone = ZoneInfo(profile.timezone)
        self._application = application
        self._vault = vault
        self._keys = keys
        self._listed = listed
        self._book = CaseBook(profile.code, application, reporters)
        self._record_look = record_look
        self._clock = clock
        self._door = ApprovalDoor(
            "erasure", "上报人不分街道 a reporter belongs to the whole district", self._record_refused
        )

    def find(self, whom: Whom, actor: Holder) -> Known:
        """Say what is known of somebody, and what stands against erasing it; that it was asked is recorded before.

        Raises NotAllowedError for another role, NotFoundError for what the actor may not know of, InvalidInputError
        where nobody is meant.
        """
        self._door.require_reader(actor, "find", None)
        subject = self.subject_of(whom, actor)
        self._record_look(actor, subject, "identity" if whom.details else "reference")
        self._let_views_catch_up()
        return self._known(subject)

    def ask(self, whom: Whom, reason: str, actor: Holder, key: str) -> ErasureRequest:
        """Ask for somebody to be forgotten; the same key is asked once.

        Raises ErasureRefusedError, recorded, where something stands against it, ConflictError where it was asked
        already and waits, and what :meth:`find` raises.
        """
        if why := against_asking(actor.role, ASKERS):
            raise self._door.refused("ask", None, why, actor)
        reason = _text(reason, "reason")
        stream = erasure_id(self._district, actor.holder, key)
        if (before := self._get(stream)) is not None:
            return before
        self._let_views_catch_up()
        known = self._known(self.subject_of(whom, actor))
        if not known.living_keys:
            raise InvalidInputError(
                "已删除，或没有可删除的信息 nothing is sealed for them: it was erased, or there never was any"
            )
        if (waiting := self._waiting_for(known.subject)) is not None:
            raise ConflictError(f"已有待审批的申请 it was asked for before and waits: {waiting.id}")
        context = self._door.context(actor, stream, "ask", reason)
        request = ErasureRequest.ask(
            stream,
            subject=known.subject,
            incidents=known.look.theirs.incidents,
            dead_letters=tuple(one.letter_id for one in known.look.theirs.letters),
            context=context,
            at=self._clock.now(),
        )
        if known.obstacles:
            request.refuse(tuple(known.obstacles), context=context, at=self._clock.now())
        self._application.record([request], self._unit(request, actor, reason))
        if known.obstacles:
            raise ErasureRefusedError(request, self._zone)
        return request

    def approve(self, request_id: UUID, note: str, actor: Holder) -> ErasureRequest:
        """Approve a request; the second approval carries it out.

        Raises ErasureRefusedError, recorded, where something stands against it by now, NotAllowedError, recorded, for
        who may not or shows no token of their own, RuledOutError for a request that waits no more, NotFoundError for
        none.
        """
        for _attempt in range(_ATTEMPTS):
            request = self._answerable(request_id, "approve", actor)
            seat = seat_of(actor.role)
            if seat is None:
                raise TypeError("who may approve has a seat")
            context = self._door.context(actor, request_id, "approve", note.strip() or None)
            last = bool(request.approvals)
            request.approve(seat.value, note.strip(), context=context, at=self._clock.now())
            try:
                if last:
                    self._carry_out(request, actor, context)
                else:
                    self._application.record([request], self._unit(request, actor, note))
            except (VersionConflictError, KeyReuseError):
                continue  # somebody answered in this moment: look again
            except TheirsMovedError:
                self._let_views_catch_up()
                continue  # a report of theirs came in this moment: look again
            if request.obstacles:
                raise ErasureRefusedError(request, self._zone)
            return request
        raise UnavailableError("more and more of theirs is being recorded; nothing was erased, try again")

    def reject(self, request_id: UUID, reason: str, actor: Holder) -> ErasureRequest:
        """Do not approve a request: it ends. Raises as :meth:`approve` does."""
        reason = _text(reason, "reason")
        for _attempt in range(_ATTEMPTS):
            request = self._answerable(request_id, "reject", actor)
            context = self._door.context(actor, request_id, "reject", reason)
            request.reject(context=context, at=self._clock.now())
            try:
                self._application.record([request], self._unit(request, actor, reason))
            except (VersionConflictError, KeyReuseError):
                continue
            return request
        raise UnavailableError("others answer this request at the same moment; try again")

    def show(self, request_id: UUID, actor: Holder) -> ErasureRequest:
        """Return a request. Raises NotFoundError, and NotAllowedError, recorded."""
        self._door.require_reader(actor, "show", request_id)
        return self._request(request_id)

    def list(self, actor: Holder, before: int | None, limit: int) -> Sequence[tuple[int, ErasureRequest]]:
        """Return requests with the positions of their first events, the latest first."""
        self._door.require_reader(actor, "list", None)
        entries = self._keys.entries(ErasureRequest.Asked.TOPIC, before, limit)
        return [(entry.position, self._request(entry.originator_id)) for entry in entries]

    def subject_of(self, whom: Whom, actor: Holder) -> str:
        """Return the pseudonym of who is meant; raises NotFoundError and InvalidInputError."""
        if whom.incident_id is not None:
            incident = self._application.load([whom.incident_id]).get(whom.incident_id)
            if incident is None or not may_know(actor, incident):
                raise NotFoundError(f"there is no incident {whom.incident_id}")
            if incident.reporter is None:
                raise InvalidInputError("该事件没有上报人信息 nobody is known to have reported this incident")
            return require_forgettable(incident.reporter.key_id.rpartition(".")[0])
        if whom.letter_id is not None:
            return f"{DEAD_LETTER}{whom.letter_id}"
        if whom.subject is not None:
            return require_forgettable(whom.subject.strip())
        if not whom.details:
            raise InvalidInputError("say who is meant: an incident, a dead letter, or what identifies the reporter")
        return self._vault.subject_of(self._district, whom.details)

    def _let_views_catch_up(self) -> None:
        """Wait a little until the views show what is recorded now; whether they do or not, nothing rests on it."""
        self._book.reach(self._application.district_log.max_notification_id() or 0)

    def _known(self, subject: str) -> Known:
        look = self._book.look(subject)
        living = self._keys.living_of(_subjects(subject, look))
        found = obstacles(look.cases, look.theirs.letters, look.holds, self._rules, self._clock.now(), self._zone)
        return Known(subject, living, look, found)

    def _carry_out(self, request: ErasureRequest, actor: Holder, context: EventContext) -> None:
        """Look again at everything, and record with the approval what came of it."""
        known = self._known(request.subject)
        now = self._clock.now()
        if known.obstacles:
            request.refuse(tuple(known.obstacles), context=context, at=now)
            self._application.record([request], self._unit(request, actor, "refused"))
            return
        look = known.look
        request.carry_out(
            key_ids=tuple(known.living_keys),
            incidents=look.theirs.incidents,
            dead_letters=tuple(one.letter_id for one in look.theirs.letters),
            context=context,
            at=now,
        )
        unit = self._unit(request, actor, "carried out")
        to_stored = self._application.mapper.to_stored_event
        self._keys.erase(
            unit.unit([to_stored(event) for event in request.collect_events()]),  # type: ignore[misc]  # with metadata
            subjects=_subjects(request.subject, look),
            key_ids=known.living_keys,
            streams=look.streams,
            looked_to=look.theirs.position,
            reason=f"erasure request {request.id}",
        )
        # Where this does not come about, the next opening of the district does it.
        erased = Erased(request.id, request.subject, request.key_ids, request.incidents, request.dead_letters)
        self._listed.add([erased])

    def _answerable(self, request_id: UUID, act: str, actor: Holder) -> ErasureRequest:
        self._door.require_reader(actor, act, request_id)
        request = self._request(request_id)
        if not request.pending:
            why = f"申请已是{request.state.label} the request is {request.state.value}: it waits for nobody"
            self._door.record_refusal(act, request_id, why, actor)
            raise RuledOutError(why)
        self._door.require_approver(actor, act, request_id, request.asked_by, request.approvals)
        return request

    def _record_refused(self, stream: UUID, act: str, request_id: UUID | None, why: str, context: EventContext) -> None:
        refused = RefusedErasure.record(
            stream, act=act, request_id=request_id, why=why, context=context, at=self._clock.now()
        )
        self._application.record([refused], UnitContext("refusals", str(stream), b"", lane="people"))

    def _waiting_for(self, subject: str) -> ErasureRequest | None:
        for entry in self._keys.entries(ErasureRequest.Asked.TOPIC):
            event = self._application.decode(entry)
            if isinstance(event, ErasureRequest.Asked) and event.subject == subject:
                request = self._request(entry.originator_id)
                if request.pending:
                    return request
        return None

    def _request(self, request_id: UUID) -> ErasureRequest:
        found = self._get(request_id)
        if found is None:
            raise NotFoundError(f"there is no request {request_id}; `jiedao privacy list` names them")
        return found

    def _get(self, request_id: UUID) -> ErasureRequest | None:
        try:
            found: object = self._application.repository.get(request_id)
        except AggregateNotFoundError:
            return None
        return found if isinstance(found, ErasureRequest) else None

    @staticmethod
    def _unit(request: ErasureRequest, actor: Holder, said: str) -> UnitContext:
        content = f"{actor.holder}\x00{said}".encode()
        return UnitContext("erasures", f"{request.id}:{request.version}", content, lane="people")


def _subjects(subject: str, look: Look) -> list[str]:
    """The subject itself, and the records of theirs that could not be read: each of those has a key of its own."""
    return list(dict.fromkeys((subject, *(f"{DEAD_LETTER}{one.letter_id}" for one in look.theirs.letters))))


def _text(given: str, name: str) -> str:
    text = given.strip()
    if not text or len(text) > _MOST_CHARACTERS:
        raise InvalidInputError(f"say why in {name}, in at most {_MOST_CHARACTERS} characters", f"/{name}")
    return text
