"""A case is transferred (移送) by two sides: offered, then accepted or refused by who is to have it.

Meanwhile it stands in 移送中 and nobody works on its tasks. Refused, withdrawn or unanswered in time it stands where it
stood. Accepted by another street it waits for dispatch there; by a department, that has the task; by a body outside
the district it ends, which a superior platform's case cannot.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jiedao.domain import commands as said
from jiedao.domain import merging
from jiedao.domain.context import EventContext
from jiedao.domain.decisions import JurisdictionDecision
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.incident import Incident
from jiedao.domain.links import OfferedTransfer, Receiver
from jiedao.domain.progress import Progress
from jiedao.domain.ruling import RuledOutError
from jiedao.domain.terms import Lifecycle, MatchMethod, ReceiverKind, Role


def offer(
    incident: Incident, details: said.TransferOffer, answer_by: datetime, *, context: EventContext, at: datetime
) -> None:
    """Offer it; ``answer_by`` (UTC) is when ``answer_within`` from now is over."""
    receiver = details.receiver
    if (receiver.kind == ReceiverKind.STREET) != (receiver.street_code is not None):
        raise InvalidInputError("a street, and nothing else, is named by its code", "/receiver/street_code")
    if receiver.street_code is not None and receiver.street_code == incident.street_code:
        raise InvalidInputError("it is this street's already", "/receiver/street_code")
    if receiver.kind == ReceiverKind.BODY and (
        joined := merging.others_joined(incident.progress, Role(context.role), None)
    ):
        raise RuledOutError(joined)
    if receiver.kind == ReceiverKind.BODY and incident.lifecycle is Lifecycle.UPSTREAM:
        raise RuledOutError(
            "上级平台案件不得移送区外 a superior platform's case is not ours to send elsewhere: return it there"
        )
    incident.trigger_event(
        Incident.TransferOffered,
        receiver=receiver,
        answer_within=details.answer_within,
        answer_by=answer_by,
        context=context,
        timestamp=at,
    )


def accept(incident: Incident, details: said.Remark, boundary_set: str, *, context: EventContext, at: datetime) -> None:
    """Take it. For a street the new jurisdiction is recorded, too, under the boundary set that holds."""
    receiver = _answered(incident.progress, context).receiver
    task_id = incident.progress.next_task_id() if receiver.kind == ReceiverKind.DEPARTMENT else None
    incident.trigger_event(
        Incident.TransferAccepted,
        receiver=receiver,
        task_id=task_id,
        note=details.note,
        context=context,
        timestamp=at,
    )
    if receiver.street_code is not None:
        before = incident.jurisdiction
        lon, lat = (before.lon, before.lat) if before else (None, None)
        decision = JurisdictionDecision(MatchMethod.MANUAL.value, receiver.street_code, boundary_set, lon, lat)
        incident.decide_jurisdiction(decision, context=context.following(), at=at)


def refuse(progress: Progress, context: EventContext) -> dict[str, Any]:
    """Do not take it."""
    return {"kind": Incident.TransferRefused, "receiver": _answered(progress, context).receiver}


def withdraw(progress: Progress) -> dict[str, Any]:
    """Offer it no longer."""
    return {"kind": Incident.TransferWithdrawn, "receiver": _offered(progress).receiver}


def offered_oneself(progress: Progress, _role: Role, actor: str | None) -> str:
    """Say that who offered it cannot answer, if so; for a body outside anybody records what that said."""
    offered = progress.transfer
    if offered is None or offered.offered_by != actor or offered.receiver.kind == ReceiverKind.BODY:
        return ""
    return "移送人不得代接收方答复 who offered a transfer cannot answer for the receiving side"


def _answered(progress: Progress, context: EventContext) -> OfferedTransfer:
    if why := offered_oneself(progress, Role(context.role), context.actor):
        raise RuledOutError(why)
    return _offered(progress)


def _offered(progress: Progress) -> OfferedTransfer:
    if progress.transfer is None:  # the table lets nobody come here without one
        raise RuledOutError("没有待答复的移送 no transfer waits for an answer")
    return progress.transfer


def receiver_of(progress: Progress) -> Receiver | None:
    """Return to whom it is offered, if it is."""
    return progress.transfer.receiver if progress.transfer else None
