"""Reads the words that people give a command: a street, a platform, a role, a point in time, an incident.

Streets and terms may be said by code or in Chinese; what cannot be told is answered with what there is.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.identity import incident_id
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import Term

T = TypeVar("T", bound=Term)

DISTRICT_WORDS = frozenset({"district", "区级", "-"})
"""What stands for the district's own queue, of orders that no street holds."""

_LAST_POSITION = 2**63 - 1
_LENGTH = re.compile(r"(?P<number>[1-9]\d{0,4})(?P<unit>[mhdw])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def read_street(text: str, profile: DistrictProfile) -> str:
    """Return the code of a street that is said by code, name or alias. Raises NotFoundError naming the streets."""
    known = {street.code: street.code for street in profile.streets}
    known |= {street.name: street.code for street in profile.streets}
    code = known.get(text) or profile.street_aliases.get(text)
    if code is None:
        streets = ", ".join(f"{street.code} {street.name}" for street in profile.streets)
        raise NotFoundError(f"{profile.name} has no street {text!r}; it has {streets}")
    return code


def read_term(vocabulary: type[T], text: str, what: str) -> T:
    """Return a word of a vocabulary that is said by its code or its Chinese label; ``平台`` may follow a platform.

    Raises InvalidInputError naming the words.
    """
    for member in vocabulary:
        if text in {member.value, member.label, f"{member.label}平台"}:
            return member
    words = ", ".join(f"{member.value} {member.label}" for member in vocabulary)
    raise InvalidInputError(f"{text!r} is no {what}; say one of {words}")


def read_as_of(text: str | None, zone: ZoneInfo) -> tuple[int | None, datetime | None]:
    """Read a position in the log (digits) or a time, told in the district's own zone; neither for now."""
    if text is None:
        return None, None
    if text.isascii() and text.isdecimal():
        position = int(text)
        if position > _LAST_POSITION:
            raise InvalidInputError(f"no log is {text} events long")
        return position, None
    return None, read_moment(text, zone).astimezone(zone)


def read_moment(text: str, zone: ZoneInfo) -> datetime:
    """Read an ISO 8601 time, without zone in the district's own, as UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError(
            f"{text!r} is neither a position nor a time such as 2026-11-24T09:30 or 2026-11-24T09:30:00+08:00"
        ) from error


def read_end(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Read until when something holds: a length (``90m``, ``12h``, ``30d``, ``4w``), a time, or a day, which counts.

    A day ends at midnight in the district's zone. Raises InvalidInputError for anything else, or for what is over.
    """
    length = _LENGTH.fullmatch(text)
    try:
        if length is not None:
            end = now + int(length["number"]) * _UNITS[length["unit"]]
        else:
            day = date.fromisoformat(text) + timedelta(days=1)
            end = datetime.combine(day, time.min, zone).astimezone(UTC)
    except OverflowError as error:
        raise InvalidInputError(f"{text} lies beyond what a calendar holds") from error
    except ValueError:
        end = _read_end_time(text, zone)
    if end <= now:
        raise InvalidInputError(f"{text} is over already")
    return end


def _read_end_time(text: str, zone: ZoneInfo) -> datetime:
    try:
        return read_moment(text, zone)
    except InvalidInputError as error:
        raise InvalidInputError(
            f"{text!r} is no end: say a length in minutes, hours, days or weeks (90m, 12h, 30d, 4w),"
            " a day such as 2026-11-24, or a time such as 2026-11-24T09:30"
        ) from error


def read_incident(text: str, profile: DistrictProfile) -> UUID:
    """Return the id of an incident that is said by its id or as ``SOURCE:EXTERNAL_ID``.

    Raises InvalidInputError for another form, NotFoundError for a source that the district does not have.
    """
    try:
        return UUID(text)
    except ValueError:
        source, colon, external_id = text.partition(":")
    if not colon or not external_id:
        raise InvalidInputError(
            f"{text!r} names no incident: give its id, or SOURCE:EXTERNAL_ID such as hotline:2024-1"
        )
    require_source(source, profile)
    return incident_id(profile.code, source, external_id)


def require_source(source: str, profile: DistrictProfile) -> str:
    """Return a source that the district has; raises NotFoundError naming them."""
    if source not in profile.sources:
        sources = ", ".join(f"{name} {settings.label}" for name, settings in profile.sources.items())
        raise NotFoundError(f"{profile.name} has no source {source!r}; it has {sources}")
    return source
