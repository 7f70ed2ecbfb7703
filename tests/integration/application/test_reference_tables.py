"""Adopting boundary sets and class tables, and which of them is in force, on the real log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from jiedao.application import in_force
from jiedao.application.district_application import DistrictApplication
from jiedao.application.in_force import ClassesInForce, JurisdictionInForce
from jiedao.application.reference_tables import NewBoundarySet, ReferenceTables
from jiedao.domain.access import Holder
from jiedao.domain.classification import Classifier
from jiedao.domain.errors import ConfigurationError, InvalidInputError
from jiedao.domain.profile import ClassTable, IncidentClass, Street
from jiedao.domain.report import IncidentReport, ReportedPlace, SourceClass
from jiedao.domain.terms import Role
from jiedao.geo.boundary_file import read_boundaries
from jiedao.geo.boundary_report import UnknownName
from jiedao.store.files import FolderFileStore
from tests.e2e.http.district import EAST, PROFILE, WEST, _feature

ACTOR = Holder("", "console:li", Role.ADMINISTRATOR)
MIDDLE = ReportedPlace(120.1695, 30.28)  # west of the profile's border, east of the moved one
MOVED = 120.169
SHIPPED = PROFILE.boundaries_version


class SetClock:
    def __init__(self, moment):
        self.moment = moment

    def now(self):
        return self.moment


@pytest.fixture
def clock():
    return SetClock(datetime(2026, 11, 24, 4, 0, tzinfo=UTC))


@pytest.fixture
def open_tables(database_url, tmp_path, clock):
    """Each call is another process's view of the same district."""
    with ExitStack() as stack:

        def make(profile=PROFILE):
            application = stack.enter_context(DistrictApplication({"JIEDAO_DATABASE_URL": database_url}))
            return ReferenceTables(application, FolderFileStore(tmp_path / "files"), clock, profile)

        yield make


@pytest.fixture
def tables(open_tables):
    tables = open_tables()
    tables.adopt_profile(ACTOR)
    return tables


def moved(border=MOVED, codes=(WEST, EAST)):
    west, east = codes
    features = [_feature(west, "朝晖街道", 120.15, border), _feature(east, "文晖街道", border, 120.19)]
    return read_boundaries({"type": "FeatureCollection", "features": features})


def new(version="surveyed-2026", day=date(2026, 1, 1)):
    return NewBoundarySet(version, day, approximate=False, origin="file:surveyed.geojson")


def test_the_profiles_tables_are_adopted_once(open_tables):
    assert open_tables().adopt_profile(ACTOR) == [SHIPPED, "classes-1"]
    assert open_tables().adopt_profile(ACTOR) == []
    boundaries, classes = open_tables().adoptions()
    assert (boundaries.version, boundaries.approximate, boundaries.street_codes) == (SHIPPED, True, (WEST, EAST))
    assert (classes.version, classes.context.actor) == ("classes-1", "console:li")


def test_two_processes_that_start_at_once_adopt_once(open_tables):
    processes = [open_tables() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda tables: tables.adopt_profile(ACTOR), processes))
    assert [one.version for one in processes[0].adoptions()] == [SHIPPED, "classes-1"]


def test_a_version_names_one_content_for_ever(tables):
    assert tables.adopt_boundaries(moved(), new(), ACTOR)
    assert not tables.adopt_boundaries(moved(), new(), ACTOR)
    with pytest.raises(ConfigurationError, match="'surveyed-2026' was adopted before with other content"):
        tables.adopt_boundaries(moved(120.1693), new(), ACTOR)
    with pytest.raises(ConfigurationError, match="or another day"):
        tables.adopt_boundaries(moved(), new(day=date(2026, 2, 1)), ACTOR)


def test_the_set_in_force_is_the_latest_effective_by_today_in_the_districts_zone(tables, clock):
    tables.adopt_boundaries(moved(), new("tomorrow", date(2026, 11, 25)), ACTOR)
    assert tables.boundaries_in_force().version == SHIPPED
    clock.moment = datetime(2026, 11, 24, 15, 59, 59, tzinfo=UTC)
    assert tables.boundaries_in_force().version == SHIPPED
    clock.moment = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)  # midnight in Hangzhou
    assert tables.boundaries_in_force().version == "tomorrow"


def test_of_two_sets_with_the_same_day_the_one_adopted_last_holds(tables):
    tables.adopt_boundaries(moved(), new("one"), ACTOR)
    tables.adopt_boundaries(moved(120.1693), new("other"), ACTOR)
    tables.adopt_boundaries(moved(), new("older", date(2025, 1, 1)), ACTOR)
    assert tables.boundaries_in_force().version == "other"


def test_places_are_decided_by_the_set_in_force_as_soon_as_it_changes(tables, open_tables, monkeypatch):
    monkeypatch.setattr(in_force, "LOOK_SECONDS", 0.0)
    jurisdiction = JurisdictionInForce(tables, replace(PROFILE, edge_tolerance_m=0.0))
    (before,) = jurisdiction.decide([MIDDLE])
    open_tables().adopt_boundaries(moved(), new(), ACTOR)
    (after,) = jurisdiction.decide([MIDDLE])
    assert (before.street_code, before.boundary_set) == (WEST, SHIPPED)
    assert (after.street_code, after.boundary_set) == (EAST, "surveyed-2026")


def test_areas_may_come_under_an_alias_of_the_street(open_tables):
    profile = replace(PROFILE, street_aliases={"330105099": WEST})
    tables = open_tables(profile)
    tables.adopt_profile(ACTOR)
    tables.adopt_boundaries(moved(codes=("330105099", EAST)), new(), ACTOR)
    assert tables.boundaries_in_force().street_codes == (WEST, EAST)


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        (("999999999", EAST), "areas of no street of 下城区: 999999999"),
        (("330105099", WEST), "two areas|no area for 330103007"),
    ],
)
def test_a_set_of_other_streets_is_refused(open_tables, codes, sentence):
    tables = open_tables(replace(PROFILE, street_aliases={"330105099": WEST}))
    with pytest.raises(InvalidInputError, match=sentence):
        tables.adopt_boundaries(moved(codes=codes), new(), ACTOR)


def districts(*streets):
    """A set of areas: (code, name, west, east) in degrees."""
    features = [_feature(*street) for street in streets]
    return read_boundaries({"type": "FeatureCollection", "features": features})


def test_areas_out_of_the_profiles_bounds_are_refused_by_name(tables):
    away = districts((WEST, "朝晖街道", 120.15, 120.17), (EAST, "文晖街道", 120.29, 120.31))
    with pytest.raises(InvalidInputError, match=r"not within the profile's bounds .*: 330103007 \(文晖街道\);"):
        tables.adopt_boundaries(away, new(), ACTOR)
    assert tables.boundaries_in_force().version == SHIPPED


def test_of_many_areas_out_of_bounds_five_are_named_and_the_others_counted(open_tables):
    codes = [f"33010300{i}" for i in range(1, 9)]
    profile = replace(PROFILE, streets=tuple(Street(code, f"{code}街道") for code in codes), bounds=(0, 0, 1, 1))
    with pytest.raises(InvalidInputError) as refused:
        open_tables(profile).of_district(
            districts(*((code, f"{code}街道", 120 + i / 100, 120 + (i + 1) / 100) for i, code in enumerate(codes)))
        )
    assert "330103005 (330103005街道), and 3 more;" in str(refused.value)
    assert "330103006" not in str(refused.value)


@pytest.mark.parametrize("other", ["文晖街道", "文晖"])
def test_names_that_are_shifted_against_the_codes_are_refused(open_tables, other):
    tables = open_tables(replace(PROFILE, street_aliases={"文晖": EAST}))
    shifted = districts((WEST, other, 120.15, 120.17), (EAST, "朝晖街道", 120.17, 120.19))
    with pytest.raises(InvalidInputError) as refused:
        tables.adopt_boundaries(shifted, new(), ACTOR)
    assert f"{WEST} is named {other}, which is {EAST}" in str(refused.value)
    assert f"{EAST} is named 朝晖街道, which is {WEST}" in str(refused.value)


def test_a_name_that_is_no_streets_is_only_told(tables):
    areas = districts((WEST, "Zhaohui", 120.15, 120.17), (EAST, "文晖街道", 120.17, 120.19))
    assert tables.of_district(areas).report.unknown_names == (UnknownName(WEST, "Zhaohui"),)
    assert tables.adopt_boundaries(areas, new(), ACTOR)


def test_areas_that_share_most_of_the_smaller_one_are_refused_and_less_is_only_reported(tables):
    most = districts((WEST, "朝晖街道", 120.15, 120.19), (EAST, "文晖街道", 120.179, 120.199))
    with pytest.raises(InvalidInputError, match=f"{WEST} and {EAST} share 55% of the smaller"):
        tables.adopt_boundaries(most, new(), ACTOR)
    some = districts((WEST, "朝晖街道", 120.15, 120.19), (EAST, "文晖街道", 120.181, 120.201))
    assert tables.adopt_boundaries(some, new(), ACTOR)
    assert tables.boundaries_in_force().overlaps == 1


def test_a_class_table_is_read_back_as_it_was(open_tables):
    row = IncidentClass(
        "E0101",
        "event",
        "01",
        "市容环境",
        "01",
        "占道经营",
        "enforcement",
        "城管",
        2,
        "4小时",
        origin="x",
        assumed=True,
    )
    table = ClassTable("classes-2", date(2026, 1, 1), {"E0101": row}, {("hotline", "城市管理/占道"): "E0101"})
    tables = open_tables(replace(PROFILE, class_table=table))
    tables.adopt_profile(ACTOR)
    assert tables.read_classes(tables.classes_in_force()) == table
    report = IncidentReport(
        "hotline",
        "1",
        1,
        "own",
        "c",
        "t",
        "",
        datetime(2026, 11, 24, 1, tzinfo=UTC),
        source_class=SourceClass("hotline", "城市管理/占道/夜间"),
    )
    assert ClassesInForce(tables).decide([report]) == Classifier(table).decide([report])
    assert Classifier(table).decide([report])[0].time_limit == "4小时"


def test_without_a_set_in_force_it_says_what_to_do(open_tables):
    with pytest.raises(ConfigurationError, match="no boundary set is in force today: import one"):
        open_tables().boundaries_in_force()
    with pytest.raises(ConfigurationError, match="no class table is in force today"):
        open_tables().classes_in_force()
