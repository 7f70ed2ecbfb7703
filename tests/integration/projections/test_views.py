"""What the views show of a log."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.identity import boundary_set_id, class_table_id
from jiedao.domain.reference import BoundarySet, ClassTableVersion
from projections.answers import Count, DeadLetterFilter, IncidentFilter, QueueQuestion
from tests.integration.projections.journal import (
    SEALED,
    START,
    classed,
    context,
    dead,
    done,
    placed,
    queued,
    received,
    report,
    upstream,
)

STREET, OTHER = "330103001", "330103002"
QUEUE = QueueQuestion(STREET, "enforcement")


def filed(incident):
    """It became a case: its deadline is that of its class."""
    return done(done(incident, "admit"), "file")


def ids(page):
    return [row.external_id for row in page.rows]


def test_a_report_stands_in_the_queue_of_its_street_and_platform(journal, runner, read):
    journal.append(queued(1), queued(2, street=OTHER), queued(3, platform="market"))
    assert runner.catch_up() == 9
    assert ids(read.queue(QUEUE)) == ["H1"]
    assert ids(read.queue(QueueQuestion(OTHER, "enforcement"))) == ["H2"]
    assert ids(read.queue(QueueQuestion(STREET, "market"))) == ["H3"]


def test_a_queue_is_ordered_by_priority_then_deadline_then_none(journal, runner, read):
    journal.adopt()
    journal.append(
        *map(filed, (
            queued(1, priority=3), queued(2, hours=None), queued(3, hours=9), queued(4, hours=1), queued(5, priority=1),
        ))
    )  # fmt: skip
    runner.catch_up()
    assert ids(read.queue(QUEUE)) == ["H5", "H4", "H3", "H2", "H1"]


def test_pages_of_a_queue_follow_on_each_other_without_gap_or_repetition(journal, runner, read):
    journal.adopt()
    journal.append(*[filed(queued(n, priority=n % 3 + 1, hours=[None, 1, 2][n % 7 % 3])) for n in range(20)])
    runner.catch_up()
    whole = ids(read.queue(QUEUE))
    seen, after = [], None
    while True:
        page = read.queue(QUEUE, after, limit=3)
        seen += ids(page)
        after = page.after
        if after is None:
            break
    assert seen == whole
    assert len(whole) == 20


def test_what_nobody_can_place_stands_in_triage(journal, runner, read):
    journal.append(
        received(1), classed(placed(received(2), None, "none")), placed(classed(received(3), platform=None), STREET)
    )
    runner.catch_up()
    assert set(ids(read.triage())) == {"H1", "H2", "H3"}
    assert ids(read.triage(street=STREET)) == ["H3"]
    assert ids(read.triage(platform="enforcement")) == ["H2"]
    assert ids(read.queue(QUEUE)) == []


def test_an_order_without_place_stands_in_the_districts_own_queue(journal, runner, read):
    journal.append(classed(placed(received(1), None, "no_place"), "service"))
    runner.catch_up()
    assert ids(read.queue(QueueQuestion(None, "service"))) == ["H1"]


def test_an_incident_that_moves_leaves_its_old_queue_as_of_now_but_not_as_of_then(journal, runner, read):
    incident = queued(1)
    before = journal.append(incident)
    after = journal.append(placed(incident, OTHER))
    runner.catch_up()
    assert ids(read.queue(QUEUE)) == []
    assert ids(read.queue(QueueQuestion(STREET, "enforcement", as_of_position=before))) == ["H1"]
    assert ids(read.queue(QueueQuestion(STREET, "enforcement", as_of_position=after))) == []
    assert ids(read.queue(QueueQuestion(OTHER, "enforcement", as_of_time=journal.moments[-1]))) == ["H1"]
    assert ids(read.queue(QueueQuestion(OTHER, "enforcement", as_of_time=journal.moments[0]))) == []
    with pytest.raises(InvalidInputError, match="before the log began"):
        read.queue(QueueQuestion(STREET, "enforcement", as_of_time=START - timedelta(days=1)))


def test_nobody_saw_the_middle_of_a_moment(journal, runner, read):
    journal.append(queued(1))
    runner.catch_up()
    assert ids(read.triage(as_of_position=1)) == []
    assert ids(read.queue(QueueQuestion(STREET, "enforcement", as_of_position=1))) == ["H1"]


def test_a_queue_as_of_the_future_is_refused(journal, runner, read):
    journal.append(queued(1))
    runner.catch_up()
    with pytest.raises(InvalidInputError, match="from 0 to 3"):
        read.queue(QueueQuestion(STREET, "enforcement", as_of_position=4))


def test_an_incident_is_shown_as_it_stands(journal, runner, read):
    journal.adopt(admit="4小时")
    incident = queued(1, flags=("time_missing",))
    journal.append(incident)
    incident.revise(report=report(1, 2, title="新标题"), raw=SEALED, reporter=None, context=context(), at=START)
    incident.revise(report=report(1, 1, title="旧标题"), raw=SEALED, reporter=None, context=context(), at=START)
    journal.append(incident)
    runner.catch_up()
    row = read.incident(incident.id)
    assert (row.title, row.revision, row.version, row.state) == ("新标题", 2, 5, "received")
    found = [read.count_incidents(IncidentFilter(text=text)) for text in ("新标题", "旧标题", incident.report.title)]
    assert found == [1, 0, 1]
    assert (row.street_code, row.platform, row.priority) == (STREET, "enforcement", 2)
    assert (row.lon, row.lat, row.jurisdiction_method, row.boundary_set) == (
        120.17,
        30.28,
        "polygon",
        "approximate-2020",
    )
    assert row.received_at == journal.moments[0]
    assert (row.due_at, row.due_clock) == (START + timedelta(hours=4), "admit")
    assert (row.first_position, row.last_position) == (2, 6)
    assert row.flags == []


def test_the_deadline_of_a_superior_platform_wins(journal, runner, read):
    deadline = START + timedelta(hours=1)
    journal.adopt()
    incident = classed(placed(received(1, lifecycle="upstream", upstream=upstream(deadline))))
    journal.append(incident)
    runner.catch_up()
    row = read.incident(incident.id)
    assert (row.due_at, row.due_provisional, row.upstream_case) == (deadline, False, "S-1")


def test_incidents_are_found_by_every_filter(journal, runner, read):
    journal.append(queued(1), queued(2, street=OTHER, source="video"), received(3, title="电梯困人100%"))
    runner.catch_up()
    for wanted, expected in [
        (IncidentFilter(), ["H3", "H2", "H1"]),
        (IncidentFilter(street=STREET), ["H1"]),
        (IncidentFilter(source="video"), ["H2"]),
        (IncidentFilter(state="triage"), ["H3"]),
        (IncidentFilter(class_code="E0101"), ["H2", "H1"]),
        (IncidentFilter(text="困人"), ["H3"]),
        (IncidentFilter(text="0%"), ["H3"]),
        (IncidentFilter(text="h2"), ["H2"]),
        (IncidentFilter(text="_"), []),
        (IncidentFilter(reported_before=START), []),
        (IncidentFilter(reported_from=START), ["H3", "H2", "H1"]),
        (IncidentFilter(streets=frozenset({OTHER})), ["H2"]),
        (IncidentFilter(streets=frozenset()), []),
    ]:
        assert ids(read.incidents(wanted)) == expected, wanted


def test_pages_of_incidents_follow_on_each_other(journal, runner, read):
    journal.append(*[queued(n) for n in range(7)])
    runner.catch_up()
    first = read.incidents(IncidentFilter(), limit=4)
    second = read.incidents(IncidentFilter(), first.after, limit=4)
    assert ids(first) + ids(second) == [f"H{n}" for n in (6, 5, 4, 3, 2, 1, 0)]
    assert second.after is None
    with pytest.raises(InvalidInputError, match="cursor"):
        read.incidents(IncidentFilter(street=STREET), first.after)
    with pytest.raises(InvalidInputError, match="1 to 500"):
        read.incidents(IncidentFilter(), limit=501)


def test_who_is_limited_to_streets_learns_nothing_of_others(journal, runner, read):
    mine, other, unplaced = queued(1), queued(2, street=OTHER), received(3)
    journal.append(mine, other, unplaced)
    runner.catch_up()
    scope = frozenset({STREET})
    assert read.incident(mine.id, scope).external_id == "H1"
    for hidden in (other, unplaced):
        with pytest.raises(NotFoundError):
            read.incident(hidden.id, scope)
        with pytest.raises(NotFoundError):
            read.history(hidden.id, scope)
    assert ids(read.triage(streets=scope)) == []
    assert ids(read.queue(QueueQuestion(OTHER, "enforcement", streets=scope))) == []
    assert read.counts(streets=scope) == [Count(STREET, "enforcement", "received", 1)]


def test_counts_now_and_as_of_then(journal, runner, read):
    first, second = queued(1), queued(2)
    then = journal.append(first, second)
    journal.append(placed(first, OTHER), received(3))
    runner.catch_up()
    assert read.counts() == [
        Count(STREET, "enforcement", "received", 1),
        Count(OTHER, "enforcement", "received", 1),
        Count(None, None, "triage", 1),
    ]
    assert read.counts(as_of_position=then) == [Count(STREET, "enforcement", "received", 2)]
    assert read.counts(as_of_position=journal.position) == read.counts()


def test_an_incident_waits_in_its_queue_until_it_ends_and_can_be_seen_there_as_of_every_step(journal, runner, read):
    incident = queued(1)
    steps = [("received", journal.append(incident))]
    for command, state in [
        ("admit", "admitted"), ("file", "filed"), ("dispatch", "dispatched"), ("suspend", "suspended"),
        ("resume", "dispatched"), ("accept", "dispatched"), ("start", "dispatched"), ("report_handled", "dispatched"),
        ("verify", "handled"), ("close", "closed"), ("revisit", "closed"), ("reopen", "admitted"), ("void", "void"),
    ]:  # fmt: skip
        steps.append((state, journal.append(done(incident, command))))
    runner.catch_up()
    assert read.incident(incident.id).state == "void"
    assert read.queue(QUEUE).rows == []
    for state, position in steps:
        waits = [] if state in {"closed", "void"} else [state]
        rows = read.queue(QueueQuestion(STREET, "enforcement", as_of_position=position)).rows
        assert [row.state for row in rows] == waits, (state, position)
        assert read.counts(as_of_position=position) == [Count(STREET, "enforcement", one, 1) for one in waits]


def test_a_queue_is_narrowed_to_one_open_state_and_triage_stays_apart(journal, runner, read):
    undecided = placed(classed(received(3), platform=None), STREET)
    journal.append(queued(1), done(queued(2), "admit"), undecided, done(queued(4), "decline"))
    runner.catch_up()
    assert set(ids(read.queue(QUEUE))) == {"H1", "H2"}
    for state, expected in [("received", ["H1"]), ("admitted", ["H2"]), ("filed", []), ("triage", ["H3"])]:
        assert ids(read.queue(QueueQuestion(STREET, state=state))) == expected, state
    with pytest.raises(InvalidInputError, match="nothing waits in state 'declined'"):
        read.queue(QueueQuestion(STREET, state="declined"))


def test_what_has_ended_is_counted_no_more(journal, runner, read):
    journal.append(queued(1), done(queued(2), "admit"), done(queued(3), "decline"), done(queued(4), "void"))
    runner.catch_up()
    expected = [Count(STREET, "enforcement", "admitted", 1), Count(STREET, "enforcement", "received", 1)]
    assert read.counts() == read.counts(as_of_position=journal.position) == expected


def test_a_superior_platforms_case_is_handled_without_our_verification(journal, runner, read):
    incident = classed(placed(received(1, lifecycle="upstream", upstream=upstream(None))))
    for command in ("admit", "dispatch", "accept", "report_handled"):
        done(incident, command)
    journal.append(incident)
    runner.catch_up()
    assert read.incident(incident.id).state == "handled"


def test_an_incident_shows_its_tasks_since_it_was_last_opened(journal, runner, read):
    incident = queued(1)
    journal.append(incident)
    runner.catch_up()
    assert read.incident(incident.id).tasks == []
    for command in ("admit", "file", "dispatch", "reassign"):
        journal.append(done(incident, command))
    runner.catch_up()
    tasks = read.incident(incident.id).tasks
    assert [(task.task_id, task.state, task.assignee.name) for task in tasks] == [
        ("T1", "reassigned", "朝晖街道综合行政执法平台"), ("T2", "dispatched", "区园林绿化局"),
    ]  # fmt: skip
    for command in ("accept", "report_handled", "verify"):
        done(incident, command, task_id="T2")
    for command in ("close", "reopen", "file", "dispatch"):
        done(incident, command)
    journal.append(incident)
    runner.catch_up()
    assert [(task.task_id, task.state) for task in read.incident(incident.id).tasks] == [("T3", "dispatched")]


def test_tasks_stand_in_the_order_in_which_they_were_given_also_beyond_nine(journal, runner, read):
    incident = done(done(queued(1), "admit"), "file")
    for _ in range(11):
        done(incident, "dispatch")
    journal.append(incident)
    runner.catch_up()
    assert [task.task_id for task in read.incident(incident.id).tasks] == [f"T{n}" for n in range(1, 12)]


def test_an_intervention_is_told_only_to_whom_may_see_it(journal, runner, read):
    incident = done(done(queued(1), "intervene"), "admit")
    journal.append(incident)
    runner.catch_up()
    kept = [row.event for row in read.history(incident.id)]
    assert kept == ["received", "jurisdiction_decided", "class_decided", "admitted"]
    story = read.history(incident.id, interventions=True)
    assert [(row.version, row.event, row.summary) for row in story[3:]] == [
        (4, "intervention_recorded", "干预留痕：某经营户亲属，要求从轻"), (5, "admitted", "受理"),
    ]  # fmt: skip


def test_the_history_tells_who_returned_a_task_and_why(journal, runner, read):
    incident = done(done(done(done(queued(1), "admit"), "file"), "dispatch"), "return")
    journal.append(incident)
    runner.catch_up()
    row = read.history(incident.id)[-1]
    assert (row.label, row.summary, row.reason, row.role) == (
        "退回", "退回任务 T1：理由 非本单位职责", "非本单位职责", "handler",
    )  # fmt: skip
    assert row.inputs == {"task_id": "T1"}


def test_the_history_tells_the_whole_story(journal, runner, read):
    incident = queued(1)
    journal.append(incident)
    runner.catch_up()
    story = read.history(incident.id)
    assert [(row.version, row.event, row.label) for row in story] == [
        (1, "received", "登记"),
        (2, "jurisdiction_decided", "管辖判定"),
        (3, "class_decided", "分类判定"),
    ]
    assert story[0].summary == "收到来源 hotline 的上报 H1（自办）：占道经营 1"
    assert story[1].summary == "归属街道 330103001（坐标落入辖区；边界版本 approximate-2020）"
    assert (
        story[2].summary
        == "分类为 E0101 占道经营，由综合行政执法平台办理，时限 4小时（按区级分类编码；分类表 classes-1）"
    )
    assert (story[0].actor, story[0].role, story[0].transport, story[0].origin) == (
        "source:hotline", "integrator", "file", "file:a.jsonl#1",
    )  # fmt: skip
    assert story[0].inputs["reporter"].startswith("«已加密» A256GCM key-7（")
    assert "Q2lwaGVydGV4dA" not in str(story)
    assert story[1].inputs["boundary_set"] == "approximate-2020"


def test_dead_letters_are_listed_until_something_became_of_them(journal, runner, read):
    first, second = dead(1), dead(2, "video")
    journal.append(first, second)
    runner.catch_up()
    assert ids(read.dead_letters(DeadLetterFilter())) == ["H2", "H1"]
    assert ids(read.dead_letters(DeadLetterFilter(sources=frozenset({"hotline"})))) == ["H1"]
    first.record_replay(outcome="dead", detail="still", incident_id=None, context=context(), at=START)
    first.record_replay(outcome="accepted", detail=None, incident_id=second.id, context=context(), at=START)
    journal.append(first)
    runner.catch_up()
    assert ids(read.dead_letters(DeadLetterFilter(resolved=False))) == ["H2"]
    row = read.dead_letter(first.id)
    assert (row.resolved, row.replays, row.last_outcome, row.incident_id) == (True, 2, "accepted", second.id)
    assert (row.reason, row.pointer, row.size, row.origin, row.key_id) == (
        "not_json",
        "/0",
        20,
        "file:bad.jsonl#1",
        "key-7",
    )
    assert row.faults == [
        {"reason": "not_json", "detail": "the record is not JSON", "pointer": "/0"},
        {"reason": "time_unreadable", "detail": "write the time", "pointer": "/1"},
    ]
    with pytest.raises(NotFoundError):
        read.dead_letter(second.id, frozenset({"hotline"}))


def test_adopted_boundaries_and_class_tables_are_listed(journal, runner, read):
    journal.append(
        BoundarySet.adopt(
            boundary_set_id("330103", "b1"), version="b1", effective_from=date(2020, 1, 1), approximate=True,
            content_sha256="00", street_codes=(STREET,), overlaps=1, overlap_area_m2=2.5, gaps=0, gap_area_m2=0.0,
            repairs=("x",), origin="profile", context=context(), at=START,
        ),
        ClassTableVersion.adopt(
            class_table_id("330103", "c1"), version="c1", effective_from=date(2020, 1, 1), content_sha256="11",
            classes=70, origin="profile", context=context(), at=START,
        ),
    )  # fmt: skip
    runner.catch_up()
    [boundaries] = read.reference_versions("boundaries")
    [classes] = read.reference_versions("classes")
    assert (boundaries.version, boundaries.approximate, boundaries.facts["overlap_area_m2"]) == ("b1", True, 2.5)
    assert (classes.version, classes.approximate, classes.facts) == ("c1", None, {"classes": 70})
    with pytest.raises(InvalidInputError):
        read.reference_versions("matters")
