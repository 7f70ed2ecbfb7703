"""The one deadline of a case (期限): by when it is to be handled, closed, or first of all decided about.

Whoever shows, orders by, extends or judges a deadline asks here, and all that is asked are the clocks themselves
(:mod:`jiedao.domain.stage_clocks`): what suspends, extends or restarts a clock moves the deadline with it.

* 处置期限: of each task, from its dispatch (or its failed verification) by the class's limit (GB/T 30428.8: 处置时限);
* 结案期限: of the case, from 立案 to 结案, the limits on the way laid end to end;
* 立案期限: of what was admitted, by the limit of that stage.

A superior platform's deadline (上级平台案件) takes the place of the first two. Done at the very moment is in time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from jiedao.domain.clock_course import TO_BE_HANDLED, Course
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.stage_clocks import StageClock, clocks_of, settled_total
from jiedao.domain.terms import ClockKind, IncidentState, Lifecycle, TaskState
from jiedao.domain.time_rules import TimeRules

_AT_REST = frozenset({IncidentState.TRANSFERRING, IncidentState.MERGED, IncidentState.SENT_BACK})
"""Where nobody works on its tasks, and no clock of theirs runs."""


def deadline_of(clocks: Iterable[StageClock]) -> StageClock | None:
    """Choose of an incident's clocks the one that its deadline is that of; ``None`` where none runs.

    While tasks are to be handled, the handling that ends first; else the total; before 立案, the stage that ends first.
    One that stands still (挂账) ends after all others.
    """
    whole = [clock for clock in clocks if clock.whole]
    for kinds in ((ClockKind.HANDLE,), (ClockKind.TOTAL,), tuple(ClockKind)):
        chosen = [clock for clock in whole if clock.clock in kinds]
        if chosen:
            return min(chosen, key=_end)
    return None


def handling_clock(clocks: Iterable[StageClock], task_id: str) -> StageClock | None:
    """Return the clock by which a task is to be handled (处置期限), its last stage where the limit has several."""
    return next((one for one in clocks if one.clock is ClockKind.HANDLE and one.whole and one.task_id == task_id), None)


def work_out(course: Course, rules: TimeRules, limits: LimitClock) -> tuple[StageClock, ...]:
    """Work an incident's clocks out, keep their deadlines with its course, and return them.

    What is over keeps the deadline that it had. ``limits`` works by the working hours and the calendar of the rules.
    """
    clocks = clocks_of(course, rules, limits)
    if course.state is IncidentState.DISPATCHED:
        for task_id, task in course.tasks.items():
            if task.state in TO_BE_HANDLED:
                handling = handling_clock(clocks, task_id)
                task.due_at, task.provisional = (handling.due_at, handling.provisional) if handling else (None, False)
    if course.state is IncidentState.ADMITTED:
        course.filing_due_at = _due(clocks, ClockKind.FILE)
    if not course.ended and not _reported_back(course):
        course.closing_due_at = _due(clocks, ClockKind.TOTAL)
    elif course.state is IncidentState.CLOSED and course.closing_due_at is None:
        course.closing_due_at = settled_total(course, rules, limits)
    return clocks


def _due(clocks: Iterable[StageClock], kind: ClockKind) -> datetime | None:
    return next((one.due_at for one in clocks if one.clock is kind), None)


def _reported_back(course: Course) -> bool:
    """Whether the superior platform has to do what is left of its case."""
    return course.lifecycle is Lifecycle.UPSTREAM and course.state is IncidentState.HANDLED


def handling_due_at(course: Course) -> datetime | None:
    """Return the 处置期限 by which a case is judged.

    The first that was missed since the case was opened; else the next by which a task is to be handled; once nothing
    is left to be handled, the last by which something was. ``None`` while no clock of a handling runs that could pass.
    """
    if course.missed_at is not None:
        return course.missed_at
    tasks = [task for task in course.tasks.values() if task.state is not TaskState.REASSIGNED]
    waiting = [task.due_at for task in tasks if task.state in TO_BE_HANDLED]
    if waiting:
        return None if course.state in _AT_REST else min((due for due in waiting if due is not None), default=None)
    if any(task.state is TaskState.RETURNED for task in tasks):  # with nobody: the dispatcher's clock runs
        return None
    return max((task.due_at for task in tasks if task.due_at is not None), default=None)


def _end(clock: StageClock) -> tuple[bool, datetime]:
    return clock.due_at is None, clock.due_at or clock.since
