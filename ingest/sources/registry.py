"""Which adapter reads which source: the one table from a profile's ``adapter`` to the code that reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ingest.records import SourceAdapter
from ingest.sources.city_brain import CityBrainAdapter
from ingest.sources.csv_table import CsvTableAdapter
from ingest.sources.digital_city import DigitalCityAdapter
from ingest.sources.hotline import HotlineAdapter
from ingest.sources.manual import ManualAdapter
from ingest.sources.video import VideoAdapter
from ingest.sources.work_order import WorkOrderAdapter
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.profile import DistrictProfile, SourceSettings

AdapterMaker = Callable[[SourceSettings, DistrictProfile], SourceAdapter]

ADAPTERS: Mapping[str, AdapterMaker] = MappingProxyType(
    {
        "digital_city": DigitalCityAdapter,
        "hotline": HotlineAdapter,
        "city_brain": CityBrainAdapter,
        "work_order": WorkOrderAdapter,
        "video": VideoAdapter,
        "csv": CsvTableAdapter,
        "manual": ManualAdapter,
    }
)
"""Adapter name (``adapter`` in sources.toml) → what makes it for a source of a district."""


def make_adapters(profile: DistrictProfile) -> dict[str, SourceAdapter]:
    """Make the adapter of each source of a district, by the source's name.

    Raises ConfigurationError for an adapter that does not exist and for options that its adapter does not take.
    """
    return {name: _make(settings, profile) for name, settings in profile.sources.items()}


def _make(settings: SourceSettings, profile: DistrictProfile) -> SourceAdapter:
    make = ADAPTERS.get(settings.adapter)
    if make is None:
        raise ConfigurationError(
            f"the source {settings.name} names the adapter {settings.adapter!r} (sources.toml), which does not exist;"
            f" choose one of {', '.join(ADAPTERS)}"
        )
    return make(settings, profile)
