"""Decides what each record of a batch means, given what is known: pure composition of look-ups and aggregates.

Each look-up (inbox, jurisdiction, classes, vault) is one call for the whole batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

import msgspec

from jiedao.application.batch_decision import RECORDED, BatchDecision, Step, external_id_of, key_of, source_of
from jiedao.application.outcomes import ReadableRecord, UnreadableRecord
from jiedao.application.routing_in_force import NoRouting, Routing, route_revised
from jiedao.domain.access import Holder
from jiedao.domain.context import EventContext
from jiedao.domain.dead_letter import DeadLetter
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.identity import dead_letter_id, incident_id
from jiedao.domain.incident import Incident
from jiedao.domain.opening import OpenedIncident
from jiedao.domain.ports import Clock, Inbox, InboxKey, Jurisdiction, KnownRecord, Vault
from jiedao.domain.quickly_made import quickly_made, replaced
from jiedao.domain.report import IncidentReport, Sealed
from jiedao.domain.routing import Router, ToRoute
from jiedao.domain.terms import ClassMethod, IncidentState, IntakeOutcome, MatchMethod, ReportFlag
from jiedao.domain.upstream_news import hear

_encode = msgspec.json.Encoder().encode
_NO_KEY = InboxKey("", "")
_UNSEALED = Sealed("none", "", "")
_SAME_REVISION = "same_revision_other_content"


class Classes(Protocol):
    """Gives reports to classes, a batch at a time, under the class table that is in force."""

    def decide(self, reports: Sequence[IncidentReport]) -> Sequence[ClassDecision]:
        """Decide for each report."""


class Incidents(Protocol):
    """Reads incidents as they stand."""

    def load(self, ids: Sequence[UUID]) -> Mapping[UUID, Incident]:
        """Rebuild each incident from its stream, in one read."""


class Decider:
    """Decides batches. Holds no state of its own between batches."""

    def __init__(  # noqa: PLR0913  # the composition root wires each port by name
        self,
        *,
        district: str,
        inbox: Inbox,
        incidents: Incidents,
        vault: Vault,
        jurisdiction: Jurisdiction,
        classes: Classes,
        clock: Clock,
        routing: Routing | None = None,
    ) -> None:
        self._district = district
        self._inbox = inbox
        self._incidents = incidents
        self._vault = vault
        self._jurisdiction = jurisdiction
        self._classes = classes
        self._clock = clock
        self._routing = routing or NoRouting()

    def decide(
        self,
        records: Sequence[ReadableRecord | UnreadableRecord],
        *,
        transport: str,
        actor: Holder,
        batch: str,
        keep: bool = True,
    ) -> BatchDecision:
        """Decide a batch; with ``keep`` false nothing is sealed and no key is made (a preview)."""
        decided = BatchDecision(self._tell_apart(records))
        if keep:
            self._drop_known_dead(decided.steps)
        alive = [s for s in decided.steps if s.outcome in RECORDED]
        dead = [s for s in decided.steps if s.outcome is IntakeOutcome.DEAD]
        if keep and (alive or dead):
            decided.destructions = self._vault.destructions()  # before anything is sealed
        sealed = self._seal(alive, dead) if keep else [(_UNSEALED, None)] * (len(alive) + len(dead))
        frame = _Frame(transport, actor.holder, actor.role.value, f"batch:{batch}", self._clock.now())
        self._take_in(decided, alive, sealed[: len(alive)], frame)
        self._set_aside(decided, dead, sealed[len(alive) :], frame)
        decided.finish(transport)
        return decided

    def _tell_apart(self, records: Sequence[ReadableRecord | UnreadableRecord]) -> list[Step]:
        """Tell new, revised, late, repeated and unreadable records apart, also within the batch."""
        macs = [self._vault.mac(record.raw) for record in records]
        keys = [key_of(record) if isinstance(record, ReadableRecord) else _NO_KEY for record in records]
        known = self._known(set(keys) - {_NO_KEY})
        steps = [
            self._readable_step(record, mac, known[key])
            if isinstance(record, ReadableRecord)
            else self._unreadable_step(record, mac)
            for record, mac, key in zip(records, macs, keys, strict=True)
        ]
        self._settle_rewritten(steps)
        return steps

    def _known(self, keys: Collection[InboxKey]) -> dict[InboxKey, dict[int, bytes]]:
        found: Mapping[InboxKey, KnownRecord] = self._inbox.known(list(keys)) if keys else {}
        return {key: dict(found[key].revisions) if key in found else {} for key in keys}

    def _readable_step(self, record: ReadableRecord, mac: bytes, revisions: dict[int, bytes]) -> Step:
        """Tell what a record is by what was recorded under its key before, and take it for recorded itself."""
        report = record.report
        target = incident_id(self._district, report.source, report.external_id)
        if report.revision in revisions:
            same = revisions[report.revision] == mac
            return Step(record, IntakeOutcome.DUPLICATE, mac, target, reason=None if same else _SAME_REVISION)
        if not revisions:
            outcome = IntakeOutcome.ACCEPTED
        elif report.revision > max(revisions):
            outcome = IntakeOutcome.REVISED
        else:
            outcome = IntakeOutcome.LATE
        revisions[report.revision] = mac
        return Step(record, outcome, mac, target)

    def _unreadable_step(self, record: UnreadableRecord, mac: bytes) -> Step:
        step = self._dead_step(record, mac, record.reason, record.detail)
        step.pointer, step.further_faults = record.pointer, record.further_faults
        return step

    def _dead_step(self, record: ReadableRecord | UnreadableRecord, mac: bytes, reason: str, detail: str) -> Step:
        target = dead_letter_id(self._district, source_of(record), mac)
        return Step(record, IntakeOutcome.DEAD, mac, target, set_aside=True, reason=reason, detail=detail)

    def _settle_rewritten(self, steps: list[Step]) -> None:
        """Look closer where the same revision came in other bytes: same meaning is a repetition, other is set aside.

        The bytes of a repeated message may differ in order or in a sending time; what counts is the report in it.
        """
        rewritten = [index for index, step in enumerate(steps) if step.reason == _SAME_REVISION]
        if not rewritten:
            return
        stored = self._recorded_reports([steps[index].target for index in rewritten])
        in_batch: dict[tuple[UUID, int], IncidentReport] = {}
        for step in steps:
            if step.outcome in RECORDED and isinstance(step.record, ReadableRecord):
                in_batch[step.target, step.record.report.revision] = step.record.report
        for index in rewritten:
            step = steps[index]
            if not isinstance(step.record, ReadableRecord):  # only readable ones are compared
                continue
            report = step.record.report
            key = (step.target, report.revision)
            before = stored.get(key) or in_batch.get(key)
            if before is not None and _meaning(before) == _meaning(report):
                steps[index] = Step(step.record, IntakeOutcome.DUPLICATE, step.mac, step.target)
            else:
                detail = (
                    f"revision {report.revision} of this number was recorded before with other content;"
                    " if the source changed it, it must send a higher revision or a later update time"
                )
                steps[index] = self._dead_step(step.record, step.mac, _SAME_REVISION, detail)

    def _recorded_reports(self, ids: Sequence[UUID]) -> dict[tuple[UUID, int], IncidentReport]:
        return {
            (incident.id, revision): report
            for incident in self._incidents.load(ids).values()
            for revision, report in incident.reports.items()
        }

    def _drop_known_dead(self, steps: list[Step]) -> None:
        """The same unreadable bytes a second time are a repetition."""
        by_source: defaultdict[str, list[Step]] = defaultdict(list)
        for step in steps:
            if step.outcome is IntakeOutcome.DEAD:
                by_source[source_of(step.record)].append(step)
        for source, dead in by_source.items():
            seen = set(self._inbox.known_dead(source, [step.mac for step in dead]))
            for step in dead:
                if step.mac in seen:
                    step.outcome = IntakeOutcome.DUPLICATE
                seen.add(step.mac)

    def _seal(self, alive: Sequence[Step], dead: Sequence[Step]) -> list[tuple[Sealed, Sealed | None]]:
        """Encrypt raw bytes and reporters of a whole batch in one call, each under its subject's key."""
        plaintexts: list[tuple[str, bytes]] = []
        has_reporter: list[bool] = []
        for step in alive:
            record = step.record
            reporter = record.reporter if isinstance(record, ReadableRecord) else None
            subject = self._vault.subject_of(self._district, reporter) if reporter else f"source:{source_of(record)}"
            plaintexts.append((subject, record.raw))
            has_reporter.append(bool(reporter))
            if reporter:
                plaintexts.append((subject, _encode(reporter)))
        for step in dead:
            plaintexts.append((f"dead-letter:{step.target}", step.record.raw))
            has_reporter.append(False)
        ciphertexts = iter(self._vault.seal(plaintexts))
        return [(next(ciphertexts), next(ciphertexts) if both else None) for both in has_reporter]

    def _take_in(
        self,
        decided: BatchDecision,
        steps: Sequence[Step],
        sealed: Sequence[tuple[Sealed, Sealed | None]],
        frame: _Frame,
    ) -> None:
        """Open and revise incidents, with the decisions that follow."""
        readable = [step.record for step in steps if isinstance(step.record, ReadableRecord)]
        places = self._jurisdiction.decide([record.report.place for record in readable])
        classes = self._classes.decide([record.report for record in readable])
        router = self._routing.router()
        later = {step.target for step in steps if step.outcome is not IntakeOutcome.ACCEPTED}
        decided.touched.update(self._incidents.load(list(later)) if later else {})
        for step, record, (raw, reporter), place, klass in zip(steps, readable, sealed, places, classes, strict=True):
            context = frame.context(record.origin, step.target)
            taken = _Taken(_flagged(record.report, place, klass), raw, reporter, place, klass)
            touched = decided.touched.get(step.target)
            if touched is None:
                touched = _opened(step.target, taken, router, context, frame.at)
            else:
                touched = _revisable(step.target, touched)
                _revise(touched, taken, router, context, frame.at)
            decided.touched[step.target] = touched
            step.event_index = len(touched.pending_events)

    def _set_aside(
        self,
        decided: BatchDecision,
        steps: Sequence[Step],
        sealed: Sequence[tuple[Sealed, Sealed | None]],
        frame: _Frame,
    ) -> None:
        """Set aside what could not be read."""
        for step, (raw, _none) in zip(steps, sealed, strict=True):
            letter = DeadLetter.set_aside(
                step.target,
                source=source_of(step.record),
                external_id=external_id_of(step.record),
                reason=step.reason or "unreadable",
                detail=step.detail or "",
                pointer=step.pointer,
                raw=raw,
                size=len(step.record.raw),
                further_faults=step.further_faults,
                context=frame.context(step.record.origin, step.target),
                at=frame.at,
            )
            decided.touched[step.target] = letter
            step.event_index = len(letter.pending_events)


_REDECIDED = frozenset({IncidentState.TRIAGE, IncidentState.RECEIVED, IncidentState.ADMITTED, IncidentState.FILED})
"""While it stands here, a later revision of the source's record may still change place and class."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all events of one batch share."""

    transport: str
    actor: str
    role: str
    causation_id: str
    at: datetime

    def context(self, origin: str, correlation: UUID) -> EventContext:
        """The context of an event that a record caused."""
        return EventContext(
            actor=self.actor,
            role=self.role,
            correlation_id=correlation,
            causation_id=self.causation_id,
            transport=self.transport,
            origin=origin,
        )


@quickly_made
@dataclass(frozen=True, slots=True)
class _Taken:
    """A report that is taken in: sealed, and with what was decided of its place and class."""

    report: IncidentReport
    raw: Sealed
    reporter: Sealed | None
    place: JurisdictionDecision
    klass: ClassDecision


def _opened(
    incident_id: UUID, taken: _Taken, router: Router | None, context: EventContext, at: datetime
) -> Incident | OpenedIncident:
    """Open an incident; the aggregate is made only where a superior platform says more than that there is a case."""
    opened = OpenedIncident(
        incident_id,
        report=taken.report,
        raw=taken.raw,
        reporter=taken.reporter,
        jurisdiction=taken.place,
        classification=taken.klass,
        routing=router.decide_one(ToRoute(taken.report, taken.place.street_code, taken.klass)) if router else None,
        context=context,
        at=at,
    )
    if taken.report.upstream is None or taken.report.upstream.news is None:
        return opened
    incident = opened.incident()
    hear(incident, None, context=context, at=at)
    return incident


def _revisable(target: UUID, touched: Incident | OpenedIncident | DeadLetter) -> Incident:
    """The aggregate of what is in the log, or of what this very batch opened."""
    if isinstance(touched, OpenedIncident):
        return touched.incident()
    if not isinstance(touched, Incident):  # an incident's id never is a dead letter's
        raise TypeError(f"{target} is not an incident")
    return touched


def _revise(incident: Incident, taken: _Taken, router: Router | None, context: EventContext, at: datetime) -> None:
    """Take a revision in; what it says is decided again where it is the newest."""
    heard = incident.report.upstream
    if incident.revise(report=taken.report, raw=taken.raw, reporter=taken.reporter, context=context, at=at):
        _decide_again(incident, taken.place, taken.klass, router, context, at)
        if hear(incident, heard, context=context, at=at):  # it may have come back to where we decide
            _decide_again(incident, taken.place, taken.klass, router, context, at)


def _decide_again(  # noqa: PLR0913  # what was decided, and who, why, when
    incident: Incident,
    place: JurisdictionDecision,
    klass: ClassDecision,
    router: Router | None,
    context: EventContext,
    at: datetime,
) -> None:
    """Take over what a revision says, unless a person decided it or somebody works on it already; then route it."""
    if incident.state not in _REDECIDED:
        return
    if incident.jurisdiction is None or incident.jurisdiction.method != MatchMethod.MANUAL:
        incident.decide_jurisdiction(place, context=context, at=at)
    if incident.classification is None or incident.classification.method != ClassMethod.MANUAL:
        incident.decide_class(klass, context=context, at=at)
    route_revised(incident, router, context, at)


def _flagged(report: IncidentReport, place: JurisdictionDecision, klass: ClassDecision) -> IncidentReport:
    """The report with what was odd about it in the light of the decisions."""
    found = place.flags if klass.method != ClassMethod.NONE else (*place.flags, ReportFlag.CLASS_UNKNOWN.value)
    if not found:
        return report
    new = tuple(flag for flag in found if flag not in report.flags)
    return replaced(report, flags=(*report.flags, *new)) if new else report


def _meaning(report: IncidentReport) -> IncidentReport:
    """The report without what tells of its delivery: the flags, and a time that is its arrival's for want of one.

    Without what we make of a superior's words, too: the words are what came, and a later version may read more in them.
    """
    arrival = not _ARRIVAL_FLAGS.isdisjoint(report.flags)
    upstream = report.upstream and replaced(report.upstream, news=None)
    return replaced(report, flags=(), reported_at=_NO_TIME if arrival else report.reported_at, upstream=upstream)


_ARRIVAL_FLAGS = frozenset({ReportFlag.TIME_MISSING.value, ReportFlag.TIME_IN_FUTURE.value})
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
