"""What the adapters for 数字城管, 12345, 1do and manual registration decide beyond their golden samples."""

import json
from dataclasses import replace

import pytest

from ingest.records import Normalised, Rejection
from ingest.sources.digital_city import DigitalCityAdapter
from ingest.sources.hotline import HotlineAdapter
from ingest.sources.manual import ManualAdapter
from ingest.sources.work_order import WorkOrderAdapter
from jiedao.domain.errors import InvalidInputError
from tests.unit.ingest.sources.golden_samples import RECEIVED_AT

MAKERS = {
    "digital_city": DigitalCityAdapter,
    "hotline": HotlineAdapter,
    "work_order": WorkOrderAdapter,
    "manual": ManualAdapter,
}
SMALLEST = {
    "digital_city": {"caseNumber": "A1", "subTypeName": "暴露垃圾"},
    "hotline": {"order_id": "A1", "case_content": "垃圾"},
    "work_order": {"SHOWID": "A1", "OTITLE": "垃圾"},
    "manual": {"id": "A1", "title": "垃圾"},
}


@pytest.fixture
def read(profile):
    def _read(source, *, settings=None, **content):
        adapter = MAKERS[source](replace(profile.sources[source], **(settings or {})), profile)
        return adapter.normalise(json.dumps(SMALLEST[source] | content).encode(), RECEIVED_AT)

    return _read


@pytest.fixture
def report(read):
    def _report(source, **content):
        found = read(source, **content)
        assert isinstance(found, Normalised), found
        return found.report

    return _report


@pytest.mark.parametrize("source", MAKERS)
def test_the_smallest_record_is_a_report(source, report):
    smallest = report(source)
    assert (smallest.source, smallest.external_id, smallest.revision) == (source, "A1", 1)
    assert smallest.title in {"垃圾", "暴露垃圾"}
    assert smallest.source_class is None
    assert smallest.reported_at == RECEIVED_AT


@pytest.mark.parametrize("source", MAKERS)
def test_a_report_without_a_time_says_that_it_is_missing(source, report):
    assert report(source).flags == ("time_missing",)


@pytest.mark.parametrize("source", MAKERS)
def test_a_record_without_number_is_rejected(source, read):
    name = next(iter(SMALLEST[source]))
    rejection = read(source, **{name: None})
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.external_id) == ("id_missing", None)
    assert rejection.pointer.startswith("/")


@pytest.mark.parametrize("source", MAKERS)
def test_a_number_of_digits_is_its_decimal_text(source, report):
    name = next(iter(SMALLEST[source]))
    assert report(source, **{name: 20261124000188}).external_id == "20261124000188"


@pytest.mark.parametrize("source", MAKERS)
def test_a_rejection_knows_the_number_and_the_bad_field_and_quotes_nothing(source, read):
    updated = "UPDATETIME" if source == "work_order" else "updated_at"
    rejection = read(source, **{updated: "tomorrow, call 13800001111"})
    assert (rejection.reason, rejection.pointer, rejection.external_id) == ("time_unreadable", f"/{updated}", "A1")
    assert "13800001111" not in rejection.detail


@pytest.mark.parametrize("source", MAKERS)
def test_a_stated_revision_wins_over_the_time_of_the_change(source, report):
    updated = "UPDATETIME" if source == "work_order" else "updated_at"
    assert report(source, **{updated: "2026-11-24T00:51:18.250Z"}).revision == 1795481478250
    assert report(source, revision="3", **{updated: "2026-11-24T00:51:18.250Z"}).revision == 3


@pytest.mark.parametrize("source", MAKERS)
def test_none_of_them_reads_xml(source, profile):
    with pytest.raises(InvalidInputError, match="application/json"):
        MAKERS[source](profile.sources[source], profile).split(b"<a/>", "application/xml")


@pytest.mark.parametrize("source", MAKERS)
def test_a_table_row_and_an_object_with_the_same_fields_are_the_same_report(source, profile):
    adapter = MAKERS[source](profile.sources[source], profile)
    names, values = zip(*SMALLEST[source].items(), strict=True)
    table = f"{','.join(names)}\n{','.join(values)}\n".encode()
    records = adapter.split(table, "text/csv") + adapter.split(
        json.dumps(SMALLEST[source]).encode(), "application/json"
    )
    of_table, of_object = [adapter.normalise(raw, RECEIVED_AT) for raw in records]
    assert of_table == of_object


def test_a_declared_encoding_is_no_repair(profile):
    raw = json.dumps(SMALLEST["hotline"], ensure_ascii=False).encode("gb18030")
    settings = profile.sources["hotline"]
    declared = replace(settings, options={**settings.options, "encoding": "gb2312"})
    flags = [HotlineAdapter(one, profile).normalise(raw, RECEIVED_AT).report.flags for one in (settings, declared)]
    assert flags == [("encoding_repaired", "time_missing"), ("time_missing",)]


@pytest.mark.parametrize(
    ("content", "scheme", "code"),
    [
        ({"classCode": "事件0110"}, "digital_city", "事件0110"),
        ({"classCode": "200102"}, "digital_city_6", "200102"),
        ({"classCode": 200102}, "digital_city_6", "200102"),
        ({"classCode": "0110", "eventTypeName": "事件"}, "digital_city", "事件0110"),
        ({"classCode": "3301030123", "案卷类型": "部件"}, "digital_city", "部件0123"),
        ({"mainTypeCode": "01", "subTypeCode": "10", "classKind": "event"}, "digital_city", "事件0110"),
        ({"classCode": "0110"}, "digital_city", "0110"),
        ({"classCode": "X-1"}, "digital_city", "X-1"),
    ],
)
def test_class_codes_of_every_form_are_put_into_a_scheme(content, scheme, code, report):
    found = report("digital_city", **content).source_class
    assert (found.scheme, found.code) == (scheme, code)


def test_the_task_number_is_the_key_and_the_case_number_is_upstreams(report):
    both = report("digital_city", taskNumber="T1", caseNumber="C1")
    assert (both.external_id, both.upstream.case_number) == ("T1", "C1")
    assert report("digital_city").upstream.case_number == "A1"


def test_a_citizen_is_the_reporter_before_the_collector_and_both_are_masked(read):
    found = read(
        "digital_city",
        reporter="钱多多",
        collector="陈采薇",
        collectorPhone="13900139000",
        eventDesc="钱多多告诉陈采薇（13900139000）",
    )
    assert found.reporter.name == "钱多多"
    assert found.report.description == "［姓名已遮蔽］告诉［姓名已遮蔽］（［电话已遮蔽］）"


def test_where_the_district_runs_its_own_cases_there_is_no_superior_case(report):
    own = report("digital_city", settings={"lifecycle": "own"}, stage="派遣", deadline="2026-11-26T00:00:00Z")
    assert own.upstream is None
    assert own.details == {"stage": "派遣", "stated_deadline": "2026-11-26T00:00:00+00:00"}


def test_a_channel_without_a_mapping_is_kept(report):
    assert report("hotline", order_source="电话").channel == "12345"
    unknown = report("hotline", order_source="抖音")
    assert (unknown.channel, unknown.details) == ("12345", {"stated_channel": "抖音"})


@pytest.mark.shared_data
def test_a_published_row_of_another_citys_hotline_is_read(shared_data, profile):
    raw = (shared_data / "payloads" / "12345_order_changzhou_testrow.json").read_bytes()
    found = HotlineAdapter(profile.sources["hotline"], profile).normalise(raw, RECEIVED_AT).report
    assert (found.external_id, found.channel, found.upstream.stage) == ("ORD010", "12345网站", "办理中")
    assert found.source_class.code == "城乡建设/市容管理/无照经营游商"
    assert found.reported_at.isoformat() == "2024-06-11T12:51:18+00:00"
    assert found.details["stated_street"] == "丁堰街道"
    assert found.flags == ("time_assumed_zone", "street_unknown")


@pytest.mark.parametrize("kind", ["咨询", "建议", "表扬"])
def test_orders_of_some_kinds_need_no_place(kind, report):
    assert not report("hotline", service_object_type=kind).place.needed
    assert report("hotline", service_object_type="投诉举报").place.needed


def test_a_category_is_its_path_and_else_its_code(report):
    levels = {
        "case_accord_type_one_name": "城乡建设",
        "case_accord_type_two_name": "噪音/扰民",
        "case_accord_code": "01",
    }
    assert report("hotline", **levels).source_class.code == "城乡建设/噪音／扰民"
    assert report("hotline", questionName="生态环境＞噪声污染").source_class.code == "生态环境/噪声污染"
    assert report("hotline", questionCode="0101").source_class.code == "0101"


def test_an_order_without_a_time_of_change_goes_by_the_latest_of_what_happened_to_it(report):
    dispatched, visited = "2026-11-24 08:00:00", "2026-11-25 09:00:00"
    assert report("hotline", dispatch_time=dispatched).revision == 1795478400000
    assert report("hotline", visit_time=visited, dispatch_time=dispatched).revision == 1795568400000
    assert report("hotline", call_time=dispatched).revision == 1


def test_a_caller_is_parted_off_whole(read):
    caller = {
        "callerName": "王小明",
        "callerPhone": 13712345678,
        "mail": "wxm@example.cn",
        "身份证号": "33010319900101123X",
        "联系地址": "朝晖路1号",
    }
    content = " ".join(map(str, caller.values()))
    found = read("hotline", case_content=content, **caller)
    reporter = found.reporter
    assert (reporter.name, reporter.phone, reporter.contact) == ("王小明", "13712345678", "wxm@example.cn")
    assert (reporter.identity_number, reporter.address) == ("33010319900101123X", "朝晖路1号")
    assert found.report.description == "［姓名已遮蔽］ ［电话已遮蔽］ ［联系方式已遮蔽］ ［证件号已遮蔽］ 朝晖路1号"


TWO_PEOPLE = {
    "digital_city": [
        {"反映人": "王小明", "举报人": "李建国", "联系电话": "85830000", "举报人电话": "85831111"},
        {"reporter": "王小明", "采集员": "李建国", "reporter_phone": "85830000", "采集员电话": "85831111"},
        {"采集员": "王小明", "监督员": "李建国", "采集员电话": "85830000", "监督员电话": "85831111"},
    ],
    "hotline": [
        {"来电人": "王小明", "联系人": "李建国", "来电号码": "85830000", "联系人电话": "85831111"},
        {"caller_name": "王小明", "linkman": "李建国", "caller_phone": "85830000", "link_phone": "85831111"},
        {"来电人": "王小明", "诉求人": "李建国", "phone": "85830000", "手机号": "85831111"},
        {"linkman": "王小明", "contact_name": "李建国", "link_phone": "85830000", "contact_phone": "85831111"},
        {"来电人": "王小明", "contact": "李建国", "来电号码": "85830000", "联系方式": "85831111"},
        {"callerName": "王小明", "caller_name": "李建国", "callerPhone": "85830000", "caller_phone": "85831111"},
    ],
    "work_order": [
        {"OCUSTOMERNAME": "王小明", "OEXECUTORNAME": "李建国", "PHONE": "85830000", "MOBILE": "85831111"},
        {"CREATEUSERNAME": "王小明", "CREATEUSER": "李建国", "OCUSTOMERPHONE": "85830000", "PHONE": "85831111"},
    ],
    "manual": [
        {"reporter": {"name": "王小明", "phone": "85830000"}, "反映人": "李建国", "联系电话": "85831111"},
        {"reporter_name": "王小明", "反映人": "李建国", "reporter_phone": "85830000", "联系电话": "85831111"},
    ],
}
"""Two people of one record, each with a number that no pattern tells."""


@pytest.mark.parametrize(("source", "people"), [(source, one) for source, many in TWO_PEOPLE.items() for one in many])
def test_two_people_of_one_record_are_masked_wherever_they_stand(source, people, read):
    said = "王小明8583-0000，李建国 8583 1111"
    fields = ("event_desc", "case_content", "ODESCRIBE", "内容", "address", "back_reason", "opinion", "MODULE", "note")
    found = read(source, **dict.fromkeys(fields, said), **people)
    texts = json.dumps([found.report.description, found.report.place.address, found.report.details], ensure_ascii=False)
    assert found.report.description.count("［姓名已遮蔽］") == 2
    for personal in ("王小明", "李建国", "8583"):
        assert personal not in texts


def test_the_caller_is_the_reporter_and_never_gets_the_number_of_the_person_to_contact(read):
    two = read("hotline", 来电人="王小明", 联系人="李建国", 联系人电话="85831111").reporter
    assert (two.name, two.phone) == ("王小明", None)
    same = read("hotline", 来电人="王小明", 联系人="王小明", 联系人电话="85831111").reporter
    assert (same.name, same.phone) == ("王小明", "85831111")


def test_where_no_caller_is_named_the_person_to_contact_is_the_reporter(read):
    found = read("hotline", linkman="李建国", link_phone="85831111", caller_number="85830000", back_reason="85830000")
    assert (found.reporter.name, found.reporter.phone) == ("李建国", "85831111")
    assert found.report.details["return_reason"] == "［电话已遮蔽］"
    assert read("hotline", linkman="李建国", phone="85830000").reporter.phone == "85830000"


def test_without_a_caller_there_is_no_reporter(read):
    assert read("hotline").reporter is None


def test_the_number_stays_as_it_is_also_where_it_holds_a_phone_number(report):
    order = report("hotline", order_id="20261124-13712345678", callerPhone="13712345678")
    assert order.external_id == order.upstream.case_number == "20261124-13712345678"


def test_a_link_with_a_phone_number_in_it_is_left_out_and_said_to_be_missing(report):
    links = ["https://p.example.cn/13712345678.jpg", "https://p.example.cn/1.jpg"]
    order = report("hotline", files=links, call_time="2026-11-24T08:00:00Z")
    assert [one.url for one in order.attachments] == links[1:]
    assert order.flags == ("attachment_missing", "personal_masked")


def test_a_relayed_order_says_where_it_came_from(report):
    relayed, own, unknown = (report("work_order", SOURCE=code) for code in (6, "8", "77"))
    assert (relayed.source, relayed.original_source, relayed.channel) == ("work_order", "city_brain", "城市大脑")
    assert (own.original_source, own.channel) == (None, "1call办")
    assert (unknown.original_source, unknown.channel, unknown.details) == (None, "1do", {"stated_channel": "77"})


def test_a_work_orders_class_is_its_source_with_its_type(report):
    with_type, without = report("work_order", SOURCE=8, OTYPEID=1), report("work_order", SOURCE=2)
    assert (with_type.source_class.code, with_type.source_class.name) == ("8/1", "城管执法")
    assert (without.source_class.code, without.source_class.name) == ("2", "主动办")


def test_a_work_order_that_moves_on_in_anything_has_a_later_revision(report):
    steps = [
        {"OSTATUS": 3},
        {"OSTATUS": 4},
        {"OSTATUS": 4, "LIGHTNING": 1},
        {"OSTATUS": 4, "LIGHTNING": 1, "FBNUM": 2},
        {"OSTATUS": 5, "LIGHTNING": 1, "FBNUM": 2},
        {"OSTATUS": 5, "LIGHTNING": 1, "FBNUM": 2, "RealFINISHTIME": "2026-11-24 08:00:00"},
    ]
    revisions = [report("work_order", **step).revision for step in steps]
    assert revisions == [1, 2, 3, 5, 6, 1795478400005]


def test_a_work_order_moves_on_also_where_its_times_stand_still_and_after_it_was_finished(report):
    last = {"LASTUPDATE_TIME": "2026-11-24 08:00:00"}
    steps = [
        {**last, "O_STATUS": 3},
        {**last, "O_STATUS": 4},
        {**last, "O_STATUS": 4, "FBNUM": 1},
        {**last, "O_STATUS": 5, "FBNUM": 1, "Real_FINISH_TIME": "2026-11-24 09:00:00"},
        {**last, "O_STATUS": 5, "FBNUM": 2, "Real_FINISH_TIME": "2026-11-24 09:00:00"},
        {"LASTUPDATE_TIME": "2026-11-24 10:00:00", "O_STATUS": 4, "FBNUM": 2},  # 重做: its finish is gone
        {"LASTUPDATE_TIME": "2026-11-24 10:00:00.500", "O_STATUS": 5, "FBNUM": 9999},
    ]
    revisions = [report("work_order", **step).revision for step in steps]
    eight = 1795478400000
    hour = 3_600_000
    assert revisions == [
        *(eight, eight + 1, eight + 2),
        *(eight + hour + 3, eight + hour + 4),
        *(eight + 2 * hour + 3, eight + 2 * hour + 500),
    ]
    assert report("work_order", **last, FBNUM=9999).revision == eight + 999


def test_a_work_order_that_is_part_of_no_other_has_no_parent(report):
    assert "parent" not in report("work_order", PARENT_ID="0").details
    assert report("work_order", PARENT_ID="XC1").details["parent"] == "XC1"


def test_employees_are_in_no_text_of_a_work_order(report):
    order = report("work_order", ODESCRIBE="周创建交孙执行", CREATEUSER="周创建", OEXECUTORNAME="孙执行")
    assert order.description == "［姓名已遮蔽］交［姓名已遮蔽］"
    urged = report("work_order", ODESCRIBE="钱催办、赵催办已催", URGENAME="钱催办，赵催办")
    assert urged.description == "［姓名已遮蔽］、［姓名已遮蔽］已催"


@pytest.mark.parametrize(
    ("written", "needed", "details"),
    [
        ("maybe", True, {"stated_place_needed": "maybe"}),
        (2, True, {"stated_place_needed": "2"}),
        ("是", True, {}),
        ("否", False, {}),
        (False, False, {}),
        (None, True, {}),
    ],
)
def test_a_word_for_whether_a_place_is_needed_that_says_neither_is_kept(written, needed, details, report):
    form = report("manual", place_needed=written)
    assert (form.place.needed, form.details) == (needed, details)


def test_a_form_must_have_a_title(read):
    assert (rejection := read("manual", title=None)).reason == "field_missing"
    assert rejection.pointer == "/title"


def test_a_record_that_says_nothing_is_rejected(read):
    assert read("hotline", case_content=None).reason == "text_missing"


def test_a_title_made_of_a_description_is_made_after_masking(report):
    content = "长" * 55 + "13712345678" + "长" * 10
    assert "137" not in report("hotline", case_content=content).title


@pytest.mark.parametrize(("field", "longest"), [("title", 500), ("description", 20_000)])
def test_texts_have_a_most_and_are_not_cut(field, longest, read):
    assert isinstance(read("manual", **{field: "长" * longest}), Normalised)
    rejection = read("manual", **{field: "长" * (longest + 1)})
    assert (rejection.reason, rejection.pointer) == ("text_too_long", f"/{field}")


def test_the_hash_of_a_stored_file_is_an_attachment_and_anything_else_is_rejected(read):
    stored = read("manual", attachments=[{"sha256": "ab" * 32}])
    assert stored.report.attachments[0].sha256 == "ab" * 32
    assert read("manual", attachments=[{"sha256": "nonsense"}]).reason == "attachment_invalid"


def test_text_that_no_store_can_hold_is_cleaned_and_flagged(report):
    order = report("hotline", case_content="井\x00盖\ud800破损", call_time="2026-11-24T08:00:00Z")
    assert (order.description, order.flags) == ("井 盖 破损", ("text_repaired",))
