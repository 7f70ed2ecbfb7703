"""The workflow's table as arrows between states: what the diagrams draw and what the table's column "leads to" says.

Most arrows stand in the table itself. Where an incident goes next by what is decided about it or by how its tasks
stand, the table leaves that open; those few stand here, and a test holds all of them against walks through the domain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from jiedao.domain.terms import Command, IncidentState, Lifecycle, TaskState
from jiedao.domain.workflow import OURS_TO_END, RULES, rule_of

S, T, C = IncidentState, TaskState, Command
State = TypeVar("State", IncidentState, TaskState)


@dataclass(frozen=True, slots=True)
class Step(Generic[State]):
    """One arrow: a command that leads from one state to another; ``when`` says on what that depends, if on anything."""

    begin: State
    command: Command
    end: State
    when: str = ""


FIRST = (S.TRIAGE, S.RECEIVED)
"""Where an incident begins: a report that is placed and classed on arrival waits to be admitted at once."""

_PLACED = "街道与平台均已知 street and platform known"
_RESUMED = "回到挂账前 as it stood"
_PASSED = "全部任务核查通过 all tasks passed"
_UNPLACED = "街道或平台未知 street or platform not known"
_UNMERGED = "回到并案前 as it stood"
_NOT_TAKEN = "回到移送前 as it stood"
_BY_STREET = "街道接收 by a street"
_BY_DEPARTMENT = "部门接收 by a department"
_BY_BODY = "区外机关接收 by a body outside"
_GIVEN_ON = "二次派遣的，退给平台 one given on, to its platform"
_REPORTED = "全部任务已反馈 all tasks reported"

_BY_WHAT_HOLDS = {
    Lifecycle.OWN: (
        Step(S.DISPATCHED, C.VERIFY, S.HANDLED, _PASSED),
        *(Step(state, C.REOPEN, S.TRIAGE, _UNPLACED) for state in (S.DECLINED, S.VOID)),
        Step(S.TRANSFERRING, C.ACCEPT_TRANSFER, S.TRANSFERRED, _BY_BODY),
        *(Step(S.MERGED, C.UNMERGE, state, _UNMERGED) for state in rule_of(C.MERGE).states),
    ),
    Lifecycle.UPSTREAM: (Step(S.DISPATCHED, C.REPORT_HANDLED, S.HANDLED, _REPORTED),),
}
_IN_BOTH = (
    Step(S.TRIAGE, C.DECIDE_JURISDICTION, S.RECEIVED, _PLACED),
    Step(S.TRIAGE, C.DECIDE_CLASS, S.RECEIVED, _PLACED),
    *(Step(S.SUSPENDED, C.RESUME, state, _RESUMED) for state in rule_of(C.SUSPEND).states),
    Step(S.TRANSFERRING, C.ACCEPT_TRANSFER, S.FILED, _BY_STREET),
    Step(S.TRANSFERRING, C.ACCEPT_TRANSFER, S.DISPATCHED, _BY_DEPARTMENT),
    *(
        Step(S.TRANSFERRING, command, state, _NOT_TAKEN)
        for command in (C.REFUSE_TRANSFER, C.WITHDRAW_TRANSFER)
        for state in rule_of(C.OFFER_TRANSFER).states
    ),
)
_FILED_ALREADY = {C.ADMIT: S.FILED}
"""Where a superior platform's case goes instead of where the table says: it comes filed."""


def incident_steps(lifecycle: Lifecycle) -> tuple[Step[IncidentState], ...]:
    """Return every arrow between an incident's states, those from states that cannot be reached left out."""
    steps = [*_incident_steps(lifecycle)]
    reached = {*FIRST}
    while more := {step.end for step in steps if step.begin in reached} - reached:
        reached |= more
    return tuple(step for step in steps if step.begin in reached)


def task_steps() -> tuple[Step[TaskState], ...]:
    """Return every arrow between a task's states, in the order of the table."""
    passes = {C.VERIFY: "通过 passed"}
    steps = [
        Step(begin, rule.command, rule.task_to, passes.get(rule.command, ""))
        for rule in RULES
        if rule.task_to is not None
        for begin in rule.task_from
        if (begin, rule.command) != (T.REDISPATCHED, C.RETURN)
    ]
    failed = Step(T.HANDLED, C.VERIFY, T.REWORK, "不通过 failed")
    given_back = (Step(begin, C.RETURN, T.ACCEPTED, _GIVEN_ON) for begin in (T.ACCEPTED, T.STARTED, T.REDISPATCHED))
    return (*steps, failed, *given_back)


def last_states(lifecycle: Lifecycle) -> tuple[IncidentState, ...]:
    """Return where our part ends: a superior platform verifies and closes its own cases itself, or gets them back."""
    return OURS_TO_END if lifecycle is Lifecycle.OWN else (S.HANDLED, S.SENT_BACK)


def _incident_steps(lifecycle: Lifecycle) -> Iterator[Step[IncidentState]]:
    following = (*_IN_BOTH, *_BY_WHAT_HOLDS[lifecycle])
    for rule in RULES:
        if lifecycle not in rule.lifecycles:
            continue
        end = rule.leads_to
        if lifecycle is Lifecycle.UPSTREAM:
            end = _FILED_ALREADY.get(rule.command, end)
        if end is not None:
            yield from (Step(begin, rule.command, end) for begin in rule.states if begin is not end)
        yield from (step for step in following if step.command is rule.command)
