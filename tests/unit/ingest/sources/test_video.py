"""Alarms of video platforms in their three shapes: golden samples, places, revisions, pictures, and hostile records."""

import base64
import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.records import Normalised, Rejection
from ingest.sources.video import VideoAdapter
from jiedao.domain.errors import ConfigurationError, InvalidInputError
from jiedao.domain.report import Attachment
from tests.unit.ingest.sources.golden_samples import RECEIVED_AT, SAMPLES, expected, outcome, samples_of
from tests.unit.ingest.sources.mutations import PHONE, WRITTEN, spoiled_bytes, spoiled_json, with_phone

VIDEO = SAMPLES / "video"
JSON, NDJSON, XML = "application/json", "application/x-ndjson", "application/xml"
NATIVE = [path.read_bytes() for _, path in samples_of("video")]
CONTENTS = [json.loads(path.read_bytes()) for _, path in samples_of("video") if path.suffix == ".json"]
REGISTERED = "947c252d47ff4a864d9ea78fdfb29637"
NUMBERS = {"eventId", "SceneID", "VideoLabelID", "DeviceID", "CameraID", "EventSort"}
"""Of which an alarm's number is made; the source's own number is not masked."""


@pytest.fixture(scope="module")
def adapter(profile):
    return VideoAdapter(profile.sources["video"], profile)


def sample(name):
    return (VIDEO / name).read_bytes()


def alarm(**fields):
    event = {"eventId": "a1", "eventType": 131588, "happenTime": "2026-11-24T17:38:34+08:00", "srcIndex": REGISTERED}
    return json.dumps(event | {"status": 0} | fields).encode()


def read(adapter, raw):
    result = adapter.normalise(raw, RECEIVED_AT)
    assert isinstance(result, Normalised), result
    return result


@pytest.mark.parametrize("path", [path for _, path in samples_of("video")], ids=lambda path: path.name)
def test_a_native_record_becomes_exactly_the_expected_report(adapter, path):
    assert json.loads(json.dumps(outcome(adapter.normalise(path.read_bytes(), RECEIVED_AT)))) == expected(path)


# ---------------------------------------------------------------------------------------------- parting


def test_an_envelope_of_several_events_becomes_one_record_per_event(adapter):
    one, two = alarm(eventId="1"), alarm(eventId="2")
    envelope = b'{"method": "OnEventNotify", "params": {"ability": "event_rule", "events": [%s, %s]}}' % (one, two)
    assert list(adapter.split(envelope, JSON)) == [one, two]
    assert list(adapter.split(envelope + b"\n" + one, NDJSON)) == [one, two, one]
    assert [read(adapter, raw).report.external_id for raw in (one, two)] == ["1", "2"]


def test_a_scene_of_two_kinds_of_event_becomes_two_incidents(adapter):
    scene = sample("ga1400_two_kinds.json")
    for payload in (scene, b'{"SceneListObject": {"SceneObject": [%s]}}' % scene):
        reports = [read(adapter, raw).report for raw in adapter.split(payload, JSON)]
        assert [(report.external_id, report.source_class.code) for report in reports] == [
            ("s1/661", "661"),
            ("s1/690", "690"),
        ]


def test_a_notification_becomes_a_record_for_each_scene_that_it_tells_of(adapter):
    notification = json.loads(sample("ga1400_notification.json"))
    (one,) = notification["SubscribeNotificationListObject"]["SubscribeNotificationObject"]
    (scene,) = one["SceneObjectList"]["SceneObject"]
    two = {**one, "SceneObjectList": {"SceneObject": [scene, {**scene, "SceneID": "s2"}]}}
    both = {"SubscribeNotificationListObject": {"SubscribeNotificationObject": [one, two]}}
    for payload, media_type in [(both, JSON), (both, "application/VIID+JSON;charset=UTF-8"), (both, NDJSON)]:
        parts = adapter.split(json.dumps(payload).encode(), media_type)
        numbers = [read(adapter, raw).report.external_id for raw in parts]
        assert numbers == [f"{scene['SceneID']}/661", f"{scene['SceneID']}/661", "s2/661"]
    alone = read(adapter, sample("ga1400_notification.json")).report
    assert alone == read(adapter, parts[0]).report


def test_people_and_vehicles_of_a_video_image_database_are_set_aside_with_what_to_do(adapter):
    for name in ("FaceListObject", "PersonListObject", "MotorVehicleListObject", "DispositionNotificationListObject"):
        (raw,) = adapter.split(json.dumps({name: {}}).encode(), JSON)
        rejection = adapter.normalise(raw, RECEIVED_AT)
        assert (rejection.reason, "subscribe to scenes" in rejection.detail) == ("unknown_shape", True)


def test_a_list_that_holds_a_single_object_instead_of_an_array_is_read(adapter):
    scene = sample("ga1400_street_vending.json")
    (raw,) = adapter.split(b'{"SceneListObject": {"SceneObject": %s}}' % scene, JSON)
    assert read(adapter, raw).report == read(adapter, scene).report


def test_a_message_of_several_alarms_that_was_not_parted_is_refused_and_not_read_in_part(adapter):
    envelope = b'{"params": {"events": [%s, %s]}}' % (alarm(), alarm(eventId="2"))
    assert adapter.normalise(envelope, RECEIVED_AT).pointer == "/params/events"


@pytest.mark.parametrize("media_type", ["text/csv", "", "image/png"])
def test_other_kinds_of_payload_are_refused(adapter, media_type):
    with pytest.raises(InvalidInputError):
        adapter.split(b"a,b\n1,2\n", media_type)


# ---------------------------------------------------------------------------------------------- places


def test_coordinates_of_the_message_win_over_the_registry(adapter):
    place = read(adapter, alarm(data={"longitude": 120.17, "latitude": 30.3})).report.place
    assert (place.lon, place.lat, place.camera_code) == (120.17, 30.3, REGISTERED)


@pytest.mark.parametrize("said", [{}, {"longitude": 0, "latitude": 0}, {"longitude": "-1", "latitude": "-1"}])
def test_where_the_message_says_no_place_the_registered_camera_does(adapter, profile, said):
    report = read(adapter, alarm(data=said)).report
    camera = profile.cameras[REGISTERED]
    assert (report.place.lon, report.place.lat, report.place.crs) == (camera.lon, camera.lat, "wgs84")
    assert "camera_unknown" not in report.flags


def test_an_unregistered_camera_is_placed_by_the_address_of_its_message_and_a_registered_one_is_not(adapter, profile):
    scene = json.loads(sample("ga1400_notification.json"))
    unregistered = read(adapter, json.dumps(scene).encode()).report
    assert (unregistered.place.address, unregistered.flags[-1]) == ("环北新村社区 3 幢南侧", "camera_unknown")
    registered = json.dumps(scene).replace("33010300001320000099", "33010300001320000008").encode()
    assert read(adapter, registered).report.place.address == profile.cameras["33010300001320000008"].name
    outside = json.dumps(scene).replace('"InfoKind": 1', '"Longitude": 116.4, "Latitude": 39.9').encode()
    assert read(adapter, outside).report.place.address == ""


@pytest.mark.parametrize("said", [{"longitude": 116.4, "latitude": 39.9}, {"longitude": 30.3, "latitude": 120.17}])
def test_where_the_message_says_another_place_nothing_is_guessed(adapter, said):
    report = read(adapter, alarm(data=said)).report
    assert (report.place.lon, report.place.lat, report.place.address) == (None, None, "")
    assert report.details["stated_coordinates"] == f"{said['longitude']},{said['latitude']}"


def test_an_unregistered_camera_without_coordinates_is_flagged_and_its_name_is_no_address(adapter):
    report = read(adapter, alarm(srcIndex="unknown-1", srcName="武林街道中北桥")).report
    assert report.flags == ("camera_unknown",)
    assert (report.place.lon, report.place.address, report.place.street_code) == (None, "", None)
    assert report.place.camera_code == "unknown-1"


def test_the_registry_answers_in_wgs84_whatever_the_source_speaks(profile):
    settings_ = replace(profile.sources["video"], crs="gcj02")
    place = read(VideoAdapter(settings_, profile), alarm()).report.place
    assert (place.lon, place.crs) == (profile.cameras[REGISTERED].lon, "wgs84")


# ------------------------------------------------------------------------------------------- revisions


def test_beginning_pulse_end_and_later_pictures_are_growing_revisions_of_one_report(adapter):
    late = {"data": {"sendTime": "2026-11-24T17:40:00+08:00"}}
    later = {"data": {"sendTime": "2026-11-24T17:41:00+08:00"}}
    course = [{"status": 1}, {"status": 3}, {"status": 2}, {"status": 4, **late}, {"status": 5, **later}]
    reports = [read(adapter, alarm(**fields)).report for fields in course]
    revisions = [report.revision for report in reports]
    assert revisions == sorted(set(revisions))
    assert revisions[:3] == [1, 2, 3]
    assert {report.external_id for report in reports} == {"a1"}


def test_words_for_the_state_mean_the_same_as_numbers(adapter):
    begin = read(adapter, alarm(status=None, eventState="active")).report
    end = read(adapter, alarm(status=None, eventState="inactive")).report
    assert (begin.revision, end.revision, end.details["status"]) == (1, 3, "停止")


def test_an_update_that_does_not_say_when_it_was_sent_is_refused(adapter):
    rejection = adapter.normalise(alarm(status=5, happenTime=None), RECEIVED_AT)
    assert (rejection.reason, rejection.pointer, rejection.external_id) == ("field_missing", "/data/sendTime", "a1")


def test_an_alarm_sent_again_has_the_same_meaning(adapter):
    again = [read(adapter, alarm(data={"sendTime": f"2026-11-24T17:40:0{n}+08:00"})).report for n in (1, 2)]
    assert again[0] == again[1]
    notify = sample("gb28181_intrusion.xml")
    other = notify.replace(b"<SN>17</SN>", b"<SN>18</SN>")
    assert other != notify
    assert read(adapter, other).report == read(adapter, notify).report


def test_another_type_of_alarm_in_the_same_second_is_another_alarm(adapter):
    notify = sample("gb28181_intrusion.xml")
    other = notify.replace(b"<AlarmType>6<", b"<AlarmType>10<")
    assert read(adapter, other).report.external_id != read(adapter, notify).report.external_id


@pytest.mark.parametrize(
    ("element", "reason", "pointer"),
    [
        (b"<AlarmTime>2026-11-24T16:23:32</AlarmTime>", "field_missing", "/AlarmTime"),
        (b"<DeviceID>33010300001320000007</DeviceID>", "id_missing", "/DeviceID"),
    ],
)
def test_an_alarm_that_could_not_be_known_again_is_refused(adapter, element, reason, pointer):
    notify = sample("gb28181_intrusion.xml")
    assert element in notify
    rejection = adapter.normalise(notify.replace(element, b""), RECEIVED_AT)
    assert (rejection.reason, rejection.pointer) == (reason, pointer)


def test_an_alarm_of_an_unlisted_type_is_called_by_its_method(adapter):
    notify = sample("gb28181_intrusion.xml").replace(b"<AlarmType>6<", b"<AlarmType>77<")
    named = read(adapter, notify).report.source_class
    assert (named.code, named.name) == ("5/77", "视频报警")


# -------------------------------------------------------------------------------------------- pictures


def test_a_picture_in_the_record_is_lifted_out_and_the_rest_keeps_every_character(adapter):
    raw = sample("hikvision_begin.json")
    result = read(adapter, raw)
    (photo,) = result.embedded
    assert (photo.kind, photo.media_type, photo.content[:4]) == ("photo", "image/png", b"\x89PNG")
    written = json.loads(raw)["data"]["fielddetection"][0]["image"]
    hash_of_photo = hashlib.sha256(base64.b64decode(written.partition(",")[2])).hexdigest()
    assert result.raw == raw.replace(written.encode(), f"sha256:{hash_of_photo}".encode())
    assert b'"angle": 1.5' in result.raw


def test_a_picture_is_lifted_out_of_a_scene_and_linked_ones_are_kept_as_links(adapter):
    result = read(adapter, sample("ga1400_street_vending.json"))
    assert [file.media_type for file in result.embedded] == ["image/png"]
    assert b"iVBOR" not in result.raw
    assert result.report.attachments == (Attachment("photo", url="http://viid.example/i2.jpg"),)


def test_a_picture_is_lifted_whatever_way_its_text_is_escaped(adapter):
    photo = base64.b64encode(b"\xff\xd8\xff" + bytes(range(256)) + b"??>>??>>").decode()
    assert "/" in photo
    raw = alarm(data={"image": photo}).replace(b"/", b"\\/")
    result = read(adapter, raw)
    assert result.embedded[0].media_type == "image/jpeg"
    assert json.loads(result.raw)["data"]["image"].startswith("sha256:")


def test_the_same_picture_twice_in_a_record_is_one_file(adapter):
    photo = base64.b64encode(b"\xff\xd8\xff" + bytes(100)).decode()
    result = read(adapter, alarm(data={"image": photo, "backgroundUrl": photo}))
    assert len(result.embedded) == 1
    assert result.raw.count(b"sha256:") == 2


def test_a_picture_that_cannot_be_read_is_missed_and_the_alarm_goes_through(adapter):
    result = read(adapter, alarm(data={"image": "data:image/png;base64," + "!" * 80}))
    assert result.report.flags == ("attachment_missing",)
    assert (result.embedded, result.raw, result.report.attachments) == ((), None, ())


def test_links_without_a_server_get_the_one_that_the_district_names(profile):
    settings_ = profile.sources["video"]
    options = {**settings_.options, "picture_server": "http://192.0.2.7:6120/"}
    adapter = VideoAdapter(replace(settings_, options=options), profile)
    links = read(adapter, alarm(data={"imageUrl": "/pic?1", "picUrls": ["https://a.example/2.jpg"]})).report.attachments
    assert [link.url for link in links] == ["http://192.0.2.7:6120/pic?1", "https://a.example/2.jpg"]


def test_a_picture_link_that_no_page_may_show_is_missed_and_the_alarm_goes_through(adapter):
    report = read(adapter, alarm(data={"imageUrl": "javascript:alert(1)//", "picUrls": ["/pic?1"]})).report
    assert [link.url for link in report.attachments] == ["/pic?1"]
    assert report.flags == ("attachment_missing",)


# ------------------------------------------------------------------------------------ settings, hostility


def test_a_scheme_for_a_shape_that_does_not_exist_is_a_configuration_error(profile):
    settings_ = replace(profile.sources["video"], options={"class_schemes": {"onvif": "x"}})
    with pytest.raises(ConfigurationError, match=r"class_schemes\.onvif"):
        VideoAdapter(settings_, profile)


def test_codes_of_a_shape_belong_to_the_scheme_that_the_district_names(profile):
    settings_ = replace(profile.sources["video"], options={"class_schemes": {"ga1400": "dahua"}})
    adapter = VideoAdapter(settings_, profile)
    assert read(adapter, sample("ga1400_street_vending.json")).report.source_class.scheme == "dahua"
    assert read(adapter, sample("hikvision_end.json")).report.source_class.scheme == settings_.class_scheme


def test_the_first_information_with_elements_of_its_own_counts(adapter):
    notify = sample("gb28181_intrusion.xml")
    several = notify.replace(b"<Info>", b"<Info>12</Info><Info>", 1).replace(b"</Notify>", b"<Info/></Notify>")
    assert read(adapter, several).report == read(adapter, notify).report


def test_text_in_gb2312_is_read_as_declared_and_damaged_text_is_refused(adapter):
    notify = sample("gb28181_intrusion.xml")
    assert "encoding_repaired" not in read(adapter, notify).report.flags
    as_utf8 = notify.decode("gb18030").encode()
    repaired = read(adapter, as_utf8).report
    assert "encoding_repaired" in repaired.flags
    assert repaired.description == read(adapter, notify).report.description
    damaged = as_utf8.replace("弄".encode(), b"\xe5\xff\x84")
    assert adapter.normalise(damaged, RECEIVED_AT).reason == "encoding"


def test_deeply_nested_xml_is_refused(adapter):
    deep = b"<Notify>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</Notify>"
    assert adapter.normalise(deep, RECEIVED_AT).reason == "nested_too_deep"


@settings(max_examples=400, deadline=None)
@given(raw=spoiled_json(CONTENTS) | spoiled_bytes(NATIVE))
def test_a_spoiled_alarm_is_read_or_refused_and_never_raises(adapter, raw):
    assert isinstance(adapter.normalise(raw, RECEIVED_AT), Normalised | Rejection)


@settings(max_examples=200, deadline=None)
@given(raw=spoiled_json(CONTENTS) | spoiled_bytes(NATIVE), media_type=st.sampled_from([JSON, NDJSON, XML]))
def test_a_spoiled_message_is_parted_or_refused_whole(adapter, raw, media_type):
    try:
        parts = adapter.split(raw, media_type)
    except InvalidInputError:
        return
    assert all(isinstance(part, bytes) for part in parts)


def _without_phone(result):
    shown = outcome(result)
    shown.pop("reporter", None)
    assert PHONE not in json.dumps(shown).replace("-", "").replace(" ", "")


@settings(max_examples=300, deadline=None)
@given(raw=with_phone(CONTENTS, spared=NUMBERS))
def test_a_phone_number_anywhere_in_an_alarm_stays_out_of_the_report(adapter, raw):
    _without_phone(adapter.normalise(raw, RECEIVED_AT))


@pytest.mark.parametrize("element", ["AlarmDescription", "AlarmPriority", "EventType", "CmdType"])
@pytest.mark.parametrize("written", WRITTEN)
def test_a_phone_number_in_a_notification_stays_out_of_the_report(adapter, element, written):
    text = sample("gb28181_intrusion.xml").decode("gb18030")
    begin, end = text.index(f"<{element}>") + len(element) + 2, text.index(f"</{element}>")
    _without_phone(adapter.normalise((text[:begin] + written + text[end:]).encode("gb18030"), RECEIVED_AT))
