"""Walks through every situation that up to two tasks at a time can make: no dead ends, and the arrows that the documents draw."""

from __future__ import annotations

from collections import defaultdict, deque

import pytest

from jiedao.domain.carrying_out import may
from jiedao.domain.terms import Command, Lifecycle, Role
from jiedao.entrypoints.workflow_steps import FIRST, incident_steps, last_states, task_steps
from tests.workflow_samples import COURT, TRAFFIC_POLICE, Life, received

MOST_TASKS = 2
ENDED = {"closed", "declined", "rejected", "void", "transferred", "merged"}
WITHOUT_EFFECT = {
    "reply", "revisit", "supervise", "urge", "intervene", "notify", "ask_extension", "grant_extension",
    "deny_extension", "appeal", "review_appeal",
}  # fmt: skip
NOT_FOUND = {"found": False}
FAILED = {"passed": False, "note": "仍有残留"}


def situation(life):
    """All that can make a difference to what may be done next, and nothing that cannot."""
    progress = life.incident.progress
    checked = progress.confirmed if life.state == "admitted" else None
    decided = (life.incident.jurisdiction is not None, life.incident.classification is not None)
    tasks = tuple(
        sorted((task.state, task.assignee.kind == "platform", task.worker is not None) for task in at_work(life))
    )
    offered = (progress.transfer.receiver.kind, progress.transfer.stage) if progress.transfer else None
    held = (progress.suspended_stage, progress.merged_stage, offered, any(task.leads for task in at_work(life)))
    return life.state, tasks, checked, held, decided


def at_work(life):
    return [task for task in life.incident.progress.tasks.values() if task.state != "reassigned"]


def tasks_at_work(life):
    return [state for state in life.tasks.values() if state != "reassigned"]


def moves(life):
    """Every command that somebody may give here, with each outcome that it can have, and the life after it."""
    commands = {command: role for role in Role for command in may(life.incident, role)}
    for command, role in commands.items():
        if command is Command.DECIDE_JURISDICTION:
            yield command, None, life.copy().placed()
        elif command is Command.DECIDE_CLASS:
            yield command, None, life.copy().classed()
        elif command.value not in WITHOUT_EFFECT:
            yield from moved(life, command, role)


def moved(life, command, role):
    more = {
        Command.CONFIRM: [{}, NOT_FOUND],
        Command.VERIFY: [{}, FAILED],
        Command.OFFER_TRANSFER: [
            {}, {"receiver": TRAFFIC_POLICE}, *([{"receiver": COURT}] if life.incident.lifecycle == "own" else []),
        ],
    }.get(command, [{}])  # fmt: skip
    about = [{"task_id": task_id} for task_id in beginnings(life, command)] or [{}]
    if command in {Command.DISPATCH, Command.JOINT_OPERATION} and len(tasks_at_work(life)) == MOST_TASKS:
        return
    for details in [one | other for one in about for other in more]:
        yield command, details.get("task_id"), life.copy().do(command.value, role=role.value, **details)


def beginnings(life, command):
    from_states = {step.begin.value for step in task_steps() if step.command is command}
    fit = [task_id for task_id, state in life.tasks.items() if state in from_states]
    if command is Command.REDISPATCH:  # only a street's platform gives on what it has
        tasks = life.incident.progress.tasks
        fit = [task_id for task_id in fit if tasks[task_id].assignee.kind == "platform"]
    return fit


class Walk:
    """Every situation that can be reached from a fresh report, and how."""

    def __init__(self, lifecycle):
        self.next = defaultdict(set)
        self.incident_arrows, self.task_arrows = set(), set()
        waiting = deque([Life(lifecycle), received(lifecycle)])
        self.seen = {situation(life) for life in waiting}
        while waiting:
            life = waiting.popleft()
            here = situation(life)
            for command, task_id, after in moves(life):
                there = situation(after)
                self.next[here].add(there)
                self._draw(life, command, task_id, after)
                if there not in self.seen and len(tasks_at_work(after)) <= MOST_TASKS:
                    self.seen.add(there)
                    after.events.clear()  # nothing here looks back, and every copy would carry them
                    waiting.append(after)

    def _draw(self, life, command, task_id, after):
        if life.state != after.state:
            self.incident_arrows.add((life.state, command.value, after.state))
        if task_id is not None:
            self.task_arrows.add((life.tasks[task_id], command.value, after.tasks[task_id]))

    def able_to_reach(self, states):
        """The situations from which one of these states can be reached."""
        before = defaultdict(set)
        for here, theres in self.next.items():
            for there in theres:
                before[there].add(here)
        reaching = [one for one in self.seen if one[0] in states]
        found = set(reaching)
        while reaching:
            new = before[reaching.pop()] - found
            found |= new
            reaching += new
        return found


@pytest.fixture(scope="module")
def walks():
    return {lifecycle: Walk(lifecycle) for lifecycle in ("own", "upstream")}


def test_from_wherever_an_own_case_stands_it_can_be_closed(walks):
    assert walks["own"].able_to_reach({"closed"}) == walks["own"].seen
    assert {one[0] for one in walks["own"].seen} >= ENDED


def test_from_wherever_a_superior_platforms_case_stands_we_can_come_to_the_end_of_our_part(walks):
    assert walks["upstream"].able_to_reach({"handled", "sent_back"}) == walks["upstream"].seen
    assert not ENDED & {one[0] for one in walks["upstream"].seen}


@pytest.mark.parametrize("lifecycle", ["own", "upstream"])
def test_the_arrows_between_incident_states_are_those_that_can_be_walked(walks, lifecycle):
    drawn = {(step.begin.value, step.command.value, step.end.value) for step in incident_steps(Lifecycle(lifecycle))}
    assert drawn == walks[lifecycle].incident_arrows


def test_the_arrows_between_task_states_are_those_that_can_be_walked(walks):
    drawn = {(step.begin.value, step.command.value, step.end.value) for step in task_steps()}
    assert drawn == walks["own"].task_arrows


def test_where_an_incident_begins_and_where_our_part_ends():
    assert {Life().state, received().state} == {state.value for state in FIRST}
    assert {state.value for state in last_states(Lifecycle.OWN)} == ENDED
    assert {state.value for state in last_states(Lifecycle.UPSTREAM)} == {"handled", "sent_back"}
