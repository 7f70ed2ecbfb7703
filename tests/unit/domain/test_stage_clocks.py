"""The clocks of incidents, told by hand: which run, since when, due when, and what each comes to next."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jiedao.domain.clock_events import ClockApproaching, ClockEscalated, ClockOverdue
from jiedao.domain.stage_clocks import UPSTREAM_LIMIT, clocks_of
from jiedao.domain.terms import TaskState
from tests.clock_samples import LIMIT_CLOCK, RULES, TimedLife, at, clocks_by_name, course_of, dues, minutes
from tests.workflow_samples import GREENING, advised


def placed(time_limit="4小时", lifecycle="own"):
    """Reported at minute 0, placed at 1, classed at 2."""
    life = TimedLife(lifecycle)
    life.placed()
    return life.limited(time_limit)


def filed(time_limit="4小时"):
    """Admitted at minute 3, filed at 4."""
    return placed(time_limit).do("admit").do("file")


def dispatched(time_limit="4小时"):
    """Dispatched at minute 5."""
    return filed(time_limit).do("dispatch")


def told(life, kind, name, due_at=None):
    """Let the clock have recorded something of the clock ``name``."""
    clock = clocks_by_name(life)[name]
    fields = {
        "clock": clock.clock.value, "task_id": clock.task_id, "part": clock.part, "time_limit": clock.time_limit,
        "since": clock.since, "due_at": due_at or clock.due_at, "provisional": False, "rules": RULES.version,
    }  # fmt: skip
    context = life.context("system:clock", "administrator")
    life.incident.trigger_event(kind, context=context, timestamp=life.now, **fields)
    life.events += life.incident.collect_events()
    return life


HOUR = 60


# -------------------------------------------------------------------------------------------- offers


def test_an_offer_has_a_clock_beside_the_limit_that_it_does_not_move():
    life = dispatched()
    assert clocks_by_name(life)["accept:T1"].onward_at == minutes(5 + HOUR)
    life.offered_onward(advised("wang", "王强"))
    own, offer = (clocks_by_name(life)[name] for name in ("accept:T1", "accept:T1:顺延1"))
    assert (own.due_at, own.onward_at) == (minutes(5 + HOUR), None)
    assert (offer.due_at, offer.onward_at, offer.offered_to) == (*[minutes(5 + 2 * HOUR)] * 2, "user:wang")
    life.offered_onward()
    assert [name for name in clocks_by_name(life) if name.startswith("accept")] == ["accept:T1", "accept:T1:顺延2"]
    last = clocks_by_name(life)["accept:T1:顺延2"]
    assert (last.due_at, last.onward_at, last.offered_to) == (minutes(5 + 3 * HOUR), None, "user:li")
    life.task("T1", "accept")
    assert not [name for name in clocks_by_name(life) if name.startswith("accept")]


def test_a_departments_task_and_a_workers_do_not_go_onward():
    assert clocks_by_name(filed().do("dispatch", assignee=GREENING))["accept:T1"].onward_at is None
    assert clocks_by_name(dispatched().task("T1", "accept", "redispatch"))["accept:T1"].onward_at is None


def test_an_offer_stands_still_while_the_case_is_suspended():
    life = dispatched().offered_onward(advised("wang", "王强"))
    life.at(minutes(5 + HOUR + 30)).do("suspend")
    assert clocks_by_name(life)["accept:T1:顺延1"].onward_at is None
    life.at(minutes(5 + 5 * HOUR)).do("resume")
    assert clocks_by_name(life)["accept:T1:顺延1"].onward_at == minutes(5 + 5 * HOUR + 30)


# -------------------------------------------------------------------------------------------- the stages


def test_each_stage_has_its_clock_since_it_began():
    life = TimedLife()
    assert dues(life) == {"triage": minutes(2 * HOUR)}
    life.placed()
    assert dues(life) == {"triage": minutes(2 * HOUR)}  # the class is not known yet
    life.limited("4小时")
    assert dues(life) == {"admit": minutes(2 + HOUR)}
    life.do("admit")
    assert dues(life) == {"file": minutes(3 + 4 * HOUR)}
    life.do("file")
    assert set(dues(life)) == {"dispatch", "total"}
    assert dues(life)["dispatch"] == minutes(4 + 2 * HOUR)
    life.do("dispatch")
    assert {name: due for name, due in dues(life).items() if name != "total"} == {
        "accept:T1": minutes(5 + HOUR),
        "handle:T1": minutes(5 + 4 * HOUR),
    }
    life.task("T1", "accept")
    assert set(dues(life)) == {"handle:T1", "total"}
    life.task("T1", "start")
    assert dues(life)["handle:T1"] == minutes(5 + 4 * HOUR)
    life.task("T1", "report_handled")
    assert set(dues(life)) == {"verify:T1", "total"}
    assert dues(life)["verify:T1"] == minutes(8 + 24 * HOUR)
    life.task("T1", "verify")
    assert set(dues(life)) == {"close", "total"}
    assert dues(life)["close"] == at("2026-11-26T09:09")  # one working day of eight hours
    assert dues(life.do("close")) == {}


def test_the_total_runs_from_filing_through_the_limits_of_all_stages():
    clock = clocks_by_name(filed())["total"]
    assert (clock.since, clock.time_limit) == (minutes(4), "2小时＋4小时＋1天＋1工作日")
    # 09:04 + 2 h + 4 h + 24 h = Thursday 15:04; then 2:56 h until 18:00, and 5:04 h of Friday
    assert clock.due_at == at("2026-11-27T15:04")
    for life in (dispatched(), dispatched().task("T1", "accept", "report_handled", "verify")):
        assert dues(life)["total"] == at("2026-11-27T15:04")


def test_a_staged_limit_has_a_clock_for_each_stage_and_the_last_makes_the_total():
    life = dispatched("停工4工作时/处罚7工作日/拆除20工作日")
    found = dues(life)
    assert found["handle:T1:停工"] == at("2026-11-25T15:05")
    assert found["handle:T1:处罚"] == at("2026-12-04T09:05")
    assert found["handle:T1:拆除"] == at("2026-12-23T09:05")
    assert clocks_by_name(life)["total"].time_limit.startswith("2小时＋停工4工作时/处罚7工作日/拆除20工作日＋")
    assert found["total"] > found["handle:T1:拆除"]


def test_stages_without_labels_have_clocks_of_their_own():
    assert set(dues(dispatched("2工作时；路面积水4工作时"))) == {
        "accept:T1",
        "handle:T1:1",
        "handle:T1:路面积水",
        "total",
    }


def test_a_class_without_a_limit_has_neither_a_handling_clock_nor_a_total():
    assert set(dues(dispatched("按合同约定"))) == {"accept:T1"}
    assert set(dues(dispatched(None))) == {"accept:T1"}


def test_every_task_of_a_joint_operation_has_clocks_of_its_own():
    life = dispatched().do("dispatch").task("T1", "accept", "report_handled")
    found = dues(life)
    assert {name: due for name, due in found.items() if name != "total"} == {
        "verify:T1": minutes(8 + 24 * HOUR),
        "accept:T2": minutes(6 + HOUR),
        "handle:T2": minutes(6 + 4 * HOUR),
    }


def test_rework_is_a_new_handling_and_the_total_goes_on():
    life = dispatched()
    total = dues(life)["total"]
    life.at(minutes(300)).task("T1", "accept", "report_handled", "fail")
    assert dues(life) == {"handle:T1": minutes(302 + 4 * HOUR), "total": total}
    life.task("T1", "start")
    assert dues(life)["handle:T1"] == minutes(302 + 4 * HOUR)


def test_what_was_returned_waits_for_a_dispatcher_and_a_new_task_counts_from_then():
    life = dispatched().at(minutes(100)).task("T1", "return")
    assert {name: due for name, due in dues(life).items() if name != "total"} == {
        "dispatch:T1": minutes(100 + 2 * HOUR)
    }
    life.at(minutes(110)).do("reassign", assignee=GREENING)
    assert {name: due for name, due in dues(life).items() if name != "total"} == {
        "accept:T2": minutes(110 + HOUR),
        "handle:T2": minutes(110 + 4 * HOUR),
    }


def test_a_class_decided_anew_moves_the_handling_from_the_same_start():
    life = dispatched()
    life.at(minutes(50)).limited("1天")
    assert dues(life)["handle:T1"] == minutes(5 + 24 * HOUR)


def test_a_case_that_is_opened_again_is_counted_anew():
    life = dispatched().task("T1", "accept", "report_handled", "verify").do("close").at(minutes(5_000)).do("reopen")
    assert dues(life) == {"file": minutes(5_000 + 4 * HOUR)}
    life.do("file")
    assert clocks_by_name(life)["total"].since == minutes(5_001)


def test_what_was_given_on_is_as_due_as_before_and_its_worker_has_a_clock_to_accept_it():
    life = dispatched().task("T1", "accept", "redispatch")
    assert dues(life)["handle:T1"] == minutes(5 + 4 * HOUR)
    assert clocks_by_name(life)["accept:T1"].since == minutes(7)


@pytest.mark.parametrize("begin", [placed, filed, dispatched])
def test_merged_and_unmerged_its_clocks_run_on(begin):
    life = begin()
    before = dues(life)
    told(life, ClockOverdue, next(iter(before)))
    steps = {name: clock.next_step for name, clock in clocks_by_name(life).items()}
    life.at(minutes(3_000)).do("merge").do("unmerge")
    assert dues(life) == before
    assert {name: clock.next_step for name, clock in clocks_by_name(life).items()} == steps


def test_a_suspension_before_a_merge_still_counts_after_it():
    life = dispatched().at(minutes(60)).do("suspend").at(minutes(120)).do("resume")
    before = dues(life)
    life.do("merge").do("unmerge")
    assert dues(life) == before


def test_an_offered_transfer_has_a_clock_for_its_answer_and_the_total_goes_on():
    life = filed()
    before = dues(life)
    life.do("offer_transfer")
    assert clocks_by_name(life)["transfer"].due_at == life.incident.progress.transfer.answer_by
    assert dues(life)["total"] == before["total"]
    assert dues(life.lapse()) == before


def test_ended_incidents_have_no_clocks():
    for life in (
        placed().do("decline"),
        placed().do("void"),
        placed().do("admit").do("reject"),
        placed().do("settle_on_spot"),
    ):
        assert clocks_by_name(life) == {}


# ------------------------------------------------------------------------------------------- upstream cases


def test_the_superior_platforms_deadline_wins_over_the_class():
    deadline = minutes(600)
    life = placed("4小时", "upstream").due_upstream(deadline)
    assert dues(life) == {"admit": minutes(2 + HOUR), "total": deadline}
    life.do("admit").do("dispatch")
    assert (dues(life)["handle:T1"], dues(life)["total"]) == (deadline, deadline)
    assert clocks_by_name(life)["handle:T1"].time_limit == UPSTREAM_LIMIT
    life.at(minutes(60)).do("suspend").at(minutes(120)).do("resume")
    assert dues(life)["total"] == deadline
    life.due_upstream(deadline + timedelta(days=1))
    assert dues(life)["total"] == deadline + timedelta(days=1)
    life.task("T1", "accept", "report_handled")  # reported back: the superior platform verifies and closes
    assert dues(life) == {}


def test_a_superiors_case_without_a_deadline_goes_by_the_class_until_it_is_reported_back():
    life = placed("4小时", "upstream").do("admit").do("dispatch")
    assert dues(life)["handle:T1"] == minutes(4 + 4 * HOUR)
    assert clocks_by_name(life)["total"].time_limit == "2小时＋4小时"
    assert dues(life.task("T1", "accept", "report_handled")) == {}


# ------------------------------------------------------------------------------- suspension and extension


def test_suspension_stops_every_clock_and_each_goes_on_with_what_was_left():
    life = dispatched().at(minutes(35)).do("suspend")
    assert dues(life) == {"accept:T1": None, "handle:T1": None, "total": None}
    assert all(clock.next_step is None for clock in clocks_by_name(life).values())
    life.at(minutes(1_035)).do("resume")
    assert dues(life)["accept:T1"] == minutes(5 + HOUR + 1_000)
    assert dues(life)["handle:T1"] == minutes(5 + 4 * HOUR + 1_000)
    life.at(minutes(1_050)).do("suspend").at(minutes(1_150)).do("resume")
    assert dues(life)["handle:T1"] == minutes(5 + 4 * HOUR + 1_100)


def test_a_suspension_while_it_waits_for_dispatch_moves_only_what_ran():
    life = filed().at(minutes(10)).do("suspend").at(minutes(70)).do("resume")
    assert dues(life)["dispatch"] == minutes(4 + 2 * HOUR + 60)
    life.at(minutes(80)).do("dispatch")
    assert dues(life)["handle:T1"] == minutes(80 + 4 * HOUR)


def test_what_ran_out_before_the_suspension_stays_overdue():
    life = dispatched().at(minutes(5 + HOUR)).do("suspend")
    clock = clocks_by_name(life)["accept:T1"]
    assert (clock.due_at, clock.next_step) == (minutes(5 + HOUR), "approaching")
    told(life, ClockOverdue, "accept:T1")
    assert clocks_by_name(life)["accept:T1"].next_step is None  # until it is resumed


def test_an_extension_moves_the_end_of_the_handling_and_the_total():
    life = dispatched("停工4工作时/拆除1天")
    before = dues(life)
    course = course_of(life)
    course.progress.extensions = ("3小时", "2小时")
    after = {(one.clock.value, one.part): one for one in clocks_of(course, RULES, LIMIT_CLOCK)}
    assert after["handle", "拆除"].due_at == before["handle:T1:拆除"] + timedelta(hours=5)
    assert after["handle", "拆除"].time_limit == "停工4工作时/拆除1天＋3小时＋2小时"
    assert after["handle", "停工"].due_at == before["handle:T1:停工"]
    assert after["accept", ""].due_at == before["accept:T1"]
    assert after["total", ""].due_at > before["total"]


# -------------------------------------------------------------------------------- what a clock comes to


def test_a_clock_approaches_its_end_then_is_overdue_then_goes_to_the_supervisor():
    life = dispatched()
    clock = clocks_by_name(life)["accept:T1"]
    assert (clock.next_step, clock.next_at) == ("approaching", minutes(5 + 45))
    told(life, ClockApproaching, "accept:T1")
    clock = clocks_by_name(life)["accept:T1"]
    assert (clock.next_step, clock.next_at) == ("overdue", minutes(5 + HOUR))
    told(life, ClockOverdue, "accept:T1")
    clock = clocks_by_name(life)["accept:T1"]
    assert (clock.next_step, clock.next_at) == ("escalated", minutes(5 + 9 * HOUR))
    told(life, ClockEscalated, "accept:T1")
    assert clocks_by_name(life)["accept:T1"].next_step is None


def test_what_was_recorded_of_another_deadline_does_not_count():
    life = told(dispatched(), ClockOverdue, "accept:T1", due_at=minutes(30))
    assert clocks_by_name(life)["accept:T1"].next_step == "approaching"


def test_without_a_time_to_escalate_nothing_goes_to_the_supervisor():
    rules = replace(RULES, escalate_after="")
    life = told(dispatched(), ClockOverdue, "accept:T1")
    assert clocks_by_name(life, rules)["accept:T1"].next_step is None


def test_a_superiors_deadline_that_had_passed_when_it_came_in_is_overdue_at_once():
    life = placed("4小时", "upstream").due_upstream(minutes(-60))
    clock = clocks_by_name(life)["total"]
    assert (clock.next_step, clock.next_at) == ("overdue", minutes(-60))


def test_a_deadline_in_a_year_that_is_not_known_is_provisional():
    life = placed("4小时")
    assert not clocks_by_name(life.do("admit"))["file"].provisional
    life.at(at("2026-12-31T17:30")).do("file")
    assert clocks_by_name(life)["total"].provisional
    assert not clocks_by_name(life)["dispatch"].provisional


def test_a_limit_beyond_all_years_makes_no_clock_and_takes_no_other_away():
    assert set(dues(dispatched("99999999天"))) == {"accept:T1"}
    assert set(dues(dispatched("99999999工作日"))) == {"accept:T1"}
    assert set(dues(dispatched("停工1天/拆除999999天"))) == {"accept:T1", "handle:T1:停工"}
    course = course_of(dispatched("1天"))
    course.progress.extensions = ("9" * 400 + "天", "999999天")
    assert {one.clock.value for one in clocks_of(course, RULES, LIMIT_CLOCK)} == {"accept"}


@pytest.mark.parametrize("year", [1, 1900, 2500, 9999])
def test_a_superiors_deadline_in_an_absurd_year_is_taken_as_it_is(year):
    deadline = datetime(year, 6, 1, tzinfo=UTC)
    life = placed("4小时", "upstream").due_upstream(deadline)
    assert dues(told(life, ClockOverdue, "total")) == {"admit": minutes(2 + HOUR), "total": deadline}
    working = replace(RULES, escalate_after="1工作时")  # there is no working time in such years
    assert clocks_by_name(life, working)["total"].next_step is None


def test_reading_an_incidents_clocks_changes_nothing_of_its_course():
    life = dispatched()
    course = course_of(life)
    assert course.tasks["T1"].state is TaskState.DISPATCHED
    assert dues(life) == dues(life)
    assert course_of(life) == course


@pytest.mark.shared_data
def test_every_limit_of_a_real_citys_table_makes_clocks(shared_data):
    with (shared_data / "codes" / "class_table_yuncheng.csv").open(encoding="utf-8-sig", newline="") as file:
        texts = [row["处置时限"] for row in csv.DictReader(file)]
    assert len(texts) == 519
    end = datetime(2026, 12, 31, tzinfo=UTC)
    for text in set(texts):
        found = dues(dispatched(text))
        assert {name.partition(":")[0] for name in found} == {"accept", "handle", "total"}
        assert all(minutes(5) < due < end for due in found.values()), text
