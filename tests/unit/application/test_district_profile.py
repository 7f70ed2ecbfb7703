"""The profile that ships with the product, and what the loader says of profiles that are wrong."""

import csv
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
import shapely

from jiedao.application.district_profile import find_profile, load_profile
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.time_limits import parse_time_limit

CONFIG = Path(__file__).parents[3] / "config"
XIACHENG = CONFIG / "districts" / "330103"


@pytest.fixture(scope="module")
def profile():
    return find_profile(CONFIG, "330103")


@pytest.fixture
def folder(tmp_path):
    """A copy of the profile that a test may spoil."""
    return Path(shutil.copytree(XIACHENG, tmp_path / "330103"))


def spoil(folder, file, pattern, replacement):
    path = folder / file
    text, count = re.subn(pattern, replacement, path.read_text("utf-8"), count=1, flags=re.MULTILINE)
    assert count == 1, f"{pattern} does not occur in {file}"
    path.write_text(text, "utf-8")


def faults_of(folder):
    with pytest.raises(ConfigurationError) as caught:
        load_profile(folder)
    return str(caught.value).splitlines()[1:]


# ------------------------------------------------------------------------------------------- what ships


def test_the_district_has_its_streets_and_communities(profile):
    assert [street.name for street in profile.streets] == [
        "长庆街道", "武林街道", "天水街道", "潮鸣街道", "朝晖街道", "文晖街道", "东新街道", "石桥街道",
    ]  # fmt: skip
    assert len(profile.communities) == 75
    assert all(community.code.startswith(community.street_code) for community in profile.communities)
    assert Counter(community.street_code for community in profile.communities) == {
        "330103001": 6, "330103002": 7, "330103003": 7, "330103005": 9,
        "330103006": 12, "330103007": 8, "330103008": 16, "330103009": 10,
    }  # fmt: skip


def test_the_boundaries_cover_exactly_the_streets_and_are_marked_approximate(profile):
    assert profile.boundaries_approximate
    codes = [feature["properties"]["code"] for feature in profile.boundaries["features"]]
    assert sorted(codes) == sorted(street.code for street in profile.streets)


def test_office_points_and_cameras_lie_in_the_areas_of_their_streets(profile):
    areas = {
        feature["properties"]["code"]: shapely.geometry.shape(feature["geometry"])
        for feature in profile.boundaries["features"]
    }
    known = [community for community in profile.communities if community.point]
    assert len(known) >= 30
    assert [c.name for c in known if not areas[c.street_code].contains(shapely.Point(c.point))] == []
    cameras = profile.cameras.values()
    assert [c.name for c in cameras if not areas[c.street_code].contains(shapely.Point(c.lon, c.lat))] == []


def test_cameras_are_known_by_both_of_their_codes(profile):
    assert len({camera.name for camera in profile.cameras.values()}) >= 12
    lengths = Counter(len(code) for code in profile.cameras)
    assert lengths[20] == lengths[32] == len(profile.cameras) / 2
    assert all(code == camera.code for code, camera in profile.cameras.items())


def test_the_class_table_holds_every_major_class_and_enough_minor_ones(profile):
    classes = profile.class_table.classes.values()
    majors = {kind: {c.major_class for c in classes if c.kind == kind} for kind in ("event", "component", "category")}
    assert majors["event"] == {"市容环境", "宣传广告", "施工管理", "街面秩序", "突发事件", "其他事件"}
    assert majors["component"] == {"公用设施", "道路交通设施", "市容环境设施", "园林绿化设施", "其他部件"}
    assert {
        "矛盾纠纷",
        "消防隐患",
        "公共安全",
        "食品安全",
        "特种设备",
        "消费投诉",
        "咨询",
        "建议与评价",
        "求助",
    } <= majors["category"]
    counts = Counter(c.kind for c in classes)
    assert counts["event"] >= 50
    assert counts["component"] >= 20
    assert {c.platform for c in classes} == {"governance", "market", "enforcement", "service"}
    assert {c.code[0]: c.platform for c in classes if c.kind == "category"} == {
        "G": "governance", "M": "market", "S": "service",
    }  # fmt: skip


def test_every_class_has_a_limit_that_can_be_worked_out_and_says_where_it_comes_from(profile):
    classes = profile.class_table.classes.values()
    assert [c.code for c in classes if parse_time_limit(c.time_limit) is None] == []
    assert [c.code for c in classes if not c.origin or not c.filing_condition or not c.closing_condition] == []
    assert all(c.assumed for c in classes)


@pytest.mark.parametrize(
    ("scheme", "code", "class_name"),
    [
        ("manual", "E0110", "暴露生活垃圾"),
        ("digital_city", "事件0110", "暴露生活垃圾"),
        ("digital_city", "部件0101", "上水井盖"),
        ("digital_city_6", "200102", "暴露生活垃圾"),
        ("digital_city_6", "100101", "上水井盖"),
        ("hotline", "城乡建设/市容管理/无照经营游商", "无照经营游商"),
        ("ga1400", "661", "无照经营游商"),
        ("hikvision", "131588", "可疑人员或区域闯入"),
        ("hikvision", "169001001", "烟雾火情"),
        ("hikvision", "192515", "烟雾火情"),
        ("gb28181", "5/2", "可疑人员或区域闯入"),
        ("dahua", "881", "烟雾火情"),
        ("detector", "9", "店外经营"),
        ("city_brain", "fire", "烟雾火情"),
        ("work_order", "8/3", "道路不洁"),
    ],
)
def test_codes_of_every_scheme_lead_to_a_class(profile, scheme, code, class_name):
    table = profile.class_table
    assert table.classes[table.mapping[scheme, code]].minor_class == class_name


@pytest.mark.shared_data
def test_nearly_all_kinds_that_cameras_tell_apart_are_mapped(profile, shared_data):
    schemes = {"GA/T1400": "ga1400", "Dahua": "dahua", "chengguan": "detector", "城运平台": "city_brain"}
    with (shared_data / "codes" / "video_analytics_event_codes.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = [
            (next(s for start, s in schemes.items() if r["scheme"].startswith(start)), r["code"])
            for r in csv.DictReader(file)
        ]
    missing = Counter(scheme for scheme, code in listed if (scheme, code) not in profile.class_table.mapping)
    # vehicles passing by, people asleep or smoking, and parking of motor vehicles are nobody's case here
    assert missing == {"detector": 18, "city_brain": 2, "dahua": 1}


def test_every_source_of_the_platform_is_there_with_its_lifecycle_and_topic(profile):
    assert {name: source.lifecycle for name, source in profile.sources.items()} == {
        "digital_city": "upstream", "hotline": "upstream", "city_brain": "own", "work_order": "own",
        "video": "own", "manual": "own", "csv": "own",
    }  # fmt: skip
    assert {name: source.topic for name, source in profile.sources.items()} == {
        name: f"jiedao.330103.{name}" for name in profile.sources
    }
    assert {source.timezone for source in profile.sources.values()} == {"Asia/Shanghai"}


def test_streets_are_known_by_code_names_and_command_centre(profile):
    for alias in ("330103006", "朝晖街道", "朝晖", "下城区朝晖街道", "zhzhzx01", "330103006000"):
        assert profile.street_aliases[alias] == "330103006"
    assert "qzx01" not in profile.street_aliases  # the district's own command centre is no street


def test_a_border_road_lies_in_all_its_streets(profile):
    streets = {place.name: place.street_codes for place in profile.place_names}
    assert set(streets["香积寺路"]) == {"330103008", "330103007"}


def test_the_version_of_the_class_table_names_its_content(profile, folder):
    declared, content = profile.class_table.version.split("@")
    assert declared == "330103-2026.1"
    assert re.fullmatch(r"[0-9a-f]{12}", content)
    assert load_profile(folder).class_table.version == profile.class_table.version
    spoil(folder, "classes.csv", "^(E0110,.*),4小时,", r"\1,3小时,")
    assert load_profile(folder).class_table.version != profile.class_table.version


# ------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("file", "pattern", "replacement", "fault"),
    [
        ("district.toml", "^name = .*\n", "", "district.toml name: the setting is missing; write a text"),
        ("district.toml", "^code =", "cod =", "district.toml cod: there is no such setting; known are boundaries, "),
        ("district.toml", "^west = .*", 'west = "x"', "district.toml [bounds] west: 'x' is not right here; write a number"),
        ("district.toml", "^west = .*", "west = 170.0", "[bounds] west: the bounds enclose nothing"),
        ("district.toml", "Asia/Shanghai", "Asia/Xiacheng", "timezone: 'Asia/Xiacheng' is not right here"),
        ("district.toml", '"08:00", "12:00"', '"12:00", "08:00"', "[working_hours] spans:"),
        ("district.toml", 'kind = "china"', 'kind = "moon"', "[calendar] kind: 'moon' is not right here; write one of china"),
        ("district.toml", "^approximate = true", "approximate = 1", "approximate: 1 is not right here; write true or false"),
        ("district.toml", r"^edge_tolerance_m = .*", "edge_tolerance_m = -1", "cannot be negative"),
        ("district.toml", "^city", "[", "district.toml: not readable as TOML"),
        ("streets.csv", "^code,name", "code,title", "streets.csv line 1: the column name is missing; add it"),
        ("streets.csv", "^330103002,", "330103001,", "streets.csv line 3: '330103001' stands already in line 2"),
        ("streets.csv", "^330103009,.*\n", "", "there is no street '330103009' in streets.csv"),
        ("communities.csv", "^(330103001051,.*),330103001,", r"\1,330103004,", "communities.csv line 2: there is no street '330103004'"),
        ("communities.csv", "浙大御跸社区", "", "communities.csv line 2: name is empty; fill it in"),
        ("communities.csv", ",nbs_2020,false$", ",hearsay,false", "the origin 'hearsay' is not explained; add it to [origins]"),
        ("communities.csv", ",false$", ",no", "assumed is 'no'; write true or false"),
        ("classes.csv", "^(E0110,.*),enforcement,", r"\1,police,", "platform is 'police'; write one of governance, market, enforcement, service"),
        ("classes.csv", "^E0110,event", "E0110,happening", "kind is 'happening'"),
        ("classes.csv", "^E0110,", "C0999,", "the code 'C0999' of a event must begin with E"),
        ("classes.csv", "^G0101,", "E9999,", "the code 'E9999' of a category must begin with a capital other than E and C"),
        ("classes.csv", "^(E0110,event),01,", r"\1,02,", "must end with its major_code and minor_code"),
        ("classes.csv", "^(E0110,.*),3,4小时,", r"\1,5,4小时,", "priority is '5'; write one of 1, 2, 3, 4"),
        ("classes.csv", "^(E0110,.*),4小时,", r"\1,soon,", "the time limit 'soon' names no length; write one like 2工作日"),
        ("classes.csv", "^E0110,", "E0110,x,", "15 cells where the header has 14; quote commas in a cell"),
        ("class_mapping.csv", "^(ga1400,661,.*),E0401,", r"\1,E9999,", "there is no class 'E9999' in classes.csv"),
        ("class_mapping.csv", "^ga1400,661,", "ga1400,660,", "'ga1400' '660' stands already in line"),
        ("class_mapping.csv", "^ga1400,661,", "manual,661,", "the scheme manual is the district's own codes"),
        ("class_mapping.csv", "^ga1400,661,", 'ga1400,"661,', "not readable as CSV"),
        ("place_names.csv", "330103009 330103008", "330103009 9", "place_names.csv line 2: there is no street '9'"),
        ("street_aliases.csv", "^zhzhzx01,330103006", "zhzhzx01,x", "there is no street 'x' in streets.csv"),
        ("street_aliases.csv", "^zhzhzx01,", "文晖街道,", "'文晖街道' is another street's official name; remove it"),
        ("cameras.csv", "33010300001320000002", "33010300001320000001", "the code 33010300001320000001 is another camera's"),
        ("cameras.csv", ",gcj02,", ",moon,", "crs is 'moon'; write one of wgs84, cgcs2000, gcj02, bd09"),
        ("cameras.csv", ",120.173482,", ",east,", "lon is 'east'; write a number"),
        ("office_points.csv", "^code,", "kode,", "office_points.csv lacks the columns code"),
        ("boundaries.geojson", '"code":"330103001"', '"code":"x"', "boundaries.geojson: the street 330103001 has no area; add one"),
        ("boundaries.geojson", '"features"', '"feature"', "not a GeoJSON FeatureCollection"),
        ("sources.toml", '^lifecycle = "upstream"', 'lifecycle = "theirs"', "sources.toml [digital_city] lifecycle: 'theirs' is not right here; write one of own, upstream"),
        ("sources.toml", '^crs = "gcj02"', 'crs = "mars"', "[hotline] crs: 'mars' is not right here"),
        ("sources.toml", "^channel", "chanel", "[digital_city] chanel: there is no such setting"),
        ("sources.toml", "jiedao.330103.hotline", "jiedao.330103.digital_city", "is also the topic of digital_city; give each its own"),
        ("sources.toml", '^class_scheme = "hotline"', 'class_scheme = "phone"', "no code of 'phone' stands in class_mapping.csv"),
        ("sources.toml", r"^\[csv\]", "[CSV]", "sources.toml [CSV]: a source is named by small letters"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place_and_what_to_do(folder, file, pattern, replacement, fault):
    spoil(folder, file, pattern, replacement)
    faults = faults_of(folder)
    assert any(fault in line for line in faults), faults


@pytest.mark.parametrize("file", ["district.toml", "sources.toml", "streets.csv", "classes.csv", "boundaries.geojson"])
def test_a_file_that_every_profile_needs_may_not_lack(folder, file):
    (folder / file).unlink()
    assert f"  {file}: the file is missing; every profile needs it" in faults_of(folder)


def test_a_file_in_another_encoding_is_refused_with_the_place(folder):
    (folder / "streets.csv").write_bytes((folder / "streets.csv").read_text("utf-8").encode("gb18030"))
    assert any("streets.csv: not UTF-8 at byte" in line for line in faults_of(folder))


def test_without_streets_nothing_else_is_blamed(folder):
    (folder / "streets.csv").unlink()
    assert faults_of(folder) == [
        "  streets.csv: the file is missing; every profile needs it",
        "  streets.csv: no street is listed; a district has at least one",
    ]


def test_all_faults_are_told_at_once(folder):
    spoil(folder, "district.toml", "^city = .*\n", "")
    spoil(folder, "classes.csv", "^(E0110,.*),4小时,", r"\1,soon,")
    spoil(folder, "class_mapping.csv", "^(ga1400,661,.*),E0401,", r"\1,E9999,")
    spoil(folder, "sources.toml", '^crs = "gcj02"', 'crs = "mars"')
    assert len(faults_of(folder)) == 4


def test_a_small_profile_needs_no_communities_place_names_cameras_or_aliases(folder):
    for file in ("communities.csv", "place_names.csv", "cameras.csv", "street_aliases.csv"):
        (folder / file).unlink()
    small = load_profile(folder)
    assert (small.communities, small.place_names, small.cameras) == ((), (), {})
    assert small.street_aliases["朝晖街道"] == "330103006"


def test_an_unknown_district_is_told_which_there_are():
    with pytest.raises(ConfigurationError, match="there are 330103"):
        find_profile(CONFIG, "330105")
    with pytest.raises(ConfigurationError, match=r"no profile of a district '\.\./330103'"):
        find_profile(CONFIG, "../330103")


def test_a_folder_must_be_named_by_the_code_of_its_district(folder):
    districts = folder.parents[0] / "districts"
    districts.mkdir()
    folder.rename(districts / "330105")
    with pytest.raises(ConfigurationError, match="says that its code is '330103'"):
        find_profile(folder.parents[0], "330105")


# --------------------------------------------------------------------------------- facts agree with their sources


@pytest.mark.shared_data
def test_streets_and_communities_are_those_of_the_statistics_bureau(profile, shared_data):
    for file, places in (("streets_2020.csv", profile.streets), ("communities_2020.csv", profile.communities)):
        with (shared_data / "xiacheng" / file).open(encoding="utf-8-sig", newline="") as facts:
            assert {(row["code"], row["name"]) for row in csv.DictReader(facts)} == {(p.code, p.name) for p in places}


@pytest.mark.shared_data
def test_classes_with_a_published_origin_have_its_numbers_names_and_limits(profile, shared_data):
    letters = {"事件": "E", "部件": "C"}
    published = {}
    with (shared_data / "codes" / "class_table_yuncheng.csv").open(encoding="utf-8-sig", newline="") as facts:
        for row in csv.DictReader(facts):
            code = letters[row["类"]] + row["大类代码"] + row["小类代码"]
            published.setdefault((code, row["大类"], row["小类"]), set()).add(row["处置时限"])
    ours = [c for c in profile.class_table.classes.values() if c.origin == "yuncheng"]
    assert len(ours) >= 150
    wrong = [c.code for c in ours if c.time_limit not in published.get((c.code, c.major_class, c.minor_class), ())]
    assert wrong == []


@pytest.mark.shared_data
def test_six_digit_codes_are_those_that_chaoyang_publishes(profile, shared_data):
    with (shared_data / "codes" / "szcg_class_codes_beijing_chaoyang.csv").open(
        encoding="utf-8-sig", newline=""
    ) as facts:
        published = {row["app_code"] for row in csv.DictReader(facts)}
    ours = {code for scheme, code in profile.class_table.mapping if scheme == "digital_city_6"}
    assert len(ours) >= 100
    assert ours <= published
