"""Two different people approve what cannot be undone (双人审批): one for the system, one for the law, neither asked.

Who may ask and who may approve from which seat is this table and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from jiedao.domain.terms import ApprovalSeat, Role

ASKERS: tuple[Role, ...] = (Role.INTAKE_OPERATOR, Role.SHIFT_LEADER, Role.LEGAL_REVIEWER, Role.ADMINISTRATOR)
"""Who may ask for something that needs two approvals."""

SEATS: Mapping[ApprovalSeat, tuple[Role, ...]] = MappingProxyType(
    {
        ApprovalSeat.ADMINISTRATION: (Role.ADMINISTRATOR,),
        ApprovalSeat.OVERSIGHT: (Role.SUPERVISOR, Role.LEGAL_REVIEWER),
    }
)
"""Seat → the roles that may approve from it. One approval from each is needed, by two people."""

SHOW_WHO = (
    "审批须出示本人的访问令牌，本机登录名不作数 an approval needs the approver's own access token"
    " (--token, JIEDAO_TOKEN): whoever is logged in at this machine could be anybody"
)
"""Why somebody without a token of their own may not approve: two people would not be told apart."""

APPROVERS: tuple[Role, ...] = tuple(role for roles in SEATS.values() for role in roles)
READERS: tuple[Role, ...] = (*dict.fromkeys((*ASKERS, *APPROVERS, Role.AUDITOR)),)
"""Who may see what was asked for."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval: who gave it, in which role, from which seat."""

    actor: str
    role: str
    seat: str


def seat_of(role: Role) -> ApprovalSeat | None:
    """Return the seat from which a role approves."""
    return next((seat for seat, roles in SEATS.items() if role in roles), None)


def against_asking(role: Role, askers: Sequence[Role]) -> str:
    """Say why a role may not ask for what these may ask for; empty where it may."""
    if role in askers:
        return ""
    return f"{role.label} {role.value} 无权申请；可由 {_named(askers)} 申请 these roles may ask"


def against_answering(asked_by: str, approvals: Sequence[Approval], actor: str, role: Role) -> str:
    """Say why somebody may not approve or reject; empty where they may."""
    seat = seat_of(role)
    if seat is None:
        return f"{role.label} {role.value} 无权审批；可由 {_named(APPROVERS)} 审批 these roles may approve"
    if actor == asked_by:
        return "申请人不得审批自己的申请 who asked cannot approve it"
    if any(one.actor == actor for one in approvals):
        return "同一人不得审批两次 the second approval has to be another person's"
    if any(one.seat == seat for one in approvals):
        missing = _named(tuple(role for at, roles in SEATS.items() if at is not seat for role in roles))
        return f"{seat.label}方已批准，尚待 {missing} that seat has approved; it waits for one of these"
    return ""


def _named(roles: Sequence[Role]) -> str:
    return "、".join(f"{role.label} {role.value}" for role in roles)
