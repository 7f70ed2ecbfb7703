"""Replays many dead letters, one by one: what becomes of each is a result, and none stops the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from jiedao.domain.access import Holder
from jiedao.domain.errors import JiedaoError, UnavailableError
from jiedao.domain.terms import IntakeOutcome
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.http.wording import label_of

FAILED = "failed"
"""The outcome of a letter that could not be replayed: there is none, it is dealt with, its content was erased."""


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What became of one letter: ``outcome`` is an IntakeOutcome value or ``failed``, ``detail`` says why."""

    dead_letter_id: UUID
    outcome: str
    resolved: bool
    incident_id: UUID | None
    reason: str | None
    detail: str | None

    @property
    def outcome_label(self) -> str:
        """The outcome in Chinese."""
        return "未能重放" if self.outcome == FAILED else label_of(IntakeOutcome, self.outcome) or self.outcome


def replay_each(
    district: District,
    letters: Sequence[UUID],
    actor: Holder,
    *,
    corrected: bytes | None = None,
    on_replayed: Callable[[int, int], None],
) -> list[ReplayResult]:
    """Replay letters in order; ``on_replayed`` is told how many are done and how many there are.

    Raises UnavailableError when the database does not answer; what was replayed by then stays so.
    """
    results = []
    for number, letter_id in enumerate(letters, start=1):
        results.append(_replay(district, letter_id, actor, corrected))
        on_replayed(number, len(letters))
    return results


def _replay(district: District, letter_id: UUID, actor: Holder, corrected: bytes | None) -> ReplayResult:
    try:
        replayed = district.dead_letters.replay(letter_id, actor, corrected=corrected)
    except UnavailableError:
        raise
    except JiedaoError as error:
        return ReplayResult(letter_id, FAILED, resolved=False, incident_id=None, reason=error.code, detail=str(error))
    became = replayed.outcome
    return ReplayResult(letter_id, became.outcome, replayed.resolved, became.incident_id, became.reason, became.detail)
