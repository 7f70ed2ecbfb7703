"""Indicators worked out the slow way, from the raw events alone and by formulas written by hand in this file.

It knows nothing of the views, of the workflow's progress, or of the file in which the formulas are declared.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import groupby

FILING = timedelta(hours=2)
_DONE = {"handled", "verified"}


class Case:
    """What one incident's events say, replayed moment by moment."""

    def __init__(self):
        self.tasks = {}
        self.ended = None
        self.suspended = False
        self.given = self.misdirected = 0
        self.ever_reworked = False
        self.street = self.platform = self.department = self.kind = None
        self.class_due = self.upstream_due = None
        self.filed = self.first_task = self.first_handled = self.handled = self.closed = self.revisited = None
        self.handling_due = self.closing_due = None
        self.satisfied = self.resolved = None

    def moment(self, at, events):
        for event in events:
            step = getattr(self, f"_{type(event).__name__}", None)
            if step is not None:
                step(event, at)
            self._look_at_tasks(at)
        due = self.upstream_due if self.lifecycle == "upstream" and self.upstream_due else self.class_due
        if self.handled is None or self.handled == at:
            self.handling_due = due
        if self.closed is None or self.closed == at:
            self.closing_due = due

    def _look_at_tasks(self, at):
        """Nothing is left to be done once each task that was not taken away is done."""
        left = [state for state in self.tasks.values() if state != "reassigned"]
        if self.tasks and not (left and set(left) <= _DONE):
            self.handled = None
        elif left and self.handled is None:
            self.handled = at

    def _Received(self, event, at):  # noqa: N802  # named as the event
        self.received = at
        self.source = event.report.source
        self._Revised(event, at)

    def _Revised(self, event, at):  # noqa: N802
        self.lifecycle = event.report.lifecycle
        self.upstream_due = event.report.upstream.deadline if event.report.upstream else None

    def _JurisdictionDecided(self, event, at):  # noqa: N802
        self.street = event.decision.street_code

    def _ClassDecided(self, event, at):  # noqa: N802
        decided = event.decision
        self.platform, self.department, self.kind = decided.platform, decided.department, decided.class_code
        self.class_due = decided.due_at

    def _Admitted(self, event, at):  # noqa: N802
        if event.filed and self.filed is None:
            self.filed = at

    def _Filed(self, event, at):  # noqa: N802
        self.filed = self.filed or at

    def _SettledOnSpot(self, event, at):  # noqa: N802
        self.filed = self.filed or at
        self.first_handled = self.first_handled or at
        self.handled = self.closed = at
        self.ended = "closed"

    def _Declined(self, event, at):  # noqa: N802
        self.ended = "declined"

    def _Rejected(self, event, at):  # noqa: N802
        self.ended = "rejected"

    def _Voided(self, event, at):  # noqa: N802
        self.ended = "void"

    def _Closed(self, event, at):  # noqa: N802
        self.ended, self.closed = "closed", at

    def _Reopened(self, event, at):  # noqa: N802
        self.ended = self.closed = self.handled = None
        self.tasks = {}

    _ReopenedForTriage = _Reopened

    def _Suspended(self, event, at):  # noqa: N802
        self.suspended = True

    def _Resumed(self, event, at):  # noqa: N802
        self.suspended = False

    def _TaskDispatched(self, event, at):  # noqa: N802
        self.given += 1
        self.first_task = self.first_task or at
        self.tasks[event.task_id] = "open"

    def _TaskReassigned(self, event, at):  # noqa: N802
        if self.tasks[event.task_id] != "returned":
            self.misdirected += 1
        self.given += 1
        self.tasks |= {event.task_id: "reassigned", event.new_task_id: "open"}

    def _TaskReturned(self, event, at):  # noqa: N802
        self.misdirected += 1
        self.tasks[event.task_id] = "returned"

    def _TaskHandled(self, event, at):  # noqa: N802
        self.first_handled = self.first_handled or at
        self.tasks[event.task_id] = "handled"

    def _TaskVerified(self, event, at):  # noqa: N802
        self.tasks[event.task_id] = "verified"

    def _TaskFailedVerification(self, event, at):  # noqa: N802
        self.ever_reworked = True
        self.tasks[event.task_id] = "open"

    def _Revisited(self, event, at):  # noqa: N802
        self.revisited, self.resolved, self.satisfied = at, event.resolved, event.satisfied


def replay(recorded):
    """Return the cases of ``(recorded_at, event)`` pairs."""
    cases = defaultdict(Case)
    for at, moment in groupby(recorded, key=lambda pair: pair[0]):
        of_cases = defaultdict(list)
        for _at, event in moment:
            of_cases[event.originator_id].append(event)
        for incident_id, events in of_cases.items():
            cases[incident_id].moment(at, events)
    return list(cases.values())


def _due(case, then):
    running = not case.suspended and case.ended not in {"void", "declined", "rejected"}
    return running and case.filed and case.closing_due and case.closing_due < then


def _handling_due(case, then):
    running = not case.suspended and case.ended not in {"void", "declined", "rejected"}
    return running and case.given and case.handling_due and case.handling_due < then


def _share(counted, among):
    return lambda case, then: (int(bool(counted(case, then))), 1) if among(case, then) else (0, 0)


def _not_void(case):
    return case.ended != "void"


# name: (by which moment it falls into the period, what it adds to numerator and denominator)
INDICATORS = {
    "filing_rate": (
        lambda case: case.received,
        _share(lambda case, _: case.filed, lambda case, _: _not_void(case) and case.lifecycle == "own"),
    ),
    "on_time_filing_rate": (
        lambda case: case.filed,
        _share(
            lambda case, _: case.filed - case.received <= FILING,
            lambda case, _: _not_void(case) and case.lifecycle == "own" and case.filed,
        ),
    ),
    "dispatch_accuracy_rate": (
        lambda case: case.first_task,
        lambda case, _: (case.given - case.misdirected, case.given) if _not_void(case) else (0, 0),
    ),
    "on_time_handling_rate": (
        lambda case: case.handling_due,
        _share(lambda case, _: case.handled and case.handled <= case.handling_due, _handling_due),
    ),
    "closing_rate": (
        lambda case: case.filed,
        _share(
            lambda case, _: case.closed,
            lambda case, _: case.filed and not case.suspended and case.ended not in {"void", "declined", "rejected"},
        ),
    ),
    "on_time_closing_rate": (
        lambda case: case.closing_due,
        _share(lambda case, _: case.closed and case.closed <= case.closing_due, _due),
    ),
    "rework_rate": (
        lambda case: case.first_handled,
        _share(lambda case, _: case.ever_reworked, lambda case, _: _not_void(case) and case.given and case.first_handled),
    ),
    "overdue_rate": (
        lambda case: case.closing_due,
        _share(lambda case, _: case.closed is None or case.closed > case.closing_due, _due),
    ),
    "open_overdue_rate": (lambda case: case.closing_due, _share(lambda case, _: case.closed is None, _due)),
    "satisfaction_rate": (
        lambda case: case.revisited,
        _share(lambda case, _: case.satisfied, lambda case, _: _not_void(case) and case.satisfied is not None),
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
