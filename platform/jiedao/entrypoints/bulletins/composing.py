"""Composes a bulletin (日报、周报) from its figures: titled tables, Chinese first, for any form of document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from jiedao.domain.deadlines import FIRST_YEAR, LAST_YEAR
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import IncidentState, Platform, Term
from jiedao.entrypoints.http.assessing import UNKNOWN, WHOLE, names_of
from jiedao.entrypoints.http.wording import label_of
from jiedao.entrypoints.services import Services
from projections.bulletins import COUNTED, MOST_OVERDUE, TOLD_BY, BulletinFigures, OverdueCase, Period, Totals
from projections.indicator_formulas import Formulas
from projections.indicator_terms import GROUPINGS
from projections.indicators import Figure


class BulletinKind(Term):
    """How long a stretch a bulletin is about."""

    DAILY = "daily", "日报"
    WEEKLY = "weekly", "周报"


@dataclass(frozen=True, slots=True)
class Share:
    """A cell that holds a share, 0 to 1, shown in per cent; ``None`` where there is no figure."""

    value: float | None


@dataclass(frozen=True, slots=True)
class Points:
    """A cell that holds how much a share changed, in percentage points; ``None`` where one of both is no figure."""

    value: float | None


Cell = str | int | Share | Points


@dataclass(frozen=True, slots=True)
class BulletinTable:
    """A titled table; ``name`` is its title in a word. ``notes`` stand below it."""

    name: str
    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A bulletin: its title, what it is about in a few lines, its tables; of which period, as of when and where."""

    title: str
    lines: Sequence[str]
    tables: Sequence[BulletinTable]
    period: Period
    moment: datetime
    position: int


_COUNTED_WORDS = {
    "received": "登记 received",
    "filed": "立案 filed",
    "dispatched": "派遣 dispatched",
    "handled": "处置完毕 handled",
    "closed": "结案 closed",
    "standing": "期末在办 open",
    "overdue": "期末超期 overdue",
}
_DATE = len("2026-11-25")
_DAYS = {BulletinKind.DAILY: 1, BulletinKind.WEEKLY: 7}


def bulletin_of(
    services: Services, kind: BulletinKind, day: date | None, streets: frozenset[str] | None = None
) -> Bulletin:
    """Compose the bulletin of the period that holds a day, of today without one. Blocks on the database.

    Raises InvalidInputError for a period that has not begun, or that no calendar holds.
    """
    now = services.clock.now()
    zone = ZoneInfo(services.profile.timezone)
    period = period_of(kind, day or now.astimezone(zone).date(), zone)
    if period.since > now:
        raise InvalidInputError("that period has not begun yet", "/date")
    figures = services.read.bulletin(period, services.formulas, now, streets)
    return compose(kind, figures, services.formulas, services.profile)


def period_of(kind: BulletinKind, day: date, zone: ZoneInfo) -> Period:
    """Return the day, or the week from Monday that holds it, from the district's midnight to the next one."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidInputError(f"bulletins are of the years {FIRST_YEAR} to {LAST_YEAR}", "/date")
    first = day if kind is BulletinKind.DAILY else day - timedelta(days=day.weekday())
    ends = (first, first + timedelta(days=_DAYS[kind]))
    since, until = (datetime.combine(end, time.min, zone).astimezone(UTC) for end in ends)
    return Period(since, until)


def compose(kind: BulletinKind, figures: BulletinFigures, formulas: Formulas, profile: DistrictProfile) -> Bulletin:
    """Compose a bulletin; times in it are as the district's clocks show them."""
    zone = ZoneInfo(profile.timezone)
    period, instant = figures.period, timedelta(microseconds=1)
    since, until, moment = (_local(one, zone) for one in (period.since, period.until, figures.moment))
    day, last = since[:_DATE], _local(period.until - instant, zone)[:_DATE]
    dates = day if day == last else f"{day} 至 {last}"
    over = figures.moment >= period.until - instant
    return Bulletin(
        title=f"{profile.name}街道综合指挥平台{kind.label}（{dates}）",
        lines=(
            f"统计时段 period: {since} 起，至 {until}（不含 excluded）",
            f"截至 as of: {moment}{'' if over else '（时段未完 not over yet）'}，日志位置 position {figures.position}",
            "作废、并案的事件不计；期末在办、超期为截至时的情况。Voided and merged incidents are not counted.",
        ),
        tables=(
            _overview(figures),
            *(_totals(by, figures.totals[by], profile) for by in TOLD_BY),
            _indicators(figures, formulas),
            _indicators_of_streets(figures, formulas, profile),
            _overdue(figures, profile, zone),
        ),
        period=period,
        moment=figures.moment,
        position=figures.position,
    )


def _overview(figures: BulletinFigures) -> BulletinTable:
    now, before = _sum(figures.totals[TOLD_BY[0]]), _sum(figures.totals_before)
    rows = [
        (_COUNTED_WORDS[name], above, below, above - below)
        for name, above, below in zip(COUNTED, now, before, strict=True)
    ]
    return BulletinTable("概况", "概况 Overview", ("项目", "本期 this", "上期 before", "增减 change"), rows)


def _sum(totals: Sequence[Totals]) -> list[int]:
    return [sum(getattr(one, name) for one in totals) for name in COUNTED]


def _totals(by: str, totals: Sequence[Totals], profile: DistrictProfile) -> BulletinTable:
    names = names_of(profile, by)
    label = GROUPINGS[by].zh
    rows: list[Sequence[Cell]] = [
        (
            UNKNOWN if one.code is None else names.get(one.code, one.code),
            *(int(getattr(one, name)) for name in COUNTED),
        )
        for one in totals
    ]
    rows.append(("合计 total", *_sum(totals)))
    return BulletinTable(f"按{label}", f"按{label} By {by}", (label, *_COUNTED_WORDS.values()), rows)


def _indicators(figures: BulletinFigures, formulas: Formulas) -> BulletinTable:
    pairs = zip(formulas.indicators, figures.indicators.total, figures.indicators_before.total, strict=True)
    rows = [
        (
            formula.label,
            Share(now.value),
            now.numerator,
            now.denominator,
            Share(before.value),
            _change(now, before),
            formula.sentence,
        )
        for formula, now, before in pairs
    ]
    head = ("指标", "本期 this", "分子", "分母", "上期 before", "增减（百分点）", "公式 formula")
    notes = ("— 表示分母为零，没有数值。— nothing to divide by.",)
    return BulletinTable("指标", "考核评议指标 Indicators", head, rows, notes)


def _change(now: Figure, before: Figure) -> Points:
    if now.value is None or before.value is None:
        return Points(None)
    return Points((now.value - before.value) * 100)


def _indicators_of_streets(figures: BulletinFigures, formulas: Formulas, profile: DistrictProfile) -> BulletinTable:
    names = names_of(profile, "street")
    rows: list[Sequence[Cell]] = [
        (
            UNKNOWN if group.code is None else names.get(group.code, group.code),
            *(Share(one.value) for one in group.figures),
        )
        for group in figures.indicators.groups
    ]
    rows.append((f"{WHOLE} total", *(Share(one.value) for one in figures.indicators.total)))
    head = ("街道", *(formula.label for formula in formulas.indicators))
    return BulletinTable("各街道指标", "各街道指标 Indicators of each street", head, rows)


def _overdue(figures: BulletinFigures, profile: DistrictProfile, zone: ZoneInfo) -> BulletinTable:
    streets, sources = names_of(profile, "street"), names_of(profile, "source")

    def row(one: OverdueCase) -> Sequence[Cell]:
        return (
            one.external_id,
            sources.get(one.source, one.source),
            one.title,
            streets.get(one.street_code or "", one.street_code or UNKNOWN),
            label_of(Platform, one.platform) or UNKNOWN,
            one.department or UNKNOWN,
            label_of(IncidentState, one.state) or one.state,
            _local(one.due_at, zone),
            int((figures.moment - one.due_at).total_seconds() // 3600),
        )

    head = ("编号", "来源", "标题", "街道", "平台", "部门", "状态", "期限 due", "已超（小时）")
    all_overdue = _sum(figures.totals[TOLD_BY[0]])[COUNTED.index("overdue")]
    more = all_overdue - len(figures.overdue)
    notes = (f"另有 {more} 件未列出（至多列 {MOST_OVERDUE} 件） {more} more are not listed",) if more else ()
    return BulletinTable("超期在办", "超期在办 Open past their deadline", head, list(map(row, figures.overdue)), notes)


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
