"""What a bulletin tells of a few cases whose story is told here, minute by minute."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from projections.bulletins import Period, Totals
from projections.indicator_formulas import load_formulas
from tests.integration.projections.journal import START, done, placed, queued, received

FORMULAS = load_formulas(Path(__file__).parents[3] / "config")
STREET, OTHER = "330103001", "330103002"
NOW = START + timedelta(days=1)


def minutes(since, until):
    return Period(START + timedelta(minutes=since), START + timedelta(minutes=until))


def lived(incident, *commands):
    for command in commands:
        done(incident, command)
    return incident


def story(journal):
    """Six cases in four minutes: 0 received, 1 worked on, 2 closed or suspended, 3 moved."""
    journal.adopt()
    kept, late, suspended, void = queued(1, hours=1), queued(2, hours=0.02), queued(3, hours=0.02), queued(4)
    journal.append(kept, late, suspended, void, received(5, source="video"))
    journal.append(
        lived(kept, "admit", "file", "dispatch", "accept", "report_handled", "verify"),
        lived(late, "admit", "file"), lived(suspended, "admit", "file"), lived(void, "void"),
    )  # fmt: skip
    journal.append(lived(kept, "close"), lived(suspended, "suspend"))
    journal.append(placed(late, OTHER), lived(queued(6, street=OTHER), "admit", "file"))
    return late


def test_totals_count_what_fell_into_the_period_and_how_it_stood_at_its_end(journal, runner, read):
    late = story(journal)
    runner.catch_up()
    figures = read.bulletin(minutes(1, 3), FORMULAS, NOW)
    assert figures.moment == START + timedelta(minutes=3) - timedelta(microseconds=1)
    assert figures.totals["source"] == [
        Totals("hotline", 0, 3, 1, 1, 1, standing=2, overdue=1), Totals("video", 0, 0, 0, 0, 0, standing=1, overdue=0),
    ]  # fmt: skip
    assert figures.totals["street"] == [
        Totals(STREET, 0, 3, 1, 1, 1, standing=2, overdue=1), Totals(None, 0, 0, 0, 0, 0, standing=1, overdue=0),
    ]  # fmt: skip
    assert [row.code for row in figures.totals["platform"]] == ["enforcement", None]
    assert figures.totals_before == [
        Totals("hotline", 4, 0, 0, 0, 0, standing=4, overdue=0), Totals("video", 1, 0, 0, 0, 0, standing=1, overdue=0),
    ]  # fmt: skip
    (overdue,) = figures.overdue
    assert (overdue.incident_id, overdue.external_id, overdue.title, overdue.street_code, overdue.state) == (
        late.id, "H2", "占道经营 2", STREET, "filed",
    )  # fmt: skip
    assert overdue.due_at == START + timedelta(minutes=1, hours=0.02)


def test_a_period_that_lasts_is_looked_at_as_of_now_and_one_that_is_over_says_the_same_for_ever(journal, runner, read):
    late = story(journal)
    runner.catch_up()
    over = read.bulletin(minutes(1, 3), FORMULAS, NOW)
    lasting = read.bulletin(minutes(1, 3 * 24 * 60), FORMULAS, NOW)
    assert lasting.moment == NOW
    assert [row.street_code for row in lasting.overdue] == [OTHER, OTHER]
    journal.append(lived(late, "settle_on_spot"))
    runner.catch_up()
    assert read.bulletin(minutes(1, 3), FORMULAS, NOW + timedelta(days=1)) == over
    assert len(read.bulletin(minutes(1, 3 * 24 * 60), FORMULAS, NOW).overdue) == 1


def test_indicators_stand_beside_those_of_the_period_before(journal, runner, read):
    story(journal)
    runner.catch_up()
    figures = read.bulletin(minutes(1, 3), FORMULAS, NOW)
    now = {one.name: (one.numerator, one.denominator) for one in figures.indicators.total}
    before = {one.name: (one.numerator, one.denominator) for one in figures.indicators_before.total}
    assert (now["closing_rate"], before["closing_rate"]) == ((1, 2), (0, 0))
    assert (now["filing_rate"], before["filing_rate"]) == ((0, 0), (0, 5)), "by when they were received"


def test_who_is_limited_to_streets_gets_their_cases_alone(journal, runner, read):
    story(journal)
    runner.catch_up()
    figures = read.bulletin(minutes(3, 9), FORMULAS, NOW, frozenset({OTHER}))
    assert figures.totals["street"] == [Totals(OTHER, 1, 1, 0, 0, 0, standing=2, overdue=1)]
    assert [group.code for group in figures.indicators.groups] == [OTHER]
    assert [row.external_id for row in figures.overdue] == ["H2"]
    nothing = read.bulletin(minutes(3, 9), FORMULAS, NOW, frozenset())
    assert (nothing.totals["source"], nothing.overdue) == ([], [])
