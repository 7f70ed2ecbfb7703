"""Loads a district's profile (区级配置): a folder of plain TOML, CSV and GeoJSON files that makes one installation.

The loader is strict, because a profile decides whose case something is: it names every fault at once, with its file
and line and what to do, and never guesses.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from jiedao.application.calendar import CALENDARS
from jiedao.application.profile_classes import MAPPING_FILE, read_class_table
from jiedao.application.profile_clocks import read_clocks
from jiedao.application.profile_duplicates import read_duplicate_rules
from jiedao.application.profile_duty import read_duty_rules
from jiedao.application.profile_extensions import read_extensions
from jiedao.application.profile_faults import Faults
from jiedao.application.profile_places import (
    STREETS_FILE,
    read_aliases,
    read_boundaries_file,
    read_cameras,
    read_communities,
    read_place_names,
    read_streets,
)
from jiedao.application.profile_retention import read_retention
from jiedao.application.profile_routing import read_routing
from jiedao.application.profile_settings import Section, read_section
from jiedao.application.profile_tables import TableReader, read_text
from jiedao.application.profile_upstream import read_upstream
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.profile import CalendarSettings, DistrictProfile, SourceSettings, WorkingHours
from jiedao.domain.terms import Crs, Lifecycle

DISTRICT_FILE = "district.toml"
SOURCES_FILE = "sources.toml"
DISTRICTS_FOLDER = "districts"
_SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]*")
_EDGES = ("west", "south", "east", "north")
_FARTHEST = (-180.0, -90.0, 180.0, 90.0)


def find_profile(config_directory: Path, code: str) -> DistrictProfile:
    """Load the profile of a district from ``<config_directory>/districts/<code>``.

    Raises ConfigurationError when there is no such profile, or when it has faults.
    """
    folder = config_directory / DISTRICTS_FOLDER
    known = sorted(path.parent.name for path in folder.glob(f"*/{DISTRICT_FILE}"))
    if code not in known:
        there = f"there are {', '.join(known)}" if known else "there is none"
        raise ConfigurationError(
            f"no profile of a district {code!r} in {folder} ({there}); choose one, or add a folder"
        )
    profile = load_profile(folder / code)
    if profile.code != code:
        raise ConfigurationError(
            f"the profile in {folder / code} says that its code is {profile.code!r}; rename the folder or correct it"
        )
    return profile


def load_profile(directory: Path) -> DistrictProfile:
    """Load the profile in a directory.

    Raises ConfigurationError that lists all its faults, one a line: file, line or setting, what is wrong, what to do.
    """
    faults = Faults(directory)
    district = read_section(
        DISTRICT_FILE, read_text(directory / DISTRICT_FILE, DISTRICT_FILE, faults, needed=True), faults
    )
    origins = district.mapping("origins")
    tables = TableReader(directory, frozenset(origins), faults)
    profile = _profile(district, tables)
    district.finish()
    faults.raise_any()
    return profile


def _profile(district: Section, tables: TableReader) -> DistrictProfile:
    boundaries, classes = district.section("boundaries"), district.section("class_table")
    streets = read_streets(tables)
    codes = [street.code for street in streets]
    table = read_class_table(tables, classes.text("version"), classes.day("effective_from"))
    timezone = district.timezone("timezone")
    profile = DistrictProfile(
        code=district.text("code"),
        name=district.text("name"),
        city=district.text("city"),
        timezone=timezone,
        bounds=_bounds(district.section("bounds")),
        edge_tolerance_m=_tolerance(boundaries),
        streets=streets,
        communities=read_communities(tables, codes, boundaries.text("office_points", default="")),
        place_names=read_place_names(tables, codes),
        class_table=table,
        sources=_sources(tables, {scheme for scheme, _ in table.mapping}),
        cameras=read_cameras(tables, codes),
        working_hours=_working_hours(district.section("working_hours"), timezone),
        street_aliases=read_aliases(tables, streets),
        boundaries=read_boundaries_file(tables, boundaries.text("file"), codes),
        boundaries_version=boundaries.text("version"),
        boundaries_effective_from=boundaries.day("effective_from"),
        boundaries_approximate=boundaries.truth("approximate"),
        calendar=_calendar(district.section("calendar")),
        clocks=read_clocks(district),
        duplicates=read_duplicate_rules(tables, table),
        duty=read_duty_rules(tables),
        extensions=read_extensions(tables, table.classes),
        retention=read_retention(district),
    )
    profile = replace(profile, routing=read_routing(tables, profile))
    if not streets:
        tables.faults.add(STREETS_FILE, None, "no street is listed; a district has at least one")
    boundaries.finish()
    classes.finish()
    return profile


def _bounds(section: Section) -> tuple[float, float, float, float]:
    west, south, east, north = (section.number(edge) for edge in _EDGES)
    section.finish()
    inside = _FARTHEST[0] <= west < east <= _FARTHEST[2] and _FARTHEST[1] <= south < north <= _FARTHEST[3]
    if not inside:
        section.fault("west", "the bounds enclose nothing; west and south must be less than east and north, in degrees")
    return west, south, east, north


def _tolerance(section: Section) -> float:
    metres = section.number("edge_tolerance_m")
    if not metres >= 0.0:
        section.fault("edge_tolerance_m", "a distance in metres cannot be negative; write 0 or more")
    return metres


def _working_hours(section: Section, timezone: str) -> WorkingHours:
    hours = WorkingHours(section.spans("spans"), timezone)
    section.finish()
    return hours


def _calendar(section: Section) -> CalendarSettings:
    settings = CalendarSettings(
        kind=section.one_of("kind", CALENDARS),
        years=section.years("years"),
        holidays=section.days("holidays"),
        workdays=section.days("workdays"),
    )
    section.finish()
    if both := settings.holidays & settings.workdays:
        section.fault("holidays", f"{min(both)} is also among the workdays; remove one")
    return settings


def _sources(tables: TableReader, schemes: Collection[str]) -> dict[str, SourceSettings]:
    text = read_text(tables.directory / SOURCES_FILE, SOURCES_FILE, tables.faults, needed=True)
    whole = read_section(SOURCES_FILE, text, tables.faults)
    sources = {name: _source(name, whole.section(name), schemes) for name in whole.keys}
    of_topic: dict[str, str] = {}
    for name, settings in sources.items():
        other = of_topic.setdefault(settings.topic, name)
        if other != name:
            whole.section(name).fault("topic", f"{settings.topic!r} is also the topic of {other}; give each its own")
    return sources


def _source(name: str, section: Section, schemes: Collection[str]) -> SourceSettings:
    settings = SourceSettings(
        name=name,
        label=section.text("label"),
        adapter=section.text("adapter"),
        lifecycle=section.one_of("lifecycle", list(Lifecycle)),
        crs=section.one_of("crs", list(Crs)),
        timezone=section.timezone("timezone"),
        channel=section.text("channel"),
        class_scheme=section.text("class_scheme"),
        topic=section.text("topic"),
        options=section.mapping("options"),
        upstream=read_upstream(section),
    )
    section.finish()
    if not _SOURCE_NAME.fullmatch(name):
        section.fault("", "a source is named by small letters, digits and _; rename it")
    if schemes and settings.class_scheme and settings.class_scheme not in schemes:
        section.fault("class_scheme", f"no code of {settings.class_scheme!r} stands in {MAPPING_FILE}; add its codes")
    return settings
