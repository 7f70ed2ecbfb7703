"""The examples in the API's documentation are ones that the real sources read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.records import Normalised
from ingest.sources.registry import make_adapters
from jiedao.application.district_profile import find_profile
from jiedao.entrypoints.http.documentation import REPORTS_BODY

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
ADAPTERS = make_adapters(find_profile(Path(__file__).parents[4] / "config", "330103"))
EXAMPLES = [
    (media_type, "city_brain" if name == "batch" else name, example["value"])
    for media_type, content in REPORTS_BODY["content"].items()
    for name, example in content["examples"].items()
]


@pytest.mark.parametrize(("media_type", "source", "value"), EXAMPLES, ids=[f"{one[0]} {one[1]}" for one in EXAMPLES])
def test_an_example_of_a_push_is_read_without_a_fault(media_type, source, value):
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False)
    encoding = "gb2312" if 'encoding="GB2312"' in value else "utf-8"
    records = ADAPTERS[source].split(value.encode(encoding), media_type)
    assert records
    for record in records:
        assert isinstance(ADAPTERS[source].normalise(record, AT), Normalised), record


def test_every_way_to_push_has_an_example():
    assert {one[0] for one in EXAMPLES} == set(REPORTS_BODY["content"])
