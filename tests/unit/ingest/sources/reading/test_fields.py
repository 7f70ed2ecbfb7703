"""Typed access to a record's fields, texts, links, streets and options."""

from dataclasses import replace

import pytest

from ingest.sources.reading.aliases import Aliases
from ingest.sources.reading.json_fields import Fields
from ingest.sources.reading.links import read_attachments
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.options import Options
from ingest.sources.reading.streets import StreetNames
from ingest.sources.reading.texts import clean, title_of
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.report import Attachment

ALIASES = Aliases({"number": ("case_number", "编号"), "items": ("items",), "inner": ("inner",)})


def fields(**content):
    return Fields(content, ALIASES, Notes())


def refused(read, content):
    """Read something of an object, and say what was noted as its only fault."""
    notes = Notes()
    read(Fields(content, ALIASES, notes))
    (fault,) = notes.faults
    return fault.reason, fault.pointer


@pytest.mark.parametrize("name", ["case_number", "caseNumber", "CASE_NUMBER", "Case-Number", "case number", "编号"])
def test_a_field_is_found_under_any_of_its_names(name):
    assert fields(**{name: "7"}).text("number") == "7"
    assert fields(**{name: "7"}).pointer("number") == f"/{name}"


def test_the_first_name_with_a_value_counts():
    assert fields(case_number=" ", 编号="乙").text("number") == "乙"
    assert fields(case_number=None, caseNumber="甲").text("number") == "甲"
    assert fields(编号="乙", case_number="甲").text("number") == "甲"


def test_all_texts_under_the_names_of_a_field_are_told_each_once_and_nothing_else():
    both = fields(编号="乙", case_number="甲", caseNumber="丙")
    assert both.texts("number") == ["甲", "丙", "乙"]
    assert fields(编号="甲", case_number="甲").texts("number") == ["甲"]
    assert fields(编号={"name": "甲"}, case_number=True).texts("number") == []


@pytest.mark.parametrize("nothing", [None, "", "  ", "null", "NULL", "None", "undefined"])
def test_nothing_is_nothing_however_it_is_written(nothing):
    assert fields(编号=nothing).find("number") is None
    assert fields(编号=nothing).text("number") == ""


def test_numbers_become_their_decimal_text():
    assert [fields(编号=value).text("number") for value in (10, 10.0, 1.5, 20261124000188)] == [
        "10",
        "10",
        "1.5",
        "20261124000188",
    ]


@pytest.mark.parametrize("value", [True, [], {}, ["x"]])
def test_a_value_of_another_kind_is_refused_with_its_pointer(value):
    assert refused(lambda read: read.text("number"), {"编号": value}) == ("wrong_type", "/编号")


def test_a_text_is_never_cut():
    assert fields(编号="x" * 10).text("number", 10) == "x" * 10
    assert refused(lambda read: read.text("number", 10), {"编号": "x" * 11}) == ("text_too_long", "/编号")


def number(read):
    return read.external_id("number")


def test_the_number_of_a_record_must_be_there_and_usable_as_it_is():
    assert refused(number, {}) == ("id_missing", "/case_number")
    assert refused(number, {"编号": "a\x00b"}) == ("id_invalid", "/编号")
    assert refused(number, {"编号": "a\nb"}) == ("id_invalid", "/编号")
    assert refused(number, {"编号": "\ud800"}) == ("id_invalid", "/编号")
    assert refused(number, {"编号": "x" * 201}) == ("id_too_long", "/编号")
    assert fields(编号=" A 13800001111 ").external_id("number") == "A 13800001111"


def test_revisions_are_whole_numbers_from_one_on_that_fit_the_store():
    assert [fields(编号=value).revision("number") for value in (1, "7", 7.0, 2**63 - 1)] == [1, 7, 7, 2**63 - 1]
    for wrong in (0, -1, 1.5, "v2", 2**63, True, []):
        assert refused(lambda read: read.revision("number"), {"编号": wrong}) == ("revision_invalid", "/编号")


def test_yes_and_no_are_understood_and_other_words_are_neither():
    assert [fields(编号=word).truth("number") for word in (True, 1, "1", "是", "紧急", "TRUE")] == [True] * 6
    assert [fields(编号=word).truth("number") for word in (False, 0, "否", "一般", "no")] == [False] * 5
    assert fields(编号="二级").truth("number") is None


def test_a_list_has_pointers_to_its_entries_and_a_limit():
    assert [found.pointer for found in fields(items=["a", "b"]).items("items")] == ["/items/0", "/items/1"]
    assert [found.value for found in fields(items="a").items("items")] == ["a"]
    assert refused(lambda read: read.items("items"), {"items": ["a"] * 201}) == ("too_many", "/items")


def test_fields_of_an_inner_object_point_into_it():
    def inner(read):
        return read.object("inner", ALIASES)

    assert refused(lambda read: inner(read).text("number"), {"inner": {"编号": {}}}) == ("wrong_type", "/inner/编号")
    assert refused(inner, {"inner": "x"}) == ("wrong_type", "/inner")


@pytest.mark.parametrize("invalid", ["\x00", "\x07", "\ud83d", "\uffff", "\x9f"])
def test_characters_that_no_text_may_hold_go_and_are_flagged(invalid):
    notes = Notes()
    assert clean(f"井{invalid}盖", notes) == "井 盖"
    assert notes.flags == ("text_repaired",)


@pytest.mark.parametrize("mark", ["\u061c", "\u200e", "\u200f", "\u202a", "\u202d", "\u202e", "\u2066", "\u2069"])
def test_marks_that_turn_the_direction_of_writing_go_and_are_flagged(mark):
    notes = Notes()
    assert clean(f"{mark}路灯{mark}损坏", notes) == "路灯损坏"
    assert notes.flags == ("text_repaired",)


def test_a_number_with_a_mark_that_turns_the_direction_of_writing_is_refused():
    assert refused(number, {"编号": "A\u202e1"}) == ("id_invalid", "/编号")


def test_white_space_is_tidied_without_a_flag():
    notes = Notes()
    text = " \u3000a\t b\r\n\r\n\r\n c\u2028d \n"
    assert clean(text, notes, lines=True) == "a b\n\nc\nd"
    assert clean(text, notes) == "a b c d"
    assert notes.flags == ()


def test_a_title_is_the_first_line_or_as_much_as_fits():
    assert title_of("垃圾\n多日") == "垃圾"
    assert title_of("字" * 61) == "字" * 59 + "…"


def attachments(value):
    return read_attachments(fields(items=value).items("items"), "photo", Notes())


def test_links_are_read_from_lists_texts_and_objects_each_once():
    assert attachments(["https://a/1.jpg", "https://a/1.jpg"]) == (Attachment("photo", url="https://a/1.jpg"),)
    assert [one.url for one in attachments("https://a/1.jpg;https://a/2?x=1,2|/upload/3.png")] == [
        "https://a/1.jpg",
        "https://a/2?x=1,2",
        "/upload/3.png",
    ]
    assert attachments([{"link": "https://a/x.mp4"}]) == (Attachment("video", url="https://a/x.mp4"),)
    assert attachments([None, {"sha256": "AB" * 32, "size": 3}]) == (Attachment("photo", sha256="ab" * 32, size=3),)


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", " JavaScript:alert(1)//", "java\tscript:alert(1)", "file:///etc/passwd", "ftp://a/1.jpg",
     "现场照片", "http:", "https:///1.jpg", "http:alert(1)", "vbscript://a/1", "1.jpg"],
)  # fmt: skip
def test_a_link_that_no_page_may_show_is_left_out_and_flagged(link):
    good = "https://a/1.jpg"
    for value, kept in [
        (link, ()),
        ([{"url": link}], ()),
        ([link, good], (Attachment("photo", url=good),)),
        ([{"url": link, "sha256": "ab" * 32}], (Attachment("photo", sha256="ab" * 32),)),
    ]:
        notes = Notes()
        assert read_attachments(Fields({"items": value}, ALIASES, notes).items("items"), "photo", notes) == kept
        assert (notes.flags, notes.faults) == (("attachment_missing",), ())


@pytest.mark.parametrize("link", ["HTTPS://A.example/1.jpg", "http://[::1]/1.jpg", "/pic?did=7", "./1.jpg", "../1.jpg"])
def test_links_of_the_web_and_paths_on_the_sources_server_are_kept_as_they_are(link):
    notes = Notes()
    entries = Fields({"items": [link, {"url": link}]}, ALIASES, notes).items("items")
    assert read_attachments(entries, "photo", notes) == (Attachment("photo", url=link),)
    assert notes.flags == ()


@pytest.mark.parametrize(
    ("value", "reason", "pointer"),
    [
        ([{}], "attachment_invalid", "/items/0"),
        ([{"sha256": "12"}], "attachment_invalid", "/items/0/sha256"),
        (["data:image/png;base64,AAAA"], "attachment_invalid", "/items/0"),
        ([{"url": "DATA:image/png;base64,AAAA"}], "attachment_invalid", "/items/0/url"),
        ([[]], "wrong_type", "/items/0"),
        (["https://a/" + "x" * 2000], "text_too_long", "/items/0"),
    ],
)
def test_an_attachment_that_leads_nowhere_is_refused(value, reason, pointer):
    notes = Notes()
    content = Fields({"items": value}, ALIASES, notes)
    assert read_attachments(content.items("items"), "photo", notes) == ()
    assert [(fault.reason, fault.pointer) for fault in notes.faults] == [(reason, pointer)]


def test_a_street_is_passed_on_as_the_source_writes_it_when_it_is_known(profile):
    streets, notes = StreetNames(profile, no_street=["qzx01"]), Notes()
    known = ["330103006", "朝晖街道", "朝晖", "zhzhzx01"]
    assert [streets.asserted(written, notes) for written in known] == known
    assert streets.asserted("", notes) is None
    assert (notes.flags, notes.details) == ((), {})


def test_an_unknown_street_is_flagged_and_the_districts_own_centre_is_not(profile):
    streets = StreetNames(profile, no_street=["qzx01"])
    unknown, district = Notes(), Notes()
    assert streets.asserted("丁堰街道", unknown) is streets.asserted("qzx01", district) is None
    assert (unknown.flags, unknown.details) == (("street_unknown",), {"stated_street": "丁堰街道"})
    assert (district.flags, district.details) == ((), {"stated_street": "qzx01"})


def options(profile, **given):
    return Options(replace(profile.sources["hotline"], options=given))


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"o": 1}, lambda options: options.text("o")),
        ({"o": "x"}, lambda options: options.texts("o")),
        ({"o": [1]}, lambda options: options.texts("o")),
        ({"o": {"a": 1}}, lambda options: options.table("o")),
        ({"o": "x"}, lambda options: options.mapping("o")),
        ({"o": {"a": {"source": "x"}}}, lambda options: options.tables("o", "source", "channel")),
        ({"o": "x"}, lambda options: options.finish()),
        ({"encoding": "latin-1"}, lambda options: options.encoding()),
    ],
)
def test_a_wrong_or_unknown_option_is_named(profile, given, read):
    with pytest.raises(ConfigurationError, match=r"(option o|encoding).* of the source hotline"):
        read(options(profile, **given))


def test_options_that_others_read_are_no_slip(profile):
    options(profile, attachment_hosts=["p.example.cn"]).finish()
    assert options(profile, encoding="GB2312").encoding() == "gb18030"
