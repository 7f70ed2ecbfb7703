"""Reads a duty roster from CSV: one row a shift, days and times in the district's zone; every fault is named at once.

Columns: ``date`` (2026-11-25), ``start`` and ``end`` (08:00, 24:00; an end not after the start is of the next day),
``person`` (the name in events, ``user:zhang``), ``name``, ``role``, ``street`` and ``platform`` (by code or in Chinese;
empty: the district's, all).
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from jiedao.domain.errors import InvalidInputError
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.roster import Shift
from jiedao.domain.terms import Platform, Role, Term

COLUMNS = ("date", "start", "end", "person", "name", "role", "street", "platform")
_OPTIONAL = frozenset({"street", "platform"})
_END_OF_DAY = "24:00"
_MOST_FAULTS = 20
_LONGEST_TEXT = 100


def read_roster(content: bytes, profile: DistrictProfile) -> Mapping[date, Sequence[Shift]]:
    """Return the shifts by day. Raises InvalidInputError that names each faulty line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"the roster is not UTF-8 at byte {error.start}: save it as UTF-8") from error
    lines = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    found, faults = defaultdict[date, list[Shift]](list), list[str]()
    try:
        header = [name.strip() for name in lines.fieldnames or ()]
        if sorted(header) != sorted(COLUMNS):
            raise InvalidInputError(f"line 1: the columns of a roster are {','.join(COLUMNS)}")
        lines.fieldnames = header
        reader = _RowReader(profile)
        for row in lines:
            try:
                day, shift = reader.read({name: (row[name] or "").strip() for name in COLUMNS})
                found[day].append(shift)
            except (ValueError, InvalidInputError) as error:
                faults.append(f"line {lines.line_num}: {error}")
    except csv.Error as error:
        faults.append(f"line {lines.line_num}: not readable as CSV ({error})")
    if faults:
        more = f"\n… and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise InvalidInputError("the roster was not taken:\n" + "\n".join(faults[:_MOST_FAULTS]) + more)
    if not found:
        raise InvalidInputError("the roster holds no shift")
    return found


class _RowReader:
    """Reads one row by the names of a district."""

    def __init__(self, profile: DistrictProfile) -> None:
        self._zone = ZoneInfo(profile.timezone)
        self._streets = dict(profile.street_aliases)
        for street in profile.streets:
            self._streets |= {street.code: street.code, street.name: street.code}

    def read(self, row: Mapping[str, str]) -> tuple[date, Shift]:
        for name in COLUMNS:
            if not row[name] and name not in _OPTIONAL:
                raise InvalidInputError(f"{name} is empty")
            if len(row[name]) > _LONGEST_TEXT or not row[name].isprintable():
                raise InvalidInputError(f"{name} is no name: at most {_LONGEST_TEXT} characters that can be printed")
        day = date.fromisoformat(row["date"])
        starts_at, ends_at = self._moment(day, row["start"]), self._moment(day, row["end"])
        if ends_at <= starts_at:
            ends_at = self._moment(day + timedelta(days=1), row["end"])
        street = row["street"] and self._streets.get(row["street"])
        if street is None:
            raise InvalidInputError(f"there is no street {row['street']!r}")
        shift = Shift(
            person=row["person"],
            name=row["name"],
            role=_term(Role, row["role"]),
            street_code=street or None,
            platform=_term(Platform, row["platform"]) if row["platform"] else None,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        return day, shift

    def _moment(self, day: date, text: str) -> datetime:
        if text == _END_OF_DAY:
            day, text = day + timedelta(days=1), "00:00"
        return datetime.combine(day, time.fromisoformat(text), self._zone).astimezone(UTC)


def _term(vocabulary: type[Term], text: str) -> str:
    for member in vocabulary:
        if text in {member.value, member.label, f"{member.label}平台"}:
            return member.value
    words = ", ".join(f"{member.value} {member.label}" for member in vocabulary)
    raise InvalidInputError(f"{text!r} is none of {words}")
