"""Parting payloads into records that stand on their own."""

import json

import pytest

from ingest.sources.reading.splitting import CSV, JSON, NDJSON, XML, split_json, split_payload
from jiedao.domain.errors import InvalidInputError

ENVELOPES = ("data.rows", "data", "rows")


def split(payload, media_type=JSON, **options):
    return split_payload(payload.encode() if isinstance(payload, str) else payload, media_type, **options)


def test_a_single_object_is_one_record_without_the_white_space_round_it():
    assert split(' \n{"id": 1}\n') == [b'{"id": 1}']


def test_an_element_has_the_same_bytes_alone_in_an_array_and_in_an_envelope():
    element = '{ "id" : "甲",\t"list": [1, 2] }'
    alone = split(element)
    assert split(f"[{element} , {element}]") == alone * 2
    assert split(f'{{"code": 0, "rows": [ {element}]}}', envelopes=ENVELOPES) == alone
    assert split(f'{{"data": {{"total": 1, "rows": [{element}\n]}}}}', envelopes=ENVELOPES) == alone


def test_an_object_whose_envelope_holds_no_list_is_one_record():
    assert split('{"data": "12", "rows": {}}', envelopes=ENVELOPES) == [b'{"data": "12", "rows": {}}']


def test_an_empty_list_holds_no_record():
    assert split("[ ]") == []
    assert split('{"data": []}', envelopes=ENVELOPES) == []


@pytest.mark.parametrize(
    "hostile",
    [
        '{"a": NaN}', '{"a": -Infinity}', '{"a": 1e999}', '{"a": "\\ud800"}', '{"a": "\\u0000"}', '{"a": tru}', '{"a" 1}',
        "[" * 3000 + "]" * 3000, '{"a": 1, "a": 2}', '{"a": "}],{\\""}', "NaN",
    ],
)  # fmt: skip
def test_a_hostile_element_is_cut_out_and_its_neighbours_with_it(hostile):
    around = (b'{"id": 1}', b'{"id": 2}')
    assert split(f'[{{"id": 1}}, {hostile} ,{{"id": 2}}]') == [around[0], hostile.encode(), around[1]]
    enveloped = f'{{"x": {hostile}, "data": [{{"id": 1}}, {hostile} ,{{"id": 2}}]}}'
    assert split(enveloped, envelopes=ENVELOPES) == [around[0], hostile.encode(), around[1]]


def test_damaged_text_in_one_element_leaves_the_others_whole():
    damaged = '{"name": "街道办事处"}'.encode().replace("道".encode(), b"\xe9\x81")
    assert split(b'[{"id": 1},' + damaged + b"]") == [b'{"id": 1}', damaged]


def test_damaged_text_in_a_name_beside_the_list_leaves_the_list_whole():
    assert split(b'{"\x80a": 1, "data": [{"id": 1}]}', envelopes=ENVELOPES) == [b'{"id": 1}']
    assert split(b'{"\x80a": 1}', envelopes=ENVELOPES) == [b'{"\x80a": 1}']


def test_a_list_in_gb18030_is_parted_and_keeps_its_encoding():
    # The second byte of 朲 is a brace and that of 乗 a backslash in GB18030.
    elements = ['{"name": "朲乗\\\\"}', '{"name": "街道"}']
    assert "朲".encode("gb18030")[1:] in b"{|}~[]\\`" or "乗".encode("gb18030")[1:] in b"{|}~[]\\`"
    payload = f"[{elements[0]}, {elements[1]}]".encode("gb18030")
    assert split(payload) == [element.encode("gb18030") for element in elements]


def test_a_byte_order_mark_belongs_to_no_record():
    assert split(b'\xef\xbb\xbf[{"id": 1}]') == [b'{"id": 1}']
    assert split(b'\xef\xbb\xbf{"id": 1}\n', NDJSON) == [b'{"id": 1}']
    assert split(b"\xef\xbb\xbfid\n1\n", CSV) == [b"id\n1\n"]


@pytest.mark.parametrize(
    "payload",
    ["", "  ", "12", '"text"', "<a/>", "[", '[{"id": 1', '[{"id": "1}]', '{"id": 1', '{"rows": [{"id', "{} {}"],
)
def test_json_that_cannot_be_parted_is_refused(payload):
    with pytest.raises(InvalidInputError):
        split(payload, envelopes=ENVELOPES)


@pytest.mark.parametrize(
    ("payload", "rest"),
    [
        ('[{"id": 1}, {"id": 2}, {"id": "]', '{"id": "]'),
        ('[{"id": 1}, {"id": 2}, {"id": 3, "list": [1, 2', '{"id": 3, "list": [1, 2'),
        ('[{"id": 1}, {"id": 2}]]', "]"),
        ('[{"id": 1}, {"id": 2}] x', "x"),
        ('{"rows": [{"id": 1}, {"id": 2}, {"id', '{"id'),
        ('{"code": 0, "data": {"rows": [{"id": 1}, {"id": 2}, {"id": 3', '{"id": 3'),
        ('{"rows": [{"id": 1}, {"id": 2}]}{"rows": [{"id": 3}]}', '{"rows": [{"id": 3}]}'),
        ('{"rows": [{"id": 1}, {"id": 2}], "total": 3, "next', '"next'),
    ],
)
def test_a_break_leaves_what_stands_before_it_and_the_rest_as_one_part(payload, rest):
    assert split(payload, envelopes=ENVELOPES) == [b'{"id": 1}', b'{"id": 2}', rest.encode()]


@pytest.mark.parametrize("end", ["", ","])
def test_a_list_cut_off_behind_a_record_gives_the_record_and_a_part_that_tells_of_the_cut(end):
    assert split('[{"id": 1}, {"id": 2}' + end) == [b'{"id": 1}', b'{"id": 2}', b'[{"id": 2}' + end.encode()]


def test_the_cut_may_go_through_a_letter():
    for encoding in ("utf-8", "gb18030"):
        elements = [f'{{"id": {number}, "name": "街道"}}'.encode(encoding) for number in range(3)]
        payload = b"[" + b",".join(elements)
        cut = payload[: payload.rindex("道".encode(encoding)) + 1]
        assert split(cut) == [*elements[:2], cut[cut.rindex(b"{") :]]


def test_three_thousand_records_before_a_break_come_out_whole():
    elements = [json.dumps({"id": number, "title": "占道"}, ensure_ascii=False).encode() for number in range(3_000)]
    broken = elements[0][:-4]
    assert split(b"[" + b",".join([*elements, broken])) == [*elements, broken]
    table = b"id,text\n" + b"".join(b'%d,"a ""b"""\n' % number for number in range(3_000))
    parts = split(table + b'3000,"cut', CSV)
    assert parts[:-1] == split(table, CSV)
    assert parts[-1] == b'id,text\n3000,"cut'


def test_every_line_of_json_lines_is_a_record_whatever_it_holds():
    assert split('{"id": 1}\r\n\r\nnot json\n  {"id": 2}', NDJSON) == [b'{"id": 1}', b"not json", b'{"id": 2}']


def test_each_row_of_a_table_gets_the_header():
    table = 'id,text\r\n1,"two\nlines, and ""quotes"""\r\n\r\n2,plain\r\n'
    assert split(table, CSV) == [b'id,text\n1,"two\nlines, and ""quotes"""\n', b"id,text\n2,plain\n"]


def test_a_row_has_the_same_bytes_wherever_it_stands():
    assert split("id;name\r\n1;x\r\n2;y", CSV)[1:] == split('id;name\n"2";"y"\n', CSV)


def test_a_short_row_is_a_record_for_the_adapter_to_set_aside():
    assert split("id\tname\n1\n2\tb\n", CSV) == [b"id\tname\n1\n", b"id\tname\n2\tb\n"]


def test_a_table_that_cannot_be_read_says_from_which_line_on():
    with pytest.raises(InvalidInputError, match="line 3"):
        split('id,name\n1,"open\nend', CSV)
    with pytest.raises(InvalidInputError, match="empty"):
        split("\n\n", CSV)


def test_a_row_of_damaged_text_is_a_part_with_its_own_bytes():
    for encoding in ("utf-8", "gb18030"):
        table = "编号,内容\n1,垃圾成堆\n2,道路\n3,路灯不亮\n".encode(encoding)
        damaged = table.replace("道".encode(encoding), "道".encode(encoding)[:-1] + b"\xff")
        parts = split(damaged, CSV)
        assert [parts[0], parts[2]] == [split(table, CSV)[0], split(table, CSV)[2]]
        assert b"\xff" in parts[1]


def test_a_table_in_gb18030_keeps_its_encoding():
    assert split("编号,内容\n1,垃圾\n".encode("gb18030"), CSV) == ["编号,内容\n1,垃圾\n".encode("gb18030")]


def test_xml_is_one_record():
    assert split("\n<a><b/></a>\n", XML, accepts=[XML]) == [b"<a><b/></a>"]
    with pytest.raises(InvalidInputError, match="XML"):
        split("{}", XML, accepts=[XML])


def test_a_media_type_that_the_source_does_not_read_is_refused_with_those_it_does():
    with pytest.raises(InvalidInputError, match="application/json or application/x-ndjson or text/csv"):
        split("<a/>", XML)
    assert split("{}", "application/JSON; charset=utf-8") == [b"{}"]


def test_ten_thousand_elements_come_out_as_they_went_in():
    elements = [{"id": number, "text": f'第{number}件 "引号" [括号]'} for number in range(10_000)]
    parted = split(json.dumps(elements, ensure_ascii=False))
    assert [json.loads(part) for part in parted] == elements


@pytest.mark.parametrize("text", ['{"a": 1}', '{"data": {"rows": 1}}', '{"data": "x"}', '{"a": {"rows": [1]}}', "{}"])
def test_an_object_that_holds_no_list_where_one_is_looked_for_is_one_record(text):
    assert split_json(text.encode(), ("data.rows", "data", "rows")) == [text.encode()]
