"""The bundled sample of district 330103, read by the real adapters, matched and classified by the real tables."""

import hashlib
import re
import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from ingest.pipeline import Pipeline
from ingest.records import FeedRecord
from ingest.sources.registry import make_adapters
from jiedao.application.calendar import make_calendar
from jiedao.application.deciding import Decider
from jiedao.application.district_profile import find_profile
from jiedao.application.intake import Intake
from jiedao.domain.access import Holder
from jiedao.domain.classification import Classifier
from jiedao.domain.routing import LocalTime, Router
from jiedao.domain.terms import MatchMethod, Platform, ReportFlag, Role
from jiedao.entrypoints.demo.sample import read_sample
from jiedao.entrypoints.demo.tokens_in_time import Run
from jiedao.entrypoints.settings import Settings
from jiedao.geo.jurisdiction import BoundaryJurisdiction
from jiedao.store.files import FolderFileStore

CONFIG = Settings().config
SAMPLE = CONFIG / "districts" / "330103" / "sample"
EXPECTED = tomllib.loads((SAMPLE / "expected.toml").read_text(encoding="utf-8"))
STARTED_AT = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
INVENTED_PHONE = re.compile(r"1390000\d{4}")


class NothingKnown:
    """An inbox and a log before the first record."""

    def known(self, _keys):
        return {}

    def known_dead(self, _source, _macs):
        return frozenset()

    def load(self, _ids):
        return {}


class OnlyMacs:
    """A preview seals nothing; it tells the same bytes from others."""

    def mac(self, content):
        return hashlib.sha256(content).digest()


class Rules:
    """The rules of the profile, in force."""

    def __init__(self, router):
        self._router = router

    def router(self):
        return self._router


class At:
    def __init__(self, moment):
        self.moment = moment

    def now(self):
        return self.moment


@pytest.fixture(scope="module")
def profile():
    return find_profile(CONFIG, "330103")


@pytest.fixture(scope="module")
def messages(profile):
    return read_sample(CONFIG, profile)


@pytest.fixture(scope="module")
def read(profile, messages, tmp_path_factory):
    """Every record of the sample as its adapter reads it, in the order of sending."""
    pipeline = Pipeline(make_adapters(profile), None, FolderFileStore(tmp_path_factory.mktemp("files")))
    records = []
    for message in messages:
        payload = message.content(Run(STARTED_AT))
        for index, raw in enumerate(pipeline.split(message.source, payload, message.media_type)):
            record = FeedRecord(raw, f"{message.where}/{index}", STARTED_AT + timedelta(seconds=40))
            records.append((message.source, pipeline.read(message.source, record)))
    return records


@pytest.fixture(scope="module")
def outcomes(profile, read):
    calendar = make_calendar(profile.calendar)
    decider = Decider(
        district=profile.code, inbox=NothingKnown(), incidents=NothingKnown(), vault=OnlyMacs(),
        jurisdiction=BoundaryJurisdiction.of_profile(profile), classes=Classifier(profile.class_table),
        clock=At(STARTED_AT), routing=Rules(Router(profile.routing, LocalTime(profile.working_hours, calendar))),
    )  # fmt: skip
    found = Intake(None, decider).preview(
        [record for _, record in read], transport="http", actor=Holder("", "demo", Role.INTEGRATOR)
    )
    return list(zip([source for source, _ in read], found, strict=True))


def test_every_source_has_the_outcomes_that_the_manifest_says(outcomes):
    found = {}
    for source, outcome in outcomes:
        found.setdefault(source, Counter())[outcome.outcome] += 1

    assert found == EXPECTED["outcomes"]


def test_every_queue_holds_what_the_manifest_says(profile, outcomes):
    standing = {outcome.incident_id: outcome for _, outcome in outcomes if outcome.state is not None}
    found = {code: Counter() for code in (*(street.code for street in profile.streets), "district")}
    for outcome in standing.values():
        column = "triage" if outcome.state == "triage" else outcome.platform
        found[outcome.street_code or "district"][column] += 1

    assert found == EXPECTED["queues"]


def test_what_cannot_be_read_is_set_aside_for_the_reasons_of_the_manifest(outcomes):
    found = Counter(outcome.reason for _, outcome in outcomes if outcome.outcome == "dead")

    assert found == EXPECTED["dead_letters"]
    assert len(found) >= 3


def test_messages_and_records_are_as_many_as_the_manifest_says(messages, read):
    assert (len(messages), len(read)) == (EXPECTED["messages"], EXPECTED["records"])


def test_every_street_and_every_platform_gets_incidents(profile):
    streets = [EXPECTED["queues"][street.code] for street in profile.streets]

    assert all(sum(street.values()) > 5 for street in streets)
    assert all(sum(street.get(platform.value, 0) for street in streets) > 10 for platform in Platform)


def test_every_source_of_the_district_sends_something(profile, messages):
    assert {message.source for message in messages} == set(profile.sources)


def test_video_speaks_all_of_its_three_shapes(messages):
    shapes = {message.where.split(".")[1] for message in messages if message.source == "video"}

    assert shapes == {"hikvision", "gb28181", "ga1400"}


def test_all_that_the_demo_shows_is_there(profile, outcomes, read):
    flags = {flag for _, outcome in outcomes for flag in outcome.flags}
    places = [record.report.place for _, record in read if hasattr(record, "report")]
    methods = {decision.method for decision in BoundaryJurisdiction.of_profile(profile).decide(places)}

    assert {
        MatchMethod.POLYGON,
        MatchMethod.GAZETTEER,
        MatchMethod.ASSERTED,
        MatchMethod.NO_PLACE,
        MatchMethod.NONE,
    } <= methods
    assert {
        ReportFlag.COORDINATES_ZERO,
        ReportFlag.COORDINATES_SWAPPED,
        ReportFlag.CAMERA_UNKNOWN,
        ReportFlag.CLASS_UNKNOWN,
        ReportFlag.PERSONAL_MASKED,
    } <= flags


def test_no_phone_number_is_left_in_a_report_and_all_of_them_are_invented(messages, read):
    sent = "".join(message.template.decode("gb18030", "replace") for message in messages)
    numbers = re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", sent)

    assert numbers
    assert all(INVENTED_PHONE.fullmatch(number) for number in numbers)
    assert not [
        record.report for _, record in read if hasattr(record, "report") and INVENTED_PHONE.search(repr(record.report))
    ]


def test_no_record_is_from_the_future(read):
    flagged = [
        record.origin for _, record in read if hasattr(record, "report") and "time_in_future" in record.report.flags
    ]

    assert flagged == []


def test_a_second_run_sends_other_records(messages):
    later = Run(STARTED_AT + timedelta(minutes=1))

    assert all(message.content(Run(STARTED_AT)) != message.content(later) for message in messages)
