"""The pages on the sources name every field and word that the adapters read, and their examples are read."""

import json
import re
from pathlib import Path

import pytest

from ingest.records import Normalised
from ingest.sources import city_brain, csv_table
from ingest.sources.registry import make_adapters
from ingest.sources.video import ga1400, gb28181, hikvision
from tests.unit.ingest.sources.golden_samples import RECEIVED_AT

PAGES = Path(__file__).parents[4] / "docs" / "sources"
STRUCTURE = {"data", "alarm", "CmdType", "SubImageList", "SubImageInfoObject", "SubImageInfo"}
MEDIA_TYPES = {"json": "application/json", "xml": "application/xml", "csv": "text/csv"}


def page(name):
    return (PAGES / f"{name}.md").read_text("utf-8")


def examples():
    for name in ("city_brain", "video", "csv"):
        for language, text in re.findall(r"```(json|xml|csv)\n(.+?)```", page(name), re.DOTALL):
            yield name, MEDIA_TYPES[language], text


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("city_brain", city_brain.ALIASES),
        ("video", hikvision.EVENT),
        ("video", gb28181.NOTIFY),
        ("video", ga1400.SCENE),
        ("csv", {field: (field,) for field in csv_table.COLUMNS}),
    ],
)
def test_every_name_of_a_field_stands_on_the_page(name, table):
    words = set(re.findall(r"[\w]+", page(name)))
    missing = {alias for aliases in table.values() for alias in aliases} - words - STRUCTURE
    assert missing <= {"ShotPlaceFullAddress"}  # the spelling that the standard should have


def test_every_status_and_picture_of_hikvision_stands_on_the_page():
    words = {word.casefold() for word in re.findall(r"[\w]+", page("video"))}
    assert {*hikvision.STATUSES, *hikvision.IMAGES} <= words
    assert {status.label for status in hikvision.STATUSES.values()} <= words


@pytest.mark.parametrize(("name", "media_type", "text"), list(examples()))
def test_the_examples_are_read(profile, name, media_type, text):
    adapter = make_adapters(profile)[name]
    parts = adapter.split(text.encode("gb18030" if media_type == "application/xml" else "utf-8"), media_type)
    results = [adapter.normalise(part, RECEIVED_AT) for part in parts]
    assert results
    assert all(isinstance(result, Normalised) for result in results), json.dumps(str(results), ensure_ascii=False)
