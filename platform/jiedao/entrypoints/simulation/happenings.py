"""What happens in a simulated district: made-up matters at made-up places, drawn from the district's own profile.

The same seed gives the same happenings. People have no names of real ones and numbers that nobody has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import shapely

from jiedao.domain.profile import Camera, DistrictProfile, IncidentClass
from jiedao.geo.boundary_file import read_boundaries

_BUSY_HOURS = (1, 1, 1, 1, 1, 2, 4, 8, 12, 12, 10, 8, 6, 8, 10, 11, 10, 8, 7, 6, 5, 4, 2, 1)
"""How many reports come in each hour of a day, in proportion."""

_SEEN_TWICE = 0.04
"""The share of happenings that a second source reports too, near in space and time."""

_NEARBY_DEGREES = 0.0002
_SOON = timedelta(minutes=40)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened: reported by ``source`` at ``at``, called ``source_class`` there.

    ``same_as`` is the number of the report of the same happening that another source sent before. ``lon``/``lat`` are
    degrees WGS-84, ``None`` where the report has no coordinates. ``number`` is its own for ever.
    """

    number: int
    source: str
    at: datetime
    source_class: str
    title: str
    address: str
    lon: float | None
    lat: float | None
    camera: Camera | None = None
    same_as: int | None = None


class Happenings:
    """Draws the happenings of a district's days."""

    def __init__(self, profile: DistrictProfile, sources: Sequence[str], random: Random) -> None:
        self._profile = profile
        self._random = random
        self._sources = [name for name in sources if name in profile.sources]
        self._cameras = [profile.cameras[code] for code in sorted(profile.cameras)]
        self._areas = read_boundaries(profile.boundaries, examine=False).polygons
        shapely.prepare(self._areas)
        self._codes: Mapping[str, list[tuple[str, IncidentClass]]] = self._source_codes()
        self._number = 0

    def of_day(self, midnight: datetime, count: int) -> Iterator[Happening]:
        """Draw the happenings of the day that begins at ``midnight``, in the order of time."""
        drawn = sorted(self._moment(midnight) for _ in range(count))
        for at in drawn:
            happening = self._draw(at)
            yield happening
            if self._random.random() < _SEEN_TWICE and happening.lon is not None:
                yield self._seen_by_another(happening)

    def _moment(self, midnight: datetime) -> datetime:
        hour = self._random.choices(range(24), _BUSY_HOURS)[0]
        return midnight + timedelta(hours=hour, seconds=self._random.randrange(3600))

    def _draw(self, at: datetime) -> Happening:
        self._number += 1
        random = self._random
        source = random.choice(self._sources)
        code, incident_class = random.choice(self._codes[source])
        community = random.choice(self._profile.communities) if self._profile.communities else None
        address = f"{community.name}{random.randrange(1, 40)}号附近" if community else "某处"
        found = Happening(self._number, source, at, code, incident_class.minor_class, address, None, None)
        if self._profile.sources[source].adapter == "video":
            return replace(found, camera=random.choice(self._cameras))
        if random.random() < _WITH_COORDINATES:
            lon, lat = self._place()
            return replace(found, lon=lon, lat=lat)
        return found

    def _seen_by_another(self, seen: Happening) -> Happening:
        """The same matter, reported by another source that has a word for it, a little later and a few metres off."""
        own = next(klass.code for code, klass in self._codes[seen.source] if code == seen.source_class)
        others = [
            (source, code)
            for source in self._sources
            if source != seen.source and self._profile.sources[source].adapter != "video"
            for code, klass in self._codes[source]
            if klass.code == own
        ]
        source, code = self._random.choice(others) if others else (seen.source, seen.source_class)
        self._number += 1
        lon, lat = seen.lon or 0.0, seen.lat or 0.0
        return replace(
            seen,
            number=self._number,
            same_as=seen.number,
            source=source,
            source_class=code,
            at=seen.at + _SOON * self._random.random(),
            lon=lon + self._random.uniform(-_NEARBY_DEGREES, _NEARBY_DEGREES),
            lat=lat + self._random.uniform(-_NEARBY_DEGREES, _NEARBY_DEGREES),
        )

    def _place(self) -> tuple[float, float]:
        """A point within one of the district's areas."""
        area = self._random.choice(list(self._areas))
        west, south, east, north = shapely.bounds(area)
        while True:
            lon, lat = self._random.uniform(west, east), self._random.uniform(south, north)
            if shapely.contains_xy(area, lon, lat):
                return lon, lat

    def _source_codes(self) -> Mapping[str, list[tuple[str, IncidentClass]]]:
        """The codes by which each source calls our classes; a source that speaks our own codes knows them all."""
        table = self._profile.class_table
        by_scheme: dict[str, list[tuple[str, IncidentClass]]] = defaultdict(list)
        for (scheme, code), own in sorted(table.mapping.items()):
            by_scheme[scheme].append((code, table.classes[own]))
        own_codes = [(code, table.classes[code]) for code in sorted(table.classes)]
        return {name: by_scheme.get(self._profile.sources[name].class_scheme) or own_codes for name in self._sources}


_WITH_COORDINATES = 0.85
"""The share of reports that come with coordinates; the others have an address."""
