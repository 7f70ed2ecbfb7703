"""Indicators worked out the slow way, by formulas written by hand in this file.

It knows nothing of the views, or of the file in which the formulas are declared.
"""

from __future__ import annotations

from datetime import datetime

from tests.naive_cases import OUT


def _not_void(case):
    return case.state not in {"void", "merged"}


def _pursued(case):
    return case.state not in {*OUT, "suspended"} and not case.exempt("overtime")


def _due(case, then):
    return _pursued(case) and case.filed and case.closing_due and case.closing_due < then


def _handling_due(case, then):
    return _pursued(case) and case.given and case.handling_due and case.handling_due < then


def _late(case):
    return case.done is None or case.done > case.closing_due


def _share(counted, among):
    return lambda case, then: (int(bool(counted(case, then))), 1) if among(case, then) else (0, 0)


# name: (by which moment it falls into the period, what it adds to numerator and denominator)
INDICATORS = {
    "filing_rate": (
        lambda case: case.received,
        _share(lambda case, _: case.filed, lambda case, _: _not_void(case) and case.lifecycle == "own"),
    ),
    "on_time_filing_rate": (
        lambda case: case.filed,
        _share(
            lambda case, _: case.first_filing_due is None or case.filed <= case.first_filing_due,
            lambda case, _: _not_void(case) and case.lifecycle == "own" and case.filed,
        ),
    ),
    "dispatch_accuracy_rate": (
        lambda case: case.first_task,
        lambda case, _: (
            (case.given - case.misdirected, case.given) if _not_void(case) and not case.exempt("wrong_dispatch") else (0, 0)
        ),
    ),
    "on_time_handling_rate": (
        lambda case: case.handling_due,
        _share(lambda case, _: case.handled and case.handled <= case.handling_due, _handling_due),
    ),
    "closing_rate": (
        lambda case: case.filed,
        _share(
            lambda case, _: case.closed,
            lambda case, _: case.filed and case.state not in {*OUT, "suspended"},
        ),
    ),
    "on_time_closing_rate": (
        lambda case: case.closing_due,
        _share(lambda case, _: not _late(case), _due),
    ),
    "rework_rate": (
        lambda case: case.first_handled,
        _share(
            lambda case, _: case.ever_reworked,
            lambda case, _: _not_void(case) and case.given and case.first_handled and not case.exempt("rework"),
        ),
    ),
    "overdue_rate": (
        lambda case: case.closing_due,
        _share(lambda case, _: _late(case), _due),
    ),
    "open_overdue_rate": (lambda case: case.closing_due, _share(lambda case, _: case.closed is None and _late(case), _due)),
    "satisfaction_rate": (
        lambda case: case.revisited,
        _share(
            lambda case, _: case.satisfied,
            lambda case, _: _not_void(case) and case.satisfied is not None and not case.exempt("dissatisfaction"),
        ),
    ),
    "resolution_rate": (
        lambda case: case.revisited,
        _share(lambda case, _: case.resolved, lambda case, _: _not_void(case) and case.resolved is not None),
    ),
}  # fmt: skip

GROUPS = {
    "street": lambda case: case.street,
    "platform": lambda case: case.platform,
    "department": lambda case: case.department,
    "class": lambda case: case.kind,
    "source": lambda case: case.source,
    "lifecycle": lambda case: case.lifecycle,
}


def figures(cases, then: datetime, since: datetime | None = None, until: datetime | None = None):
    """Return name → (numerator, denominator) as of a moment, of the cases that fall into a period."""
    added = {}
    for name, (falls, adds) in INDICATORS.items():
        pairs = [adds(case, then) for case in cases if _within(falls(case), since, until)]
        added[name] = (sum(above for above, _ in pairs), sum(below for _, below in pairs))
    return added


def _within(moment, since, until):
    if since is None and until is None:
        return True
    return moment is not None and (since is None or moment >= since) and (until is None or moment < until)
