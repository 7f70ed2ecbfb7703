"""Whatever people do with an incident, in whatever order: done or told why not, and the events alone say how it stands."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from jiedao.domain.carrying_out import CommandRefusedError, may
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import Command, Lifecycle, Role, Term
from tests.workflow_samples import COURT, SAID, TRAFFIC_POLICE, USUALLY, WENHUI, lives

ENDED = {"closed", "declined", "rejected", "void", "transferred", "merged", "sent_back", "withdrawn"}
DECISIONS = {Command.DECIDE_JURISDICTION, Command.DECIDE_CLASS}
REMARKS = {
    Command.REPLY, Command.REVISIT, Command.SUPERVISE, Command.URGE, Command.INTERVENE, Command.NOTIFY, Command.HOLD,
    Command.RELEASE_HOLD, Command.CORRECT,
}  # fmt: skip
APPEALS = {Command.APPEAL, Command.REVIEW_APPEAL}
PERSONS = st.sampled_from(["wang", "li", "zhang"])
ROLES = st.sampled_from(list(Role))
TEXTS = st.sampled_from(["", " ", "路口有积水", "仍有残留"])
BEGUN = {lifecycle.value: lives(lifecycle.value) for lifecycle in Lifecycle}
TASKS = st.sampled_from([f"T{number}" for number in range(1, 6)])


def details_of(data, command):
    """What somebody says with a command, sensible or not."""
    said = dict(SAID[command.value])
    for name, value in said.items():
        if isinstance(value, bool):
            said[name] = data.draw(st.booleans(), name)
        elif name == "task_id":
            said[name] = data.draw(TASKS, name)
        elif name == "receiver":
            said[name] = data.draw(st.sampled_from([WENHUI, TRAFFIC_POLICE, COURT]), name)
        elif isinstance(value, Term):
            said[name] = data.draw(st.sampled_from(list(type(value))), name)
        elif isinstance(value, str):
            said[name] = data.draw(st.just(value) | TEXTS, name)
    noted = command in {Command.VERIFY, Command.REVIEW_APPEAL}
    return said | ({"note": data.draw(TEXTS, "note")} if noted else {})


class Lives(RuleBasedStateMachine):
    """One incident and three people, each of whom may come in any role."""

    @initialize(lifecycle=st.sampled_from([one.value for one in Lifecycle]), data=st.data())
    def report(self, lifecycle, data):
        """Fresh, or somewhere in the middle of a life, so that the later states are seen as often as the first."""
        begun = BEGUN[lifecycle]
        self.life = begun[data.draw(st.sampled_from(sorted(begun)), "state")].copy()

    @rule()
    def place(self):
        if may_decide(self.life, Command.DECIDE_JURISDICTION):
            self.life.placed()

    @rule()
    def classify(self):
        if may_decide(self.life, Command.DECIDE_CLASS):
            self.life.classed()

    @rule(command=st.sampled_from(sorted(USUALLY)), person=PERSONS, role=ROLES, data=st.data())
    def try_anything(self, command, person, role, data):
        self._try(Command(command), person, role, data)

    @rule(person=PERSONS, data=st.data())
    def do_what_is_allowed(self, person, data):
        choices = [
            (command, role)
            for role in Role
            for command in may(self.life.incident, role, f"user:{person}")
            if command not in DECISIONS
        ]
        command, role = data.draw(st.sampled_from(choices), "choice")
        self._try(command, person, role, data)

    @rule(data=st.data())
    def go_on(self, data):
        """One step further on the usual way, by those who usually do it."""
        usually = {
            "received": "admit",
            "admitted": "file",
            "filed": "dispatch",
            "suspended": "resume",
            "handled": "close",
        }
        with_a_task = {
            "dispatched": "accept", "accepted": "start", "started": "report_handled", "rework": "report_handled",
            "handled": "verify", "returned": "reassign",
        }  # fmt: skip
        details = {}
        command = usually.get(self.life.state)
        if self.life.state == "dispatched":
            details["task_id"] = data.draw(st.sampled_from(sorted(self.life.tasks)), "task")
            command = with_a_task.get(self.life.tasks[details["task_id"]])
        if command is not None and Command(command) in may(self.life.incident, Role(USUALLY[command])):
            self.life.do(command, **details)

    def _try(self, command, person, role, data):
        version, state, tasks = self.life.incident.version, self.life.state, self.life.tasks
        allowed = may(self.life.incident, role, f"user:{person}")
        refusal = self._refusal(command, person, role, details_of(data, command))
        if refusal is None:
            assert command in allowed
            both = command is Command.ACCEPT_TRANSFER and self.life.state == "filed"  # jurisdiction, too
            assert self.life.incident.version == version + 1 + both
            return
        # Nothing happened; and what is not allowed is always refused as such, not as a slip of the pen, unless it is about
        # a task that there is not: of that nothing could be said.
        assert (self.life.incident.version, self.life.state, self.life.tasks) == (version, state, tasks)
        assert not self.life.incident.pending_events
        if isinstance(refusal, CommandRefusedError):
            assert set(refusal.allowed) <= set(may(self.life.incident, role))
        else:
            assert command in allowed or refusal.pointer == "/task_id"
            assert refusal.pointer is not None

    def _refusal(self, command, person, role, details):
        try:
            self.life.do(command.value, person, role.value, **details)
        except (CommandRefusedError, InvalidInputError) as refusal:
            return refusal
        return None

    @invariant()
    def the_events_alone_say_how_it_stands(self):
        rebuilt = self.life.rebuilt()
        assert rebuilt.state is self.life.incident.state
        assert rebuilt.progress == self.life.incident.progress
        assert rebuilt.version == self.life.incident.version == len(self.life.events)

    @invariant()
    def somebody_can_always_go_on_until_it_has_ended(self):
        onward = {command for role in Role for command in may(self.life.incident, role)} - REMARKS
        if self.life.state == "merged":
            assert onward == {Command.UNMERGE}
        elif self.life.state in ENDED:
            ours = self.life.incident.lifecycle is Lifecycle.OWN  # only the superior takes its own case up again
            assert onward - APPEALS == ({Command.REOPEN} if ours else set())
        else:
            assert onward - {Command.SUSPEND}

    @invariant()
    def who_joined_whom_is_told_the_same_by_both(self):
        into = self.life.incident.progress.merged_into
        for other in self.life.others.values():
            joined = {one.incident_id for one in other.progress.duplicates}
            assert joined == ({self.life.incident.id} if into and into.incident_id == other.id else set())

    @invariant()
    def an_exemption_has_two_reviewers_neither_of_whom_appealed(self):
        for appeal in self.life.incident.progress.appeals.values():
            reviewers = [*appeal.granted_by, *filter(None, [appeal.denied_by])]
            assert len(set(reviewers)) == len(reviewers)
            assert appeal.asked_by not in reviewers
            assert appeal.granted == (len(appeal.granted_by) == 2)

    @invariant()
    def tasks_are_numbered_along_the_whole_life(self):
        progress = self.life.incident.progress
        numbers = [int(task_id.removeprefix("T")) for task_id in progress.tasks]
        assert numbers == list(range(progress.earlier_tasks + 1, progress.earlier_tasks + len(numbers) + 1))


def may_decide(life, command):
    return command in may(life.incident, Role.DISPATCHER)


Lives.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestLives = Lives.TestCase
