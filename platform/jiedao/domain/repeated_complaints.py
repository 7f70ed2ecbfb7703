"""Several complaints of one matter (一事多诉): reports that are alike enough and come from different people or sources.

Who is like whom is carried on: if a camera saw what a caller tells, and a second caller tells the same, all three are
one matter. What was merged belongs together whatever it looks like; what a person said to be two is not joined by that
pair. The result does not depend on the order in which reports are handed in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from math import floor
from uuid import UUID

from jiedao.domain.distance import box_around
from jiedao.domain.duplicates import INDEPENDENT, DuplicateRules, Sighting, compare, major_of, numbers_of, origin_of

Pair = tuple[UUID, UUID]
"""Two incidents, the lesser id first."""


@dataclass(frozen=True, slots=True)
class RepeatedComplaint:
    """One matter and its reports, in the order in which they came; ``since`` and ``latest`` are the first and the last.

    ``reporters`` counts the different people who are known by their key.
    """

    incident_ids: Sequence[UUID]
    since: datetime
    latest: datetime
    sources: Sequence[str]
    reporters: int

    @property
    def matter_id(self) -> UUID:
        """The first report, by which the matter is named."""
        return self.incident_ids[0]


def pair_of(one: UUID, other: UUID) -> Pair:
    """Return two ids in the order in which a pair is named."""
    return (one, other) if one < other else (other, one)


def repeated_complaints(
    sightings: Sequence[Sighting], rules: DuplicateRules, distinct: AbstractSet[Pair] = frozenset()
) -> list[RepeatedComplaint]:
    """Return the matters that several of the reports tell, the one with the latest report first.

    ``distinct`` are the pairs that a person said to be two.
    """
    groups = _Groups(one.incident_id for one in sightings)
    for one in sightings:
        if one.merged_into is not None and groups.knows(one.merged_into):
            groups.join(one.incident_id, one.merged_into)
    for one, other in _near(sightings, rules):
        if groups.together(one.incident_id, other.incident_id):
            continue
        if pair_of(one.incident_id, other.incident_id) not in distinct and are_one_matter(one, other, rules):
            groups.join(one.incident_id, other.incident_id)
    members: defaultdict[UUID, list[Sighting]] = defaultdict(list)
    for one in sorted(sightings, key=_order):
        members[groups.root(one.incident_id)].append(one)
    found = [_matter(group) for group in members.values() if len(group) > 1]
    return sorted(found, key=lambda matter: (matter.latest, matter.matter_id), reverse=True)


def are_one_matter(one: Sighting, other: Sighting, rules: DuplicateRules) -> bool:
    """Whether two reports are two complaints of one matter, by themselves."""
    if origin_of(one, other) not in INDEPENDENT:
        return False
    likeness = compare(one, other, rules, at_least=rules.repeated_from)
    return likeness is not None and likeness.score >= rules.repeated_from


def _matter(group: Sequence[Sighting]) -> RepeatedComplaint:
    reporters = {one.reporter_key for one in group if one.reporter_key is not None}
    return RepeatedComplaint(
        tuple(one.incident_id for one in group),
        group[0].at,
        group[-1].at,
        tuple(sorted({one.source for one in group})),
        len(reporters),
    )


def _order(one: Sighting) -> tuple[datetime, UUID]:
    return one.at, one.incident_id


class _Groups:
    """Ids that belong together (union and find)."""

    def __init__(self, ids: Iterator[UUID]) -> None:
        self._parent = {one: one for one in ids}

    def knows(self, one: UUID) -> bool:
        return one in self._parent

    def root(self, one: UUID) -> UUID:
        while (parent := self._parent[one]) != one:
            self._parent[one] = self._parent[parent]  # halve the way for the next who asks
            one = parent
        return one

    def together(self, one: UUID, other: UUID) -> bool:
        return self.root(one) == self.root(other)

    def join(self, one: UUID, other: UUID) -> None:
        self._parent[self.root(one)] = self.root(other)


def _near(sightings: Sequence[Sighting], rules: DuplicateRules) -> Iterator[tuple[Sighting, Sighting]]:
    """Yield every pair that can be near enough, and few others: by cells as wide as the largest radius, by address."""
    wide, high = _cell(sightings, rules.farthest_m)
    cells: defaultdict[tuple[str, int, int], list[Sighting]] = defaultdict(list)
    addresses: defaultdict[tuple[str, str | None, str, bool], list[Sighting]] = defaultdict(list)
    for one in sorted(sightings, key=_order):
        major, reach = major_of(one.class_code), rules.reach_of(one.class_code)
        since, placed = one.at - reach.window, one.lon is not None
        for number in numbers_of(one.address) or {""}:
            yield from _since(since, one, addresses[major, one.street_code, number, False])
            if not placed:
                yield from _since(since, one, addresses[major, one.street_code, number, True])
            addresses[major, one.street_code, number, placed].append(one)
        if one.lon is not None and one.lat is not None:
            x, y = floor(one.lon / wide), floor(one.lat / high)
            west, south, east, north = box_around(one.lon, one.lat, reach.radius_m)
            for cell in product((x - 1, x, x + 1), (y - 1, y, y + 1)):
                for _one, other in _since(since, one, cells[(major, *cell)]):
                    if west <= (other.lon or 0.0) <= east and south <= (other.lat or 0.0) <= north:
                        yield one, other
            cells[major, x, y].append(one)


def _since(since: datetime, one: Sighting, earlier: Sequence[Sighting]) -> Iterator[tuple[Sighting, Sighting]]:
    """Yield one with each of those that came before it, the latest first, as far back as it reaches."""
    for other in reversed(earlier):
        if other.at < since:
            return
        yield one, other


def _cell(sightings: Sequence[Sighting], metres: float) -> tuple[float, float]:
    """Return the width and height in degrees of a cell in which nothing within the distance is two cells away."""
    farthest = max((abs(one.lat) for one in sightings if one.lat is not None), default=0.0)
    west, south, east, north = box_around(0.0, min(farthest, 89.0), max(metres, 1.0))
    return (east - west) / 2, (north - south) / 2
