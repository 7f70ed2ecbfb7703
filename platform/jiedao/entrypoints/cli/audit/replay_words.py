"""Lays replays, differences and comparisons out for people: Chinese before codes, times as the district's clocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType

from jiedao.audit.standing import label_of_fact, word_of
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import Platform, Role
from jiedao.entrypoints.cli.output import facts, line, local, table, to_json
from jiedao.entrypoints.http.models import HistoryEntry
from jiedao.entrypoints.http.replay_models import (
    ComparedAnswer,
    CurrentRulesAnswer,
    DifferenceAnswer,
    FactChangeAnswer,
    FactValue,
    ReplayStepAnswer,
)
from jiedao.entrypoints.http.wording import Wording, correction_words, label_of

_NOTHING = "无"
_MOMENTS = frozenset({"due_at", "reported_at"})
_RESTS_ON: Mapping[str, str] = {
    "boundary_set": "边界版本",
    "class_table": "分类表",
    "rule_set": "规则版本",
    "rule_id": "规则",
    "rule_name": "规则名称",
    "time_rules": "时限规则",
    "method": "方式",
}
_EVENTS = ("位置#", "时间 recorded", "事件 event", "说明 summary", "人员 actor")


@dataclass(frozen=True, slots=True)
class ReplayWords:
    """The words of one district."""

    zone: ZoneInfo
    wording: Wording

    @classmethod
    def of(cls, profile: DistrictProfile) -> ReplayWords:
        """Take the words of a profile."""
        return cls(ZoneInfo(profile.timezone), Wording(profile))

    def step(self, step: ReplayStepAnswer, *, inputs: bool = False) -> RenderableType:
        """Lay out one event: when and what, who and why, on what (with ``inputs``, all that was seen), what changed."""
        numbered = "" if step.beside else f"第 {step.version} 条记录 · "
        who = f"{step.actor}（{label_of(Role, step.role)}） · {numbered}position {step.position}"
        lines = [
            line(f"{local(step.recorded_at, self.zone)}  {step.label}  {step.summary}"),
            line(f"    {who}", style="dim"),
        ]
        if step.reason:
            lines.append(line(f"    理由 {step.reason}"))
        if corrected := correction_words(step):
            lines.append(line(f"    {corrected}"))
        if rests := "，".join(_rests_on(step)):
            lines.append(line(f"    依据 {rests}", style="dim"))
        if inputs:
            lines += [line(f"    {one}", style="dim") for one in to_json(step.inputs).splitlines()]
        lines += [line(f"    {one.label}: {' → '.join(self._sides(one))}", style="green") for one in step.changes]
        return Group(*lines)

    def standing(self, standing: Mapping[str, FactValue]) -> RenderableType:
        """Lay out how an incident stood; what it does not have is left out."""
        return facts(self._facts(standing))

    def difference(self, told: DifferenceAnswer) -> RenderableType:
        """Lay out what differs, and what happened between."""
        titled = f"日志位置 {told.from_position} → {told.to_position}"
        changes = [(one.label, *self._sides(one)) for one in told.changes]
        events = [
            (one.position, local(one.recorded_at, self.zone), one.label, _summary(one), one.actor)
            for one in told.events
        ]
        return Group(
            table(titled, ("事实 fact", "之前 before", "之后 after"), changes)
            if changes
            else line(f"{titled}  无差异 nothing differs"),
            table("期间 between", _EVENTS, events),
        )

    def today(self, told: CurrentRulesAnswer) -> RenderableType:
        """Lay out what happened beside what would be decided today."""
        rows = [
            (
                one.label,
                self._decided(one, one.happened),
                f"{one.happened_by or _NOTHING}{'（人工判定）' if one.by_person else ''}",
                self._decided(one, one.today),
                one.today_by or _NOTHING,
                "≠ 不同" if one.differs else "",
            )
            for one in told.items
        ]
        below = "按现行规则结果不同 today's rules would decide otherwise" if told.differs else "无差异 nothing differs"
        columns = ("事项 what", "当时 happened", "依据 on", "现行 today", "依据 on", "")
        return Group(table("按现行规则 under current rules", columns, rows), line(below))

    def _decided(self, one: ComparedAnswer, value: str | None) -> str:
        label = label_of(Platform, value) if one.field == "platform" else None
        return self._said(one.field, value, label)

    def _facts(self, standing: Mapping[str, FactValue]) -> Iterator[tuple[str, object]]:
        for name, value in standing.items():
            if value not in (None, ""):
                label = self.wording.street(str(value)) if name == "street_code" else word_of(name, value)
                yield label_of_fact(name), self._said(name, value, label)

    def _sides(self, change: FactChangeAnswer) -> tuple[str, str]:
        return (
            self._said(change.field, change.before, change.before_label),
            self._said(change.field, change.after, change.after_label),
        )

    def _said(self, name: str, value: FactValue, label: str | None) -> str:
        if value is None:
            return _NOTHING
        if isinstance(value, bool):
            return "是" if value else "否"
        if name in _MOMENTS:
            return local(datetime.fromisoformat(str(value)), self.zone)
        return f"{label} {value}" if label else str(value)


def _summary(event: HistoryEntry) -> str:
    corrected = correction_words(event)
    return f"{event.summary}（{corrected}）" if corrected else event.summary


def _rests_on(step: ReplayStepAnswer) -> Iterator[str]:
    for name, value in step.rests_on.items():
        if value is not None or name == "rule_id":  # that no rule applied is an answer
            yield f"{_RESTS_ON.get(name, name)} {_NOTHING if value is None else value}"
