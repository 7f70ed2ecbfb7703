"""Tables read by their columns: golden samples, mappings that do not fit, the real tables of two cities, hostile rows."""

import csv
import io
import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.records import Normalised, Rejection
from ingest.sources.csv_table import CsvTableAdapter
from jiedao.application.district_profile import load_profile
from jiedao.domain.errors import ConfigurationError, InvalidInputError
from tests.profiles import LOS_ANGELES, RECORDS, build_los_angeles_profile
from tests.unit.ingest.sources.golden_samples import RECEIVED_AT, SAMPLES, expected, outcome, samples_of
from tests.unit.ingest.sources.mutations import HOSTILE, PHONE, WRITTEN, spoiled_bytes

CSV = "text/csv"
TABLE = (SAMPLES / "csv" / "patrol.csv").read_bytes()
HEADER = TABLE.decode("utf-8-sig").partition("\n")[0]
NATIVE = [path.read_bytes() for _, path in samples_of("csv")]
CELLS = ["XJ-0001", "井盖破损", "多日未修", "2026-11-24 09:30:00", "2026-11-24 10:00:05", "120.18", "30.26", "体育场路",
         "潮鸣街道", "C0123"]  # fmt: skip
WITH_PEOPLE = {"reporter_name": "上报人", "reporter_phone": "电话"}
NEW_YORK = {
    "external_id": "unique_key",
    "title": "complaint_type",
    "description": "descriptor",
    "class_code": "complaint_type",
    "reported_at": "created_date",
    "updated_at": "resolution_action_updated_date",
    "lon": "longitude",
    "lat": "latitude",
    "address": "incident_address",
}


@pytest.fixture(scope="module")
def adapter(profile):
    return CsvTableAdapter(profile.sources["csv"], profile)


def made(profile, *, zone="Asia/Shanghai", **options):
    source = profile.sources["csv"]
    return CsvTableAdapter(replace(source, timezone=zone, options={**source.options, **options}), profile)


def written(*rows, delimiter=","):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


def row(**cells):
    """One record in the shape of the district's own example."""
    names = HEADER.split(",")
    values = dict(zip(names, CELLS, strict=True)) | cells
    return written(values, values.values()).encode("utf-8", "surrogatepass")


# -------------------------------------------------------------------------------------- reading a table


@pytest.mark.parametrize("path", [path for _, path in samples_of("csv")], ids=lambda path: path.name)
def test_a_native_record_becomes_exactly_the_expected_report(adapter, path):
    assert json.loads(json.dumps(outcome(adapter.normalise(path.read_bytes(), RECEIVED_AT)))) == expected(path)


def test_each_row_stands_for_itself_below_its_header_and_a_broken_one_is_set_aside_alone(adapter):
    table = f"\ufeff{HEADER}\n{','.join(CELLS)}\nXJ-2,short\n\n{','.join(CELLS)},long\n{','.join(CELLS)}\n".encode()
    parts = adapter.split(table, CSV)
    reasons = [getattr(adapter.normalise(part, RECEIVED_AT), "reason", "read") for part in parts]
    assert reasons == ["read", "column_count", "column_count", "read"]
    assert parts[0] == parts[3]


@pytest.mark.parametrize(("encoding", "declared"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb2312")])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encoding_and_delimiter_are_those_that_the_district_names(profile, encoding, declared, delimiter):
    adapter = made(profile, encoding=declared, delimiter=delimiter)
    (part,) = adapter.split(written(HEADER.split(","), CELLS, delimiter=delimiter).encode(encoding), CSV)
    report = adapter.normalise(part, RECEIVED_AT).report
    assert (report.external_id, report.title, report.flags) == ("XJ-0001", "井盖破损", ("time_assumed_zone",))


def test_the_reporter_is_parted_from_the_report(profile):
    adapter = made(profile, columns={**profile.sources["csv"].options["columns"], **WITH_PEOPLE})
    result = adapter.normalise(row(上报人="李建国", 电话="13857123456", 描述="李建国来电 13857123456"), RECEIVED_AT)
    assert (result.reporter.name, result.reporter.phone) == ("李建国", "13857123456")
    assert result.report.description == "［姓名已遮蔽］来电 ［电话已遮蔽］"
    assert "personal_masked" in result.report.flags


def test_further_columns_are_kept_as_details_where_the_district_names_them(profile):
    adapter = made(profile, details={"班组": "巡查班组"})
    assert adapter.normalise(row(巡查班组="三班"), RECEIVED_AT).report.details == {"班组": "三班"}


def test_a_revision_column_wins_over_the_time_of_change(profile):
    adapter = made(profile, columns={**profile.sources["csv"].options["columns"], "revision": "版本"})
    assert adapter.normalise(row(版本="7"), RECEIVED_AT).report.revision == 7
    assert adapter.normalise(row(版本="0"), RECEIVED_AT).reason == "revision_invalid"


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2026-11-01 01:30:00", "2026-11-01T05:30:00+00:00"),  # comes twice: the first
        ("2026-03-08 02:30:00", "2026-03-08T07:30:00+00:00"),  # is skipped: as if the clock had not been put forward
        ("2026-07-01 12:00:00", "2026-07-01T16:00:00+00:00"),
    ],
)
def test_local_times_are_understood_in_the_zone_of_the_source(profile, local, utc):
    report = made(profile, zone="America/New_York").normalise(row(上报时间=local), RECEIVED_AT).report
    assert report.reported_at.isoformat() == utc
    assert "time_assumed_zone" in report.flags


def test_a_format_with_a_zone_needs_no_assumption(profile):
    adapter = made(profile, time_format="%d.%m.%Y %H:%M %z")
    cells = {"上报时间": "24.11.2026 09:30 +0800", "更新时间": ""}
    report = adapter.normalise(row(**cells), RECEIVED_AT).report
    assert (report.reported_at.isoformat(), report.flags) == ("2026-11-24T01:30:00+00:00", ())


# ------------------------------------------------------------------------------- mappings that do not fit


def test_a_header_without_a_mapped_column_refuses_the_whole_table_and_names_the_column(adapter):
    with pytest.raises(InvalidInputError, match="no column '分类编码'"):
        adapter.split(TABLE.replace("分类编码".encode(), "类别".encode()), CSV)


def test_a_table_without_a_header_is_refused_without_quoting_anybody(adapter):
    with pytest.raises(InvalidInputError) as caught:
        adapter.split(f"1,李建国,{PHONE}\n2,李建国,{PHONE}\n".encode(), CSV)
    assert "李建国" not in str(caught.value)
    assert PHONE not in str(caught.value)


def test_two_columns_of_one_name_refuse_the_whole_table(adapter):
    with pytest.raises(InvalidInputError, match="the columns 11, 12 "):
        adapter.split(f"{HEADER},x,x\n".encode(), CSV)


@pytest.mark.parametrize("payload", [b"", b"\n\n", b"\xff\xfe\x00", b'"never closed\n'])
def test_what_is_no_table_is_refused(adapter, payload):
    with pytest.raises(InvalidInputError):
        adapter.split(payload, CSV)


def test_only_tables_are_read(adapter):
    with pytest.raises(InvalidInputError, match="application/json"):
        adapter.split(b"[]", "application/json")


def test_a_lone_record_of_another_table_is_refused(adapter):
    rejection = adapter.normalise("编号,标题\n1,井盖\n".encode(), RECEIVED_AT)
    assert (rejection.reason, rejection.detail) == (
        "field_missing",
        "the table has no column '描述'; correct its header",
    )


def test_every_bad_cell_of_a_row_is_named_in_the_order_of_the_columns(profile):
    adapter = made(profile, columns={**profile.sources["csv"].options["columns"], "revision": "版本"})
    found = adapter.normalise(row(编号="X\x00", 版本="0", 标题="井" * 501, 上报时间="昨天"), RECEIVED_AT)
    assert [(found.reason, found.pointer), *((one.reason, one.pointer) for one in found.further_faults)] == [
        ("id_invalid", "/编号"), ("text_too_long", "/标题"), ("time_unreadable", "/上报时间"),
        ("revision_invalid", "/版本"),
    ]  # fmt: skip


def test_every_column_that_a_lone_record_lacks_is_named(adapter):
    found = adapter.normalise("编号,标题,描述\n1,井盖,\n".encode(), RECEIVED_AT)
    needed = [column for column in adapter._needed if column not in {"编号", "标题", "描述"}]
    assert [found.pointer, *(one.pointer for one in found.further_faults)] == [f"/{column}" for column in needed]
    assert {found.reason, *(one.reason for one in found.further_faults)} == {"field_missing"}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"columns": {"title": "标题"}}, "external_id"),
        ({"columns": {"external_id": "编号"}}, "title"),
        ({"columns": {"external_id": "编号", "title": "标题", "colour": "颜色"}}, r"columns\.colour"),
        ({"columns": {"external_id": "No", "title": "no_"}}, "too much alike"),
        ({"time_format": "%Q"}, "time_format"),
        ({"delimiter": "::"}, "delimiter"),
        ({"encoding": "latin-1"}, "encoding"),
        ({"seperator": ";"}, "seperator"),
    ],
)
def test_a_wrong_option_is_a_configuration_error_that_names_it(profile, options, named):
    with pytest.raises(ConfigurationError, match=named):
        made(profile, **options)


# ---------------------------------------------------------------------------------------- real tables


@pytest.mark.shared_data
def test_ten_thousand_real_requests_of_los_angeles_are_read_without_a_failure(shared_data, tmp_path):
    district = load_profile(build_los_angeles_profile(shared_data, tmp_path / LOS_ANGELES))
    adapter = CsvTableAdapter(district.sources["csv"], district)
    parts = adapter.split((shared_data / RECORDS).read_bytes(), CSV)
    results = [adapter.normalise(part, RECEIVED_AT) for part in parts]
    assert Counter(type(result) for result in results) == {Normalised: 10_000}
    reports = [result.report for result in results]
    assert len({report.external_id for report in reports}) == 10_000
    assert Counter(flag for report in reports for flag in report.flags) == {"time_assumed_zone": 10_000}
    assert sum(report.place.lon is not None for report in reports) == 9_989
    mapping = district.class_table.mapping
    assert all((report.source_class.scheme, report.source_class.code) in mapping for report in reports)
    first = reports[0]
    assert (first.external_id, first.title, first.reported_at.isoformat(), first.place.lon) == (
        "1-1523590121", "Illegal Dumping Pickup", "2020-01-01T08:05:00+00:00", -118.4994716,
    )  # fmt: skip
    assert first.revision == 1_577_983_380_000  # 2020-01-02 08:43 in Los Angeles


@pytest.mark.shared_data
def test_a_thousand_real_requests_of_new_york_are_read_by_another_mapping(shared_data, profile):
    source = replace(profile.sources["csv"], crs="wgs84", timezone="America/New_York", options={"columns": NEW_YORK})
    adapter = CsvTableAdapter(source, replace(profile, bounds=(-74.3, 40.4, -73.6, 41.0)))
    parts = adapter.split((shared_data / "incidents" / "nyc_311_2024_1000.csv").read_bytes(), CSV)
    results = [adapter.normalise(part, RECEIVED_AT) for part in parts]
    assert Counter(type(result) for result in results) == {Normalised: 1_000}
    assert sum(result.report.place.lon is not None for result in results) == 988
    first = results[0].report
    assert (first.external_id, first.title, first.description) == ("61276295", "Street Condition", "Pothole")
    assert first.reported_at.isoformat() == "2024-05-27T06:08:51+00:00"


# ------------------------------------------------------------------------------------------ hostility


@settings(max_examples=300, deadline=None)
@given(
    raw=st.builds(
        lambda column, value: row(**{column: str(value)}),
        st.sampled_from(HEADER.split(",")),
        st.sampled_from(HOSTILE) | st.text(max_size=40),
    )
    | spoiled_bytes(NATIVE)
)
def test_a_spoiled_row_is_read_or_refused_and_never_raises(adapter, raw):
    assert isinstance(adapter.normalise(raw, RECEIVED_AT), Normalised | Rejection)


@settings(max_examples=150, deadline=None)
@given(raw=spoiled_bytes(NATIVE))
def test_a_spoiled_table_is_parted_or_refused_whole(adapter, raw):
    try:
        parts = adapter.split(raw, CSV)
    except InvalidInputError:
        return
    assert all(isinstance(part, bytes) for part in parts)


@pytest.mark.parametrize("number", WRITTEN)
@pytest.mark.parametrize("column", [name for name in HEADER.split(",") if name != "编号"])
def test_a_phone_number_in_any_column_stays_out_of_the_report(adapter, column, number):
    shown = outcome(adapter.normalise(row(**{column: number}), RECEIVED_AT))
    shown.pop("reporter", None)
    assert PHONE not in json.dumps(shown).replace("-", "").replace(" ", "")
