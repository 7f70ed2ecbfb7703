"""Whatever people do with an incident, its clocks agree with how it stands: none of what has ended, one of what waits."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import invariant

from jiedao.domain.stage_clocks import clocks_of
from tests.clock_samples import LIMIT_CLOCK, RULES, course_of
from tests.property.test_workflow import ENDED, Lives

WAITING = {
    "triage": {"triage"}, "received": {"admit"}, "admitted": {"file"}, "filed": {"dispatch"}, "handled": {"close"},
    "transferring": {"transfer"},
}  # fmt: skip
OF_TASK = {
    "dispatched": {"accept"}, "handled": {"verify"}, "returned": {"dispatch"}, "accepted": set(), "started": set(),
    "rework": set(), "verified": set(), "reassigned": set(), "redispatched": {"accept"},
}  # fmt: skip
SUPERIORS = {"verify", "close"}


class ClockedLives(Lives):
    """The same lives, under the clocks' eyes. Their class has no limit, so only the stages' own clocks run."""

    @invariant()
    def the_course_stands_where_the_incident_does(self):
        course, progress = course_of(self.life), self.life.incident.progress
        assert course.suspended == (self.life.state == "suspended")
        assert course.suspended or course.state.value == self.life.state
        assert course.ended == (self.life.state in ENDED)
        if not course.suspended:
            assert {name: task.state for name, task in course.tasks.items()} == {
                name: task.state for name, task in progress.tasks.items()
            }
        assert all(one.end is not None and one.begin <= one.end for one in course.pauses[:-1])

    @invariant()
    def every_stage_that_waits_has_its_clock_and_nothing_else_has(self):
        found = clocks_of(course_of(self.life), RULES, LIMIT_CLOCK)
        names = [(one.clock.value, one.task_id) for one in found]
        assert len(names) == len(set(names))
        if self.life.state == "suspended":
            begun = course_of(self.life).pauses[-1].begin
            assert all(one.due_at is None or one.due_at <= begun for one in found)
            return
        left_out = SUPERIORS if self.life.incident.lifecycle == "upstream" else set()
        expected = {(clock, "") for clock in WAITING.get(self.life.state, set()) - left_out}
        if self.life.state == "dispatched":
            expected |= {
                (clock, task) for task, state in self.life.tasks.items() for clock in OF_TASK[state] - left_out
            }
        assert set(names) == expected
        assert all(one.due_at is not None and one.since <= self.life.now for one in found)


ClockedLives.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestClockedLives = ClockedLives.TestCase
