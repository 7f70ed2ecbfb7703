"""What the figures say of a few cases whose story is told here."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from jiedao.domain.errors import InvalidInputError
from projections.indicator_formulas import load_formulas
from projections.indicators import IndicatorQuestion
from tests.integration.projections.journal import START, classed, done, placed, queued, received, upstream

FORMULAS = load_formulas(Path(__file__).parents[3] / "config")
STREET, OTHER = "330103001", "330103002"
NOW = START + timedelta(days=1)


def figures(read, name, question=None, now=NOW):
    """The figure of all cases, and of each group, as (numerator, denominator)."""
    found = read.indicators(question or IndicatorQuestion(), FORMULAS, now)
    groups = {
        group.code: (one.numerator, one.denominator)
        for group in found.groups
        for one in group.figures
        if one.name == name
    }
    (total,) = [(one.numerator, one.denominator) for one in found.total if one.name == name]
    return total, groups


def total(read, name, question=None, now=NOW):
    return figures(read, name, question, now)[0]


def lived(incident, *commands):
    for command in commands:
        done(incident, command)
    return incident


def facts(journal, incident):
    row = journal.connection.execute(
        "SELECT row_to_json(row) FROM view_1.case_facts AS row WHERE incident_id = %s", [incident.id]
    ).fetchone()
    return row[0]


def test_each_street_has_its_share_and_all_have_theirs(journal, runner, read):
    journal.append(
        lived(queued(1), "admit", "file"), lived(queued(2), "admit"), queued(3), lived(queued(4, street=OTHER), "settle_on_spot"),
        lived(queued(5, street=OTHER), "void"), received(6), lived(queued(7), "decline"),
        lived(classed(placed(received(8, lifecycle="upstream", upstream=upstream(None)))), "admit"),
    )  # fmt: skip
    runner.catch_up()
    assert figures(read, "filing_rate") == ((2, 6), {STREET: (1, 4), OTHER: (1, 1), None: (0, 1)})
    assert figures(read, "filing_rate", IndicatorQuestion(by="lifecycle"))[1] == {"own": (2, 6), "upstream": (0, 0)}
    assert figures(read, "filing_rate", IndicatorQuestion(by="platform"))[1] == {"enforcement": (2, 5), None: (0, 1)}
    assert figures(read, "filing_rate", IndicatorQuestion(street=OTHER)) == ((1, 1), {OTHER: (1, 1)})
    assert figures(read, "filing_rate", IndicatorQuestion(streets=frozenset({STREET}))) == ((1, 4), {STREET: (1, 4)})
    assert figures(read, "filing_rate", IndicatorQuestion(streets=frozenset())) == ((0, 0), {})
    assert total(read, "filing_rate", IndicatorQuestion(source="video")) == (0, 0)


def test_nothing_to_divide_by_is_no_figure(journal, runner, read):
    journal.append(queued(1))
    runner.catch_up()
    found = read.indicators(IndicatorQuestion(), FORMULAS, NOW)
    values = {one.name: one.value for one in found.total}
    assert values["filing_rate"] == 0.0
    assert values["satisfaction_rate"] is None
    assert (found.moment, found.position) == (NOW, 3)


def test_before_anything_was_recorded_there_is_no_figure_at_all(runner, read):
    runner.catch_up()
    found = read.indicators(IndicatorQuestion(), FORMULAS, NOW)
    assert (list(found.groups), {one.value for one in found.total}) == ([], {None})


def test_a_task_that_was_returned_and_then_reassigned_is_misdirected_once(journal, runner, read):
    journal.append(
        lived(queued(1), "admit", "file", "dispatch", "return", "reassign"),
        lived(queued(2), "admit", "file", "dispatch", "reassign"),
        lived(queued(3), "admit", "file", "dispatch", "accept"),
        lived(queued(4), "admit", "file"),
    )
    runner.catch_up()
    assert total(read, "dispatch_accuracy_rate") == (3, 5)


def test_what_is_on_time_is_what_the_deadline_as_known_then_says(journal, runner, read):
    """Handled and closed within minutes, and only afterwards another class with a limit long past is decided."""
    journal.adopt()
    incident = queued(1, hours=1)
    journal.append(incident)
    for command in ("admit", "file", "dispatch", "accept", "report_handled", "verify", "close"):
        journal.append(done(incident, command))
    closed = journal.position
    journal.append(classed(incident, hours=0.001))
    runner.catch_up()
    for name in ("on_time_handling_rate", "on_time_closing_rate"):
        assert total(read, name) == (1, 1), name
        assert total(read, name, IndicatorQuestion(as_of_position=closed)) == (0, 0), "it was not due yet"
        assert total(read, name, IndicatorQuestion(as_of_time=START + timedelta(hours=2))) == (1, 1)
    assert total(read, "overdue_rate") == (0, 1)


def test_a_deadline_that_moves_before_it_is_kept_is_the_one_that_counts(journal, runner, read):
    journal.adopt()
    incident = lived(queued(1, hours=0.01), "admit", "file", "dispatch", "accept")  # 36 s: over at the next moment
    journal.append(incident)
    then = journal.append(done(incident, "urge"))
    journal.append(classed(incident, hours=2))
    journal.append(done(incident, "report_handled"))
    runner.catch_up()
    assert total(read, "on_time_handling_rate", IndicatorQuestion(as_of_position=then)) == (0, 1)
    assert total(read, "on_time_handling_rate") == (1, 1)


def test_what_is_done_exactly_at_its_deadline_is_on_time(journal, runner, read):
    journal.adopt()
    first, second = (lived(queued(one, hours=1 / 60), "admit", "file", "dispatch", "accept") for one in (1, 2))
    journal.append(first, second)
    journal.append(lived(first, "report_handled", "verify", "close"))  # a minute after the start, which is its deadline
    journal.append(lived(second, "report_handled", "verify", "close"))
    runner.catch_up()
    assert (total(read, "on_time_closing_rate"), total(read, "on_time_handling_rate")) == ((1, 2), (1, 2))
    assert total(read, "overdue_rate") == (1, 2)
    assert total(read, "open_overdue_rate") == (0, 2)


def test_a_suspended_case_is_not_due_until_it_goes_on(journal, runner, read):
    journal.adopt()
    incident = lived(queued(1, hours=0.1), "admit", "file", "dispatch", "suspend")
    then = journal.append(incident)
    journal.append(done(incident, "resume"))
    runner.catch_up()
    late = START + timedelta(seconds=59)
    assert total(read, "open_overdue_rate", IndicatorQuestion(as_of_position=then)) == (0, 0)
    assert total(read, "open_overdue_rate", IndicatorQuestion(as_of_time=late)) == (0, 0)
    assert total(read, "open_overdue_rate") == (1, 1)
    assert facts(journal, incident)["closing_due_at"] == "2026-11-02T01:07:00+00:00"  # the minute does not count


def test_a_case_sent_back_for_rework_is_not_handled_until_it_is_done_again(journal, runner, read):
    journal.adopt()
    incident = lived(queued(1, hours=0.05), "admit", "file", "dispatch", "accept", "report_handled")
    journal.append(incident)
    journal.append(done(incident, "verify", passed=False, note="仍有残留"))
    runner.catch_up()
    assert total(read, "on_time_handling_rate") == (0, 1)
    assert total(read, "rework_rate") == (1, 1)
    journal.append(done(incident, "report_handled"))
    runner.catch_up()
    assert total(read, "on_time_handling_rate") == (1, 1), "within three minutes from the failed verification"


def test_a_reopened_case_is_open_again_and_what_happened_stays(journal, runner, read):
    incident = lived(queued(1), "settle_on_spot")
    journal.append(incident)
    runner.catch_up()
    assert total(read, "closing_rate") == (1, 1)
    assert facts(journal, incident)["settled"] is True
    journal.append(lived(incident, "reopen"))
    runner.catch_up()
    assert total(read, "closing_rate") == (0, 1)
    stands = facts(journal, incident)
    assert [stands[name] for name in ("settled", "closed_at", "handled_at", "reopenings")] == [False, None, None, 1]
    assert stands["first_handled_at"] == stands["filed_at"] is not None


def test_a_period_holds_its_begin_and_not_its_end_by_the_moment_that_the_formula_names(journal, runner, read):
    incident = queued(1)
    journal.append(incident)  # received at the start
    journal.append(lived(incident, "admit"))
    journal.append(lived(incident, "file"))  # filed two minutes later
    runner.catch_up()

    def between(since, until):
        return IndicatorQuestion(since=START + timedelta(minutes=since), until=START + timedelta(minutes=until))

    assert total(read, "filing_rate", between(0, 1)) == (1, 1)
    assert total(read, "filing_rate", between(-1, 0)) == (0, 0)
    assert total(read, "filing_rate", between(1, 5)) == (0, 0)
    assert total(read, "closing_rate", between(2, 3)) == (0, 1)
    assert total(read, "closing_rate", between(0, 2)) == (0, 0)


def test_a_case_that_moved_to_another_street_counts_there_and_as_of_then_where_it_was(journal, runner, read):
    incident = queued(1)
    then = journal.append(incident)
    journal.append(placed(incident, OTHER))
    runner.catch_up()
    assert figures(read, "filing_rate")[1] == {OTHER: (0, 1)}
    assert figures(read, "filing_rate", IndicatorQuestion(as_of_position=then))[1] == {STREET: (0, 1)}
    assert figures(read, "filing_rate", IndicatorQuestion(as_of_position=0)) == ((0, 0), {})


def test_what_an_appeal_exempted_counts_not_in_what_it_was_appealed_against_and_the_fact_stays(journal, runner, read):
    journal.adopt()
    incident = lived(queued(1, hours=0.01), "admit", "file", "dispatch", "accept", "report_handled")
    journal.append(incident)
    journal.append(done(incident, "verify", passed=False, note="仍有残留"))
    runner.catch_up()
    assert (total(read, "overdue_rate"), total(read, "rework_rate")) == ((1, 1), (1, 1))
    journal.connection.execute("UPDATE view_1.case_facts SET exempt = '{overtime}'")
    assert [total(read, name) for name in ("overdue_rate", "on_time_closing_rate", "on_time_handling_rate")] == [
        (0, 0)
    ] * 3
    assert (total(read, "rework_rate"), total(read, "closing_rate")) == ((1, 1), (0, 1))
    journal.connection.execute("UPDATE view_1.case_facts SET exempt = '{rework,wrong_dispatch}'")
    assert (total(read, "rework_rate"), total(read, "dispatch_accuracy_rate")) == ((0, 0), (0, 0))
    assert facts(journal, incident)["reworks"] == 1


@pytest.mark.parametrize(
    ("question", "pointer"),
    [
        (IndicatorQuestion(by="weather"), "/by"),
        (IndicatorQuestion(since=START, until=START), "/to"),
        (IndicatorQuestion(as_of_position=4), "/as_of"),
        (IndicatorQuestion(as_of_time=NOW + timedelta(seconds=1)), "/as_of"),
        (IndicatorQuestion(as_of_time=START.replace(tzinfo=None)), "/as_of"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_place(journal, runner, read, question, pointer):
    journal.append(queued(1))
    runner.catch_up()
    with pytest.raises(InvalidInputError) as raised:
        read.indicators(question, FORMULAS, NOW)
    assert raised.value.pointer == pointer
