"""Makes the answers about duplicates, the same over HTTP and on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from jiedao.domain.profile import DistrictProfile
from jiedao.entrypoints.duplicate_words import LikenessPart, tell_likeness
from jiedao.entrypoints.http.duplicate_models import (
    JudgementAnswer,
    LikenessPartAnswer,
    MatterAnswer,
    RepeatedPage,
    SuggestionAnswer,
    SuggestionsAnswer,
)
from jiedao.entrypoints.http.wording import Wording
from projections.answers import Page
from projections.duplicates import Judgement, Matter, RepeatedQuestion, Suggestion, Suggestions

_WITHOUT_CLASS = "尚未判定分类，无从比较 it has no class yet: there is nothing to compare it by"


def suggestions_answer(found: Suggestions, profile: DistrictProfile) -> SuggestionsAnswer:
    """Put suggestions into words."""
    wording = Wording(profile)
    return SuggestionsAnswer(
        incident_id=found.incident.incident_id,
        items=[_suggestion(one, wording) for one in found.items],
        compared=found.compared,
        complete=found.complete,
        not_duplicates=[_judgement(one, found) for one in found.judgements],
        assumed=profile.duplicates.assumed,
        note=_WITHOUT_CLASS if found.incident.class_code is None else None,
        position=found.position,
    )


def usual_span(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the span that is looked through where none is named: the last seven days, with today.

    It ends at midnight, so that a cursor holds as long as the day.
    """
    last = now.astimezone(zone).date() + timedelta(days=1)
    since, before = (datetime.combine(day, time.min, zone) for day in (last - timedelta(days=7), last))
    return since.astimezone(UTC), before.astimezone(UTC)


def repeated_page(page: Page[Matter], question: RepeatedQuestion, profile: DistrictProfile) -> RepeatedPage:
    """Put a page of matters into words."""
    wording = Wording(profile)
    return RepeatedPage(
        since=question.since,
        before=question.before,
        items=[_matter(one, wording) for one in page.rows],
        next_cursor=page.after,
        position=page.position,
    )


def _suggestion(one: Suggestion, wording: Wording) -> SuggestionAnswer:
    likeness = one.likeness
    parts = [
        LikenessPartAnswer(
            part=name,
            label=LikenessPart(name).label,
            value=round(part.value, 3),
            share=round(part.share, 3),
            known=part.known,
        )
        for name, part in likeness.parts.items()
    ]
    return SuggestionAnswer(
        score=likeness.score,
        sentence=tell_likeness(likeness),
        distance_m=None if likeness.distance_m is None else round(likeness.distance_m, 1),
        apart_seconds=round(likeness.apart.total_seconds()),
        origin=likeness.origin.value,
        origin_label=likeness.origin.label,
        parts=parts,
        incident=wording.incident(one.incident),
    )


def _judgement(said: Judgement, found: Suggestions) -> JudgementAnswer:
    other = said.other if said.one == found.incident.incident_id else said.one
    return JudgementAnswer(
        incident_id=other, reason=said.reason, actor=said.actor, role=said.role, judged_at=said.judged_at
    )


def _matter(one: Matter, wording: Wording) -> MatterAnswer:
    complaint = one.complaint
    return MatterAnswer(
        matter_id=complaint.matter_id,
        reports=len(complaint.incident_ids),
        reporters=complaint.reporters,
        sources=complaint.sources,
        since=complaint.since,
        latest=complaint.latest,
        incidents=[wording.incident(row) for row in one.incidents],
    )
