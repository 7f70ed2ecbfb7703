"""Whether two incidents may be one happening (重复): a score of 0 to 1, the same from either side, with its parts.

Nothing here decides: a person merges, or says that they are two. Two incidents are compared at all when they are of the
same major class and near enough in space and time; how near is the profile's, class by class, and so are the weights.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from uuid import UUID

from jiedao.domain.distance import distance_m
from jiedao.domain.terms import Term

NEUTRAL = 0.5
"""What a part counts that cannot be told: neither for nor against."""

_ADDRESS_ALIKE = 0.6  # where a place has no coordinates, its address has to be this much alike
_PIECE = re.compile(r"\d+|.")  # a number stays whole: 182 号 is not near 18 号
_MAJOR_LENGTH = 3  # of a class code: the letter of its kind and 大类


class Origin(Term):
    """Where two reports come from, seen together."""

    OTHER_SOURCE = "other_source", "来源不同"
    OTHER_CHANNEL = "other_channel", "同一来源、渠道不同"
    OTHER_REPORTER = "other_reporter", "同一渠道、上报人不同"
    SAME_REPORTER = "same_reporter", "同一上报人"
    SAME = "same", "同一来源和渠道"


ORIGIN_VALUES: Mapping[Origin, float] = {
    Origin.OTHER_SOURCE: 1.0,
    Origin.OTHER_CHANNEL: 0.8,
    Origin.OTHER_REPORTER: 0.8,
    Origin.SAME_REPORTER: 0.4,
    Origin.SAME: 0.0,
}
"""How much an origin speaks for one happening: a source tells its own records apart, others cannot know of them."""

INDEPENDENT = frozenset({Origin.OTHER_SOURCE, Origin.OTHER_CHANNEL, Origin.OTHER_REPORTER})
"""Origins by which two reports are two complaints."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How near two incidents of a class have to be: within so many metres, and so long after one another."""

    radius_m: float = 100.0
    window: timedelta = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class DuplicateWeights:
    """How much each part counts; only their proportions matter."""

    distance: float = 30.0
    time: float = 15.0
    same_class: float = 20.0
    text: float = 10.0
    address: float = 10.0
    origin: float = 15.0

    @property
    def total(self) -> float:
        """Their sum."""
        return self.distance + self.time + self.same_class + self.text + self.address + self.origin


PARTS = tuple(one.name for one in fields(DuplicateWeights))
"""The names of the parts of a likeness, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class DuplicateRules:
    """A district's rules. The defaults are assumed; nothing published says better.

    ``by_class`` holds what differs for a class (``E0101``) or a major class (``E01``). A likeness of ``suggest_from``
    is suggested, one of ``repeated_from`` makes two complaints one matter.
    """

    weights: DuplicateWeights = field(default_factory=DuplicateWeights)
    reach: Reach = field(default_factory=Reach)
    by_class: Mapping[str, Reach] = field(default_factory=dict)
    suggest_from: float = 0.5
    repeated_from: float = 0.7
    assumed: bool = True

    def reach_of(self, class_code: str) -> Reach:
        """Return the reach of a class: its own, its major class's, or the general one."""
        return self.by_class.get(class_code) or self.by_class.get(major_of(class_code)) or self.reach

    @property
    def farthest_m(self) -> float:
        """The largest radius of any class, in metres."""
        return max(reach.radius_m for reach in (self.reach, *self.by_class.values()))


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is compared of an incident.

    ``at`` is when it happened, or was reported where that is not known; ``reporter_key`` the pseudonym of the reporter
    (their key in the vault), ``lon``/``lat`` degrees WGS-84, ``merged_into`` the incident that it was merged into.
    """

    incident_id: UUID
    source: str
    channel: str
    reporter_key: str | None
    class_code: str
    street_code: str | None
    at: datetime
    lon: float | None
    lat: float | None
    text: str
    address: str
    merged_into: UUID | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: its value between 0 and 1, and the share of the whole that it counts.

    ``known`` is false where it could not be told and counts as neutral.
    """

    value: float
    share: float
    known: bool = True


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two incidents are; ``apart`` is never negative, ``distance_m`` ``None`` without both coordinates."""

    score: float
    distance_m: float | None
    apart: timedelta
    same_class: bool
    origin: Origin
    parts: Mapping[str, Part]


def major_of(class_code: str) -> str:
    """Return the major class of a class code: the letter of its kind and its 大类 (``E01`` of ``E0101``)."""
    return class_code[:_MAJOR_LENGTH]


def compare(one: Sighting, other: Sighting, rules: DuplicateRules, at_least: float = 0.0) -> Likeness | None:
    """Compare two incidents; ``None`` where they are not near enough to be compared, or are the same one.

    Where the reach of their classes differs, the smaller one counts, so that it is the same from either side. Without
    coordinates on both sides the street must be the same and the addresses alike: a number that both name, or none.
    Where it is sure before the texts are looked at that the score is below ``at_least``, that is ``None`` too.
    """
    if one.incident_id == other.incident_id or major_of(one.class_code) != major_of(other.class_code):
        return None
    radius_m, window = _common_reach(rules.reach_of(one.class_code), rules.reach_of(other.class_code))
    apart = abs(one.at - other.at)
    metres = _metres(one, other) if apart <= window else None
    if apart > window or (metres is not None and metres > radius_m):
        return None
    origin = origin_of(one, other)
    same_class = one.class_code == other.class_code
    values: dict[str, float | None] = {
        "distance": None if metres is None else 1.0 - metres / radius_m,
        "time": 1.0 - apart / window,
        "same_class": 1.0 if same_class else 0.0,
        "origin": ORIGIN_VALUES[origin],
    }
    if _best_score(values, rules.weights) < at_least:
        return None
    values["text"] = dice(one.text, other.text)
    values["address"] = address = overlap(one.address, other.address)
    if metres is None and not _same_street(one, other, address):
        return None
    parts = {name: _part(values[name], getattr(rules.weights, name) / rules.weights.total) for name in PARTS}
    score = round(sum(part.value * part.share for part in parts.values()), 3)
    return Likeness(score, metres, apart, same_class, origin, parts)


def origin_of(one: Sighting, other: Sighting) -> Origin:
    """Tell from where two reports come, seen together."""
    if one.source != other.source:
        return Origin.OTHER_SOURCE
    if one.reporter_key is not None and one.reporter_key == other.reporter_key:
        return Origin.SAME_REPORTER
    if one.channel != other.channel:
        return Origin.OTHER_CHANNEL
    if one.reporter_key is not None and other.reporter_key is not None:
        return Origin.OTHER_REPORTER
    return Origin.SAME


def dice(one: str, other: str) -> float | None:
    """Return how alike two texts are (0 to 1): the share of pairs of neighbouring characters that both have.

    ``None`` where one says too little. Chinese has no spaces to part words by; pairs of characters stand for them.
    """
    mine, theirs = _pairs(one), _pairs(other)
    if not mine or not theirs:
        return None
    return 2 * len(mine & theirs) / (len(mine) + len(theirs))


def overlap(one: str, other: str) -> float | None:
    """Return how much of the shorter text the other holds (0 to 1): addresses name more or less of what is around."""
    mine, theirs = _pairs(one), _pairs(other)
    if not mine or not theirs:
        return None
    return len(mine & theirs) / min(len(mine), len(theirs))


@lru_cache(maxsize=65_536)
def numbers_of(address: str) -> frozenset[str]:
    """Return the numbers that an address names, of houses, lanes, floors."""
    return frozenset(piece for piece in _pieces(address) if piece.isdecimal())


@lru_cache(maxsize=65_536)
def _pairs(text: str) -> frozenset[str]:
    pieces = _pieces(text)
    return frozenset(map("".join, pairwise(pieces)))


def _pieces(text: str) -> list[str]:
    return _PIECE.findall("".join(one for one in unicodedata.normalize("NFKC", text).lower() if one.isalnum()))


def _common_reach(one: Reach, other: Reach) -> tuple[float, timedelta]:
    return min(one.radius_m, other.radius_m), min(one.window, other.window)


def _metres(one: Sighting, other: Sighting) -> float | None:
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return None
    return distance_m(one.lon, one.lat, other.lon, other.lat)


def _same_street(one: Sighting, other: Sighting, address: float | None) -> bool:
    if one.street_code is None or one.street_code != other.street_code or (address or 0.0) < _ADDRESS_ALIKE:
        return False
    mine, theirs = numbers_of(one.address), numbers_of(other.address)
    return not mine.isdisjoint(theirs) or not (mine or theirs)


def _best_score(values: Mapping[str, float | None], weights: DuplicateWeights) -> float:
    """Return the score that no text can raise any further, rounded up."""
    told: float = sum((NEUTRAL if value is None else value) * getattr(weights, name) for name, value in values.items())
    return (told + weights.text + weights.address) / weights.total + 0.001


def _part(value: float | None, share: float) -> Part:
    return Part(NEUTRAL, share, known=False) if value is None else Part(value, share)
