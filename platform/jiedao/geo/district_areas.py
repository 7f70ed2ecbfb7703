"""Tells whether a boundary set can be that of a district: its streets, its names, its ground.

What is plainly wrong (another city's file, names shifted against codes, one area drawn twice) is refused and says
which areas; where a surveyor and the profile merely differ, that is told and left to people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import shapely

from jiedao.domain.errors import InvalidInputError
from jiedao.domain.profile import DistrictProfile
from jiedao.geo.boundary_checks import overlaps
from jiedao.geo.boundary_report import ImportedBoundaries, UnknownName, some_of
from jiedao.geo.plane import area_m2

# Two real neighbours may claim a good part of each other (a third, in Los Angeles), but never most of one.
MOST_SHARED = 0.5


def under_district_codes(boundaries: ImportedBoundaries, profile: DistrictProfile) -> ImportedBoundaries:
    """Give the areas the district's codes, sorted by them; a code of the file may be an alias of a street.

    The report goes on naming what is in the file.
    Raises InvalidInputError when there is not exactly one area for each street of the district.
    """
    streets = {street.code: street.name for street in profile.streets}
    codes = [code if code in streets else profile.street_aliases.get(code, code) for code in boundaries.codes]
    unknown = sorted(set(codes) - set(streets))
    if unknown:
        raise InvalidInputError(
            f"the set has areas of no street of {profile.name}: {some_of(unknown)}; leave them out,"
            " or name the code in street_aliases.csv of the profile"
        )
    missing = [f"{code} {streets[code]}" for code in sorted(set(streets) - set(codes))]
    if missing:
        raise InvalidInputError(f"the set has no area for {some_of(missing)}; every street of the district needs one")
    if len(set(codes)) != len(codes):
        raise InvalidInputError("two areas of the set are of the same street; join them into one feature")
    order = sorted(range(len(codes)), key=codes.__getitem__)
    return ImportedBoundaries(
        tuple(codes[i] for i in order),
        tuple(boundaries.names[i] or streets[codes[i]] for i in order),
        tuple(boundaries.polygons[i] for i in order),
        boundaries.report,
    )


def compared_with_district(boundaries: ImportedBoundaries, profile: DistrictProfile) -> ImportedBoundaries:
    """Check areas that have the district's codes; names that no street is known by are added to the report.

    Raises InvalidInputError naming the areas that lie out of the profile's bounds, are named as another street, or
    share more than MOST_SHARED of the smaller one with another.
    """
    known = _known_names(profile)
    wrong = [
        *_out_of_bounds(boundaries, profile),
        *_named_as_others(boundaries, known),
        *_drawn_twice(boundaries),
    ]
    if wrong:
        raise InvalidInputError(f"the set cannot be that of {profile.name}: {'; '.join(wrong)}")
    unknown = tuple(
        UnknownName(code, name)
        for code, name in zip(boundaries.codes, boundaries.names, strict=True)
        if name not in known
    )
    return replace(boundaries, report=replace(boundaries.report, unknown_names=unknown))


def _known_names(profile: DistrictProfile) -> Mapping[str, frozenset[str]]:
    """Every name and alias of a street, and the codes of those that it may mean."""
    known: dict[str, frozenset[str]] = {}
    names = [(street.name, street.code) for street in profile.streets]
    for name, code in (*names, *profile.street_aliases.items()):
        known[name] = known.get(name, frozenset()) | {code}
    return known


def _out_of_bounds(boundaries: ImportedBoundaries, profile: DistrictProfile) -> Iterator[str]:
    west, south, east, north = profile.bounds
    extents = shapely.bounds(np.array(boundaries.polygons, dtype=object))
    within = (extents[:, :2] >= (west, south)).all(axis=1) & (extents[:, 2:] <= (east, north)).all(axis=1)
    outside = [f"{boundaries.codes[i]} ({boundaries.names[i]})" for i in np.flatnonzero(~within)]
    if outside:
        yield (
            f"not within the profile's bounds (longitude {west:g} to {east:g}, latitude {south:g} to {north:g}):"
            f" {some_of(outside)}; give this district's file, in degrees, longitude first"
        )


def _named_as_others(boundaries: ImportedBoundaries, known: Mapping[str, frozenset[str]]) -> Iterator[str]:
    others = [
        f"{code} is named {name}, which is {' or '.join(sorted(known[name]))}"
        for code, name in zip(boundaries.codes, boundaries.names, strict=True)
        if code not in known.get(name, {code})
    ]
    if others:
        yield f"{some_of(others)}; the file's codes and names contradict each other: correct them, or say which to read"


def _drawn_twice(boundaries: ImportedBoundaries) -> Iterator[str]:
    polygons = np.array(boundaries.polygons, dtype=object)
    areas = dict(zip(boundaries.codes, area_m2(polygons).tolist(), strict=True))
    shared = [
        (one, one.area_m2 / min(areas[one.first], areas[one.second])) for one in overlaps(boundaries.codes, polygons)
    ]
    twice = [
        f"{one.first} and {one.second} share {part:.0%} of the smaller" for one, part in shared if part > MOST_SHARED
    ]
    if twice:
        yield f"{some_of(twice)}; ground belongs to one street: correct the areas"
