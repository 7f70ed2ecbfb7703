"""The words in which indicators (考核评议) are declared: conditions of a case, quantities, moments, groupings.

Each word is one row of a table: what it is called, what it says in Chinese and English, and the expression over
``case_facts`` that it stands for. ``%(moment)s`` in an expression is the moment as of which is asked. An expression that
is NULL does not hold. A superior platform's case is done for us once it was reported back: its total ends then.
"""

# ruff: noqa: E501  # tables are read by their rows

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import LiteralString


@dataclass(frozen=True, slots=True)
class IndicatorTerm:
    """One word: ``zh`` and ``en`` say it to a person, ``expression`` to the database."""

    name: str
    zh: str
    en: str
    expression: LiteralString


def _by_name(terms: Iterable[IndicatorTerm]) -> Mapping[str, IndicatorTerm]:
    return MappingProxyType({term.name: term for term in terms})


DONE_AT: LiteralString = "(CASE WHEN lifecycle = 'upstream' THEN coalesce(handled_at, closed_at) ELSE closed_at END)"
"""When the clock of the total ended."""

OVERDUE: LiteralString = "coalesce(" + DONE_AT + ", 'infinity') > closing_due_at AND closing_due_at < %(moment)s"
"""Whether that clock passed its end (超期)."""

CONDITIONS = _by_name((
    IndicatorTerm("counted", "未作废且未并案", "neither void nor merged", "state NOT IN ('void', 'merged')"),
    IndicatorTerm("pursued", "未被不予受理、不予立案、移送或退回上级", "neither declined, rejected, transferred nor sent back", "state NOT IN ('declined', 'rejected', 'transferred', 'sent_back')"),
    IndicatorTerm("running", "未挂账", "not suspended", "state <> 'suspended'"),
    IndicatorTerm("own", "自办", "our own case", "lifecycle = 'own'"),
    IndicatorTerm("upstream", "上级平台案件", "a superior platform's case", "lifecycle = 'upstream'"),
    IndicatorTerm("admitted", "已受理", "admitted", "admitted_at IS NOT NULL"),
    IndicatorTerm("filed", "已立案（含即查即结）", "filed (or settled on the spot)", "filed_at IS NOT NULL"),
    IndicatorTerm("filed_in_time", "在立案时限内立案", "filed by its deadline for filing", "filed_at <= coalesce(filing_due_at, filed_at)"),
    IndicatorTerm("rejected", "不予立案", "rejected", "rejected_at IS NOT NULL"),
    IndicatorTerm("settled", "即查即结", "settled on the spot", "settled"),
    IndicatorTerm("dispatched", "已派遣", "dispatched", "tasks > 0"),
    IndicatorTerm("accepted", "已签收", "accepted", "accepted_at IS NOT NULL"),
    IndicatorTerm("returned", "曾被退回", "returned at least once", "returns > 0"),
    IndicatorTerm("due", "期限已到", "its deadline has passed", "closing_due_at < %(moment)s"),
    IndicatorTerm("handling_due", "处置期限已到", "its deadline for handling has passed", "handling_due_at < %(moment)s"),
    IndicatorTerm("reported_handled", "已反馈", "reported handled at least once", "first_handled_at IS NOT NULL"),
    IndicatorTerm("handled", "已处置完毕", "wholly handled", "handled_at IS NOT NULL"),
    IndicatorTerm("handled_in_time", "在期限内处置完毕", "wholly handled by its deadline", "handled_at <= handling_due_at"),
    IndicatorTerm("verified", "曾核查通过", "passed a verification", "verified_at IS NOT NULL"),
    IndicatorTerm("reworked", "曾返工", "sent back for rework at least once", "reworks > 0"),
    IndicatorTerm("closed", "已结案", "closed", "closed_at IS NOT NULL"),
    IndicatorTerm("closed_in_time", "在期限内结案（上级平台案件：在期限内反馈）", "closed by its deadline (a superior platform's case: reported back by it)", DONE_AT + " <= closing_due_at"),
    IndicatorTerm("overdue", "逾期结案或到期未结", "closed after its deadline, or still open after it", OVERDUE),
    IndicatorTerm("open_overdue", "到期未结", "still open after its deadline", "closed_at IS NULL AND " + OVERDUE),
    IndicatorTerm("reopened", "曾重办", "reopened at least once", "reopenings > 0"),
    IndicatorTerm("overtime_assessed", "超时未获申诉免责", "not exempt by appeal as to overtime", "NOT 'overtime' = ANY(exempt)"),
    IndicatorTerm("rework_assessed", "返工未获申诉免责", "not exempt by appeal as to rework", "NOT 'rework' = ANY(exempt)"),
    IndicatorTerm("dispatch_assessed", "派遣错误未获申诉免责", "not exempt by appeal as to wrong dispatch", "NOT 'wrong_dispatch' = ANY(exempt)"),
    IndicatorTerm("dissatisfaction_assessed", "不满意未获申诉免责", "not exempt by appeal as to dissatisfaction", "NOT 'dissatisfaction' = ANY(exempt)"),
    IndicatorTerm("satisfaction_known", "回访表明是否满意", "the revisit tells whether they are satisfied", "satisfied IS NOT NULL"),
    IndicatorTerm("satisfied", "满意", "satisfied", "satisfied"),
    IndicatorTerm("resolution_known", "回访表明是否解决", "the revisit tells whether it is resolved", "resolved IS NOT NULL"),
    IndicatorTerm("resolved", "已解决", "resolved", "resolved"),
))  # fmt: skip
"""What can be true of a case."""

_STEADY = tuple(one.name for one in CONDITIONS.values() if "%(moment)s" not in one.expression)

HELD: Mapping[str, int] = MappingProxyType({name: 1 << bit for bit, name in enumerate(_STEADY)})
"""The bits of ``case_facts.held``: whether each condition holds that no passing of time changes.

PostgreSQL works them out when a case changes (``case_facts.sql`` says the same as this table, and a test compares them),
so a question looks at one number for each case and not at thirty conditions.
"""

QUANTITIES = _by_name((
    IndicatorTerm("cases", "案件数", "cases", "1"),
    IndicatorTerm("tasks", "任务数", "tasks given", "tasks"),
    IndicatorTerm("tasks_well_directed", "未被退回或改派的任务数", "tasks neither returned nor reassigned", "tasks - misdirected"),
    IndicatorTerm("returns", "退回次数", "returns", "returns"),
    IndicatorTerm("reassignments", "改派次数", "reassignments", "reassignments"),
    IndicatorTerm("reworks", "返工次数", "reworks", "reworks"),
))  # fmt: skip
"""What can be added up over cases."""

MOMENTS = _by_name((
    IndicatorTerm("received", "登记时间", "when it was received", "received_at"),
    IndicatorTerm("admitted", "受理时间", "when it was admitted", "admitted_at"),
    IndicatorTerm("filed", "立案时间", "when it was filed", "filed_at"),
    IndicatorTerm("dispatched", "首次派遣时间", "when it was first dispatched", "dispatched_at"),
    IndicatorTerm("handling_due", "处置期限", "the deadline for handling it", "handling_due_at"),
    IndicatorTerm("first_handled", "首次反馈时间", "when it was first reported handled", "first_handled_at"),
    IndicatorTerm("handled", "处置完毕时间", "when it was wholly handled", "handled_at"),
    IndicatorTerm("due", "期限", "its deadline", "closing_due_at"),
    IndicatorTerm("closed", "结案时间", "when it was closed", "closed_at"),
    IndicatorTerm("revisited", "回访时间", "when the reporter was last asked", "revisited_at"),
))  # fmt: skip
"""By which moment a case falls into a period."""

GROUPINGS = _by_name((
    IndicatorTerm("street", "街道", "street", "street_code"),
    IndicatorTerm("platform", "平台", "platform", "platform"),
    IndicatorTerm("department", "部门", "department", "department"),
    IndicatorTerm("class", "分类", "class", "class_code"),
    IndicatorTerm("source", "来源", "source", "source"),
    IndicatorTerm("lifecycle", "案件性质", "lifecycle", "lifecycle"),
))  # fmt: skip
"""By what figures can be told apart."""
