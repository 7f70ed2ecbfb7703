"""Tells which of a district's communities (社区) a source names: by its code, or by its name where it gives no other.

A name that several communities bear is decided by the street that the source names beside it, and by nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from ingest.sources.reading.notes import Notes
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import ReportFlag
from jiedao.geo.name_search import SHORTEST_NAME, NameSearch, folded

NAMED_COMMUNITY = "community"
"""The detail that keeps a community's name as the source writes it."""

STATED_COMMUNITY = "stated_community"
"""The detail that keeps a code which is no community's of this district, where the name beside it is one's."""

_KEPT_NAMES = 1_024

_SUFFIXES = ("社区居民委员会", "社区居委会", "居民委员会", "居委会", "社区")
"""What a community's name may end in; the longest first."""


class CommunityNames:
    """The codes and names of a district's communities.

    It never changes after it is made, so threads may share it.
    """

    def __init__(self, profile: DistrictProfile) -> None:
        """Make it from the district's own table."""
        self._street_of = {community.code: community.street_code for community in profile.communities}
        self._streets: Mapping[str, str] = dict(profile.street_aliases) | {
            street.code: street.code for street in profile.streets
        }
        named: defaultdict[str, set[str]] = defaultdict(set)
        for community in profile.communities:
            for name in (community.code, folded(community.name), _short(community.name)):
                named[name].add(community.code)
        self._named = {name: frozenset(codes) for name, codes in named.items() if len(name) >= SHORTEST_NAME}
        self._search = NameSearch(community.name for community in profile.communities)
        self._bearing = lru_cache(_KEPT_NAMES)(self._look_up)  # a source names the same few again and again

    def asserted(self, code: str, name: str, street: str | None, notes: Notes) -> str | None:
        """Return the code of the community that a source names, for the jurisdiction to weigh; ``None`` for none.

        ``street`` is the street that the source names, in any of its known names. The code outweighs the name; where
        they name two communities, the report is flagged. A code that is not known is returned as it is, for the
        jurisdiction to flag, unless the name is known.
        """
        if not code and not name:
            return None
        notes.keep(NAMED_COMMUNITY, name)
        if not self._street_of:
            return code or None  # a district without such a table knows neither
        found = self._found(name or code, street)
        if code in self._street_of:
            if found and code not in found:
                notes.flag(ReportFlag.COMMUNITY_CONTRADICTED)
            return code
        if len(found) == 1:
            if code and name:
                notes.flag(ReportFlag.COMMUNITY_UNKNOWN)
                notes.keep(STATED_COMMUNITY, code)
            return next(iter(found))
        if name or found:
            notes.flag(ReportFlag.COMMUNITY_AMBIGUOUS if found else ReportFlag.COMMUNITY_UNKNOWN)
        return code or None

    def _found(self, name: str, street: str | None) -> frozenset[str]:
        """The communities that a name may mean: of several those in the street that is named, where there are any."""
        if not name:
            return frozenset()
        found = self._bearing(name)
        if len(found) > 1 and street is not None:
            its_street = self._streets.get(street)
            return frozenset(code for code in found if self._street_of[code] == its_street) or found
        return found

    def _look_up(self, name: str) -> frozenset[str]:
        """Those whose code, name or shortened name it is, else those whose full names stand in it, the longest."""
        known = self._named.get(name) or self._named.get(folded(name)) or self._named.get(_short(name))
        if known is not None:
            return known
        return frozenset[str]().union(*(self._named[folded(found.name)] for found in self._search.find(name)))


def _short(name: str) -> str:
    """The name that people say, as it is compared: without 社区 and what else it may end in."""
    written = folded(name)
    suffix = next((suffix for suffix in _SUFFIXES if written.endswith(suffix)), "")
    return written.removesuffix(suffix)
