"""The board (看板) that the demo shows: queues per street × platform, what came last, and what came from where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import IntakeOutcome, MatchMethod
from jiedao.entrypoints.cli.output import APPROXIMATE, line
from jiedao.entrypoints.demo.tally import Sums
from jiedao.entrypoints.demo.watching import Sight
from jiedao.entrypoints.http.models import IncidentAnswer
from jiedao.entrypoints.http.place_models import StreetCounts

_OUTSIDE = "未归属街道"
_NONE = "·"  # a zero that does not shout


@dataclass(frozen=True, slots=True)
class Board:
    """What is shown at one moment: what was seen in the queues, and what became of what was sent."""

    profile: DistrictProfile
    sight: Sight
    sums: Sums
    messages: int

    def as_table(self, address: str) -> Group:
        """Lay it out for a terminal of some 24 lines."""
        where = line(f"打开 {address}/  ·  接口 {address}/docs  ·  Ctrl-C 停止", style="dim")
        return Group(self._queues(), self._sources(), self._latest(), where)

    def as_line(self) -> str:
        """Say it in one line, where there is no terminal."""
        counts, sums = self.sight.counts, self.sums
        return (
            f"已推送 sent {sums.messages}/{self.messages} · 合计 queued {counts.total}"
            f" · 待判定 triage {counts.triage} · 死信 dead letters {sums.of_outcome(IntakeOutcome.DEAD)}"
            f" · {self._latest().plain}"
        )

    def as_lines(self) -> Sequence[str]:
        """Say every queue, one line a street, where there is no terminal."""
        heads = [one.label for one in self.sight.counts.platforms]
        return [f"{self._title()}：{' '.join([*heads, '待判定', '合计'])}"] + [
            f"{name} {' '.join(str(number) for number in numbers)}" for name, numbers in self._rows()
        ]

    def _title(self) -> str:
        counts = self.sight.counts
        mark = f"（辖区边界{APPROXIMATE}）" if counts.boundaries.approximate else ""
        return f"{counts.district_name} 任务队列{mark}"

    def _rows(self) -> list[tuple[str, list[int]]]:
        counts = self.sight.counts
        rows = [(street.name, self._numbers(street)) for street in counts.streets]
        if counts.district is not None:
            rows.append((_OUTSIDE, self._numbers(counts.district)))
        return [*rows, ("合计", [sum(column) for column in zip(*(numbers for _, numbers in rows), strict=True)])]

    def _numbers(self, street: StreetCounts) -> list[int]:
        platforms = [street.platforms.get(one.code, 0) for one in self.sight.counts.platforms]
        return [*platforms, street.triage, street.total]

    def _queues(self) -> Table:
        made = Table(
            title=Text(self._title()), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True
        )
        made.add_column("街道")
        for one in self.sight.counts.platforms:
            made.add_column(one.label, justify="right")
        made.add_column("待判定", justify="right", style="yellow")
        made.add_column("合计", justify="right", style="bold")
        *rows, total = self._rows()
        for name, numbers in rows:
            made.add_row(name, *(str(number) if number else _NONE for number in numbers))
        made.add_section()
        made.add_row(total[0], *(str(number) for number in total[1]), style="bold")
        return made

    def _sources(self) -> Text:
        sums = self.sums
        came = [
            f"{source.label} {number}"
            for name, source in self.profile.sources.items()
            if (number := sums.of_source(name))
        ]
        outcomes = [f"{one.label} {sums.of_outcome(one)}" for one in IntakeOutcome if sums.of_outcome(one)]
        sent = f"已推送 {sums.messages}/{self.messages}"
        return line("\n".join((f"{sent} · {'  '.join(outcomes)}", f"来源 {'  '.join(came)}")))

    def _latest(self) -> Text:
        latest = self.sight.latest
        return line("最近 还没有") if latest is None else line(f"最近 {_told(latest)}", style="cyan")


def _told(incident: IncidentAnswer) -> str:
    no_place = incident.jurisdiction_method == MatchMethod.NO_PLACE.value
    where = incident.street_name or (MatchMethod.NO_PLACE.label if no_place else "街道待判定")
    platform = incident.platform_label or "类别待判定"
    return f"{incident.source_label} → {where} {platform}：{incident.title}"
