"""What is suggested and grouped from the views, on a planted truth among noise, as a brute-force comparison finds it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.duplicate_judgement import DuplicateJudgement
from jiedao.domain.duplicates import DuplicateRules, Sighting, compare
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.identity import duplicate_judgement_id, incident_id
from jiedao.domain.incident import Incident
from jiedao.domain.repeated_complaints import pair_of, repeated_complaints
from jiedao.domain.report import IncidentReport, ReportedPlace, Sealed
from projections.duplicates import MOST_CANDIDATES, RepeatedQuestion
from tests.integration.projections.journal import START, context, done

RULES = DuplicateRules()
WHOLE = RepeatedQuestion(START - timedelta(days=10), START + timedelta(days=10))
STREET = "330103006"
CORNER = (120.1650, 30.2850)


def reported(
    number, *, source="hotline", channel="12345", reporter=None, code="E0101", at=START, place=CORNER, street=STREET,
    title="占道经营", address="朝晖路182号",
):  # fmt: skip
    """An incident as a report opens it, with the decisions that are made of it."""
    report = IncidentReport(
        source, f"N{number}", 1, "own", channel, title, "", at, happened_at=at, place=ReportedPlace(address=address)
    )
    incident = Incident.receive(
        incident_id("330103", source, f"N{number}"), report=report, raw=Sealed("A256GCM", "raw", "AA"),
        reporter=Sealed("A256GCM", reporter, "AA") if reporter else None, context=context(), at=START,
    )  # fmt: skip
    lon, lat = place or (None, None)
    decision = JurisdictionDecision("polygon" if place else "gazetteer", street, "approximate-2020", lon, lat)
    incident.decide_jurisdiction(decision, context=context(), at=START)
    if code is not None:
        kind = ClassDecision("code", "classes-1", code, "占道经营", "enforcement", priority=2)
        incident.decide_class(kind, context=context(), at=START)
    return incident


def matter():
    """A camera and three callers tell of one stall; one of them only by its address."""
    east = (CORNER[0] + 0.0002, CORNER[1])  # 19 m
    return [
        reported("camera", source="video", channel="camera", address="朝晖路182号路口"),
        reported("caller-1", reporter="r1", at=START + timedelta(minutes=20), place=east, title="有人占道经营"),
        reported("caller-2", reporter="r2", at=START + timedelta(hours=2), title="商铺占道经营堆物"),
        reported("caller-3", reporter="r3", at=START + timedelta(hours=3), place=None, address="下城区朝晖路182号"),
    ]


def noise(count, seed=1):
    """Others around in space and time, of several classes, each of a reporter of its own."""
    chance = Random(seed)  # noqa: S311  # noise, not a secret
    return [
        reported(
            f"noise-{number}", source=chance.choice(["hotline", "video", "city_brain"]), reporter=f"n{number}",
            code=chance.choice(["E0101", "E0102", "E0201", "C0101"]), street=chance.choice([STREET, "330103007"]),
            at=START + timedelta(hours=chance.uniform(-200, 200)),
            place=(CORNER[0] + chance.uniform(-0.03, 0.03), CORNER[1] + chance.uniform(-0.03, 0.03))
            if chance.random() < 0.9 else None,
            title=chance.choice(["占道经营", "乱堆物", "井盖破损", "噪音"]),
            address=chance.choice(["", "再行路1号", "朝晖路9号"]),
        )
        for number in range(count)
    ]  # fmt: skip


def sighting(incident):
    """What the comparison sees, taken from the aggregate and not from the view."""
    report, place = incident.report, incident.jurisdiction
    return Sighting(
        incident.id, report.source, report.channel, incident.reporter.key_id if incident.reporter else None,
        incident.classification.class_code, place.street_code, report.happened_at or report.reported_at, place.lon,
        place.lat, f"{report.title}\n{report.description}", report.place.address,
    )  # fmt: skip


def suggested(read, incident, **options):
    return {one.incident.incident_id: one.likeness for one in read.duplicates(incident.id, RULES, **options).items}


def judged(journal, one, other, *, distinct=True, judgement=None):
    pair = pair_of(one.id, other.id)
    if judgement is None:
        stream = duplicate_judgement_id("330103", *pair)
        judgement = DuplicateJudgement.dismiss(stream, *pair, context=replace(context(), reason="两处"), at=START)
    else:
        judgement.say(distinct=distinct, context=context(), at=START)
    journal.append(judgement)
    return judgement


def test_a_camera_and_three_callers_are_found_among_noise(journal, runner, read):
    incidents = matter()
    journal.append(*incidents, *noise(300))
    runner.catch_up()
    ids = {one.id for one in incidents}
    assert set(suggested(read, incidents[0])) >= ids - {incidents[0].id}
    best = [one.incident.incident_id for one in read.duplicates(incidents[1].id, RULES, limit=3).items]
    assert set(best) == ids - {incidents[1].id}
    found = read.repeated_complaints(WHOLE, RULES)
    assert ids in [set(one.complaint.incident_ids) for one in found.rows]
    (told,) = [one for one in found.rows if one.complaint.matter_id == incidents[0].id]
    assert [row.external_id for row in told.incidents] == ["Ncamera", "Ncaller-1", "Ncaller-2", "Ncaller-3"]
    assert (told.complaint.reporters, list(told.complaint.sources)) == (3, ["hotline", "video"])


def test_what_is_suggested_is_what_comparing_with_everybody_finds_and_is_so_from_either_side(journal, runner, read):
    incidents = [*matter(), *noise(250, seed=7)]
    journal.append(*incidents)
    runner.catch_up()
    seen = [sighting(incident) for incident in incidents]
    suggestions = {incident.id: suggested(read, incident, limit=100) for incident in incidents}
    for mine in seen:
        expected = {
            other.incident_id: likeness
            for other in seen
            if (likeness := compare(mine, other, RULES)) is not None and likeness.score >= RULES.suggest_from
        }
        assert suggestions[mine.incident_id] == expected
    assert any(suggestions.values())
    expected = [matter.incident_ids for matter in repeated_complaints(seen, RULES)]
    assert [one.complaint.incident_ids for one in read.repeated_complaints(WHOLE, RULES, limit=500).rows] == expected


def test_the_void_and_the_unseen_and_those_without_class_are_not_suggested(journal, runner, read):
    first, second, third, fourth = matter()
    unclassed = reported("unclassed", reporter="r9", code=None)
    done(second, "void")
    journal.append(first, second, third, fourth, unclassed)
    runner.catch_up()
    assert set(suggested(read, first)) == {third.id, fourth.id}
    assert suggested(read, first, sources=frozenset({"video"})) == {}
    assert suggested(read, first, streets=frozenset({STREET})).keys() == {third.id, fourth.id}
    with pytest.raises(NotFoundError):
        read.duplicates(first.id, RULES, streets=frozenset({"330103007"}))
    alone = read.duplicates(unclassed.id, RULES)
    assert (alone.items, alone.compared, alone.incident.class_code) == ([], 0, None)


def test_what_was_merged_is_not_suggested_and_is_shown_with_what_it_was_merged_into(journal, runner, read):
    first, second, *_ = matter()
    far = reported("far", reporter="r7", code="C0101", place=(120.1, 30.2), at=START + timedelta(days=3))
    journal.append(first, second, far)
    runner.catch_up()
    # As the views will hold a merged incident: its state, and what it was merged into in its progress.
    journal.connection.execute(
        "UPDATE view_1.incident_view SET state = 'merged', progress = jsonb_build_object('merged_into', jsonb_build_object('incident_id', %s::text))"
        " WHERE incident_id = ANY(%s)",
        [str(first.id), [second.id, far.id]],
    )
    assert suggested(read, first) == {}
    (told,) = read.repeated_complaints(WHOLE, RULES).rows
    assert set(told.complaint.incident_ids) == {first.id, second.id, far.id}


def test_two_that_a_person_said_to_be_two_are_not_suggested_until_that_is_taken_back(journal, runner, read):
    first, second, *_ = matter()
    journal.append(first, second)
    judgement = judged(journal, first, second)
    runner.catch_up()
    assert suggested(read, first) == suggested(read, second) == {}
    assert read.repeated_complaints(WHOLE, RULES).rows == []
    (said,) = read.duplicates(second.id, RULES).judgements
    assert ({said.one, said.other}, said.reason) == ({first.id, second.id}, "两处")
    judged(journal, first, second, distinct=False, judgement=judgement)
    runner.catch_up()
    assert suggested(read, first).keys() == {second.id}
    assert read.duplicates(second.id, RULES).judgements == []
    judged(journal, first, second, judgement=judgement)
    judged(journal, first, second, distinct=False, judgement=judgement)
    judged(journal, first, second, judgement=judgement)
    runner.catch_up()
    assert suggested(read, first) == {}


def test_a_later_revision_of_another_person_is_of_another_reporter(journal, runner, read):
    first, second = reported("a", reporter="r1"), reported("b", reporter="r1")
    journal.append(first, second)
    runner.catch_up()
    assert suggested(read, first)[second.id].origin == "same_reporter"
    report = replace(second.report, revision=2)
    second.revise(
        report=report,
        raw=Sealed("A256GCM", "raw", "AA"),
        reporter=Sealed("A256GCM", "r2", "AA"),
        context=context(),
        at=START,
    )
    journal.append(second)
    runner.catch_up()
    assert suggested(read, first)[second.id].origin == "other_reporter"


def test_pages_of_matters_follow_one_another_and_a_span_has_its_limits(journal, runner, read):
    incidents = [
        reported(f"{number}-{who}", reporter=f"r{who}", at=START + timedelta(hours=number), place=(120.1 + number / 100, 30.2))
        for number in range(5)
        for who in range(2)
    ]  # fmt: skip
    journal.append(*incidents)
    runner.catch_up()
    whole = [one.complaint.matter_id for one in read.repeated_complaints(WHOLE, RULES).rows]
    assert len(whole) == 5
    paged, after = [], None
    while True:
        page = read.repeated_complaints(WHOLE, RULES, after, 2)
        paged += [one.complaint.matter_id for one in page.rows]
        after = page.after
        if after is None:
            break
    assert paged == whole
    narrow = replace(WHOLE, since=START + timedelta(hours=3), before=START + timedelta(hours=4))
    assert len(read.repeated_complaints(narrow, RULES).rows) == 1
    for since, before in ((START, START), (START, START + timedelta(days=31, seconds=1))):
        with pytest.raises(InvalidInputError, match="31 days"):
            read.repeated_complaints(RepeatedQuestion(since, before), RULES)


def test_one_alarm_that_comes_thousands_of_times_is_compared_with_the_nearest_in_time(journal, runner, read):
    first = reported("first", source="hotline", reporter="r1")
    storm = [
        reported(f"s{number}", source="video", at=START + timedelta(seconds=number + 1))
        for number in range(MOST_CANDIDATES + 1)
    ]
    journal.append(first, *storm)
    runner.catch_up()
    found = read.duplicates(first.id, RULES, limit=1)
    assert (found.compared, found.complete) == (MOST_CANDIDATES, False)
    assert found.items[0].incident.incident_id == storm[0].id
    assert isinstance(found.items[0].incident.incident_id, UUID)
