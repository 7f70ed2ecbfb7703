"""What each command of the workflow has to say: one small dataclass a command, and a table from one to the other.

A text that a command needs must not be empty; the edge checks kinds and lengths, the domain that it is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from jiedao.domain.links import Receiver
from jiedao.domain.tasks import Assignee
from jiedao.domain.terms import Assessment, Command, HoldGround


@dataclass(frozen=True, slots=True)
class Remark:
    """Nothing but a remark, which may be empty."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason, which is required."""

    reason: str


@dataclass(frozen=True, slots=True)
class Street:
    """The street that holds it, and why."""

    street_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Class:
    """The class that it has (the district's own code), and why."""

    class_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Whether there is on site what was reported; photos by their content hash."""

    found: bool
    note: str = ""
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What was done; photos by their content hash."""

    result: str
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewTask:
    """Whom a task is given to; the reason says why a component goes to others than its maintaining unit."""

    assignee: Assignee
    note: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class OtherAssignee:
    """Whom a task is given to instead, and why."""

    task_id: str
    assignee: Assignee
    reason: str


@dataclass(frozen=True, slots=True)
class OfTask:
    """The task that is meant, with a remark."""

    task_id: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Return:
    """The task that is given back, and why."""

    task_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Handled:
    """What was done for a task; photos of before and after by their content hash."""

    task_id: str
    result: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether what was done passes; where it does not, the note says what is missing."""

    task_id: str
    passed: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Closing:
    """Whether the closing condition (结案条件) of the class is met; required where the class names one."""

    condition_met: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reporter was told."""

    text: str


@dataclass(frozen=True, slots=True)
class Revisit:
    """What the reporter says afterwards; ``None`` where nobody could be reached."""

    resolved: bool | None = None
    satisfied: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Suspension:
    """Why the clock stops, and who approved it."""

    reason: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class Correction:
    """What is wrong about what was recorded, and how it is in truth."""

    text: str


@dataclass(frozen=True, slots=True)
class Intervention:
    """Who leaned on the case, and how (干预留痕)."""

    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Redispatch:
    """The task that is given on, and to which community or grid worker."""

    task_id: str
    worker: Assignee
    note: str = ""


@dataclass(frozen=True, slots=True)
class JointOperation:
    """Who leads a joint operation, and who else has a task in it: at least one, none twice; the reason as of a task."""

    lead: Assignee
    others: tuple[Assignee, ...]
    note: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ExtensionRequest:
    """The task for which more time is needed, how much more as limits are written (``2工作日``), and why."""

    task_id: str
    length: str
    reason: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """The task whose extension is not granted, and why."""

    task_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class TransferOffer:
    """To whom it is to be transferred, why, and within what time they answer (``1工作日``)."""

    receiver: Receiver
    reason: str
    answer_within: str


@dataclass(frozen=True, slots=True)
class Merge:
    """The incident that it joins, and why; ``with_merged`` says that what had joined it is to go along."""

    into: UUID
    reason: str
    with_merged: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Who was told, and what."""

    whom: str
    content: str


@dataclass(frozen=True, slots=True)
class AppealRequest:
    """Which assessment should not count, and why."""

    assessment: Assessment
    reason: str


@dataclass(frozen=True, slots=True)
class AppealReview:
    """What a reviewer says of an appeal; the note says why not, where it is not granted."""

    assessment: Assessment
    granted: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class HoldOrder:
    """On which ground it must be kept as it is, why, and under which file number (案号)."""

    ground: HoldGround
    reason: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class HoldRelease:
    """Which hold ends, and why; without a reference the only one on this ground."""

    ground: HoldGround
    reason: str
    reference: str = ""


DETAILS: Mapping[Command, type] = MappingProxyType(
    {
        Command.DECIDE_JURISDICTION: Street,
        Command.DECIDE_CLASS: Class,
        Command.ADMIT: Remark,
        Command.DECLINE: Reason,
        Command.RETURN_CASE: Reason,
        Command.CONFIRM: Confirmation,
        Command.FILE: Remark,
        Command.REJECT: Reason,
        Command.SETTLE_ON_SPOT: Result,
        Command.VOID: Reason,
        Command.DISPATCH: NewTask,
        Command.REASSIGN: OtherAssignee,
        Command.ACCEPT: OfTask,
        Command.RETURN: Return,
        Command.START: OfTask,
        Command.REPORT_HANDLED: Handled,
        Command.VERIFY: Verdict,
        Command.CLOSE: Closing,
        Command.REPLY: Answer,
        Command.REVISIT: Revisit,
        Command.REOPEN: Reason,
        Command.SUSPEND: Suspension,
        Command.RESUME: Remark,
        Command.SUPERVISE: Remark,
        Command.URGE: Remark,
        Command.CORRECT: Correction,
        Command.INTERVENE: Intervention,
        Command.REDISPATCH: Redispatch,
        Command.JOINT_OPERATION: JointOperation,
        Command.ASK_EXTENSION: ExtensionRequest,
        Command.GRANT_EXTENSION: OfTask,
        Command.DENY_EXTENSION: Refusal,
        Command.OFFER_TRANSFER: TransferOffer,
        Command.ACCEPT_TRANSFER: Remark,
        Command.REFUSE_TRANSFER: Reason,
        Command.WITHDRAW_TRANSFER: Reason,
        Command.MERGE: Merge,
        Command.UNMERGE: Reason,
        Command.NOTIFY: Notice,
        Command.APPEAL: AppealRequest,
        Command.REVIEW_APPEAL: AppealReview,
        Command.HOLD: HoldOrder,
        Command.RELEASE_HOLD: HoldRelease,
    }
)
"""Command → what it says."""
