"""What the views show of an incident that the routing rules sent elsewhere."""

from __future__ import annotations

from datetime import date, timedelta

from jiedao.domain.identity import routing_rules_id
from jiedao.domain.reference import RoutingRulesVersion
from projections.answers import IncidentFilter, QueueQuestion
from tests.integration.projections.journal import START, classed, context, done, placed, queued, received, routed

STREET = "330103001"


def only(read):
    (row,) = read.incidents(IncidentFilter()).rows
    return row


def test_it_stands_where_the_rule_sent_it_with_what_the_rule_said(journal, runner, read):
    journal.adopt()
    incident = routed(queued(1), "service", tags=("夜间",))
    journal.append(done(done(incident, "admit"), "file"))
    runner.catch_up()
    assert not read.queue(QueueQuestion(STREET, "enforcement")).rows
    (queue,) = read.queue(QueueQuestion(STREET, "service")).rows
    assert (queue.priority, queue.due_at, queue.due_clock) == (1, START + timedelta(hours=2), "total")
    row = only(read)
    assert (row.platform, row.department, row.time_limit, row.tags) == ("service", "便民服务中心", "2小时", ["夜间"])
    assert (row.routing_rule, row.routing_rules, row.class_code) == ("r1", "rules-1", "E0101")


def test_a_rule_that_asks_a_person_puts_it_into_triage_with_its_priority(journal, runner, read):
    journal.append(routed(queued(1), None))
    runner.catch_up()
    (row,) = read.triage(street=STREET).rows
    assert (row.state, row.platform, row.priority) == ("triage", None, 1)


def test_another_class_undoes_the_routing(journal, runner, read):
    journal.adopt()
    incident = routed(queued(1), "service", tags=("夜间",))
    journal.append(done(done(incident, "admit"), "file"))
    journal.append(
        classed(incident, "market", 3, 9, matters=("330275012000",), closing_condition="恢复", maintaining_unit="甲")
    )
    runner.catch_up()
    row = only(read)
    assert (row.platform, row.priority, row.time_limit, row.due_at) == (
        "market",
        3,
        "9小时",
        START + timedelta(hours=9),
    )
    assert (row.routing_rule, row.routing_rules, row.tags) == (None, None, [])
    assert (row.matters, row.closing_condition, row.maintaining_unit) == (["330275012000"], "恢复", "甲")
    assert (incident.platform, incident.routing) == ("market", None)


def test_another_street_leaves_the_routing_until_it_is_decided_again(journal, runner, read):
    journal.append(placed(routed(queued(1), "service"), "330103002"))
    runner.catch_up()
    assert (only(read).platform, only(read).street_code) == ("service", "330103002")


def test_no_rule_is_told_apart_from_no_rules(journal, runner, read):
    journal.append(routed(queued(1), "enforcement", rule=None), queued(2))
    runner.catch_up()
    rows = {row.external_id: (row.routing_rule, row.routing_rules) for row in read.incidents(IncidentFilter()).rows}
    assert rows == {"H1": (None, "rules-1"), "H2": (None, None)}


def test_the_history_tells_which_rule_sent_it_where_and_on_what(journal, runner, read):
    journal.append(incident := routed(classed(placed(received(1))), "service", tags=("夜间",)))
    runner.catch_up()
    told = read.history(incident.id)[-1]
    assert (told.label, told.event) == ("派单规则", "routed")
    assert told.summary == (
        "按派单规则 r1“转便民服务”：平台 综合行政执法→便民服务，部门 无→便民服务中心，级别 2→1，时限 4小时→2小时，"
        "加标签 夜间（规则版本 rules-1）"
    )
    assert told.inputs["inputs"]["local_time"] == "2026-11-02T09:00:00+08:00"
    assert told.inputs["rule_id"] == "r1"


def test_the_history_tells_that_no_rule_applied(journal, runner, read):
    same = {"priority": 2, "time_limit": "4小时"}
    journal.append(incident := routed(classed(placed(received(1))), "enforcement", rule=None, **same))
    runner.catch_up()
    assert read.history(incident.id)[-1].summary == "无派单规则命中，部门 无→便民服务中心（规则版本 rules-1）"


def test_incidents_are_counted_as_they_are_listed(journal, runner, read):
    journal.append(queued(1), queued(2, reported_at=START + timedelta(days=1)), queued(3, source="video"))
    runner.catch_up()
    later = IncidentFilter(reported_from=START + timedelta(hours=1))
    assert (read.count_incidents(IncidentFilter()), read.count_incidents(later)) == (3, 1)


def test_adopted_rules_are_among_the_reference_versions(journal, runner, read):
    journal.append(
        RoutingRulesVersion.adopt(
            routing_rules_id("330103", "rules-1"), version="rules-1", effective_from=date(2026, 1, 1),
            content_sha256="ab" * 32, rules=3, origin="profile:330103", context=context(), at=START,
        )
    )  # fmt: skip
    runner.catch_up()
    (version,) = read.reference_versions("routing")
    assert (version.version, version.effective_from, version.facts) == ("rules-1", date(2026, 1, 1), {"rules": 3})
