"""`jiedao boundaries`: importing, asking and comparing boundary sets."""

from __future__ import annotations

import copy
import json
import shutil
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import shapely

from tests.e2e.cli.terminal import CHANGQING, IN_ZHAOHUI, ROOT, ZHAOHUI

OWN = json.loads((ROOT / "config" / "districts" / "330103" / "boundaries.geojson").read_bytes())
LON, LAT = IN_ZHAOHUI["lon"], IN_ZHAOHUI["lat"]


def _set(change=None):
    """The district's areas as somebody else would send them: by name, under names of their own."""
    content = copy.deepcopy({"type": "FeatureCollection", "features": OWN["features"]})
    for feature in content["features"]:
        feature["properties"] = {"JDMC": feature["properties"]["name"]}
    if change is not None:
        change(content["features"])
    return content


def _moved(coordinates, by):
    if isinstance(coordinates[0], list):
        return [_moved(inner, by) for inner in coordinates]
    return [coordinates[0] + by, coordinates[1]]


def _move_first(features):
    geometry = features[0]["geometry"]
    geometry["coordinates"] = _moved(geometry["coordinates"], 0.0002)


def _import(terminal, content, *options, code=0):
    path = terminal.write("streets.geojson", content)
    given = ("--code", "JDMC", "--name", "JDMC", "--crs", "wgs84", "--effective-from", "2026-01-01")
    return terminal.ask("boundaries", "import", path, *given, *options, code=code)


def test_a_set_is_adopted_under_a_name_made_of_its_content_and_is_in_force(terminal):
    result = _import(terminal, _set())
    assert result["adopted"] is True
    assert result["version"] == f"330103-2026-01-01-{result['content_sha256'][:8]}"
    assert {street["code"] for street in result["streets"]} >= {ZHAOHUI, CHANGQING}
    listed = {one["version"]: one for one in terminal.ask("boundaries", "list")["items"]}
    assert listed[result["version"]]["in_force"] is True
    assert listed[result["version"]]["origin"] == "file:streets.geojson"
    assert listed[result["version"]]["adopted_by"].startswith("console:")
    assert listed["330103-approximate-2020"]["in_force"] is False
    assert "近似" in terminal.run("boundaries", "list").stdout
    again = _import(terminal, _set())
    assert (again["adopted"], again["refusal"]) == (False, None)


def test_overlaps_and_gaps_are_told_with_area_and_place(terminal):
    result = _import(terminal, _set(_move_first), "--dry-run")
    assert result["overlap_area_m2"] == pytest.approx(sum(one["area_m2"] for one in result["overlaps"]), abs=1)
    largest = result["overlaps"][0]
    assert "长庆街道" in {largest["first"], largest["second"]}
    assert 10_000 < largest["area_m2"] < 100_000
    assert 120 < largest["lon"] < 121
    assert 30 < largest["lat"] < 31
    assert result["gaps"]


def test_a_dry_run_adopts_nothing(terminal):
    result = _import(terminal, _set(), "--dry-run", "--version", "official-1", "--approximate")
    assert (result["version"], result["approximate"], result["adopted"]) == ("official-1", True, False)
    assert len(terminal.ask("boundaries", "list")["items"]) == 1


def test_a_feature_that_cannot_be_used_is_named_and_nothing_is_adopted(terminal):
    result = _import(terminal, _set(lambda features: features[2].update(geometry=None)), code=1)
    (refused,) = result["refused"]
    assert refused["feature"]["number"] == 3
    assert "feature 3" in result["refusal"]
    assert len(terminal.ask("boundaries", "list")["items"]) == 1


def test_a_street_without_area_is_a_refusal_also_when_only_tried(terminal):
    result = _import(terminal, _set(lambda features: features.pop(0)), "--dry-run", code=1)
    assert "长庆街道" in result["refusal"]


def test_a_wrong_code_property_is_told_for_five_features_and_how_many_more(terminal):
    path = terminal.write("streets.geojson", _set())
    given = ("--code", "JDDM", "--crs", "wgs84", "--effective-from", "2026-01-01", "--dry-run")
    told = terminal.run("boundaries", "import", path, *given, code=1)
    assert told.stderr.count("it has no property 'JDDM'") == 5
    assert "and 3 more" in told.stderr
    assert told.stdout.count("it has no property 'JDDM'") == 5
    assert "另有 3 个 and 3 more" in told.stdout
    assert "no enclosed gaps" not in told.stdout
    assert len(terminal.ask("boundaries", "import", path, *given, code=1)["refused"]) == 8


def _shift_names(features):
    names = [feature["properties"]["JDMC"] for feature in features]
    for feature, code, name in zip(features, names, [*names[1:], names[0]], strict=True):
        feature["properties"] = {"JDDM": code, "JDMC": name}


def test_names_shifted_against_codes_are_refused_also_when_only_tried(terminal):
    result = _import(terminal, _set(_shift_names), "--code", "JDDM", "--dry-run", code=1)
    assert "330103001 is named 武林街道, which is 330103002" in result["refusal"]
    assert "and 3 more" in result["refusal"]
    assert _import(terminal, _set(_shift_names), "--code", "JDDM", code=1)["adopted"] is False


def _rename_first(features):
    features[0]["properties"] = {"JDMC": features[0]["properties"]["JDMC"], "name": "Changqing"}


def test_a_name_that_no_street_is_known_by_is_told(terminal):
    path = terminal.write("streets.geojson", _set(_rename_first))
    given = ("boundaries", "import", path, "--code", "JDMC", "--crs", "wgs84", "--effective-from", "2026-01-01")
    assert terminal.ask(*given)["unknown_names"] == [{"street_code": CHANGQING, "name": "Changqing"}]
    assert f"名称不详 Names that no street is known by: {CHANGQING} Changqing" in terminal.run(*given).stdout


def _shrink_first(features):
    """Give up the western half of a street, which lies at the district's outer border."""
    west, south, east, north = shapely.from_geojson(json.dumps(features[0]["geometry"])).bounds
    half = shapely.box((west + east) / 2, south, east, north)
    rest = shapely.from_geojson(json.dumps(features[0]["geometry"])) & half
    features[0]["geometry"] = json.loads(shapely.to_geojson(rest))


def test_ground_that_no_street_covers_any_more_is_told_with_its_street_and_area(terminal):
    content = _set(_shrink_first)
    tried = _import(terminal, content, "--dry-run")
    assert tried["compared_with"] == "330103-approximate-2020"
    (lost,) = tried["lost_ground"]
    assert lost["street_code"] == CHANGQING
    kept = next(street["area_m2"] for street in tried["streets"] if street["code"] == CHANGQING)
    assert lost["area_m2"] > kept / 4
    assert tried["lost_ground_area_m2"] == pytest.approx(lost["area_m2"], abs=0.1)
    assert _import(terminal, content)["lost_ground"] == [lost]
    again = _import(terminal, content)
    assert (again["compared_with"], again["lost_ground"]) == (again["version"], [])
    path = terminal.write("whole.geojson", content)
    given = ("--code", "JDMC", "--crs", "wgs84", "--effective-from", "2026-01-01", "--dry-run")
    assert "no ground lost against" in terminal.run("boundaries", "import", path, *given).stdout


def test_people_are_told_which_ground_is_lost_and_that_only_enclosed_gaps_were_looked_for(terminal):
    path = terminal.write("streets.geojson", _set(_shrink_first))
    given = ("--code", "JDMC", "--crs", "wgs84", "--effective-from", "2026-01-01", "--dry-run")
    shown = terminal.run("boundaries", "import", path, *given).stdout
    assert "不再覆盖 Lost ground, against 330103-approximate-2020" in shown
    assert "无重叠、无封闭空隙 no overlaps and no enclosed gaps" in shown


def test_the_day_of_adoption_is_that_of_the_districts_zone(terminal):
    """Shown in a zone where, at the hour of the adoption, it was another day than in UTC."""
    (listed,) = terminal.ask("boundaries", "list")["items"]
    adopted_at = datetime.fromisoformat(listed["adopted_at"])
    zone = "Pacific/Kiritimati" if adopted_at.hour >= 12 else "Etc/GMT+12"
    day = f"{adopted_at.astimezone(ZoneInfo(zone)):%Y-%m-%d}"
    assert day != f"{adopted_at:%Y-%m-%d}"
    profile = terminal.folder / "config" / "districts" / "330103"
    shutil.copytree(ROOT / "config" / "districts" / "330103", profile)
    settings = profile / "district.toml"
    settings.write_text(settings.read_text("utf-8").replace("Asia/Shanghai", zone), "utf-8")
    shown = terminal.run("boundaries", "list", JIEDAO_CONFIG=str(terminal.folder / "config")).stdout
    assert f"{day} system:jiedao" in shown


def test_a_version_that_was_taken_by_another_content_is_refused(terminal):
    _import(terminal, _set(), "--version", "official-1")
    refused = _import(terminal, _set(_move_first), "--version", "official-1", code=1)
    assert "official-1" in refused["refusal"]


def test_people_are_told_all_findings(terminal):
    path = terminal.write("streets.geojson", _set(_move_first))
    shown = terminal.run(
        "boundaries", "import", path, "--code", "JDMC", "--crs", "wgs84", "--effective-from", "2026-01-01"
    ).stdout
    for text in ("重叠 Overlaps", "空隙 Gaps", "石桥街道", "已采用 adopted"):
        assert text in shown


def test_a_point_and_an_address_are_matched_and_how_is_said(terminal):
    (point,) = terminal.ask("boundaries", "match", LON, LAT)["items"]
    assert (point["street_code"], point["street_name"], point["method"]) == (ZHAOHUI, "朝晖街道", "polygon")
    (named,) = terminal.ask("boundaries", "match", "--address", "朝晖街道应家桥社区")["items"]
    assert (named["street_code"], named["method"]) == (ZHAOHUI, "gazetteer")
    (away,) = terminal.ask("boundaries", "match", "-118.2", "34.05")["items"]
    assert (away["street_code"], away["method"]) == (None, "none")
    shown = terminal.run("boundaries", "match", LON, LAT).stdout
    assert "朝晖街道" in shown
    assert "边界为近似示意" in shown


def test_a_point_is_converted_from_the_system_that_is_said(terminal):
    (as_wgs84,) = terminal.ask("boundaries", "match", LON, LAT)["items"]
    (as_gcj02,) = terminal.ask("boundaries", "match", LON, LAT, "--crs", "gcj02")["items"]
    assert as_wgs84["lon"] == LON
    assert 0.003 < abs(as_gcj02["lon"] - LON) < 0.01


def test_many_places_come_from_a_file_or_standard_input_and_keep_their_order(terminal):
    places = f"name,lon,lat,address\na,{LON},{LAT},\nb,,,朝晖街道\nc,-118.2,34.05,\n"
    from_file = terminal.ask("boundaries", "match", "--file", terminal.write("points.csv", places))
    assert [item["method"] for item in from_file["items"]] == ["polygon", "gazetteer", "none"]
    assert [item["number"] for item in from_file["items"]] == [1, 2, 3]
    assert terminal.ask("boundaries", "match", "--file", "-", content=places) == from_file


def test_places_that_cannot_be_read_are_told_with_their_line(terminal):
    told = terminal.run("boundaries", "match", "--file", "-", content="lon,lat\n120.1,north\n", code=1).stderr
    assert "line 2" in told
    terminal.run("boundaries", "match", "--file", "-", content="x,y\n1,2\n", code=1)
    terminal.run("boundaries", "match", "120.1", code=2)
    terminal.run("boundaries", "match", code=2)


@pytest.mark.parametrize(
    ("lon", "lat", "sentence"),
    [
        ("30.26", "120.16", "has 120.16 as lat, which runs from -90 to 90 degrees; longitude comes first"),
        ("-181", "30.26", "has -181 as lon, which runs from -180 to 180 degrees"),
        ("nan", "30.26", "has nan as lon"),
        ("120.16", "inf", "has inf as lat"),
    ],
)
def test_degrees_that_are_no_place_are_refused_with_a_sentence(terminal, lon, lat, sentence):
    told = terminal.run("boundaries", "match", lon, lat, code=1).stderr
    assert told.startswith("error: the place ")
    assert sentence in told
    listed = f"lon,lat\n{LON},{LAT}\n{lon},{lat}\n"
    told = terminal.run("boundaries", "match", "--file", "-", content=listed, code=1).stderr
    assert "line 3 of the places " in told
    assert sentence in told


def test_the_set_in_force_is_measured_by_codes_or_names(terminal):
    records = f"经度,纬度,街道\n{LON},{LAT},{ZHAOHUI}\n{LON},{LAT},朝晖街道\n{LON},{LAT},长庆\n,,朝晖\n{LON},{LAT},\n"
    path = terminal.write("records.csv", records)
    columns = ("--lon", "经度", "--lat", "纬度", "--expected", "街道")
    found = terminal.ask("boundaries", "evaluate", "--records", path, *columns)
    assert (found["agree"], found["differ"], found["no_coordinates"], found["unlabelled"]) == (2, 1, 1, 1)
    assert (found["total"], found["agreement"]) == (5, round(2 / 3, 6))


@pytest.mark.shared_data
def test_a_file_is_measured_without_any_database(terminal, shared_data):
    found = terminal.ask(
        "boundaries", "evaluate",
        "--boundaries", shared_data / "polygons" / "la_neighborhood_councils_2019.geojson", "--code", "nc_id",
        "--records", shared_data / "incidents" / "la_311_requests_2020_seed.csv",
        "--lon", "longitude", "--lat", "latitude", "--expected", "nc",
        JIEDAO_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing",
    )  # fmt: skip
    held = found["agree"] + found["overlap"]
    assert (held, found["differ"], found["missed"], found["unlabelled"], found["no_coordinates"]) == (
        9_817, 33, 112, 27, 11,
    )  # fmt: skip
    assert found["total"] == 10_000
