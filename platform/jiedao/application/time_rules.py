"""The time rules of a district's profile, recorded: what clocks run by is in the log, as every other table is.

A rule that the profile changes, or a calendar year that a newer release of the calendar knows, is adopted by an event
the next time that the district is opened; the clocks are worked out anew by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import cast

import msgspec
from eventsourcing.domain import CanMutateProtocol

from jiedao.application.calendar import make_calendar
from jiedao.application.district_application import DistrictApplication
from jiedao.domain.access import Holder
from jiedao.domain.context import EventContext
from jiedao.domain.deadlines import WorkCalendar
from jiedao.domain.errors import ConflictError
from jiedao.domain.identity import time_rules_id
from jiedao.domain.ports import Clock
from jiedao.domain.profile import CalendarSettings, ClockSettings, DistrictProfile, WorkingHours
from jiedao.domain.time_rules import TimeRuleBook, TimeRules
from jiedao.store.recorder import UnitContext

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""The years of which a calendar is asked."""

_SATURDAY = 5
_VERSION_DIGITS = 12
_encode = msgspec.json.Encoder(order="sorted").encode


def rules_of(hours: WorkingHours, calendar: CalendarSettings, clocks: ClockSettings) -> TimeRules:
    """Write down what clocks run by; the version follows from the content."""
    known = make_calendar(calendar)
    years = tuple(year for year in range(FIRST_YEAR, LAST_YEAR + 1) if known.is_workday(date(year, 7, 1)) is not None)
    rules = TimeRules(
        version="",
        spans=hours.spans,
        timezone=hours.timezone,
        years=years,
        exceptions=tuple(day for year in years for day in _exceptions(known, year)),
        limits=dict(sorted(clocks.limits.items())),
        approaching_share=clocks.approaching_share,
        escalate_after=clocks.escalate_after,
    )
    return replace(rules, version=f"rules-{hashlib.sha256(_encode(rules)).hexdigest()[:_VERSION_DIGITS]}")


def _exceptions(calendar: WorkCalendar, year: int) -> Iterator[date]:
    """Yield the days of a year that are not as a plain Monday to Friday has them."""
    day = date(year, 1, 1)
    while day.year == year:
        if calendar.is_workday(day) is not (day.weekday() < _SATURDAY):
            yield day
        day += timedelta(days=1)


def adopt_time_rules(
    application: DistrictApplication, profile: DistrictProfile, clock: Clock, actor: Holder
) -> TimeRules:
    """Let the profile's rules hold, by an event where they are not those that hold already; returns them."""
    rules = rules_of(profile.working_hours, profile.calendar, profile.clocks)
    book_id = time_rules_id(profile.code)
    book = _read(application, profile)
    context = EventContext(
        actor.holder, actor.role.value, correlation_id=book_id, causation_id=f"adopt:{rules.version}"
    )
    if book is None:
        book = TimeRuleBook.adopt(book_id, rules, context=context, at=clock.now())
    else:
        book.change(rules, context=context, at=clock.now())
    if book.pending_events:
        unit = UnitContext("time-rules", f"{book.version}:{rules.version}", b"", lane="people")
        try:
            application.record([book], unit)
        except ConflictError:  # another process of the district opened in this moment; what it adopted holds
            return recorded_time_rules(application, profile) or rules
    return rules


def recorded_time_rules(application: DistrictApplication, profile: DistrictProfile) -> TimeRules | None:
    """Return the rules that hold, as the log has them; ``None`` before any were adopted."""
    book = _read(application, profile)
    return book.rules if book is not None else None


def _read(application: DistrictApplication, profile: DistrictProfile) -> TimeRuleBook | None:
    book: TimeRuleBook | None = None
    for stored in application.district_log.select_events(time_rules_id(profile.code)):
        event = cast("CanMutateProtocol[TimeRuleBook]", application.mapper.to_domain_event(stored))
        book = event.mutate(book)
    return book
