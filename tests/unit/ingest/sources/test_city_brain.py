"""The city brain's events: golden samples, and what must not get past the adapter."""

import json

import pytest
from hypothesis import given, settings

from ingest.records import Normalised, Rejection
from ingest.sources.city_brain import ALIASES, CityBrainAdapter
from ingest.sources.reading.json_fields import Fields
from ingest.sources.reading.notes import Notes
from tests.unit.ingest.sources.golden_samples import RECEIVED_AT, SAMPLES, expected, outcome, samples_of
from tests.unit.ingest.sources.mutations import PHONE, spoiled_bytes, spoiled_json, with_phone

NATIVE = [path.read_bytes() for _, path in samples_of("city_brain")]
CONTENTS = [json.loads(raw) for raw in NATIVE]


@pytest.fixture(scope="module")
def adapter(profile):
    return CityBrainAdapter(profile.sources["city_brain"], profile)


def event(**fields):
    return json.dumps({"event_id": "e1", "title": "暴露垃圾", **fields}).encode()


@pytest.mark.parametrize("path", [path for _, path in samples_of("city_brain")], ids=lambda path: path.name)
def test_a_native_record_becomes_exactly_the_expected_report(adapter, path):
    assert json.loads(json.dumps(outcome(adapter.normalise(path.read_bytes(), RECEIVED_AT)))) == expected(path)


def test_a_message_of_several_events_is_parted_and_each_keeps_its_bytes(adapter):
    one, two = event(event_id="1"), event(event_id="2")
    for payload in (b"[%s, %s]", b'{"events": [%s,\n%s]}', b'{"code": 0, "data": {"events": [%s, %s]}}'):
        assert list(adapter.split(payload % (one, two), "application/json")) == [one, two]
    assert list(adapter.split(one + b"\n" + two + b"\n", "application/x-ndjson")) == [one, two]


def test_a_counted_version_wins_over_the_time_of_change(adapter):
    both = adapter.normalise(event(version=4, update_time="2026-11-24T10:00:00Z"), RECEIVED_AT)
    assert both.report.revision == 4
    changed = [adapter.normalise(event(update_time=f"2026-11-24T10:00:0{n}Z"), RECEIVED_AT) for n in (1, 2)]
    assert changed[0].report.revision < changed[1].report.revision
    assert adapter.normalise(event(), RECEIVED_AT).report.revision == 1


def test_only_the_levels_that_the_district_names_are_urgent(adapter):
    urgent = {level: adapter.normalise(event(level=level), RECEIVED_AT).report.urgent for level in (1, "红色", 3, "低")}
    assert urgent == {1: True, "红色": True, 3: False, "低": False}


def test_no_two_fields_are_read_from_the_same_name():
    names = [name.casefold().replace("_", "") for names in ALIASES.values() for name in names]
    assert len(names) == len(set(names))
    fields = Fields(dict.fromkeys(names, "x"), ALIASES, Notes())
    assert all(fields.text(field) == "x" for field in ALIASES)


@settings(max_examples=300, deadline=None)
@given(raw=spoiled_json(CONTENTS) | spoiled_bytes(NATIVE))
def test_a_spoiled_event_is_read_or_refused_and_never_raises(adapter, raw):
    assert isinstance(adapter.normalise(raw, RECEIVED_AT), Normalised | Rejection)


@settings(max_examples=300, deadline=None)
@given(raw=with_phone(CONTENTS, spared={"event_id", "事件编号", "version"}))
def test_a_phone_number_anywhere_in_an_event_stays_out_of_the_report(adapter, raw):
    result = adapter.normalise(raw, RECEIVED_AT)
    shown = outcome(result)
    shown.pop("reporter", None)
    assert PHONE not in "".join(json.dumps(shown).replace("-", "").split(" "))


def test_the_reporter_is_parted_from_the_report(adapter):
    result = adapter.normalise((SAMPLES / "city_brain" / "elevator_entrapment.json").read_bytes(), RECEIVED_AT)
    assert (result.reporter.name, result.reporter.phone) == ("李建国", "13857123456")
    assert "李建国" not in str(result.report)
    assert "13857123456" not in str(result.report).replace("-", "")


def test_the_reporter_and_the_person_to_contact_are_two_people(adapter):
    people = {"reporter": "王小明", "reporter_phone": "85830000", "linkman": "李建国", "contact_phone": "85831111"}
    found = adapter.normalise(event(content="王小明8583-0000，李建国8583-1111", **people), RECEIVED_AT)
    assert found.report.description == "［姓名已遮蔽］［电话已遮蔽］，［姓名已遮蔽］［电话已遮蔽］"
    assert (found.reporter.name, found.reporter.phone) == ("王小明", "85830000")
    alone = adapter.normalise(event(linkman="李建国", contact_phone="85831111"), RECEIVED_AT).reporter
    assert (alone.name, alone.phone) == ("李建国", "85831111")
