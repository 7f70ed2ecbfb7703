"""Checks the coordinates that a source gives: what is not plausible is not used, flagged, and kept as text.

Nothing is repaired: latitude and longitude that seem exchanged are said to be so, and a person or the address decides.
Plausible means inside the bounds of the district's city. Those are degrees WGS-84; coordinates in GCJ-02 or BD-09,
which lie up to 0.013° off, are let through within 0.02° around them and left to the jurisdiction, which converts.
"""

from __future__ import annotations

import math
import re
import unicodedata

from ingest.sources.reading.json_fields import Found
from ingest.sources.reading.notes import Notes
from jiedao.domain.terms import Crs, ReportFlag

STATED_COORDINATES = "stated_coordinates"
"""The detail that keeps coordinates which were not used, as ``lon,lat`` as the source wrote them."""

_MARGIN_DEGREES = 0.02
_EXACT_BOUNDS = frozenset({Crs.WGS84, Crs.CGCS2000})
_PLACEHOLDERS = frozenset(
    {1.0, -1.0, 1e-6, -1e-6, 180.0, 90.0, -180.0, -90.0}
    | {sign * float("9" * digits) for digits in range(2, 12) for sign in (1, -1)}
    | {sign * float("1" * digits) for digits in range(2, 12) for sign in (1, -1)}
)
"""What programs and people write to get past a field that must be filled; none of it is used outside the bounds."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_PLAIN_PAIR = re.compile(r"([0-9]{1,3}\.[0-9]{1,15}),([0-9]{1,3}\.[0-9]{1,15})")
_PAIR_SEPARATOR = re.compile(r"\s*[,，;；、|]\s*|\s+")
_PAIR_BRACKETS = re.compile(r"^(?:POINT\s*)?[(\[（]\s*|\s*[)\]）]$", re.IGNORECASE)
_MOST_KEPT = 200

Position = tuple[float, float]


class PositionReader:
    """Reads positions in one coordinate system of one city."""

    def __init__(self, crs: str, bounds: tuple[float, float, float, float]) -> None:
        """Make it; ``bounds`` is (west, south, east, north) in degrees WGS-84."""
        margin = 0.0 if crs in _EXACT_BOUNDS else _MARGIN_DEGREES
        west, south, east, north = bounds
        self._bounds = (west - margin, south - margin, east + margin, north + margin)

    def read(self, lon: Found | None, lat: Found | None, notes: Notes) -> Position | None:
        """Return (lon, lat) in degrees of the source's own system, or ``None`` where there is none to be used."""
        if lon is None and lat is None:
            return None
        flag, position = self._judge(_number(lon), _number(lat))
        if flag is not None:
            notes.flag(flag)
            notes.keep(STATED_COORDINATES, f"{_shown(lon)},{_shown(lat)}")
        return position

    def read_pair(self, pair: Found | None, notes: Notes) -> Position | None:
        """Return a position given as one field: the text ``lon,lat``, also in brackets, or a list of the two."""
        if pair is None:
            return None
        value = pair.value
        if isinstance(value, str):
            if plain := _PLAIN_PAIR.fullmatch(value):  # as nearly all are written
                flag, position = self._judge(float(plain[1]), float(plain[2]))
                if flag is None:
                    return position
            value = _PAIR_SEPARATOR.split(_PAIR_BRACKETS.sub("", value.strip()))
        if isinstance(value, list) and len(value) == len(("lon", "lat")):
            return self.read(Found(value[0], pair.pointer), Found(value[1], pair.pointer), notes)
        notes.flag(ReportFlag.COORDINATES_UNREADABLE)
        notes.keep(STATED_COORDINATES, _shown(pair))
        return None

    def _judge(self, lon: float | None, lat: float | None) -> tuple[ReportFlag | None, Position | None]:
        if lon is None or lat is None:
            return ReportFlag.COORDINATES_UNREADABLE, None
        if self._holds(lon, lat):
            return None, (lon, lat)
        if lon == 0.0 or lat == 0.0:
            return ReportFlag.COORDINATES_ZERO, None
        if lon in _PLACEHOLDERS or lat in _PLACEHOLDERS:
            return ReportFlag.COORDINATES_PLACEHOLDER, None
        if self._holds(lat, lon):
            return ReportFlag.COORDINATES_SWAPPED, None
        return ReportFlag.COORDINATES_OUTSIDE, None

    def _holds(self, lon: float, lat: float) -> bool:
        west, south, east, north = self._bounds
        return west <= lon <= east and south <= lat <= north


def _number(found: Found | None) -> float | None:
    """Read a number, also from a text; one half of a pair alone is as unreadable as a word."""
    value = None if found is None else found.value
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip()
        value = float(text) if _NUMBER.fullmatch(text) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _shown(found: Found | None) -> str:
    value = None if found is None else found.value
    text = str(value) if isinstance(value, str | int | float) else "" if value is None else "…"
    if len(text) > _MOST_KEPT:  # cut in the middle, half a phone number would be left
        return "…"
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()
