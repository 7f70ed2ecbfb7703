"""Carries people's commands out: on what holds now, once for each key, and every refusal is recorded.

A command carries the version of the incident that it saw. Where the incident moved on meanwhile, one that cannot be
wrong by that (a reminder, a remark) is carried out on what holds now; any other is refused with how things stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Protocol
from uuid import UUID

import msgspec

from jiedao.application.case_clock import CaseClock
from jiedao.application.command_answers import CommandAnswer, CommandRequest, StaleVersionError
from jiedao.application.district_application import DistrictApplication
from jiedao.application.routing_in_force import NoRouting, Routing, route
from jiedao.application.seeing import answers, may_know, not_theirs, works_on
from jiedao.application.wider_commands import Decision, WiderCommands
from jiedao.domain import commands as said
from jiedao.domain.access import Holder
from jiedao.domain.assigning import streets_named
from jiedao.domain.carrying_out import CommandRefusedError, carry_out, check, may, refused, refusing
from jiedao.domain.clock_events import CLOCK_TOPICS
from jiedao.domain.context import EventContext
from jiedao.domain.correcting import check_corrected, check_number
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.errors import (
    InvalidInputError,
    JiedaoError,
    NotFoundError,
    UnavailableError,
    VersionConflictError,
)
from jiedao.domain.identity import refusal_id
from jiedao.domain.incident import Incident
from jiedao.domain.ports import Clock, Deadlines, Jurisdiction
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.refused_command import RefusedCommand
from jiedao.domain.terms import ClassMethod, Command, MatchMethod
from jiedao.domain.workflow import rule_of
from jiedao.store.recorder import KeptAnswer, UnitContext

MAX_ATTEMPTS = 8

_encode = msgspec.json.Encoder(order="sorted").encode


class ClassesByCode(Protocol):
    """Says what follows from a class of the table in force."""

    def of_code(self, incident: Incident, class_code: str) -> ClassDecision:
        """Decide an incident's class by the district's own code; raises InvalidInputError for an unknown one."""


class ContentMac(Protocol):
    """Tells bodies apart without being guessable."""

    def mac(self, content: bytes) -> bytes:
        """Keyed hash of content."""


class _Kept(msgspec.Struct):
    """The answer as it is kept with the unit, without positions."""

    version: int
    state: str
    allowed: tuple[str, ...]


@dataclass(slots=True)
class _Asked:
    """A command that was asked for: its place among those asked for together, and how often it was outrun."""

    number: int
    request: CommandRequest
    actor: Holder
    scope: str
    mac: bytes
    attempts: int = 0


class CommandDesk:
    """The one door for people's commands. Threads may share it."""

    def __init__(  # noqa: PLR0913  # the composition root wires each part by name
        self,
        *,
        profile: DistrictProfile,
        application: DistrictApplication,
        jurisdiction: Jurisdiction,
        classes: ClassesByCode,
        macs: ContentMac,
        deadlines: Deadlines,
        clock: Clock,
        routing: Routing | None = None,
    ) -> None:
        self._profile = profile
        self._application = application
        self._jurisdiction = jurisdiction
        self._classes = classes
        self._macs = macs
        self._clock = clock
        self._routing = routing or NoRouting()
        self._wider = wider = WiderCommands(
            profile=profile,
            find=self._incident,
            jurisdiction=jurisdiction,
            deadlines=deadlines,
            case_clock=CaseClock(application, profile),
            clock=clock,
        )
        self._decisions: Mapping[Command, Decision] = {
            Command.DECIDE_JURISDICTION: self._decide_jurisdiction,
            Command.DECIDE_CLASS: self._decide_class,
            **wider.decisions,
        }

    def carry_out(self, request: CommandRequest, actor: Holder) -> CommandAnswer:
        """Carry a command out.

        Raises NotFoundError for an incident that the actor may not know of, CommandRefusedError (recorded),
        StaleVersionError, InvalidInputError, KeyReuseError, and UnavailableError when it kept colliding.
        """
        (outcome,) = self.carry_out_all([(request, actor)])
        if isinstance(outcome, JiedaoError):
            raise outcome
        return outcome

    def carry_out_all(self, asked: Sequence[tuple[CommandRequest, Holder]]) -> list[CommandAnswer | JiedaoError]:
        """Carry many commands out, each as :meth:`carry_out` does; what that would raise stands in its answer's place.

        What they need is read at once, and their units are committed as a group. Commands on one incident are carried
        out one after the other, in their order; of others, one that another was faster than is tried again.
        """
        open_ones = [self._asked(number, *one) for number, one in enumerate(asked)]
        outcomes: dict[int, CommandAnswer | JiedaoError] = {}
        while open_ones:
            now, later = _one_of_each(open_ones)
            again = self._round(now, outcomes)
            open_ones = sorted([*again, *later], key=attrgetter("number"))
        return [outcomes[number] for number in range(len(asked))]

    def _asked(self, number: int, request: CommandRequest, actor: Holder) -> _Asked:
        said = [request.incident_id, request.command, request.details, request.version]
        mac = self._macs.mac(_encode(said if request.corrects is None else [*said, request.corrects]))
        return _Asked(number, request, actor, f"people:{actor.holder}", mac)

    def _round(self, asked: Sequence[_Asked], outcomes: dict[int, CommandAnswer | JiedaoError]) -> list[_Asked]:
        """Try commands on different incidents; returns those whose incident moved on in this moment."""
        answers = self._application.district_log.select_answers([(one.scope, one.request.key) for one in asked])
        incidents = self._application.load([one.request.incident_id for one in asked])
        handed_in: list[tuple[_Asked, Callable[[], CommandAnswer]]] = []
        for one in asked:
            try:
                handed_in.append((one, self._try(one, answers.get((one.scope, one.request.key)), incidents)))
            except JiedaoError as error:
                outcomes[one.number] = error
        again = []
        for one, finish in handed_in:
            try:
                outcomes[one.number] = finish()
            except VersionConflictError:
                one.attempts += 1
                again.append(one)
                if one.attempts >= MAX_ATTEMPTS:
                    outcomes[one.number] = UnavailableError(
                        "the incident changes faster than this command can be carried out; try again"
                    )
            except JiedaoError as error:
                outcomes[one.number] = error
        return [one for one in again if one.number not in outcomes]

    def _try(
        self, one: _Asked, before: KeptAnswer | None, incidents: Mapping[UUID, Incident]
    ) -> Callable[[], CommandAnswer]:
        """Decide a command and hand it in; what is returned waits for its answer, and raises what refuses it."""
        request, actor = one.request, one.actor
        if before is not None:
            appended = before.of(one.mac)
            kept = msgspec.json.decode(appended.answer or b"", type=_Kept)
            answer = self._answer(request, kept, appended.positions, replayed=True)
            return lambda: answer
        incident = _known(incidents, request.incident_id, actor)
        if not rule_of(request.command).always and self._is_stale(incident, request.version):
            return self._stale(request, incident, actor, one.scope)
        try:
            others = self._act(request, incident, actor)
        except CommandRefusedError as refusal:
            return self._refuse(request, incident, refusal, actor, one.scope)
        now = _Kept(incident.version, incident.state.value, _values(self._allowed(incident, actor)))
        unit = UnitContext(one.scope, request.key, one.mac, answer=_encode(now), lane="people")
        wait = self._application.hand_in([incident, *others], unit)
        return lambda: self._answer(request, now, wait(), replayed=False)

    def may(self, incident_id: UUID, actor: Holder) -> tuple[str, ...]:
        """Return what the actor may do with an incident now. Raises NotFoundError as :meth:`carry_out` does."""
        return _values(self._allowed(self._incident(incident_id, actor), actor))

    def _allowed(self, incident: Incident, actor: Holder) -> tuple[Command, ...]:
        """What somebody may do, by role and by whom they work for, and in time."""
        mine = works_on(actor, incident)
        found = answers(actor, incident, may(incident, actor.role, actor.holder, mine))
        if Command.ASK_EXTENSION in found and not self._wider.may_ask_extension(incident, mine):
            return tuple(one for one in found if one is not Command.ASK_EXTENSION)
        return found

    def _is_stale(self, incident: Incident, seen: int | None) -> bool:
        """Whether the incident moved on since the version that was seen; what only its clock came to moves nothing."""
        if seen in {None, incident.version}:
            return False
        since = self._application.district_log.select_events(incident.id, gt=seen)
        return not since or any(one.topic not in CLOCK_TOPICS for one in since)

    def _incident(self, incident_id: UUID, actor: Holder) -> Incident:
        return _known(self._application.load([incident_id]), incident_id, actor)

    def _act(self, request: CommandRequest, incident: Incident, actor: Holder) -> Sequence[Incident]:
        """Trigger the command's event, and return the other incidents that it moved."""
        reason = getattr(request.details, "reason", None)
        context = _context(request, incident, actor, reason).correcting(request.corrects)
        try:
            others = self._decide(request, incident, context, actor)
        except CommandRefusedError as refusal:
            refusal.allowed = self._allowed(incident, actor)
            raise
        if not incident.pending_events:
            raise InvalidInputError("this is what was decided already; nothing would change")
        return others

    def _decide(
        self, request: CommandRequest, incident: Incident, context: EventContext, actor: Holder
    ) -> Sequence[Incident]:
        command, details = request.command, request.details
        check(incident, command, details, actor.role, actor.holder)
        if why := not_theirs(actor, incident, command, details):
            raise refused(incident, actor.role, why, actor.holder)
        for pointer, street_code in streets_named(details):
            self._check_street(street_code, pointer)
        check_number(command, request.corrects, incident.version)
        if request.corrects is not None:
            with refusing(incident, actor.role, actor.holder):
                corrected = self._application.event_of(incident.id, request.corrects)
                holding = actor.may_see_street(incident.street_code)
                check_corrected(command, corrected, actor.role, actor.holder, holding=holding)
        decide = self._decisions.get(command)
        if decide is None:
            carry_out(incident, command, details, role=actor.role, context=context, at=self._clock.now())
            return ()
        with refusing(incident, actor.role, actor.holder):
            others = decide(incident, details, context, actor)
        if command is Command.ACCEPT_TRANSFER:  # another street's rules hold now
            self._route_again(incident, context)
        return others

    def _stale(
        self, request: CommandRequest, incident: Incident, actor: Holder, scope: str
    ) -> Callable[[], CommandAnswer]:
        """Record that a command came too late, as every refusal is recorded."""
        stale = StaleVersionError(incident, request.version, self._allowed(incident, actor))
        refusal = CommandRefusedError(str(stale), stale.allowed)
        return self._refuse(request, incident, refusal, actor, scope, stale)

    def _refuse(  # noqa: PLR0913  # what is refused to whom, and what they are told
        self,
        request: CommandRequest,
        incident: Incident,
        refusal: CommandRefusedError,
        actor: Holder,
        scope: str,
        told: JiedaoError | None = None,
    ) -> Callable[[], CommandAnswer]:
        """Hand a refusal in; what is returned waits until it is recorded, and then raises it."""
        stream = refusal_id(self._profile.code, scope, f"{request.key}:{request.command.value}:{incident.version}")
        recorded = RefusedCommand.record(
            stream,
            incident_id=incident.id,
            command=request.command.value,
            state=incident.state.value,
            version=incident.version,
            why=str(refusal),
            allowed=_values(refusal.allowed),
            context=_context(request, incident, actor),
            at=self._clock.now(),
        )
        wait = self._application.hand_in([recorded], UnitContext("refusals", str(stream), b"", lane="people"))

        def refuse() -> CommandAnswer:
            wait()
            raise told or refusal

        return refuse

    def _check_street(self, street_code: str, pointer: str) -> None:
        if street_code not in {street.code for street in self._profile.streets}:
            raise InvalidInputError(f"{street_code!r} is no street of {self._profile.name}", pointer)

    def _decide_jurisdiction(
        self, incident: Incident, details: object, context: EventContext, _actor: Holder
    ) -> Sequence[Incident]:
        if not isinstance(details, said.Street):
            raise TypeError(f"{type(details).__name__} says nothing of a street")
        self._check_street(details.street_code, "/street_code")
        before = incident.jurisdiction
        decision = JurisdictionDecision(
            MatchMethod.MANUAL.value,
            details.street_code,
            self._jurisdiction.boundary_set,
            before.lon if before else None,
            before.lat if before else None,
        )
        incident.decide_jurisdiction(decision, context=context, at=self._clock.now())
        self._route_again(incident, context)
        return ()

    def _decide_class(
        self, incident: Incident, details: object, context: EventContext, _actor: Holder
    ) -> Sequence[Incident]:
        if not isinstance(details, said.Class):
            raise TypeError(f"{type(details).__name__} says nothing of a class")
        decision = self._classes.of_code(incident, details.class_code)
        decision = replace(decision, method=ClassMethod.MANUAL.value)
        incident.decide_class(decision, context=context, at=self._clock.now())
        self._route_again(incident, context)
        return ()

    def _route_again(self, incident: Incident, context: EventContext) -> None:
        """Ask the routing rules again, where a person's decision changed what they see."""
        if incident.pending_events:
            route(incident, self._routing.router(), context.following(), self._clock.now())

    @staticmethod
    def _answer(request: CommandRequest, kept: _Kept, positions: range, *, replayed: bool) -> CommandAnswer:
        return CommandAnswer(
            request.incident_id, kept.version, kept.state, positions[-1], kept.allowed, replayed=replayed
        )


def _one_of_each(asked: Sequence[_Asked]) -> tuple[list[_Asked], list[_Asked]]:
    """Part commands into the first on each incident, and those that wait for them."""
    first: dict[UUID, _Asked] = {}
    for one in asked:
        first.setdefault(one.request.incident_id, one)
    return list(first.values()), [one for one in asked if first[one.request.incident_id] is not one]


def _known(incidents: Mapping[UUID, Incident], incident_id: UUID, actor: Holder) -> Incident:
    """Return the incident, as far as somebody may know of it."""
    incident = incidents.get(incident_id)
    if incident is None or not may_know(actor, incident):
        raise NotFoundError(f"there is no incident {incident_id}")
    return incident


def _context(request: CommandRequest, incident: Incident, actor: Holder, reason: str | None = None) -> EventContext:
    return EventContext(
        actor.holder,
        actor.role.value,
        correlation_id=incident.id,
        causation_id=f"command:{request.command.value}:{request.key}",
        reason=reason,
    )


def _values(commands: tuple[Command, ...]) -> tuple[str, ...]:
    return tuple(command.value for command in commands)
