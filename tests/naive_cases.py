"""Cases replayed the slow way, from the raw events alone: where they stand, and the deadlines that are counted by hand.

It knows nothing of the views, of the workflow's progress, of clocks.
All limits of its district run in continuous time.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

LIMITS = {"file": 0.05, "dispatch": 0.02, "verify": 0.05, "close": 0.03}
"""Hours that the stages may take."""

TO_HANDLE, DONE = "to handle", {"handled", "verified"}
OUT = {"void", "declined", "rejected", "transferred", "sent_back", "merged"}


@dataclass
class Task:
    """What one assignee has to do: to be handled from ``since`` by ``due``, as last counted."""

    state: str
    since: datetime
    due: datetime | None = None


class Case:
    """What one incident's events say, replayed one by one."""

    def __init__(self):
        self.state = "new"
        self.tasks = {}
        self.kept = {}  # where it stood before it was suspended, merged, offered or sent back
        self.given = self.misdirected = 0
        self.ever_reworked = False
        self.street = self.platform = self.department = self.kind = None
        self.hours = self.upstream_due = None
        self.filed = self.first_task = self.first_handled = self.handled = self.closed = self.revisited = None
        self.satisfied = self.resolved = None
        self.appeals = {}
        self.admitted_since = self.case_since = None
        self.pauses, self.extensions = [], []
        self.filing_due = self.first_filing_due = self.closing_due = self.missed = None

    # How deadlines are counted.

    def _ends(self, since, *hours):
        """When hours are used up that do not pass while it is suspended; nothing while it is, and before it knows."""
        if since is None or None in hours:
            return None
        at, left = since, sum((timedelta(hours=one) for one in hours), timedelta())
        for begin, end in self.pauses:
            if end is not None and end <= at:
                continue
            if begin > at:
                if at + left <= begin:
                    return at + left
                left -= begin - at
            if end is None:
                return None
            at = end
        return at + left

    def _fixed(self):
        return self.upstream_due if self.lifecycle == "upstream" else None

    def _total(self):
        after = () if self.lifecycle == "upstream" else (LIMITS["verify"], LIMITS["close"])
        return self._ends(self.case_since, LIMITS["dispatch"], self.hours, *self.extensions, *after)

    def _stands(self):
        """Where it stands, or stood when it was suspended."""
        return self.kept["suspended"] if self.state == "suspended" else self.state

    def _count(self):
        """Count the deadlines that run now; what is over keeps its own."""
        stands = self._stands()
        if stands == "working":
            for task in self.tasks.values():
                if task.state == TO_HANDLE:
                    task.due = self._fixed() or self._ends(task.since, self.hours, *self.extensions)
        if stands == "admitted":
            self.filing_due = self._ends(self.admitted_since, LIMITS["file"])
        back = self.lifecycle == "upstream" and self._reported_back()
        if stands not in {"closed", *OUT} and not back:
            runs = stands in {"filed", "working", "offered"}
            self.closing_due = self._fixed() or (self._total() if runs else None)
        elif stands == "closed" and self.closing_due is None:
            self.closing_due = self._total()

    def _reported_back(self):
        states = [task.state for task in self.tasks.values() if task.state != "reassigned"]
        return self._stands() == "working" and bool(states) and set(states) <= DONE

    @property
    def handling_due(self):
        if self.missed is not None:
            return self.missed
        tasks = [task for task in self.tasks.values() if task.state != "reassigned"]
        waiting = [task.due for task in tasks if task.state == TO_HANDLE]
        if waiting:
            known = [due for due in waiting if due is not None]
            return min(known) if known and self.state not in {"offered", "merged", "sent_back"} else None
        if any(task.state == "returned" for task in tasks):
            return None
        return max((task.due for task in tasks if task.due is not None), default=None)

    @property
    def done(self):
        """When our part was done: closed, or reported back to a superior platform."""
        return (self.handled or self.closed) if self.lifecycle == "upstream" else self.closed

    def exempt(self, assessment):
        granted, denied = self.appeals.get(assessment, (set(), False))
        return not denied and len(granted) == 2

    # What happens.

    def moment(self, at, events):
        for event in events:
            if self.state != "new":
                self._count()
            step = getattr(self, f"_{type(event).__name__}", None)
            if step is not None:
                step(event, at)
            self._look_at_tasks(at)
        self._count()
        if self.filed is None or self.filed == at:
            self.first_filing_due = self.filing_due

    def _look_at_tasks(self, at):
        """Nothing is left to be done once each task that was not taken away is done."""
        left = [task.state for task in self.tasks.values() if task.state != "reassigned"]
        if left and set(left) <= DONE:
            self.handled = self.handled or at
        elif self.tasks or self.state != "closed":
            self.handled = None

    def _move(self, task_id, state, at):
        """A task that leaves its assignee only after its deadline missed it."""
        task = self.tasks[task_id]
        if task.state == TO_HANDLE != state and task.due is not None and task.due < at:
            self.missed = min(task.due, self.missed or task.due)
        task.state = state

    def _give(self, task_id, at):
        self.given += 1
        self.first_task = self.first_task or at
        self.tasks[task_id] = Task(TO_HANDLE, at)
        self.state = "working"

    def _begin(self, at):
        """It is a case from now on."""
        self.state = "filed"
        self.filed = self.filed or at
        self.case_since = at

    def _Received(self, event, at):  # noqa: N802  # named as the event
        self.received, self.state = at, "open"
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
        self.hours = float(decided.time_limit.removesuffix("小时")) if decided.time_limit else None

    def _Admitted(self, event, at):  # noqa: N802
        if event.filed:
            self._begin(at)
        else:
            self.state, self.admitted_since = "admitted", at

    def _Filed(self, event, at):  # noqa: N802
        self._begin(at)

    def _SettledOnSpot(self, event, at):  # noqa: N802
        self.filed = self.filed or at
        self.case_since = self.case_since or at
        self.first_handled = self.first_handled or at
        self.handled = self.closed = at
        self.state = "closed"

    def _Declined(self, event, at):  # noqa: N802
        self.state = "declined"

    def _Rejected(self, event, at):  # noqa: N802
        self.state = "rejected"

    def _Voided(self, event, at):  # noqa: N802
        self.state = "void"

    def _Closed(self, event, at):  # noqa: N802
        self.state, self.closed = "closed", at

    def _Reopened(self, event, at):  # noqa: N802
        self.closed = self.handled = self.case_since = None
        self.filing_due = self.closing_due = self.missed = None
        self.tasks, self.pauses, self.extensions = {}, [], []
        self.state, self.admitted_since = "admitted", at

    def _ReopenedForTriage(self, event, at):  # noqa: N802
        self._Reopened(event, at)
        self.state = "open"

    def _Suspended(self, event, at):  # noqa: N802
        self.kept["suspended"], self.state = self.state, "suspended"
        self.pauses.append((at, None))

    def _Resumed(self, event, at):  # noqa: N802
        self.state = self.kept["suspended"]
        self.pauses[-1] = (self.pauses[-1][0], at)

    def _TaskDispatched(self, event, at):  # noqa: N802
        self._give(event.task_id, at)

    def _JointOperationOpened(self, event, at):  # noqa: N802
        for one in event.tasks:
            self._give(one.task_id, at)

    def _TaskReassigned(self, event, at):  # noqa: N802
        if self.tasks[event.task_id].state != "returned":
            self.misdirected += 1
        self._move(event.task_id, "reassigned", at)
        self._give(event.new_task_id, at)

    def _TaskReturned(self, event, at):  # noqa: N802
        self.misdirected += 1
        self._move(event.task_id, "returned", at)

    def _TaskHandled(self, event, at):  # noqa: N802
        self.first_handled = self.first_handled or at
        self._move(event.task_id, "handled", at)

    def _TaskVerified(self, event, at):  # noqa: N802
        self._move(event.task_id, "verified", at)

    def _TaskFailedVerification(self, event, at):  # noqa: N802
        self.ever_reworked = True
        self.tasks[event.task_id] = Task(TO_HANDLE, at)

    def _ExtensionGranted(self, event, at):  # noqa: N802
        self.extensions.append(float(event.length.removesuffix("小时")))

    def _TransferOffered(self, event, at):  # noqa: N802
        self.kept["offered"], self.state = self.state, "offered"

    def _TransferRefused(self, event, at):  # noqa: N802
        self.state = self.kept["offered"]

    _TransferWithdrawn = _TransferRefused

    def _TransferAccepted(self, event, at):  # noqa: N802
        self.tasks = {}
        self.state = {"street": "filed", "department": "working", "body": "transferred"}[event.receiver.kind]
        if event.task_id is not None:
            self._give(event.task_id, at)

    def _Merged(self, event, at):  # noqa: N802
        self.kept["merged"], self.state = self.state, "merged"

    def _Unmerged(self, event, at):  # noqa: N802
        self.state = self.kept["merged"]

    def _CaseSentBack(self, event, at):  # noqa: N802
        self.state = "sent_back"

    def _Appealed(self, event, at):  # noqa: N802
        self.appeals[event.assessment] = (set(), False)

    def _AppealReviewed(self, event, at):  # noqa: N802
        granted, denied = self.appeals[event.assessment]
        if event.granted:
            granted.add(event.context.actor)
        self.appeals[event.assessment] = (granted, denied or not event.granted)

    def _Revisited(self, event, at):  # noqa: N802
        self.revisited, self.resolved, self.satisfied = at, event.resolved, event.satisfied


def replay(recorded):
    """Return the cases of ``(moment, event)`` pairs; what is no incident's is left out."""
    cases = defaultdict(Case)
    for at, moment in groupby(recorded, key=lambda pair: pair[0]):
        of_cases = defaultdict(list)
        for _at, event in moment:
            if type(event).TOPIC.startswith("jiedao.incident."):
                of_cases[event.originator_id].append(event)
        for incident_id, events in of_cases.items():
            cases[incident_id].moment(at, events)
    return list(cases.values())
