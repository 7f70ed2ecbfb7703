"""Which roles may do what over HTTP, as one table; streets and sources narrow it further."""

from __future__ import annotations

from collections.abc import Mapping

from jiedao.domain.access import Holder
from jiedao.domain.errors import NotAllowedError
from jiedao.domain.terms import Role, Term


class Act(Term):
    """What a request asks to do."""

    PUSH_REPORTS = "push_reports", "推送上报"
    RECONCILE = "reconcile", "对账"
    READ_DEAD_LETTERS = "read_dead_letters", "查看死信"
    READ_INCIDENTS = "read_incidents", "查看事件"
    READ_INTERVENTIONS = "read_interventions", "查看干预留痕"
    COMMAND = "command", "办理事件"
    READ_QUEUES = "read_queues", "查看任务队列"
    READ_PLACES = "read_places", "查看街道与辖区"
    STORE_FILES = "store_files", "上传文件"
    READ_FILES = "read_files", "查看文件"
    READ_METRICS = "read_metrics", "查看运行指标"
    READ_OUTBOX = "read_outbox", "查看上报报文"
    TEND_OUTBOX = "tend_outbox", "处理上报报文"
    READ_PERSONAL_DATA = "read_personal_data", "查看个人信息"
    READ_EVENTS = "read_events", "检索审计轨迹"
    READ_REFUSALS = "read_refusals", "查看拒绝记录"
    READ_ACCESS_RECORDS = "read_access_records", "查看访问记录"
    EXPORT_EVENTS = "export_events", "导出审计轨迹"
    REPLAY = "replay", "重放事件"
    DRAW_SAMPLES = "draw_samples", "抽样"
    READ_LEDGER = "read_ledger", "查看检查点与证明"
    BRING_COSIGNATURES = "bring_cosignatures", "提交见证签名"


_EVERYBODY = frozenset(Role)
_PEOPLE = _EVERYBODY - {Role.INTEGRATOR}
_INTAKE = frozenset({Role.INTEGRATOR, Role.INTAKE_OPERATOR, Role.SHIFT_LEADER, Role.AUDITOR, Role.ADMINISTRATOR})
_FIELD = frozenset({Role.COLLECTOR, Role.HANDLER, Role.GRID_WORKER, Role.DISPATCHER})
_AUDIT = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
_OVERSIGHT = _AUDIT | {Role.SUPERVISOR, Role.LEGAL_REVIEWER}

ALLOWED: Mapping[Act, frozenset[Role]] = {
    Act.PUSH_REPORTS: frozenset({Role.INTEGRATOR, Role.ADMINISTRATOR}),
    Act.RECONCILE: _INTAKE,
    Act.READ_DEAD_LETTERS: _INTAKE,
    Act.READ_INCIDENTS: _PEOPLE,
    Act.READ_INTERVENTIONS: frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR}),
    Act.COMMAND: _PEOPLE,  # the workflow's own table says who may do what
    Act.READ_QUEUES: _PEOPLE,
    Act.READ_PLACES: _EVERYBODY,
    Act.STORE_FILES: (_INTAKE | _FIELD) - {Role.AUDITOR},
    Act.READ_FILES: _PEOPLE,
    Act.READ_METRICS: frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    Act.READ_OUTBOX: _PEOPLE,
    Act.TEND_OUTBOX: frozenset({Role.SHIFT_LEADER, Role.ADMINISTRATOR}),
    # Whoever may see an incident sees its reporter masked; whole, those who have to speak with them, or to check that.
    Act.READ_PERSONAL_DATA: frozenset(
        {Role.INTAKE_OPERATOR, Role.SHIFT_LEADER, Role.DISPATCHER, Role.AUDITOR, Role.ADMINISTRATOR}
    ),
    Act.READ_EVENTS: _OVERSIGHT,
    Act.READ_REFUSALS: _AUDIT | {Role.SUPERVISOR},
    Act.READ_ACCESS_RECORDS: _AUDIT,
    Act.EXPORT_EVENTS: _AUDIT,
    Act.REPLAY: _OVERSIGHT,
    Act.DRAW_SAMPLES: _AUDIT,
    Act.READ_LEDGER: frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR}),
    Act.BRING_COSIGNATURES: frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
}
"""The roles that may do each act."""


def may(holder: Holder, act: Act) -> bool:
    """Tell whether the holder's role may do this."""
    return holder.role in ALLOWED[act]


def require(holder: Holder, act: Act) -> None:
    """Raise NotAllowedError when the holder's role may not do this."""
    if not may(holder, act):
        raise NotAllowedError(
            f"the role {holder.role.value} ({holder.role.label}) may not {act.replace('_', ' ')}",
            allowed=[f"role:{role.value}" for role in Role if role in ALLOWED[act]],
        )


def require_source(holder: Holder, source: str) -> None:
    """Raise NotAllowedError when the token is limited to other sources, whether this one exists or not."""
    if holder.sources is not None and source not in holder.sources:
        raise NotAllowedError("this token is not for this source", allowed=_sources(holder))


def require_street(holder: Holder, street_code: str | None) -> None:
    """Raise NotAllowedError when the token is limited to other streets, whether this one exists or not."""
    if not holder.may_see_street(street_code):
        raise NotAllowedError("this token is not for this street", allowed=_streets(holder))


def require_all_streets(holder: Holder, what: str) -> None:
    """Raise NotAllowedError when the token is limited to streets and the thing belongs to none of them."""
    if holder.streets is not None:
        raise NotAllowedError(
            f"{what} belong to no street, and this token is limited to streets", allowed=_streets(holder)
        )


def require_all_sources(holder: Holder, what: str) -> None:
    """Raise NotAllowedError when the token is limited to sources and the thing counts all of them together."""
    if holder.sources is not None:
        raise NotAllowedError(
            f"{what} hold incidents of all sources, and this token is limited to some", allowed=_sources(holder)
        )


def _streets(holder: Holder) -> list[str]:
    return [f"street:{code}" for code in sorted(holder.streets or ())]


def _sources(holder: Holder) -> list[str]:
    return [f"source:{name}" for name in sorted(holder.sources or ())]
