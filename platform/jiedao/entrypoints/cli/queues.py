"""``jiedao queue``: what waits in each street's four platforms, now or as of any past moment (任务队列)."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import click

from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import IncidentState, Platform
from jiedao.domain.workflow import OPEN
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import console_actor, opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import APPROXIMATE, answer, line, local, table
from jiedao.entrypoints.cli.paging import all_pages, paged
from jiedao.entrypoints.cli.words import DISTRICT_WORDS, read_as_of, read_street, read_term
from jiedao.entrypoints.http.counting import count_queues
from jiedao.entrypoints.http.models import QueueEntry, QueuePage
from jiedao.entrypoints.http.place_models import QueueCountsAnswer, StreetCounts
from jiedao.entrypoints.http.wording import Wording, label_of
from jiedao.entrypoints.settings import Settings
from projections.answers import Page, QueueQuestion, QueueRow

_DISTRICT, _ALL = "区级", "全区"
_STREET, _PLATFORM, _STATE = "街道 street", "平台 platform", "状态 state"


def _due(row: QueueEntry, zone: ZoneInfo) -> str:
    """Tell a deadline with what it is for; a star marks one that may still move."""
    if row.due_at is None:
        return ""
    return f"{'*' if row.due_provisional else ''}{local(row.due_at, zone)} {row.due_label or ''}".rstrip()


_COLUMNS: tuple[tuple[str, Callable[[QueueEntry, ZoneInfo], object]], ...] = (
    ("级#", lambda row, _zone: row.priority),
    (_STATE, lambda row, _zone: label_of(IncidentState, row.state)),
    ("期限 due", _due),
    (_STREET, lambda row, _zone: row.street_name or row.street_code),
    (_PLATFORM, lambda row, _zone: label_of(Platform, row.platform)),
    ("类别 class", lambda row, _zone: row.class_name or row.source_class),
    ("标题 title", lambda row, _zone: row.title + (f"（{row.upstream_refusal}）" if row.upstream_refusal else "")),
    ("地址 address", lambda row, _zone: row.address),
    ("来源 source", lambda row, _zone: f"{row.source}:{row.external_id}"),
    ("编号 id", lambda row, _zone: row.incident_id),
)
"""What a queue's table shows of each incident."""


@click.group(cls=Listed)
def queue() -> None:
    """任务队列 What waits in each street's four platforms."""


@queue.command()
@click.argument("street", required=False)
@click.argument("platform", required=False)
@click.option(
    "--state",
    type=click.Choice([state.value for state in OPEN]),
    help="状态 Narrow to one open state; without it every one but triage 待判定 (a person must decide).",
)
@click.option("--as-of", help="回看 As of a position in the log, or a time; without zone it is the district's.")
@paged
@json_output
@with_settings(*DISTRICT)
def show(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    street: str | None,
    platform: str | None,
    state: str | None,
    as_of: str | None,
    limit: int,
    cursor: str | None,
    *,
    every: bool,
) -> None:
    """查看队列 Show how much waits where; with a STREET, and a PLATFORM, what waits there.

    STREET is a code or a name (朝晖, 朝晖街道, 330103006), or `district` for orders that no street holds; PLATFORM
    is governance 综治工作, market 市场监管, enforcement 综合行政执法 or service 便民服务. The most urgent comes first.
    """
    with opened_for_reading(settings) as district:
        position, moment = read_as_of(as_of, ZoneInfo(district.profile.timezone))
        if street is None and state is None:
            _answer_counts(count_queues(district.services(), console_actor(), position, moment))
            return
        within = None if street is None or street in DISTRICT_WORDS else read_street(street, district.profile)
        question = QueueQuestion(
            street=within,
            platform=read_term(Platform, platform, "platform").value if platform is not None else None,
            state=state,
            as_of_position=position,
            as_of_time=moment,
        )

        def ask(after: str | None, size: int) -> Page[QueueRow]:
            return district.read.queue(question, after, size)

        found = all_pages(ask) if every else ask(cursor, limit)
        _answer_queue(district.profile, question, found)


def _answer_queue(profile: DistrictProfile, question: QueueQuestion, found: Page[QueueRow]) -> None:
    wording, zone = Wording(profile), ZoneInfo(profile.timezone)
    document = QueuePage(
        street_code=question.street,
        street_name=wording.street(question.street),
        platform=question.platform,
        platform_label=label_of(Platform, question.platform),
        state=question.state,
        items=[wording.queue_entry(row) for row in found.rows],
        next_cursor=found.after,
        position=found.position,
    )
    elsewhere = _ALL if question.state == IncidentState.TRIAGE else _DISTRICT
    titled = (document.street_name or elsewhere, document.platform_label, label_of(IncidentState, question.state))
    columns = [(title, cell) for title, cell in _COLUMNS if title not in _asked_for(question)]
    rows = [[cell(row, zone) for _title, cell in columns] for row in document.items]
    answer(
        document,
        lambda: table(" ".join(filter(None, titled)), [title for title, _cell in columns], rows),
        lambda: line(_below(found), style="dim"),
    )


def _asked_for(question: QueueQuestion) -> set[str]:
    """The columns that would say the same in every row."""
    given = {_STREET: question.street, _PLATFORM: question.platform, _STATE: question.state}
    return {title for title, value in given.items() if value is not None}


def _below(found: Page[QueueRow]) -> str:
    parts = [f"{len(found.rows)} shown, as of position {found.position}"]
    if any(row.due_provisional for row in found.rows):
        parts.append("* 暂定期限 this deadline may still move: the calendar of its year is not known")
    if found.after is not None:
        parts.append(f"more follow: --cursor {found.after}, or --all")
    return "; ".join(parts)


def _answer_counts(counts: QueueCountsAnswer) -> None:
    mark = f"（辖区边界{APPROXIMATE}）" if counts.boundaries.approximate else ""
    columns = ("街道 street", *(f"{one.label}#" for one in counts.platforms), f"{IncidentState.TRIAGE.label}#", "合计#")
    places = [*counts.streets, *([counts.district] if counts.district is not None else [])]
    rows = [(_named(one), *one.platforms.values(), one.triage, one.total) for one in places]
    sums = [sum(one.platforms[platform.code] for one in places) for platform in counts.platforms]
    answer(
        counts,
        lambda: table(
            f"{counts.district_name} 任务队列{mark}",
            columns,
            [*rows, ("合计 total", *sums, counts.triage, counts.total)],
        ),
    )


def _named(place: StreetCounts) -> str:
    return place.name if place.code else _DISTRICT
