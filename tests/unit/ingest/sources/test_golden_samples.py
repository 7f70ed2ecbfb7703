"""Each golden sample becomes the whole report that stands beside it."""

import pytest

from ingest.sources.digital_city import DigitalCityAdapter
from ingest.sources.hotline import HotlineAdapter
from ingest.sources.manual import ManualAdapter
from ingest.sources.work_order import WorkOrderAdapter
from tests.unit.ingest.sources.golden_samples import RECEIVED_AT, expected, outcome, samples_of

ADAPTERS = {
    "digital_city": DigitalCityAdapter,
    "hotline": HotlineAdapter,
    "work_order": WorkOrderAdapter,
    "manual": ManualAdapter,
}
MEDIA_TYPES = {".json": "application/json", ".csv": "text/csv"}
SAMPLES = samples_of(*ADAPTERS)


@pytest.mark.parametrize(("source", "path"), SAMPLES, ids=[f"{source}-{path.name}" for source, path in SAMPLES])
def test_the_whole_report_is_as_expected(source, path, profile):
    adapter = ADAPTERS[source](profile.sources[source], profile)
    (raw,) = adapter.split(path.read_bytes(), MEDIA_TYPES[path.suffix])
    assert outcome(adapter.normalise(raw, RECEIVED_AT)) == expected(path)
