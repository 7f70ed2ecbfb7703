"""Whatever we do, and a superior says and answers, in whatever order: the events alone say how it stands, to all alike."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from jiedao.domain.carrying_out import CommandRefusedError, may
from jiedao.domain.incident import Incident
from jiedao.domain.report import IncidentReport, Sealed, UpstreamCase, UpstreamNews
from jiedao.domain.terms import Command, Role, UpstreamStatus
from jiedao.domain.upstream_messages import owed
from jiedao.domain.upstream_news import hear
from projections.incident_row import advance, open_row
from projections.log import PositionedEvent
from projections.telling import TELLINGS
from tests.workflow_samples import MORNING, Life, lives

BEGUN = lives("upstream")
DECISIONS = {Command.DECIDE_JURISDICTION, Command.DECIDE_CLASS}
SEALED = Sealed("A256GCM", "subject:1", "AAAA")
NEWS = st.builds(
    UpstreamNews,
    status=st.none() | st.sampled_from([one.value for one in UpstreamStatus]),
    note=st.sampled_from(["", "仍有残留"]),
    assigned_at=st.none() | st.sampled_from([MORNING, MORNING + timedelta(days=1)]),
    reworks=st.integers(0, 2),
    urges=st.integers(0, 2),
    supervised=st.booleans(),
    revisited=st.booleans(),
    satisfied=st.none() | st.booleans(),
)
DEADLINES = st.none() | st.sampled_from([MORNING + timedelta(days=2), MORNING + timedelta(days=3)])


class Cases(RuleBasedStateMachine):
    """One case of a superior platform; its revisions come in any order, some again."""

    @initialize(state=st.sampled_from(sorted(BEGUN)))
    def begin(self, state):
        self.life: Life = BEGUN[state].copy()
        self.answered = set()
        self.seen = {1}

    @rule(data=st.data())
    def we_do_what_we_may(self, data):
        choices = [(c, r) for r in Role for c in may(self.life.incident, r) if c not in DECISIONS]
        command, role = data.draw(st.sampled_from(choices), "choice")
        tasks = [name for name, task in self.life.incident.progress.tasks.items()]
        details = {}
        if command.value in {"accept", "return", "start", "report_handled", "reassign"}:
            details["task_id"] = data.draw(st.sampled_from(tasks), "task")
        try:
            self.life.do(command.value, role=role.value, **details)
        except CommandRefusedError:  # another task was meant
            assert not self.life.incident.pending_events

    @rule(number=st.integers(2, 9), news=st.none() | NEWS, deadline=DEADLINES)
    def the_superior_sends_a_revision(self, number, news, deadline):
        if number in self.seen:  # the inbox knows it: a repetition never gets here
            return
        self.seen.add(number)
        incident, context = self.life.incident, self.life.context("source:hotline", "integrator")
        before, state, progress = incident.report.upstream, incident.state, self.life.rebuilt().progress
        report = IncidentReport(
            "hotline", "2026-0001", number, "upstream", "12345", "占道经营", "", MORNING,
            upstream=UpstreamCase("案卷-1", deadline, None, news),
        )  # fmt: skip
        newest = incident.revise(report=report, raw=SEALED, reporter=None, context=context, at=self.life.now)
        if newest:
            hear(incident, before, context=context, at=self.life.now)
            assert not hear(incident, incident.report.upstream, context=context, at=self.life.now)
        self.life.events += incident.collect_events()
        if not newest:
            assert (incident.state, incident.progress) == (state, progress)

    @rule(refused=st.booleans(), again=st.booleans())
    def the_superior_answers_the_next_message(self, refused, again):
        waiting = [one for one in owed(self.life.read_back()) if one.message_id not in self.answered]
        if not waiting:
            return
        message = waiting[0]
        self.answered.add(message.message_id)
        about = {"message_id": message.message_id, "owed_at": message.version, "kind": message.kind.value}
        if refused:
            self._record(Incident.UpstreamMessageRefused, **about, reason="材料不全", code="")
            if again:
                self._record(Incident.UpstreamMessageRetried, **about)
                self._record(Incident.UpstreamMessageDelivered, **about, reference=None)
        else:
            self._record(Incident.UpstreamMessageDelivered, **about, reference="R1")

    def _record(self, event, /, **fields):
        context = self.life.context("system:outbox", "administrator")
        self.life.incident.trigger_event(event, context=context, timestamp=self.life.now, **fields)
        self.life.events += self.life.incident.collect_events()

    @invariant()
    def the_events_alone_say_how_it_stands(self):
        rebuilt, incident = self.life.rebuilt(), self.life.incident
        assert (rebuilt.state, rebuilt.progress, rebuilt.version) == (
            incident.state,
            incident.progress,
            incident.version,
        )

    @invariant()
    def the_view_says_the_same(self):
        row = None
        for position, event in enumerate(self.life.read_back(), 1):
            recorded = PositionedEvent(position, event.timestamp, event.TOPIC, event)
            if row is None:
                row = open_row(recorded)
            else:
                advance(row, recorded)
            TELLINGS[event.TOPIC].sentence(event)
        assert row.state == self.life.state
        assert (row.upstream_refusal is None) == (not self.life.incident.progress.upstream_refusals)

    @invariant()
    def messages_are_owed_once_and_stay_what_they_are(self):
        ids = [message.message_id for message in owed(self.life.read_back())]
        assert len(ids) == len(set(ids))
        assert self.answered <= set(ids)

    @invariant()
    def tasks_are_numbered_along_the_whole_life(self):
        progress = self.life.incident.progress
        numbers = [int(task_id.removeprefix("T")) for task_id in progress.tasks]
        assert numbers == list(range(progress.earlier_tasks + 1, progress.earlier_tasks + len(numbers) + 1))


Cases.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestCases = Cases.TestCase
