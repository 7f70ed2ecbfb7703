"""Puts Chinese beside what the views say of clocks; HTTP and the command line answer alike."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from jiedao.domain.terms import ClockKind, ClockStep, IncidentState, Platform
from jiedao.entrypoints.http.clock_models import ClockEntry, ClockPage
from jiedao.entrypoints.http.wording import Wording, label_of
from projections.answers import Page
from projections.clock_questions import ClockRow


def clock_page(page: Page[ClockRow], wording: Wording, now: datetime) -> ClockPage:
    """Put a page into words, as of ``now``."""
    entries = [_entry(row, wording, now) for row in page.rows]
    return ClockPage(items=entries, next_cursor=page.after, position=page.position)


def _entry(row: ClockRow, wording: Wording, now: datetime) -> ClockEntry:
    fields = asdict(row) | {"task_id": row.task_id or None, "part": row.part or None}
    return ClockEntry(
        **fields,
        clock_label=label_of(ClockKind, row.clock) or row.clock,
        overdue=row.due_at <= now,
        next_step_label=label_of(ClockStep, row.next_step),
        state_label=label_of(IncidentState, row.state) or row.state,
        street_name=wording.street(row.street_code),
        platform_label=label_of(Platform, row.platform),
    )
