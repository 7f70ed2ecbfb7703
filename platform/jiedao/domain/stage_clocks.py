"""Which clocks of an incident run (时限), since when, and due when: one pure function of its course and the time rules.

Each stage has a clock of its own: the wait for a decision, for 受理, 立案, 派遣, of every task its 签收, 处置 and 核查,
结案, an offered transfer's answer, and the total over them. Suspensions stop them, extensions move the end of the
handling and of the total. A superior platform's deadline (上级平台案件) wins over what we would work out, and nothing
here moves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from jiedao.domain.clock_course import Course, clock_key, told_key
from jiedao.domain.deadlines import Length, LimitClock
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.offering import is_offered_onward
from jiedao.domain.tasks import Task
from jiedao.domain.terms import ClockKind, ClockStep, IncidentState, Lifecycle, TaskState
from jiedao.domain.time_limits import Stage, parse_time_limit
from jiedao.domain.time_rules import TimeRules

ANSWER_LIMIT = "移送答复期限"
"""What stands for the time limit of an offered transfer, whose end was fixed when it was offered."""

ONWARD_PART = "顺延"
"""With its number it stands for an offer of a task that nobody accepted in time: 签收时限（顺延1）."""

UPSTREAM_LIMIT = "上级平台期限"
"""What stands for the time limit where the superior platform named the deadline itself."""

_AND_THEN = "＋"

_OF_STATE: Mapping[IncidentState, ClockKind] = {
    IncidentState.TRIAGE: ClockKind.TRIAGE,
    IncidentState.RECEIVED: ClockKind.ADMIT,
    IncidentState.ADMITTED: ClockKind.FILE,
    IncidentState.FILED: ClockKind.DISPATCH,
    IncidentState.HANDLED: ClockKind.CLOSE,
}
_OF_TASK: Mapping[TaskState, tuple[ClockKind, ...]] = {
    TaskState.DISPATCHED: (ClockKind.ACCEPT, ClockKind.HANDLE),
    TaskState.REDISPATCHED: (ClockKind.ACCEPT, ClockKind.HANDLE),  # given on, it is as due as before
    TaskState.ACCEPTED: (ClockKind.HANDLE,),
    TaskState.STARTED: (ClockKind.HANDLE,),
    TaskState.REWORK: (ClockKind.HANDLE,),
    TaskState.HANDLED: (ClockKind.VERIFY,),
    TaskState.RETURNED: (ClockKind.DISPATCH,),  # somebody has to give it to somebody else
}
_SUPERIORS = frozenset({ClockKind.VERIFY, ClockKind.CLOSE})
"""What a superior platform does with its own cases itself."""

_TOTAL_STATES = frozenset(
    {IncidentState.FILED, IncidentState.DISPATCHED, IncidentState.HANDLED, IncidentState.TRANSFERRING}
)


@dataclass(frozen=True, slots=True)
class StageClock:
    """One clock as it runs.

    ``task_id`` is empty where it is the incident's; ``part`` is the label of one stage of a staged limit (停工), and
    ``whole`` says that what it stands for is over with it: of the stages of a limit, it is the one that ends last.
    ``due_at`` is ``None`` while it stands still before its end. ``next_step`` is what it comes to next, at ``next_at``;
    ``None`` where nothing is left to record. ``onward_at`` is when a task that is still not accepted is offered to the
    next one, ``offered_to`` to whom it is offered by now. All times are UTC.
    """

    clock: ClockKind
    task_id: str
    part: str
    time_limit: str
    since: datetime
    due_at: datetime | None
    provisional: bool = False
    next_step: ClockStep | None = None
    next_at: datetime | None = None
    whole: bool = True
    onward_at: datetime | None = None
    offered_to: str | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A clock that is to run: by lengths one after the other, or to a fixed end."""

    clock: ClockKind
    task_id: str
    part: str
    time_limit: str
    since: datetime
    lengths: Sequence[Length] = ()
    fixed: datetime | None = None
    whole: bool = True
    onward: bool = False
    offered_to: str | None = None


def clocks_of(course: Course, rules: TimeRules, limits: LimitClock) -> tuple[StageClock, ...]:
    """Return the clocks of an incident that run or stand still, each once; none when it has ended.

    ``limits`` works by the working hours and the calendar of the rules.
    """
    if course.ended:
        return ()
    found: dict[str, StageClock] = {}
    for wanted in _wanted(course, rules, limits):
        try:
            clock = _run(wanted, course, rules, limits)
        except InvalidInputError:  # it would end in no year that there is: nobody can be late for that
            continue
        found[clock_key(clock.clock, clock.task_id, clock.part)] = clock
    return tuple(found.values())


def settled_total(course: Course, rules: TimeRules, limits: LimitClock) -> datetime | None:
    """Return when the total of a case would have ended that was closed as soon as it was one (即查即结), in UTC."""
    wanted = _laid_end_to_end(course, rules, limits)
    try:
        due = limits.run(wanted.lengths, wanted.since) if wanted else None
    except InvalidInputError:
        return None
    return due[0] if due else None


def stage_due(kind: ClockKind, since: datetime, rules: TimeRules, limits: LimitClock) -> tuple[str, datetime] | None:
    """Return the limit of a stage as it is written, and when it would end in UTC; ``None`` where there is none."""
    text = rules.limits.get(kind.value, "")
    lengths = _lengths(text)
    try:
        due = limits.run(lengths, since) if lengths else None
    except InvalidInputError:
        return None
    return (text, due[0]) if due else None


def _wanted(course: Course, rules: TimeRules, limits: LimitClock) -> Iterator[_Wanted]:
    ours = course.lifecycle is Lifecycle.OWN
    kind = _OF_STATE.get(course.state)
    if kind is not None and (ours or kind not in _SUPERIORS):
        yield from _of_stage(kind, "", course.since, rules)
    offered = course.progress.transfer
    if course.state is IncidentState.TRANSFERRING and offered is not None:
        yield _Wanted(ClockKind.TRANSFER, "", "", ANSWER_LIMIT, course.since, fixed=offered.answer_by)
    if course.state is IncidentState.DISPATCHED:
        for task_id, task in course.tasks.items():
            for clock in _OF_TASK.get(task.state, ()):
                if clock is ClockKind.HANDLE:
                    yield from _handling(course, task_id, task.handling_since, limits)
                elif clock is ClockKind.ACCEPT:
                    yield from _accepting(course.progress.tasks[task_id], task.since, rules)
                elif ours or clock not in _SUPERIORS:
                    yield from _of_stage(clock, task_id, task.since, rules)
    yield from _total(course, rules, limits)


def _of_stage(kind: ClockKind, task_id: str, since: datetime, rules: TimeRules) -> Iterator[_Wanted]:
    text = rules.limits.get(kind.value, "")
    lengths = _lengths(text)
    if lengths:
        yield _Wanted(kind, task_id, "", text, since, lengths)


def _accepting(task: Task, since: datetime, rules: TimeRules) -> Iterator[_Wanted]:
    """The assignee's limit, and beside it that of the offer that waits: nobody gets more time by being offered it."""
    offer = task.offer
    own = list(_of_stage(ClockKind.ACCEPT, task.task_id, since, rules))
    for wanted in own:
        yield replace(wanted, onward=offer is None and is_offered_onward(task))
    if offer is not None:
        part, lengths = f"{ONWARD_PART}{offer.number}", _lengths(offer.time_limit)
        yield _Wanted(
            ClockKind.ACCEPT, task.task_id, part, offer.time_limit, offer.offered_at, lengths, whole=False,
            onward=bool(own) and not offer.last, offered_to=offer.person,
        )  # fmt: skip


def _handling(course: Course, task_id: str, since: datetime, limits: LimitClock) -> Iterator[_Wanted]:
    """The class's limit from dispatch (GB/T 30428.8: 处置时限); an extension moves the stage that ends last."""
    if _superiors_deadline(course) is not None:
        yield _Wanted(ClockKind.HANDLE, task_id, "", UPSTREAM_LIMIT, since, fixed=_superiors_deadline(course))
        return
    limit = parse_time_limit(course.time_limit or "")
    if limit is None:
        return
    last = _last(limit.stages, since, limits)
    for number, stage in enumerate(limit.stages, 1):
        part = stage.label or (str(number) if len(limit.stages) > 1 else "")
        extensions = course.progress.extensions if stage is last else ()
        text = _AND_THEN.join((limit.text, *extensions))
        lengths = (_length(stage), *(one for extension in extensions for one in _lengths(extension)))
        yield _Wanted(ClockKind.HANDLE, task_id, part, text, since, lengths, whole=stage is last)


def _total(course: Course, rules: TimeRules, limits: LimitClock) -> Iterator[_Wanted]:
    """From 立案 to 结案: the limits of the stages on the way, laid end to end around the class's own.

    A superior platform's deadline is the total of its case, from the first report until we have reported back.
    """
    superior = _superiors_deadline(course)
    if superior is not None:
        if course.state is not IncidentState.HANDLED:
            yield _Wanted(ClockKind.TOTAL, "", "", UPSTREAM_LIMIT, course.opened_at, fixed=superior)
        return
    done = course.lifecycle is Lifecycle.UPSTREAM and course.state is IncidentState.HANDLED
    wanted = _laid_end_to_end(course, rules, limits) if course.state in _TOTAL_STATES and not done else None
    if wanted is not None:
        yield wanted


def _laid_end_to_end(course: Course, rules: TimeRules, limits: LimitClock) -> _Wanted | None:
    limit = parse_time_limit(course.time_limit or "")
    if limit is None or course.filed_at is None:
        return None
    last = _last(limit.stages, course.filed_at, limits)
    after = () if course.lifecycle is Lifecycle.UPSTREAM else (ClockKind.VERIFY, ClockKind.CLOSE)
    before = rules.limits.get(ClockKind.DISPATCH.value, "")
    following = [*course.progress.extensions, *(rules.limits.get(kind.value, "") for kind in after)]
    lengths = [*_lengths(before), _length(last), *(one for text in following for one in _lengths(text))]
    text = _AND_THEN.join(filter(None, (before, limit.text, *following)))
    return _Wanted(ClockKind.TOTAL, "", "", text, course.filed_at, lengths)


def _superiors_deadline(course: Course) -> datetime | None:
    return course.upstream_due_at if course.lifecycle is Lifecycle.UPSTREAM else None


def _last(stages: Sequence[Stage], since: datetime, limits: LimitClock) -> Stage:
    """Return the stage that ends last; all of them count from the same start."""

    def end(stage: Stage) -> datetime:
        try:
            ended = limits.run([_length(stage)], since)
        except InvalidInputError:  # beyond all years
            return datetime.max.replace(tzinfo=UTC)
        return ended[0] if ended else since

    return max(stages, key=end) if len(stages) > 1 else stages[0]


def _length(stage: Stage) -> Length:
    return Length(stage.seconds, stage.working)


def _lengths(text: str) -> tuple[Length, ...]:
    """Return what a text of one limit says; nothing where it names no length."""
    limit = parse_time_limit(text)
    return (_length(limit.stages[0]),) if limit else ()


def _run(wanted: _Wanted, course: Course, rules: TimeRules, limits: LimitClock) -> StageClock:
    if wanted.fixed is not None:
        due: tuple[datetime, bool] | None = (wanted.fixed, False)
    else:
        due = limits.run(wanted.lengths, wanted.since, course.pauses)
    step, at = (None, None) if due is None else _next(wanted, course, rules, limits, due[0])
    return StageClock(
        wanted.clock,
        wanted.task_id,
        wanted.part,
        wanted.time_limit,
        wanted.since,
        due[0] if due else None,
        provisional=due[1] if due else False,
        next_step=step,
        next_at=at,
        whole=wanted.whole,
        onward_at=due[0] if due and wanted.onward else None,
        offered_to=wanted.offered_to,
    )


def _next(
    wanted: _Wanted, course: Course, rules: TimeRules, limits: LimitClock, due_at: datetime
) -> tuple[ClockStep | None, datetime | None]:
    """Return what is to be recorded next; what was recorded of another deadline does not count for this one."""
    told = course.told.get(told_key(wanted.clock, wanted.task_id, wanted.part, due_at))
    if told is None:
        approaching = _approaching(wanted, course, rules, limits)
        if approaching is not None and approaching < due_at:
            return ClockStep.APPROACHING, approaching
    if told in {None, ClockStep.APPROACHING}:
        return ClockStep.OVERDUE, due_at
    escalated = _escalated(wanted, course, rules, limits) if told is ClockStep.OVERDUE else None
    return (None, None) if escalated is None else (ClockStep.ESCALATED, escalated)


def _approaching(wanted: _Wanted, course: Course, rules: TimeRules, limits: LimitClock) -> datetime | None:
    """Return when the share of the limit has passed."""
    if wanted.fixed is not None:
        whole = wanted.fixed - wanted.since
        return wanted.since + rules.approaching_share * whole if whole > timedelta() else None
    share = limits.run(_share_of(wanted.lengths, rules.approaching_share), wanted.since, course.pauses)
    return share[0] if share else None


def _escalated(wanted: _Wanted, course: Course, rules: TimeRules, limits: LimitClock) -> datetime | None:
    """Return when it has been overdue for so long; ``None`` where it stands still before, or never goes that far."""
    after = _lengths(rules.escalate_after)
    if not after:
        return None
    try:
        if wanted.fixed is not None:
            ended = limits.run(after, wanted.fixed)
        else:
            ended = limits.run((*wanted.lengths, *after), wanted.since, course.pauses)
    except InvalidInputError:  # a deadline in an absurd year, which its sender must mend
        return None
    return ended[0] if ended else None


def _share_of(lengths: Sequence[Length], share: float) -> list[Length]:
    """Return the beginning of lengths that makes up a share of their sum."""
    left, taken = share * sum(length.seconds for length in lengths), []
    for length in lengths:
        taken.append(Length(min(left, length.seconds), length.working))
        left -= taken[-1].seconds
        if left <= 0:
            break
    return taken
