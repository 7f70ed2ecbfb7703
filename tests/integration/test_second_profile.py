"""A second district, Los Angeles, is served by its plain data alone."""

import csv
from datetime import UTC, datetime

import pytest

from jiedao.application.calendar import make_calendar
from jiedao.application.district_profile import load_profile
from jiedao.domain.classification import Classifier
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.report import IncidentReport, ReportedPlace, SourceClass
from jiedao.geo.jurisdiction import BoundaryJurisdiction
from tests.profiles import LOS_ANGELES, RECORDS, build_los_angeles_profile

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def profile(shared_data, tmp_path_factory):
    return load_profile(build_los_angeles_profile(shared_data, tmp_path_factory.mktemp("profiles") / LOS_ANGELES))


def test_its_streets_are_the_councils_by_their_own_codes(profile):
    assert len(profile.streets) == len(profile.boundaries["features"]) == 99
    assert {street.code: street.name for street in profile.streets}["47"] == "LINCOLN HEIGHTS NC"
    assert (profile.communities, profile.place_names, profile.cameras) == ((), (), {})


def test_every_one_of_ten_thousand_records_gets_a_class_and_a_deadline(profile, shared_data):
    with (shared_data / RECORDS).open(encoding="utf-8-sig", newline="") as file:
        records = list(csv.DictReader(file))
    limits = LimitClock(profile.working_hours, make_calendar(profile.calendar))
    reports = [_report(record, profile.sources["csv"].class_scheme) for record in records]
    decisions = Classifier(profile.class_table).decide(reports)
    assert len(decisions) == 10_000
    assert {decision.method for decision in decisions} == {"source_code"}
    dues = [limits.due(one.time_limit, report.reported_at) for one, report in zip(decisions, reports, strict=True)]
    assert all(
        due > report.reported_at and not provisional for (due, provisional), report in zip(dues, reports, strict=True)
    )


def test_ten_thousand_records_are_given_to_the_councils_that_the_city_gave_them_to(profile, shared_data):
    with (shared_data / RECORDS).open(encoding="utf-8-sig", newline="") as file:
        records = [record for record in csv.DictReader(file) if record["longitude"]]
    places = [ReportedPlace(float(record["longitude"]), float(record["latitude"])) for record in records]
    decisions = BoundaryJurisdiction.of_profile(profile).decide(places)
    official = [record["nc"] for record in records]
    held = [code in (d.street_code, *d.candidates) for code, d in zip(official, decisions, strict=True) if code]
    assert (len(records), sum(held)) == (9_989, 9_817)
    nowhere = [code for code, decision in zip(official, decisions, strict=True) if decision.street_code is None]
    assert (len([code for code in nowhere if code]), nowhere.count("")) == (112, 27)


def test_working_time_is_that_of_los_angeles(profile):
    clock = LimitClock(profile.working_hours, make_calendar(profile.calendar))
    friday_four_in_the_afternoon = datetime(2020, 1, 4, 0, 0, tzinfo=UTC)
    monday_half_past_nine = datetime(2020, 1, 6, 17, 30, tzinfo=UTC)
    assert clock.due("2.5工作时", friday_four_in_the_afternoon) == (monday_half_past_nine, False)


def _report(record, scheme):
    return IncidentReport(
        source="csv",
        external_id=record["srnumber"],
        revision=1,
        lifecycle="own",
        channel="311",
        title=record["requesttype"],
        description="",
        reported_at=datetime.strptime(record["createddate"], "%m/%d/%y %H:%M").replace(tzinfo=UTC),
        source_class=SourceClass(scheme, record["requesttype"]),
    )
