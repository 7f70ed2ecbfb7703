"""From bytes to text, and from text to named fields."""

import pytest

from ingest.sources.reading.decoding import decode_fields, decode_object, decode_row, decode_text, known_encoding
from ingest.sources.reading.faults import UnreadableError


def refused(function, *args):
    with pytest.raises(UnreadableError) as caught:
        function(*args)
    return caught.value


def test_utf8_is_read_with_and_without_a_byte_order_mark():
    for raw in ("街道".encode(), "街道".encode("utf-8-sig")):
        decoded = decode_text(raw)
        assert (decoded.text, decoded.encoding, decoded.repaired) == ("街道", "utf-8", False)


@pytest.mark.parametrize("name", ["gb2312", "gbk", "gb18030"])
def test_chinese_encodings_that_were_not_declared_are_read_and_said_so(name):
    decoded = decode_text('{"内容": "文晖路井盖破损，请处理"}'.encode(name))
    assert (decoded.text, decoded.repaired) == ('{"内容": "文晖路井盖破损，请处理"}', True)


def test_what_was_declared_is_no_repair():
    assert not decode_text("街道".encode("gb18030"), "gb18030").repaired
    assert not decode_text(b"ascii", "gb18030").repaired
    assert decode_text("街道".encode(), "gb18030").repaired


def test_characters_of_four_bytes_in_gb18030_are_read():
    assert decode_text("㐂𠀀街道".encode("gb18030")).text == "㐂𠀀街道"


@pytest.mark.parametrize("raw", [b"\xff\xfe\xff", b"abc\x80", "街".encode() + b"\xff\xff"])
def test_bytes_in_no_known_encoding_are_refused(raw):
    assert refused(decode_text, raw).reason == "encoding"


@pytest.mark.parametrize("lost", [3, 6, 20])
def test_utf8_that_lost_a_byte_is_not_taken_for_gb18030(lost):
    raw = '{"内容": "文晖路138号门前井盖破损，有行人绊倒，请尽快处理"}'.encode()
    assert refused(decode_text, raw[:lost] + raw[lost + 1 :]).reason == "encoding"


def test_the_names_of_encodings_are_understood():
    assert {known_encoding(name) for name in ("UTF-8", "utf8", "US-ASCII")} == {"utf-8"}
    assert {known_encoding(name) for name in ("GB2312", "gbk", "GB 18030", "cp936")} == {"gb18030"}
    assert known_encoding("latin-1") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        ('{"a": tru}', "not_json"),
        ('{"a": "\x01"}', "not_json"),
        ("[1]", "not_an_object"),
        ("12", "not_an_object"),
        ("null", "not_an_object"),
        ('{"a": NaN}', "number_invalid"),
        ('{"a": -Infinity}', "number_invalid"),
        ('{"a": 1e999}', "number_invalid"),
        ('{"a": ' + "9" * 5000 + "}", "number_invalid"),
        ('{"a": ' + "[" * 200_000, "nested_too_deep"),
        ('{"a": {"b": 1, "b": 1}}', "duplicate_key"),
    ],
)
def test_json_that_can_be_read_in_two_ways_or_none_is_refused(text, reason):
    assert refused(decode_object, text).reason == reason


def test_the_refusal_says_where_and_never_quotes():
    fault = refused(decode_object, '{"phone": "13800001111"\n"x"}')
    assert "line 2, column 1" in fault.detail
    assert "138" not in fault.detail


def test_half_a_surrogate_is_left_to_the_reader_of_texts():
    assert decode_object('{"a": "\\ud800x"}') == {"a": "\ud800x"}


def test_a_row_is_read_by_its_header():
    assert decode_row("id;name;\n1;垃圾, 多;x\n") == {"id": "1", "name": "垃圾, 多"}
    assert decode_fields("id,name\n1,\n") == {"id": "1", "name": ""}
    assert decode_fields('{\n"id": 1}') == {"id": 1}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id,name\n1\n", "column_count"),
        ("id,name\n1,2,3\n", "column_count"),
        ("id,id\n1,2\n", "duplicate_key"),
        ("id,name\n", "not_csv"),
        ('id,name\n1,"x\n', "not_csv"),
        ("id\n1\n2\n", "not_csv"),
    ],
)
def test_a_row_that_does_not_fit_its_header_is_refused(text, reason):
    assert refused(decode_row, text).reason == reason
