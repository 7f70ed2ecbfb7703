"""An appeal (申诉) against an assessment: by the assessed side, once for each, after closing; two people review it.

Both have to grant it, and the first who does not ends it. Granted, the assessment does not count; the fact stays.
Whether there was such a fact is for the reviewers, and for the indicators: an exemption from nothing exempts nothing.
"""

from __future__ import annotations

from typing import Any

from jiedao.domain import commands as said
from jiedao.domain.context import EventContext
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.incident import Incident
from jiedao.domain.links import Appeal
from jiedao.domain.progress import Progress
from jiedao.domain.ruling import RuledOutError
from jiedao.domain.terms import Assessment, Role


def may_appeal(role: Role) -> tuple[Assessment, ...]:
    """Return what a role is assessed by: dispatchers by wrong dispatches, those in the field by all else."""
    if role is Role.DISPATCHER:
        return (Assessment.WRONG_DISPATCH,)
    return tuple(one for one in Assessment if one is not Assessment.WRONG_DISPATCH)


def appeal(progress: Progress, details: said.AppealRequest, role: Role) -> dict[str, Any]:
    """Appeal against an assessment."""
    if details.assessment not in may_appeal(role):
        raise RuledOutError(f"{details.assessment.label}不是对{role.label}的考核 a {role.value} is not assessed by it")
    if details.assessment in progress.appeals:
        raise RuledOutError(
            f"{details.assessment.label}已申诉过 there was an appeal against {details.assessment.value} already"
        )
    return {"kind": Incident.Appealed, "assessment": details.assessment.value}


def review(progress: Progress, details: said.AppealReview, context: EventContext) -> dict[str, Any]:
    """Say whether an appeal is granted."""
    found = progress.appeals.get(details.assessment)
    if found is None or not found.pending:
        raise RuledOutError(
            f"没有待复核的{details.assessment.label}申诉 no appeal against {details.assessment.value} is under review"
        )
    if why := _why_not(found, context.actor):
        raise RuledOutError(why)
    if not details.granted and not details.note.strip():
        raise InvalidInputError("say in note why it is not granted", "/note")
    return {
        "kind": Incident.AppealReviewed,
        "assessment": details.assessment.value,
        "granted": details.granted,
        "note": details.note,
    }


def none_left(progress: Progress, role: Role, _actor: str | None) -> str:
    """Say that a role has appealed against all that it is assessed by, if so."""
    left = [one for one in may_appeal(role) if one.value not in progress.appeals]
    return "" if left else "均已申诉过 there was an appeal against each assessment already"


def none_to_review(progress: Progress, _role: Role, actor: str | None) -> str:
    """Say why somebody has no appeal to review, if so."""
    pending = [one for one in progress.appeals.values() if one.pending]
    if not pending:
        return "没有待复核的申诉 no appeal waits for a review"
    return "" if any(not _why_not(one, actor) for one in pending) else _why_not(pending[0], actor)


def _why_not(found: Appeal, actor: str | None) -> str:
    if found.asked_by == actor:
        return "申诉人不得复核自己的申诉 who appealed cannot review it"
    return "两次复核须由不同的人 this reviewer granted it already: another has to" if actor in found.granted_by else ""
