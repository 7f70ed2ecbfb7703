"""Whatever is done to a record, an adapter answers, and what is personal stays out of the report."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.records import Normalised, Rejection
from ingest.rejections import REASONS
from ingest.sources.digital_city import ALIASES as DIGITAL_CITY
from ingest.sources.digital_city import DigitalCityAdapter
from ingest.sources.hotline import ALIASES as HOTLINE
from ingest.sources.hotline import HotlineAdapter
from ingest.sources.manual import ALIASES as MANUAL
from ingest.sources.manual import ManualAdapter
from ingest.sources.work_order import ALIASES as WORK_ORDER
from ingest.sources.work_order import WorkOrderAdapter
from jiedao.domain.errors import InvalidInputError
from tests.unit.ingest.sources.golden_samples import RECEIVED_AT, samples_of

MAKERS = {
    "digital_city": (DigitalCityAdapter, DIGITAL_CITY),
    "hotline": (HotlineAdapter, HOTLINE),
    "work_order": (WorkOrderAdapter, WORK_ORDER),
    "manual": (ManualAdapter, MANUAL),
}
KEYS = {
    "digital_city": ("task_number", "case_number"),
    "hotline": ("order_number",),
    "work_order": ("number",),
    "manual": ("id",),
}
"""The fields of the number, which is never altered and so is not planted in."""

REPORTER = {
    "digital_city": {"举报人": "欧阳晓燕", "举报人电话": "13799998888"},
    "hotline": {"callerName": "欧阳晓燕", "callerPhone": "13799998888"},
    "work_order": {"OCUSTOMERNAME": "欧阳晓燕", "OCUSTOMERPHONE": "13799998888"},
    "manual": {"reporter": {"name": "欧阳晓燕", "phone": "13799998888"}},
}
PLANTED = [
    "欧阳晓燕",
    "13799998888",
    "137-9999-8888",
    "电话13799998888，欧阳晓燕",
    "+86 137 9999 8888",
    "https://a/13799998888.jpg",
]

numbers = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([0, -1, 1e308, 2**63, 10**40, 120.17, 30.28, 1795481478, 1795481478000]),
)
texts = st.one_of(
    st.text(st.characters(codec=None), max_size=40),
    st.sampled_from(
        ["", "\x00", "\ud800", "2026-11-24", "9999-12-31", "120.1,30.2", "事件0110", "是", "x" * 2500, "data:,"]
    ),
    st.sampled_from(PLANTED),
)
nested = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["url", "name", "phone", "a"]), inner, max_size=3)
    ),
    max_leaves=6,
)
values = st.one_of(texts, texts, texts, numbers, numbers, nested)
"""Mostly what fields do hold, so that many a record stays readable."""

MUTATED = settings(max_examples=300, deadline=None)
DAMAGED = settings(max_examples=100, deadline=None)


def records(source):
    """The source's JSON samples, each with a known reporter in it."""
    paths = [path for _, path in samples_of(source) if path.suffix == ".json"]
    decoded = [path.read_bytes().decode("gb18030" if "gb18030" in path.name else "utf-8") for path in paths]
    return [json.loads(text) | REPORTER[source] for text in decoded]


COUNTS = {"revision", "feedbacks", "urged"}
"""Fields that the revision is computed from: no text of anyone, and nothing that could be masked."""


def free_fields(source):
    """All fields but counts, those of the number, and those of people: what is personal there has its own place."""
    people = ("reporter", "collector", "caller", "customer", "contact")
    aliases = MAKERS[source][1]
    kept = COUNTS.union(KEYS[source])
    return [field for field in aliases if field not in kept and not field.startswith(people)]


def examine(result):
    """Every answer is one of the two, can be stored, and holds nothing of the reporter."""
    if isinstance(result, Rejection):
        assert result.reason in REASONS
        told = msgspec.json.encode(msgspec.to_builtins(result) | {"external_id": None}).decode()
    else:
        assert isinstance(result, Normalised)
        told = msgspec.json.encode(result.report).decode()
        msgspec.json.encode(result.reporter)
        assert "\\u0000" not in told
    for personal in ("欧阳晓燕", "13799998888", "137-9999-8888", "9999 8888"):
        assert personal not in told


def examine_parts(adapter, payload, media_type):
    """A payload is parted or refused whole, and each part is answered."""
    try:
        parts = adapter.split(payload, media_type)
    except InvalidInputError:
        parts = [payload]
    assert all(isinstance(adapter.normalise(part, RECEIVED_AT), Normalised | Rejection) for part in parts)


@pytest.mark.parametrize("personal", PLANTED)
@pytest.mark.parametrize("source", MAKERS)
def test_whatever_is_planted_in_any_one_field_stays_out_of_the_report(source, personal, profile):
    maker, aliases = MAKERS[source]
    adapter = maker(profile.sources[source], profile)
    readable = 0
    for record in records(source):
        for field in free_fields(source):
            planted = dict.fromkeys(aliases[field], personal)
            result = adapter.normalise(json.dumps(record | planted).encode(), RECEIVED_AT)
            examine(result)
            readable += isinstance(result, Normalised)
    assert readable > len(aliases) / 2


@pytest.mark.parametrize("source", MAKERS)
@MUTATED
@given(data=st.data())
def test_any_value_in_any_field_is_answered(source, profile, data):
    maker, aliases = MAKERS[source]
    adapter = maker(profile.sources[source], profile)
    names = [name for field in free_fields(source) for name in aliases[field]]
    record = data.draw(st.sampled_from(records(source)))
    removed = data.draw(st.sets(st.sampled_from([name for name in record if name not in REPORTER[source]]), max_size=3))
    planted = data.draw(st.dictionaries(st.sampled_from(names), values, max_size=6))
    record = {name: value for name, value in record.items() if name not in removed} | planted
    examine(adapter.normalise(json.dumps(record).encode(), RECEIVED_AT))


@pytest.mark.parametrize("source", MAKERS)
@DAMAGED
@given(data=st.data())
def test_any_damage_to_the_bytes_is_answered(source, profile, data):
    maker, _ = MAKERS[source]
    adapter = maker(profile.sources[source], profile)
    raw = bytearray(json.dumps(data.draw(st.sampled_from(records(source))), ensure_ascii=False).encode())
    for _ in range(data.draw(st.integers(0, 8))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.binary(max_size=3) | st.sampled_from([b'"', b"{", b"]", b",", b"NaN"])
        )
    result = adapter.normalise(bytes(raw), RECEIVED_AT)
    assert isinstance(result, Normalised | Rejection)
    msgspec.json.encode(result)
    for payload in (raw, b"[%b]" % raw, b'{"x": %b, "data": [%b]}' % (raw, raw)):
        examine_parts(adapter, bytes(payload), "application/json")


@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson", "text/csv"])
@DAMAGED
@given(payload=st.binary(max_size=200) | st.text(alphabet='[]{}",:\\\n\r\ta1é中', max_size=60).map(str.encode))
def test_any_payload_is_parted_or_refused(media_type, profile, payload):
    examine_parts(HotlineAdapter(profile.sources["hotline"], profile), payload, media_type)
