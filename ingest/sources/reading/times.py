"""Reads the forms of time that sources write, and checks them against the time at which the record came in.

A time without a zone is understood in the source's zone, and flagged. In the hour that comes twice when summer time
ends it is the first; in the hour that is skipped it is what a clock shows that was not put forward.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from ingest.sources.reading.faults import UnreadableError
from ingest.sources.reading.json_fields import Found, as_text
from ingest.sources.reading.notes import Notes
from jiedao.domain.terms import ReportFlag

FUTURE_TOLERANCE = timedelta(minutes=10)
"""By so much a source's clock may be ahead of ours."""

STATED_REPORTED_AT = "stated_reported_at"
STATED_HAPPENED_AT = "stated_happened_at"
"""The details that keep a time which was not believed."""

_KEPT_TIMES, _KEPT_DAYS, _LONGEST_KEPT = 4_096, 512, 40
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_START_OF_DAY, _END_OF_DAY = time(), time(23, 59, 59)

_WRITTEN = re.compile(
    r"(?P<year>[0-9]{4})[-/.年](?P<month>[0-9]{1,2})[-/.月](?P<day>[0-9]{1,2})日?"
    r"(?:(?:\s*T\s*|\s+|(?<=日))(?P<hour>[0-9]{1,2})[:时点](?P<minute>[0-9]{1,2})分?"
    r"(?::?(?P<second>[0-9]{1,2})(?:[.,](?P<fraction>[0-9]{1,9}))?秒?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?)?",
    re.IGNORECASE,
)
_ZERO = re.compile(r"0+(?:[-/]0+){2}(?:[T ]0+(?::0+){0,2})?|0+|-1|1970[-/]0?1[-/]0?1.*")
"""What systems write where they have no time: 0, -1, 0000-00-00, and the beginning of their own count."""

_BEGINS_ZERO = "01-"

_DIGITS = re.compile(r"[0-9]{8,17}")
_FRACTION_OF_SECONDS = re.compile(r"([0-9]{10})\.[0-9]+")


class TimeReader:
    """Reads a source's times; all that it returns are aware and in UTC."""

    def __init__(self, zone: str) -> None:
        """Make it for a zone by its name (``Asia/Shanghai``)."""
        self._zone = ZoneInfo(zone)
        # What a text means follows from the text alone, and an order names many a time twice.
        self._meaning = lru_cache(_KEPT_TIMES)(self._meaning_of)
        self._ahead_all_day = lru_cache(_KEPT_DAYS)(self._ahead_of)

    def read(self, found: Found | None, notes: Notes, *, end_of_day: bool = False) -> datetime | None:
        """Return a time, or ``None`` where there is none.

        A mere date is the beginning of that day, or its last second with ``end_of_day``.
        Noted as a fault is a time in no known form, before 2000 or after 2100.
        """
        if found is None:
            return None
        value = found.value
        if isinstance(value, str):
            text = value.strip()
        else:
            try:
                text = as_text(found).strip()
            except UnreadableError as error:
                notes.fault(error)
                return None
        if not text or (text[0] in _BEGINS_ZERO and _ZERO.fullmatch(text)):
            return None
        read = self._meaning if len(text) <= _LONGEST_KEPT else self._meaning_of
        moment, assumed, absurd = read(text, _END_OF_DAY if end_of_day else _START_OF_DAY)
        if assumed:
            notes.flag(ReportFlag.TIME_ASSUMED_ZONE)
        if moment is None:
            notes.fault(UnreadableError("time_absurd" if absurd else "time_unreadable", found.pointer))
        return moment

    def reported(self, found: Found | None, received_at: datetime, notes: Notes) -> datetime:
        """Return when the source took the report down: as it says, unless that is missing or lies ahead of us."""
        moment = self.read(found, notes)
        if moment is None:
            notes.flag(ReportFlag.TIME_MISSING)
            return received_at.astimezone(UTC)
        return self._believed(moment, received_at, STATED_REPORTED_AT, notes) or received_at.astimezone(UTC)

    def happened(self, found: Found | None, received_at: datetime, notes: Notes) -> datetime | None:
        """Return when it was seen to happen; ``None`` where that is not known, or lies ahead of us."""
        moment = self.read(found, notes)
        return None if moment is None else self._believed(moment, received_at, STATED_HAPPENED_AT, notes)

    def _believed(self, moment: datetime, received_at: datetime, name: str, notes: Notes) -> datetime | None:
        if moment <= received_at + FUTURE_TOLERANCE:
            return moment
        notes.flag(ReportFlag.TIME_IN_FUTURE)
        notes.keep(name, moment.isoformat())
        return None

    def _meaning_of(self, text: str, time_of_date: time) -> tuple[datetime | None, bool, bool]:
        """Return the time that can be used, whether its zone is assumed, and whether it is out of any reason."""
        moment, assumed = self._moment_of(text, time_of_date)
        if moment is None or _EARLIEST <= moment < _LATEST:
            return moment, assumed, False
        return None, assumed, True

    def _moment_of(self, text: str, time_of_date: time) -> tuple[datetime | None, bool]:
        """Return the time that a text means, and whether it is understood in the source's zone for want of its own."""
        try:
            if usual := self._usual(text):
                return usual, True
            if _DIGITS.fullmatch(text) and len(text) in _COUNTED:
                return _COUNTED[len(text)](int(text)), False
            if match := _FRACTION_OF_SECONDS.fullmatch(text):
                return _of_seconds(int(match[1])), False
            if _DIGITS.fullmatch(text) and len(text) in _PACKED:
                moment = datetime.strptime(text[:14], _PACKED[len(text)])  # noqa: DTZ007  # its zone is given next
                return self._local(moment, time_of_date, is_date=len(text) == _DATE)
            match = _WRITTEN.fullmatch(text)
            return (None, False) if match is None else self._written(match, time_of_date)
        except (ValueError, OverflowError):
            return None, False

    def _usual(self, text: str) -> datetime | None:
        """Read the form that nearly all sources write, without a zone, before any pattern is tried."""
        if len(text) != len(_USUAL) or (text[4], text[7], text[10], text[13], text[16]) != ("-", "-", " ", ":", ":"):
            return None
        try:
            ahead = self._ahead_all_day(text[:_DAY])
            if ahead is None:
                return _utc(datetime.fromisoformat(text), self._zone)
            return datetime.fromisoformat(f"{text}+00:00") - ahead  # in a third of the time of asking the zone
        except ValueError:  # no such day; or 24:00, which is a time here and none in the library
            return None

    def _ahead_of(self, day: str) -> timedelta | None:
        """How far the zone is ahead of UTC on a day; ``None`` where its clocks are changed on that day.

        Raises ValueError for what is no day.
        """
        date = datetime.fromisoformat(day)
        ends = [datetime.combine(date, clock).replace(fold=fold) for clock in (time.min, time.max) for fold in (0, 1)]
        offsets = {self._zone.utcoffset(end) for end in ends}
        return offsets.pop() if len(offsets) == 1 else None

    def _written(self, match: re.Match[str], time_of_date: time) -> tuple[datetime, bool]:
        date = datetime(int(match["year"]), int(match["month"]), int(match["day"]))  # noqa: DTZ001  # its zone is given below
        if match["hour"] is None:
            return self._local(date, time_of_date, is_date=True)
        hour, days = (0, 1) if int(match["hour"]) == _MIDNIGHT and _is_on_the_hour(match) else (int(match["hour"]), 0)
        microsecond = int((match["fraction"] or "0").ljust(6, "0")[:6])
        moment = date.replace(
            hour=hour, minute=int(match["minute"]), second=int(match["second"] or 0), microsecond=microsecond
        ) + timedelta(days=days)
        zone = _zone(match["zone"])
        return self._local(moment, time_of_date, is_date=False) if zone is None else (_utc(moment, zone), False)

    def _local(self, moment: datetime, time_of_date: time, *, is_date: bool) -> tuple[datetime, bool]:
        return _utc(datetime.combine(moment.date(), time_of_date) if is_date else moment, self._zone), True


_MIDNIGHT = 24


_USUAL = "2026-11-24 08:51:18"
_DAY = len("2026-11-24")


def _is_on_the_hour(match: re.Match[str]) -> bool:
    return int(match["minute"]) == 0 and int(match["second"] or 0) == 0 and int(match["fraction"] or 0) == 0


def _zone(written: str | None) -> tzinfo | None:
    if written is None:
        return None
    if written[0] not in "+-":
        return UTC
    digits = written[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if written[0] == "-" else offset)


def _utc(moment: datetime, zone: tzinfo) -> datetime:
    return moment.replace(tzinfo=zone).astimezone(UTC)


def _of_seconds(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _of_milliseconds(milliseconds: int) -> datetime:
    return _of_seconds(milliseconds // 1000) + timedelta(milliseconds=milliseconds % 1000)


_COUNTED: Mapping[int, Callable[[int], datetime]] = {10: _of_seconds, 13: _of_milliseconds}
_DATE = 8
_PACKED: Mapping[int, str] = {_DATE: "%Y%m%d", 14: "%Y%m%d%H%M%S", 17: "%Y%m%d%H%M%S"}
