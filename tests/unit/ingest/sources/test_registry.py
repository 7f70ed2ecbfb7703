"""From a district's settings to its adapters."""

from dataclasses import replace
from pathlib import Path

import pytest

from ingest.sources.registry import ADAPTERS, make_adapters
from jiedao.domain.errors import ConfigurationError
from tests.unit.ingest.sources.golden_samples import RECEIVED_AT

DOCS = Path(__file__).parents[4] / "docs" / "sources"


def with_source(profile, name, **changes):
    return replace(profile, sources={name: replace(profile.sources[name], **changes)})


def test_every_source_of_the_district_has_its_adapter(profile):
    made = make_adapters(profile)
    assert set(made) == set(profile.sources)
    assert all(isinstance(made[name], ADAPTERS[settings.adapter]) for name, settings in profile.sources.items())


def test_a_second_source_may_use_the_same_adapter_under_its_own_name(profile):
    settings = replace(profile.sources["hotline"], name="mayor", label="市长信箱")
    (adapter,) = make_adapters(replace(profile, sources={"mayor": settings})).values()
    raw = '{"order_id": "1", "title": "垃圾", "call_time": "2026-11-24T08:00:00Z"}'.encode()
    assert adapter.normalise(raw, RECEIVED_AT).report.source == "mayor"


def test_an_adapter_that_does_not_exist_is_named_with_those_that_do(profile):
    with pytest.raises(ConfigurationError, match=r"hotline names the adapter 'fax'.*choose one of digital_city, "):
        make_adapters(with_source(profile, "hotline", adapter="fax"))


@pytest.mark.parametrize("source", ["digital_city", "hotline", "work_order", "manual"])
@pytest.mark.parametrize(
    "options", [{"chanels": {}}, {"channels": "12345"}, {"encoding": "latin-1"}, {"no_street": "x"}]
)
def test_wrong_options_stop_the_start(source, options, profile):
    (name,) = options
    with pytest.raises(ConfigurationError, match=f"option {name} of the source {source}"):
        make_adapters(with_source(profile, source, options=options))


def test_the_index_of_the_documentation_names_every_adapter_and_its_page():
    index = (DOCS / "README.md").read_text("utf-8")
    for adapter in ADAPTERS:
        assert f"[{adapter}]({adapter}.md)" in index
        assert (DOCS / f"{adapter}.md").is_file()
