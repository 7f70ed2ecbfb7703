"""Tells whether the street that a source names is one of this district."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ingest.sources.reading.notes import Notes
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import ReportFlag

STATED_STREET = "stated_street"
"""The detail that keeps a street which is none of this district."""


class StreetNames:
    """The codes and names of a district's streets, and what else sources call them."""

    def __init__(self, profile: DistrictProfile, *, no_street: Collection[str] = ()) -> None:
        """Make it; ``no_street`` are words in a field for streets that name none (the district itself)."""
        self._aliases: Mapping[str, str] = profile.street_aliases
        self._codes = frozenset(street.code for street in profile.streets)
        self._no_street = frozenset(no_street)

    def asserted(self, written: str, notes: Notes) -> str | None:
        """Return the street as the source writes it where it is known, for the jurisdiction to resolve.

        One that is not known is flagged and kept as a detail.
        """
        if not written:
            return None
        if written in self._codes or written in self._aliases:
            return written
        notes.keep(STATED_STREET, written)
        if written not in self._no_street:
            notes.flag(ReportFlag.STREET_UNKNOWN)
        return None
