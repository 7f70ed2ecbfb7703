from dataclasses import replace
from datetime import UTC, datetime

import pytest

from jiedao.application.district_profile import find_profile
from jiedao.domain.errors import ConfigurationError
from jiedao.entrypoints.demo.sample import read_sample
from jiedao.entrypoints.demo.tokens_in_time import Run
from jiedao.entrypoints.settings import Settings

RUN = Run(datetime(2026, 11, 25, 2, 0, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
def profile():
    return replace(find_profile(Settings().config, "330103"), code="990001")


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "districts" / "990001" / "sample"
    made.mkdir(parents=True)
    return made


def sent(tmp_path, profile):
    return [(one.source, one.media_type, one.content(RUN).decode("gb18030")) for one in read_sample(tmp_path, profile)]


def test_each_line_of_json_is_a_message_whatever_its_shape(tmp_path, folder, profile):
    (folder / "hotline.orders.jsonl").write_text('{"t":"{{-2m}}"}\n\n[{"t":"{{-1m}}"},{"t":"{{-3m}}"}]\n')

    assert sent(tmp_path, profile) == [
        ("hotline", "application/json", '{"t":"2026-11-25 09:58:00"}'),
        ("hotline", "application/json", '[{"t":"2026-11-25 09:59:00"},{"t":"2026-11-25 09:57:00"}]'),
    ]


def test_documents_of_xml_are_parted_and_keep_their_encoding(tmp_path, folder, profile):
    one = '<?xml version="1.0" encoding="GB2312"?>\n<Notify>入侵{{-1m local}}</Notify>\n'
    (folder / "video.alarms.xml").write_bytes((one + one).encode("gb18030"))

    assert (
        sent(tmp_path, profile)
        == [
            ("video", "application/xml", one.replace("{{-1m local}}", "2026-11-25T09:59:00")),
        ]
        * 2
    )


def test_each_row_of_a_table_is_sent_with_its_header(tmp_path, folder, profile):
    (folder / "csv.patrol.csv").write_text("a,b\n1,{{-2m}}\n2,{{-1m}}\n")

    assert sent(tmp_path, profile) == [
        ("csv", "text/csv", "a,b\n1,2026-11-25 09:58:00\n"),
        ("csv", "text/csv", "a,b\n2,2026-11-25 09:59:00\n"),
    ]


def test_messages_of_all_files_are_sent_in_the_order_of_their_times(tmp_path, folder, profile):
    (folder / "hotline.orders.jsonl").write_text('"{{-1m}}"\n"{{-9m@-5m}}"\n')
    (folder / "manual.forms.jsonl").write_text('"{{-3m}}"\n')

    assert [one.where for one in read_sample(tmp_path, profile)] == [
        "hotline.orders.jsonl#2",
        "manual.forms.jsonl#1",
        "hotline.orders.jsonl#1",
    ]


def test_what_explains_the_sample_is_not_sent(tmp_path, folder, profile):
    (folder / "README.md").write_text("{{not a token}}")
    (folder / "expected.toml").write_text("records = 1")
    (folder / "manual.forms.jsonl").write_text('"{{-3m}}"\n')

    assert len(read_sample(tmp_path, profile)) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [("telex.orders.jsonl", "no source 'telex'"), ("hotline.orders.doc", "ends in one of .jsonl")],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, folder, profile, name, said):
    (folder / name).write_text('"{{-3m}}"')

    with pytest.raises(ConfigurationError, match=f"{name}: .*{said}"):
        read_sample(tmp_path, profile)


def test_a_district_without_a_sample_says_so(tmp_path, profile):
    with pytest.raises(ConfigurationError, match="has no sample"):
        read_sample(tmp_path, profile)
