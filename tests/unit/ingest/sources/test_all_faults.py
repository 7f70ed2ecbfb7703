"""Every bad field of a record is named, in the order of the record; what is wrong in one field hides no other."""

import json

import pytest

from ingest.records import Normalised, Rejection
from ingest.sources.registry import make_adapters
from tests.unit.ingest.sources.golden_samples import RECEIVED_AT

MANY = [""] * 201

# Source, record, and what is said: reason and pointer of each fault. All by hand.
GOLDEN = {
    "hotline: two": (
        "hotline",
        {"call_time": "昨天", "order_no": "H1", "case_content": "井盖缺失", "deadline": "soon"},
        [("time_unreadable", "/call_time"), ("time_unreadable", "/deadline")],
    ),
    "hotline: no number comes first, though it has no place": (
        "hotline",
        {"title": ["占道"], "call_time": "1999-01-01 08:00:00", "case_content": "占道经营"},
        [("id_missing", "/order_no"), ("wrong_type", "/title"), ("time_absurd", "/call_time")],
    ),
    "hotline: a bad title is not a missing text": (
        "hotline", {"order_no": "H1", "title": {"x": 1}, "urgent": []}, [("wrong_type", "/title"), ("wrong_type", "/urgent")],
    ),
    "hotline: no text at all, and a bad time": (
        "hotline", {"order_no": "H1", "call_time": "x"}, [("text_missing", None), ("time_unreadable", "/call_time")],
    ),
    "digital_city: three": (
        "digital_city",
        {"task_num": "T1", "event_desc": "垃圾", "report_time": "2026-13-01", "photos": ["data:,", "https://a/1.jpg", {}], "revision": 0},
        [
            ("time_unreadable", "/report_time"), ("attachment_invalid", "/photos/0"), ("attachment_invalid", "/photos/2"),
            ("revision_invalid", "/revision"),
        ],
    ),
    "city_brain: three": (
        "city_brain",
        {"title": "x" * 501, "event_id": "a\nb", "images": MANY, "happen_time": True},
        [("text_too_long", "/title"), ("id_invalid", "/event_id"), ("too_many", "/images"), ("wrong_type", "/happen_time")],
    ),
    "work_order: two": (
        "work_order",
        {"SHOWID": "W1", "OTITLE": "路灯", "FBNUM": "many", "OFINISHTIME": "2026-02-30"},
        [("wrong_type", "/FBNUM"), ("time_unreadable", "/OFINISHTIME")],
    ),
    "work_order: three": (
        "work_order",
        {"OTITLE": 1, "ODESCRIBE": {}, "REVISION": "v2", "OCREATETIME": "?"},
        [("id_missing", "/SHOWID"), ("wrong_type", "/ODESCRIBE"), ("revision_invalid", "/REVISION"), ("time_unreadable", "/OCREATETIME")],
    ),
    "manual: three": (
        "manual",
        {"id": "m1", "reporter": "张三", "reported_at": "?", "attachments": [{"sha256": "12", "size": "big"}]},
        [
            ("field_missing", "/title"), ("wrong_type", "/reporter"), ("time_unreadable", "/reported_at"),
            ("attachment_invalid", "/attachments/0/sha256"), ("wrong_type", "/attachments/0/size"),
        ],
    ),
    "manual: every member of an attachment": (
        "manual",
        {"id": "m1", "title": "路灯", "attachments": [
            {"url": "data:,x", "sha256": "12", "kind": {}, "media_type": [1], "size": "big"}, {"size": 1.5},
        ]},
        [
            ("attachment_invalid", "/attachments/0/url"), ("attachment_invalid", "/attachments/0/sha256"),
            ("wrong_type", "/attachments/0/kind"), ("wrong_type", "/attachments/0/media_type"),
            ("wrong_type", "/attachments/0/size"), ("attachment_invalid", "/attachments/1"),
            ("wrong_type", "/attachments/1/size"),
        ],
    ),
    "manual: inside the reporter": (
        "manual",
        {"id": "m1", "title": "路灯", "reporter": {"name": {}, "phone": [1]}},
        [("wrong_type", "/reporter/name"), ("wrong_type", "/reporter/phone")],
    ),
    "video, Hikvision: two": (
        "video",
        {"eventId": "", "eventType": 131588, "srcIndex": {}, "status": 5, "sendTime": "soon", "description": []},
        [("id_missing", "/eventId"), ("wrong_type", "/srcIndex"), ("time_unreadable", "/sendTime"), ("wrong_type", "/description")],
    ),
    "video, Hikvision: a bad status hides no bad time": (
        "video",
        {"eventId": "e1", "eventType": 131588, "status": {}, "happenTime": "2026-11-24T17:38:34+08:00", "data": {"sendTime": "soon"}},
        [("wrong_type", "/status"), ("time_unreadable", "/data/sendTime")],
    ),
    "video, Hikvision: a bad status asks for no time that is not there": (
        "video",
        {"eventId": "e1", "eventType": 131588, "srcIndex": "c1", "status": [5], "happenTime": "2026-11-24T17:38:34+08:00"},
        [("wrong_type", "/status")],
    ),
    "video, GA/T 1400: two": (
        "video",
        {"SceneID": "s1", "SubImageList": {"SubImageInfoObject": ["x", {"EventSort": "690", "EventSortName": {}}]}, "ShotTime": "?"},
        [("wrong_type", "/SubImageList/SubImageInfoObject/0"), ("wrong_type", "/SubImageList/SubImageInfoObject/1/EventSortName"), ("time_unreadable", "/ShotTime")],
    ),
}  # fmt: skip

XML = """<?xml version="1.0" encoding="UTF-8"?>
<Notify><CmdType>Alarm</CmdType><SN>1</SN>{device}<AlarmPriority><X/></AlarmPriority><AlarmMethod>5</AlarmMethod>
<AlarmTime>{time}</AlarmTime><AlarmDescription>{description}</AlarmDescription></Notify>"""
XML_GOLDEN = [
    ("<DeviceID>1</DeviceID>", "?", "x", [("wrong_type", "/AlarmPriority"), ("time_unreadable", "/AlarmTime")]),
    (
        "", "", "<b>1</b>",
        [("id_missing", "/DeviceID"), ("wrong_type", "/AlarmPriority"), ("field_missing", "/AlarmTime"),
         ("wrong_type", "/AlarmDescription")],
    ),
    (
        "<DeviceID><X/></DeviceID>", "?", "x" * 20_001,
        [("wrong_type", "/DeviceID"), ("wrong_type", "/AlarmPriority"), ("time_unreadable", "/AlarmTime"),
         ("text_too_long", "/AlarmDescription")],
    ),
]  # fmt: skip

DOUBTS = [
    ('{"order_no": "H1", "title": "a", "x": {"y": [1, NaN]}, "title": "b", "call_time": "?"}',
     [("duplicate_key", "/title"), ("number_invalid", "/x/y/1"), ("time_unreadable", "/call_time")]),
    ('{"order_no": 1e999, "case_content": "x", "urgent": ' + "9" * 5000 + ', "call_time": {"a~b": 1, "a~b": 2}}',
     [("number_invalid", "/order_no"), ("number_invalid", "/urgent"), ("wrong_type", "/call_time"),
      ("duplicate_key", "/call_time/a~0b")]),
]  # fmt: skip


@pytest.fixture(scope="module")
def adapters(request):
    return make_adapters(request.getfixturevalue("profile"))


def told(rejection):
    assert isinstance(rejection, Rejection)
    first = (rejection.reason, rejection.pointer)
    return [first, *((fault.reason, fault.pointer) for fault in rejection.further_faults)]


def read(adapters, source, content):
    return adapters[source].normalise(json.dumps(content, ensure_ascii=False).encode(), RECEIVED_AT)


@pytest.mark.parametrize(("source", "content", "faults"), GOLDEN.values(), ids=GOLDEN)
def test_every_bad_field_of_a_record_is_named(adapters, source, content, faults):
    assert told(read(adapters, source, content)) == faults


@pytest.mark.parametrize(("device", "time", "description", "faults"), XML_GOLDEN)
def test_every_bad_element_of_an_alarm_in_xml_is_named(adapters, device, time, description, faults):
    raw = XML.format(device=device, time=time, description=description).encode()
    assert told(adapters["video"].normalise(raw, RECEIVED_AT)) == faults


@pytest.mark.parametrize(("text", "faults"), DOUBTS, ids=["names and numbers", "deeper"])
def test_what_is_in_doubt_is_named_beside_what_is_bad(adapters, text, faults):
    assert told(adapters["hotline"].normalise(text.encode(), RECEIVED_AT)) == faults


def test_the_number_of_a_record_is_told_where_it_is_known_and_made_up_nowhere(adapters):
    assert read(adapters, "hotline", {"call_time": "?", "order_no": "H7", "title": []}).external_id == "H7"
    assert adapters["hotline"].normalise(b'{"order_no": NaN, "call_time": "?"}', RECEIVED_AT).external_id is None
    alarm = XML.format(device="<DeviceID><X/></DeviceID>", time="2026-11-24T08:00:00", description="").encode()
    assert adapters["video"].normalise(alarm, RECEIVED_AT).external_id is None


def test_no_sentence_quotes_what_is_in_a_field(adapters):
    found = read(
        adapters,
        "manual",
        {"id": "m1", "title": {"a": "13800001111"}, "reported_at": "13800001111", "updated_at": ["欧阳晓燕"]},
    )
    sentences = [found.detail, *(fault.detail for fault in found.further_faults)]
    assert len(sentences) == 3
    assert not any(word in sentence for sentence in sentences for word in ("138", "欧阳"))


def test_at_most_a_hundred_are_named(adapters):
    found = read(adapters, "manual", {"id": "m1", "title": "路灯", "attachments": [{}] * 150})
    assert len(told(found)) == 100


def test_a_record_that_is_mended_is_read(adapters):
    bad = {"order_no": "H1", "call_time": "?", "case_content": [], "revision": 0}
    good = bad | {"call_time": "2026-11-24T08:00:00+08:00", "case_content": "井盖缺失", "revision": 3}
    assert told(read(adapters, "hotline", bad)) == [
        ("time_unreadable", "/call_time"), ("wrong_type", "/case_content"), ("revision_invalid", "/revision"),
    ]  # fmt: skip
    assert isinstance(read(adapters, "hotline", good), Normalised)
