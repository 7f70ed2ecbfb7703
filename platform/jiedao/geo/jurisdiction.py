"""Gives places to streets, a batch at a time, and says of each how it was found and on which boundary set.

Coordinates outweigh an address, an address outweighs what the source asserts; what contradicts is flagged and noted
with the decision, never dropped. Where nothing decides, the answer is none, and a person will.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from jiedao.domain.decisions import JurisdictionDecision
from jiedao.domain.profile import Community, DistrictProfile, PlaceName, Street
from jiedao.domain.report import ReportedPlace
from jiedao.domain.terms import MatchMethod, ReportFlag
from jiedao.geo.boundary_file import read_boundaries
from jiedao.geo.boundary_report import ImportedBoundaries
from jiedao.geo.crs import to_wgs84
from jiedao.geo.gazetteer import NOTHING, Gazetteer, PlaceMatch
from jiedao.geo.plane import Floats
from jiedao.geo.street_index import Located, StreetIndex

_NAN = float("nan")


class BoundaryJurisdiction:
    """The jurisdiction of a district's streets under one boundary set; implements the port ``Jurisdiction``.

    It never changes after it is made, so threads may share it; a new boundary set makes a new one.
    """

    def __init__(  # noqa: PLR0913  # the parts of a profile, by keyword
        self,
        *,
        boundary_set: str,
        boundaries: ImportedBoundaries,
        tolerance_m: float,
        streets: Sequence[Street],
        communities: Sequence[Community] = (),
        place_names: Sequence[PlaceName] = (),
        street_aliases: Mapping[str, str] | None = None,
        district: str = "",
        city: str = "",
    ) -> None:
        """Build it from a boundary set's version and areas, and the names of the district.

        ``tolerance_m`` is the edge tolerance in metres. A street asserted by one of ``street_aliases`` is read as the
        street that the alias means. Raises ConfigurationError when a name belongs to no street of the district.
        """
        self._boundary_set = boundary_set
        self._tolerance_m = tolerance_m
        self._index = StreetIndex(boundaries.codes, boundaries.polygons)
        self._gazetteer = Gazetteer(
            streets, communities, place_names, aliases=street_aliases, district=district, city=city
        )
        self._asserted = dict(street_aliases or {}) | {street.code: street.code for street in streets}
        self._street_of_community = {community.code: community.street_code for community in communities}

    @classmethod
    def of_profile(
        cls,
        profile: DistrictProfile,
        *,
        boundaries: ImportedBoundaries | Mapping[str, object] | bytes | None = None,
        boundary_set: str | None = None,
    ) -> BoundaryJurisdiction:
        """Build it from a district's profile, with the boundary set that is in force where that is another one.

        ``boundaries`` is canonical GeoJSON (WGS-84, properties ``code`` and ``name``) or what was read from it.
        Raises InvalidInputError when a feature of it cannot be used.
        """
        if not isinstance(boundaries, ImportedBoundaries):
            content = profile.boundaries if boundaries is None else boundaries
            boundaries = read_boundaries(content, examine=False).require_whole()
        return cls(
            boundary_set=boundary_set or profile.boundaries_version,
            boundaries=boundaries,
            tolerance_m=profile.edge_tolerance_m,
            streets=profile.streets,
            communities=profile.communities,
            place_names=profile.place_names,
            street_aliases=profile.street_aliases,
            district=profile.name,
            city=profile.city,
        )

    @property
    def boundary_set(self) -> str:
        """The version of the boundary set in use."""
        return self._boundary_set

    @property
    def street_index(self) -> StreetIndex:
        """The areas in use."""
        return self._index

    def decide(self, places: Sequence[ReportedPlace]) -> list[JurisdictionDecision]:
        """Decide for each place: by polygon or edge, then gazetteer, then the asserted street or community, else none.

        Raises InvalidInputError when a place with coordinates names a coordinate system that is not known.
        """
        lon, lat = _in_wgs84(places)
        located = self._index.locate(lon, lat, self._tolerance_m)
        named = self._gazetteer.match([place.address for place in places])
        on_ground = _Ground(self._index.codes, located, lon, lat)
        return [
            self._by_ground(place, match, on_ground, i)
            if on_ground.street[i] >= 0
            else self._by_words(place, match, on_ground, i)
            for i, (place, match) in enumerate(zip(places, named, strict=True))
        ]

    def _by_ground(self, place: ReportedPlace, match: PlaceMatch, ground: _Ground, i: int) -> JurisdictionDecision:
        """The decision for a place whose coordinates lie in a street or at its edge."""
        street = ground.codes[ground.street[i]]
        said = _Contradictions()
        asserted = self._asserted.get(place.street_code) if place.street_code else None
        if asserted is not None and asserted != street:
            said.add(ReportFlag.STREET_CONTRADICTED, f"The source asserts {asserted}; the coordinates decide.")
        if match.street_code is not None and match.street_code != street:
            said.add(
                ReportFlag.ADDRESS_CONTRADICTED,
                f"The address ({match.matched_text}) names {match.street_code}; the coordinates decide.",
            )
        if place.community_code:
            self._doubt_community(place.community_code, street, said)
        return JurisdictionDecision(
            MatchMethod.EDGE.value if ground.edge[i] else MatchMethod.POLYGON.value,
            street,
            self._boundary_set,
            ground.lon[i],
            ground.lat[i],
            ground.border_m[i],
            ground.candidates_of(i),
            None,
            self._community(place, match, street) if place.community_code or match is not NOTHING else None,
            said.note,
            tuple(said.flags),
        )

    def _by_words(self, place: ReportedPlace, match: PlaceMatch, ground: _Ground, i: int) -> JurisdictionDecision:
        """The decision for a place without coordinates, or with some that lie in no street."""
        located = place.lon is not None and place.lat is not None
        said = _Contradictions()
        if located:
            said.add(ReportFlag.COORDINATES_IN_NO_STREET, "The coordinates lie in no street of the boundary set.")
        if match.note:
            said.notes.append(match.note)
        asserted = self._asserted.get(place.street_code) if place.street_code else None
        if place.street_code and asserted is None:
            said.add(
                ReportFlag.STREET_UNKNOWN,
                f"The source asserts {place.street_code}, which is no street of this district.",
            )
        if match.street_code is not None:
            method, street = MatchMethod.GAZETTEER, match.street_code
            if asserted is not None and asserted != street:
                said.add(ReportFlag.STREET_CONTRADICTED, f"The source asserts {asserted}; the address decides.")
        elif asserted is not None:
            method, street = MatchMethod.ASSERTED, asserted
        elif (of_community := self._street_of_community.get(place.community_code or "")) is not None:
            method, street = MatchMethod.ASSERTED, of_community  # who names a community names its street
        else:
            method, street = (MatchMethod.NONE if place.needed else MatchMethod.NO_PLACE), None
        if place.community_code:
            self._doubt_community(place.community_code, street, said)
        return JurisdictionDecision(
            method=method.value,
            street_code=street,
            boundary_set=self._boundary_set,
            lon=ground.lon[i] if located else None,
            lat=ground.lat[i] if located else None,
            edge_distance_m=ground.border_m[i] if located else None,
            candidates=match.candidates,
            matched_text=match.matched_text,
            community_code=self._community(place, match, street),
            note=said.note,
            flags=tuple(said.flags),
        )

    def _doubt_community(self, code: str, street: str | None, said: _Contradictions) -> None:
        """Say so where the source names a community that is not known, or one of another street."""
        its_street = self._street_of_community.get(code)
        if its_street is None:
            said.add(
                ReportFlag.COMMUNITY_UNKNOWN, f"The source names community {code}, which is none of this district."
            )
        elif street is not None and its_street != street:
            said.add(
                ReportFlag.COMMUNITY_CONTRADICTED,
                f"The source names community {code} of {its_street}; {street} was decided.",
            )

    def _community(self, place: ReportedPlace, match: PlaceMatch, street: str | None) -> str | None:
        """The community, by address or as the source says, where it is known and lies in the street."""
        for code in (match.community_code, place.community_code):
            if code is not None and street is not None and self._street_of_community.get(code) == street:
                return code
        return None


class _Contradictions:
    """What speaks against a decision, each as a flag and as a sentence."""

    __slots__ = ("flags", "notes")

    def __init__(self) -> None:
        self.flags: list[str] = []
        self.notes: list[str] = []

    def add(self, flag: ReportFlag, sentence: str) -> None:
        self.flags.append(flag.value)
        self.notes.append(sentence)

    @property
    def note(self) -> str | None:
        return " ".join(self.notes) if self.notes else None


class _Ground:
    """The located points of a batch as plain lists: reading an array item by item costs many times more."""

    __slots__ = ("_candidates", "_starts", "border_m", "codes", "edge", "lat", "lon", "street")

    def __init__(self, codes: Sequence[str], located: Located, lon: Floats, lat: Floats) -> None:
        self.codes = codes
        self.street: list[int] = located.street.tolist()
        self.edge: list[bool] = located.edge.tolist()
        # Centimetres and millimetres: beyond that the digits of a converted coordinate say nothing.
        self.border_m: list[float] = np.round(located.border_m, 2).tolist()
        self.lon: list[float] = np.round(lon, 8).tolist()
        self.lat: list[float] = np.round(lat, 8).tolist()
        self._starts: list[int] = located.starts.tolist()
        self._candidates: list[int] = located.candidates.tolist()

    def candidates_of(self, i: int) -> tuple[str, ...]:
        """The codes between which the choice was made for point i, the chosen one first; none where one was enough."""
        if self._starts[i + 1] - self._starts[i] <= 1:
            return ()
        return tuple(self.codes[street] for street in self._candidates[self._starts[i] : self._starts[i + 1]])


def _in_wgs84(places: Sequence[ReportedPlace]) -> tuple[Floats, Floats]:
    """The coordinates of all places in degrees WGS-84, NaN where one has none; one conversion a system."""
    complete = [place.lon is not None and place.lat is not None for place in places]
    lon = np.array(
        [place.lon if there else _NAN for place, there in zip(places, complete, strict=True)], dtype=np.float64
    )
    lat = np.array(
        [place.lat if there else _NAN for place, there in zip(places, complete, strict=True)], dtype=np.float64
    )
    systems = [place.crs if there else "" for place, there in zip(places, complete, strict=True)]
    for system in set(systems) - {""}:
        chosen = np.array([other == system for other in systems])
        lon[chosen], lat[chosen] = to_wgs84(lon[chosen], lat[chosen], system)
    return lon, lat
