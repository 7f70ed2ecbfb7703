"""The auditor's questions as data (审计问题): each a name, its sentence, and the filter that it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from jiedao.domain.errors import InvalidInputError
from projections.audit_kinds import AuditKind


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which events are asked for; what is ``None`` lets all through.

    ``since`` is included and ``until`` is not, both by when the log recorded the event; ``from_position`` and
    ``to_position`` are both included. ``street`` is the street that held the incident at the end of the event's moment;
    where only changes of jurisdiction are asked for, also the one that held it until then. ``commanded`` asks for what
    somebody commanded, refusals included, ``corrections`` for what puts an earlier event right. ``streets`` and
    ``hidden`` (kinds) are what the asker may see at all.
    """

    actor: str | None = None
    role: str | None = None
    kinds: tuple[str, ...] | None = None
    topic: str | None = None
    incident_id: UUID | None = None
    street: str | None = None
    command: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    from_position: int | None = None
    to_position: int | None = None
    has_reason: bool | None = None
    correlation_id: UUID | None = None
    commanded: bool = False
    corrections: bool = False
    newest_first: bool = False
    streets: frozenset[str] | None = None
    hidden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a stretch of time that ends before it begins: nobody means that."""
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise InvalidInputError("the stretch of time ends before it begins: from has to be before to", "/to")


@dataclass(frozen=True, slots=True)
class AuditQuestion:
    """A question that auditors ask; ``needs`` is the filter that has to be named with it."""

    zh: str
    en: str
    kinds: tuple[AuditKind, ...] | None = None
    needs: str | None = None
    commanded: bool = False
    corrections: bool = False


QUESTIONS: Mapping[str, AuditQuestion] = {
    "by_person": AuditQuestion("某人所做的一切", "everything that one person did", needs="actor"),
    "refusals": AuditQuestion(
        "一切拒绝：办理、请求、信息删除",
        "every refusal: commands, requests at the door, erasures",
        (AuditKind.REFUSAL,),
    ),
    "interventions": AuditQuestion("一切干预留痕", "every recorded intervention", (AuditKind.INTERVENTION,)),
    "jurisdiction_changes": AuditQuestion(
        "一切管辖变更", "every change of jurisdiction", (AuditKind.JURISDICTION_CHANGE,)
    ),
    "no_rule_matched": AuditQuestion("一切无派单规则命中的事件", "what no rule matched", (AuditKind.NO_RULE_MATCHED,)),
    "commands_on_incident": AuditQuestion(
        "对某一事件的全部办理，含被拒绝的",
        "every command on one incident, refused ones included",
        needs="incident",
        commanded=True,
    ),
    "corrections": AuditQuestion(
        "一切更正：哪一条记录更正了先前哪一条",
        "every correction: which event puts which earlier one right",
        corrections=True,
    ),
}
"""The questions by name."""

_NAMED = {"actor": lambda wanted: wanted.actor, "incident": lambda wanted: wanted.incident_id}


def asked(name: str, wanted: AuditFilter) -> AuditFilter:
    """Return the filter of a named question, narrowed by what else is asked for.

    Raises InvalidInputError for a question that there is not, or one whose person or incident is not named, or that is
    asked for other kinds.
    """
    question = QUESTIONS.get(name)
    if question is None:
        raise InvalidInputError(f"there is no question {name!r}; there are {', '.join(QUESTIONS)}", "/question")
    if question.needs is not None and _NAMED[question.needs](wanted) is None:
        needs = question.needs
        raise InvalidInputError(f"the question {name} is about one {needs}: name it ({needs}=, --{needs})", f"/{needs}")
    if question.kinds is not None:
        if wanted.kinds is not None:
            raise InvalidInputError(f"the question {name} says the kinds itself: leave kind out", "/kind")
        wanted = replace(wanted, kinds=tuple(kind.value for kind in question.kinds))
    return replace(
        wanted,
        commanded=wanted.commanded or question.commanded,
        corrections=wanted.corrections or question.corrections,
    )
