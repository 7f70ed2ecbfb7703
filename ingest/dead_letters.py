"""Replaying dead letters (死信重放): a record that was set aside goes through the pipeline again, mended or as it is.

Sending it again is safe: what had become an incident meanwhile is told apart by its number. That it was done, by whom
and with what result, is an event of the dead letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from eventsourcing.application import AggregateNotFoundError

from ingest.pipeline import Pipeline
from ingest.records import FeedRecord
from jiedao.application.district_application import DistrictApplication
from jiedao.application.intake import Intake
from jiedao.application.outcomes import ReadableRecord, RecordOutcome
from jiedao.domain.access import Holder
from jiedao.domain.context import EventContext
from jiedao.domain.dead_letter import DeadLetter
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.ports import Clock, Vault
from jiedao.domain.terms import IntakeOutcome, Transport
from jiedao.store.recorder import UnitContext


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a replayed dead letter; ``position`` is that of the event that says so."""

    dead_letter_id: UUID
    resolved: bool
    outcome: RecordOutcome
    position: int


class DeadLetterDesk:
    """Opens dead letters and sends them through again."""

    def __init__(
        self, application: DistrictApplication, pipeline: Pipeline, intake: Intake, vault: Vault, clock: Clock
    ) -> None:
        self._application = application
        self._pipeline = pipeline
        self._intake = intake
        self._vault = vault
        self._clock = clock

    def content(self, letter_id: UUID) -> bytes:
        """Return the record's bytes. Raises NotFoundError where there is none, or its key was destroyed."""
        return self._content(self._letter(letter_id))

    def replay(self, letter_id: UUID, actor: Holder, *, corrected: bytes | None = None) -> Replayed:
        """Send a dead letter through again, as ``corrected`` where that is given.

        Raises NotFoundError as :meth:`content` does, InvalidInputError for one that was resolved already.
        """
        letter = self._letter(letter_id)
        if letter.resolved:
            raise InvalidInputError(f"dead letter {letter_id} was resolved before; there is nothing left to replay")
        raw = self._content(letter) if corrected is None else corrected
        origin = f"dead-letter:{letter_id}@{letter.version}"
        outcome = self._send(letter, FeedRecord(raw, origin, self._clock.now()), actor)
        context = EventContext(
            actor.holder,
            actor.role.value,
            correlation_id=letter_id,
            causation_id=f"replay:{uuid4()}",
            transport=Transport.REPLAY.value,
            origin=origin,
        )
        letter.record_replay(
            # What is set aside again, or was, has become no incident.
            outcome=IntakeOutcome.DEAD.value if outcome.incident_id is None else outcome.outcome,
            detail=outcome.detail,
            incident_id=outcome.incident_id,
            context=context,
            at=self._clock.now(),
        )
        unit = UnitContext("people", f"replay:{letter_id}:{letter.version}", b"", lane="people")
        position = self._application.record([letter], unit)[-1]
        return Replayed(letter_id, letter.resolved, outcome, position)

    def _send(self, letter: DeadLetter, record: FeedRecord, actor: Holder) -> RecordOutcome:
        """Record it when it can be read now. One that still cannot is no new delivery: the letter is there already."""
        read = self._pipeline.read(letter.source, record)
        if isinstance(read, ReadableRecord):
            (outcome,) = self._intake.receive([read], transport=Transport.REPLAY.value, actor=actor)
            return outcome
        return RecordOutcome(
            origin=record.origin,
            outcome=IntakeOutcome.DEAD.value,
            external_id=read.external_id,
            dead_letter_id=letter.id,
            reason=read.reason,
            detail=read.detail,
            pointer=read.pointer,
            further_faults=read.further_faults,
        )

    def _letter(self, letter_id: UUID) -> DeadLetter:
        missing = NotFoundError(f"there is no dead letter {letter_id}; `jiedao dead-letters list` names them")
        try:
            found: object = self._application.repository.get(letter_id)
        except AggregateNotFoundError as error:
            raise missing from error
        if not isinstance(found, DeadLetter):
            raise missing
        return found

    def _content(self, letter: DeadLetter) -> bytes:
        (content,) = self._vault.open([letter.raw])
        if content is None:
            raise NotFoundError(f"the content of dead letter {letter.id} was erased; only its reason is left")
        return content
