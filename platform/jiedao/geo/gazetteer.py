"""Finds the street that an address text names, for reports without coordinates; says nothing rather than guess.

A street's full name outweighs a community's, that one a road's or square's, that one a shortened name. A weaker name
may decide between the streets that a stronger one leaves open, but never overrule it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from jiedao.domain.errors import ConfigurationError
from jiedao.domain.profile import Community, PlaceName, Street
from jiedao.domain.quickly_made import quickly_made
from jiedao.geo.name_search import SHORTEST_NAME, FoundName, NameSearch, is_han

DISTRICT_KIND = "district"
ALIAS_KIND = "alias"

# What is cut off a full name to get the name that people say.
_SUFFIXES = ("街道", "社区", "镇", "乡")
# A shortened name counts only where it clearly stands for itself: 朝晖路 or 武林广场 is another place than 朝晖 or
# 武林, and 运河东侧 is not 河东. So behind it comes no Chinese character, or one of these ...
_AFTER_ALIAS = re.compile(r"小区|新村|片区|辖区|居委|一带|附近|[一二三四五六七八九十]+[区弄幢号]")
# ... and before it none, or one of these.
_BEFORE_ALIAS = frozenset("在于到住至往近的")
# 杭州市江干区…, or a text that begins with 江干区…; 小区, 社区, 园区 and 六区 are no districts.
_DISTRICT_NAME = (
    r"(?P<name>[\u4e00-\u9fff]{1,3}[^小社园片景库院厂校舍宅务活市区县一二三四五六七八九十\W\da-zA-Z][区县])"
)


class Weight(IntEnum):
    """How much a name says about the street, the weightiest first."""

    STREET = 0
    COMMUNITY = 1
    PLACE = 2
    ALIAS = 3


@quickly_made
@dataclass(frozen=True, slots=True)
class PlaceMatch:
    """What an address text says.

    ``street_code`` is ``None`` where it names no street or several; ``candidates`` are then those it may mean.
    ``matched_text`` is the part of the text that decided (several parts joined with ``、``), ``kind`` what that part
    is (``street``, ``community``, ``alias`` or the place's own kind). ``community_code`` is known only where the
    text gives a community's full name.
    """

    street_code: str | None = None
    community_code: str | None = None
    matched_text: str | None = None
    kind: str | None = None
    candidates: tuple[str, ...] = ()
    note: str | None = None


NOTHING = PlaceMatch()


@quickly_made
@dataclass(frozen=True, slots=True)
class _Meaning:
    """One thing that a name may stand for."""

    weight: Weight
    kind: str
    street_codes: frozenset[str]
    community_code: str | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class _Evidence:
    """A name in a text with one of its meanings."""

    text: str
    meaning: _Meaning


class Gazetteer:
    """The names of a district's streets, communities and places.

    ``aliases`` are further names of streets, name to code; those with digits are codes of other systems, not words
    of a text. ``district`` and ``city`` are the district's own name and its city's; they say nothing about the
    street. A place name of the kind ``district`` without streets is another district: a text that names one, and not
    ours, gives none.
    """

    def __init__(  # noqa: PLR0913  # the parts of a profile, by keyword
        self,
        streets: Sequence[Street],
        communities: Sequence[Community],
        place_names: Sequence[PlaceName],
        *,
        aliases: Mapping[str, str] | None = None,
        district: str = "",
        city: str = "",
    ) -> None:
        """Prepare the names; raises ConfigurationError when one names a street that the district has not."""
        self._known = frozenset(street.code for street in streets)
        self._district = district
        self._others: set[str] = set()
        self._meanings: defaultdict[str, list[_Meaning]] = defaultdict(list)
        self._add_streets(streets, aliases or {})
        self._add_communities(communities)
        self._add_places(place_names)
        self._add_short_names([(street.name, street.code) for street in streets])
        self._add_short_names([(community.name, community.street_code) for community in communities])
        own = [name for name in (district, city) if len(name) >= SHORTEST_NAME]
        self._search = NameSearch([*self._meanings, *self._others, *own])
        start = f"(?:^|{re.escape(city)})" if city else "^"
        self._other_district = re.compile(start + _DISTRICT_NAME)

    def match(self, texts: Sequence[str]) -> list[PlaceMatch]:
        """Find the street that each text names, one answer a text; the same text is read once."""
        answers: dict[str, PlaceMatch] = {"": NOTHING}
        for text in texts:
            if text not in answers:
                answers[text] = self._read(text)
        return [answers[text] for text in texts]

    def _read(self, text: str) -> PlaceMatch:
        found = self._search.find(text)
        evidence = [
            _Evidence(text[name.start : name.end], meaning)
            for number, name in enumerate(found)
            for meaning in self._meanings.get(name.name, ())
            if meaning.weight is not Weight.ALIAS or _stands_alone(text, found, number)
        ]
        other = self._named_other_district(text, found)
        if other:
            candidates = sorted(frozenset[str]().union(*(item.meaning.street_codes for item in evidence)))
            return PlaceMatch(candidates=tuple(candidates), note=f"The address names another district, {other}.")
        return _decided(evidence)

    def _named_other_district(self, text: str, found: Sequence[FoundName]) -> str | None:
        """The other district that a text names, unless it names ours too or the words are a known place's."""
        other = None
        for name in found:
            if name.name == self._district:
                return None
            if other is None and name.name in self._others:
                other = name.name
        if other is not None:
            return other
        match = self._other_district.search(text) if "区" in text or "县" in text else None  # with which it would end
        if match is None:
            return None
        start, end = match.span("name")
        if any(name.start < end and start < name.end for name in found if name.name in self._meanings):
            return None
        return match["name"]

    def _add(self, name: str, meaning: _Meaning) -> None:
        if len(name) < SHORTEST_NAME:
            raise ConfigurationError(f"The place name {name!r} is shorter than {SHORTEST_NAME} characters; remove it.")
        unknown = meaning.street_codes - self._known
        if unknown:
            raise ConfigurationError(
                f"The place name {name!r} names the street {', '.join(sorted(unknown))}, which the district has not."
            )
        self._meanings[name].append(meaning)

    def _add_streets(self, streets: Sequence[Street], aliases: Mapping[str, str]) -> None:
        for street in streets:
            self._add(street.name, _Meaning(Weight.STREET, "street", frozenset({street.code})))
        for alias, code in aliases.items():
            if any(character.isdigit() for character in alias):
                continue
            # A name that says itself that it is a street's is as good as the full name.
            full = any(suffix in alias for suffix in _SUFFIXES)
            weight, kind = (Weight.STREET, "street") if full else (Weight.ALIAS, ALIAS_KIND)
            self._add(alias, _Meaning(weight, kind, frozenset({code})))

    def _add_communities(self, communities: Iterable[Community]) -> None:
        for community in communities:
            codes = frozenset({community.street_code})
            self._add(community.name, _Meaning(Weight.COMMUNITY, "community", codes, community.code))

    def _add_places(self, place_names: Iterable[PlaceName]) -> None:
        for place in place_names:
            if place.kind == DISTRICT_KIND and not place.street_codes:
                self._others.add(place.name)
            else:
                self._add(place.name, _Meaning(Weight.PLACE, place.kind, frozenset(place.street_codes)))

    def _add_short_names(self, named: Iterable[tuple[str, str]]) -> None:
        """Add names without their suffix; one that several streets share leaves them all open, like a road."""
        for name, code in named:
            suffix = next((suffix for suffix in _SUFFIXES if name.endswith(suffix)), None)
            short = name.removesuffix(suffix) if suffix else ""
            if len(short) >= SHORTEST_NAME:
                self._add(short, _Meaning(Weight.ALIAS, ALIAS_KIND, frozenset({code})))


def _stands_alone(text: str, found: Sequence[FoundName], number: int) -> bool:
    """Whether a shortened name in a text is a name by itself and not a piece of another one."""
    name = found[number]
    before, after = text[name.start - 1 : name.start], text[name.end : name.end + 1]
    follows_name = number > 0 and found[number - 1].end == name.start
    precedes_name = number + 1 < len(found) and found[number + 1].start == name.end
    starts = not before or not is_han(before) or before in _BEFORE_ALIAS or follows_name
    ends = not after or not is_han(after) or precedes_name or _AFTER_ALIAS.match(text, name.end) is not None
    return starts and ends


def _decided(evidence: Sequence[_Evidence]) -> PlaceMatch:
    """Weigh the evidence, the weightiest first, until one street is left."""
    if not evidence:
        return NOTHING
    if (
        len(evidence) == 1 and len(evidence[0].meaning.street_codes) == 1
    ):  # as most have that have any: nothing to weigh
        (alone,) = evidence
        (street_code,) = alone.meaning.street_codes
        return PlaceMatch(street_code, alone.meaning.community_code, alone.text, alone.meaning.kind)
    open_codes: frozenset[str] = frozenset()
    decisive: list[_Evidence] = []
    for weight in sorted({item.meaning.weight for item in evidence}):
        items = [item for item in evidence if item.meaning.weight is weight]
        named = _agreed([item.meaning.street_codes for item in items])
        narrowed = open_codes & named if open_codes else named
        if not narrowed or narrowed == open_codes:
            continue
        open_codes = narrowed
        decisive.extend(item for item in items if item.meaning.street_codes & narrowed)
        if len(open_codes) == 1:
            break
    if not open_codes:
        return NOTHING
    matched_text = "、".join(dict.fromkeys(item.text for item in decisive))
    kind = decisive[-1].meaning.kind
    if len(open_codes) > 1:
        return PlaceMatch(
            matched_text=matched_text,
            kind=kind,
            candidates=tuple(sorted(open_codes)),
            note="The address names places of several streets.",
        )
    (street_code,) = open_codes
    return PlaceMatch(
        street_code=street_code,
        community_code=_community(evidence, street_code),
        matched_text=matched_text,
        kind=kind,
        note=_contradiction(evidence, street_code),
    )


def _agreed(sets: Sequence[frozenset[str]]) -> frozenset[str]:
    """What names of one weight mean together: what they have in common, or all of it where they have nothing."""
    return frozenset.intersection(*sets) or frozenset.union(*sets)


def _community(evidence: Sequence[_Evidence], street_code: str) -> str | None:
    """The one community of the street that the text names in full."""
    codes = {item.meaning.community_code for item in evidence if street_code in item.meaning.street_codes} - {None}
    return codes.pop() if len(codes) == 1 else None


def _contradiction(evidence: Sequence[_Evidence], street_code: str) -> str | None:
    """A sentence about the streets and communities that the text names beside the one it was given to."""
    others = dict.fromkeys(
        item.text
        for item in evidence
        if item.meaning.weight <= Weight.COMMUNITY and street_code not in item.meaning.street_codes
    )
    return f"The address also names {'、'.join(others)}, in another street." if others else None
