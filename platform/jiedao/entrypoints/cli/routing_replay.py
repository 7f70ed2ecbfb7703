"""``jiedao routing dry-run``: what other rules would have done with past incidents (派单规则试运行)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, time, timedelta
from io import TextIOWrapper
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

import click

from jiedao.application.profile_routing import read_routing_file
from jiedao.application.routing_dry_run import Destination, DryRun, Rerouted
from jiedao.domain.incident import Incident
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.routing_rules import RoutingRules
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.cli.opening import opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, document_of, line, table
from jiedao.entrypoints.cli.progress import Report, progress
from jiedao.entrypoints.cli.written_files import whole_file, writes_file
from jiedao.entrypoints.http.wording import Wording
from jiedao.entrypoints.routing_words import change, field_label, platform_label
from jiedao.entrypoints.settings import Settings
from projections.answers import IncidentFilter

_DAY = click.DateTime(["%Y-%m-%d"])
_AT_ONCE = 500
_COLUMNS = (
    "incident_id", "source", "external_id", "title", "street_code", "class_code", "from_platform", "from_department",
    "to_platform", "to_department", "rule_before", "rule_after", "changed",
)  # fmt: skip


@click.command("dry-run")
@click.option(
    "--rules", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="规则文件 A TOML file."
)
@click.option("--since", required=True, type=_DAY, help="起始日 Reported on this day of the district's or later.")
@click.option("--until", type=_DAY, help="截止日 Reported on this day or earlier; without it: until now.")
@click.option("--examples", type=click.IntRange(0, 100), default=3, show_default=True, help="示例 Shown of each way.")
@writes_file("--csv", "csv_file", help="明细 Write every change there.")
@json_output
@with_settings(*DISTRICT)
def dry_run(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    rules: Path,
    since: datetime,
    until: datetime | None,
    examples: int,
    csv_file: Path | None,
) -> None:
    """规则试运行 Say what other rules would have done with past incidents: how many would have gone from whom to whom.

    Each incident is routed as it stands (its class, its street, what people decided of it) and compared with where it
    goes now. Nothing is recorded; memory does not grow with the number of incidents, only the file of --csv does.
    """
    with opened_for_reading(settings) as district, ExitStack() as stack:
        tried = read_routing_file(rules, district.profile)
        wanted = _wanted(district.profile, since, until)
        run = DryRun(keep=examples)
        file = stack.enter_context(_rows_of(csv_file)) if csv_file else None
        report = stack.enter_context(progress("规则试运行 replaying"))
        found = run.replay(district.routing.router_of(tried), past_incidents(district, wanted, report))
        _write(found, file)
        wording = Wording(district.profile)
    answer(
        _document(run, tried, wanted),
        lambda: line(_summary(run, tried), style="bold"),
        lambda: table("去向变化 from → to", ("由 from", "至 to", "件数 incidents#"), _ways(run)),
        lambda: table("变化内容 what differs", ("内容 field", "件数 incidents#"), _fields(run)),
        lambda: table("规则命中 rules", ("规则 rule", "件数 incidents#"), _rules(run, tried)),
        lambda: table(
            "示例 examples", ("事件 incident", "标题 title", "街道 street", "变化 changes"), _told(run, wording)
        ),
    )


@contextmanager
def _rows_of(path: Path) -> Iterator[IO[str]]:
    with whole_file(path) as file:
        text = TextIOWrapper(file, encoding="utf-8", newline="")
        yield text
        text.flush()
        text.detach()


def _wanted(profile: DistrictProfile, since: datetime, until: datetime | None) -> IncidentFilter:
    """Whole days of the district's own calendar."""
    zone = ZoneInfo(profile.timezone)
    begin = datetime.combine(since.date(), time.min, zone).astimezone(UTC)
    end = until and datetime.combine(until.date() + timedelta(days=1), time.min, zone).astimezone(UTC)
    return IncidentFilter(reported_from=begin, reported_before=end)


def past_incidents(district: District, wanted: IncidentFilter, report: Report) -> Iterator[Sequence[Incident]]:
    """Read the incidents that a filter lets through, batch by batch, the latest received first."""
    total, done, after = district.read.count_incidents(wanted), 0, None
    while True:
        page = district.read.incidents(wanted, after, _AT_ONCE)
        ids = [row.incident_id for row in page.rows]
        yield list(district.application.load(ids).values()) if ids else []
        done += len(ids)
        report(done, max(done, total))
        after = page.after
        if after is None:
            return


def _write(found: Iterable[Rerouted], file: IO[str] | None) -> None:
    """Run the replay to its end, and write each change where that is asked for."""
    writer = csv.writer(file) if file is not None else None
    if writer is not None:
        writer.writerow(_COLUMNS)
    for one in found:
        if writer is not None:
            writer.writerow(_row(one))


def _row(one: Rerouted) -> tuple[object, ...]:
    return (
        one.incident_id, one.source, one.external_id, one.title, one.street_code, one.class_code,
        one.before.platform, one.before.department, one.after.platform, one.after.department,
        one.rule_before, one.rule_after, "；".join(map(change, one.changed)),
    )  # fmt: skip


def _document(run: DryRun, rules: RoutingRules, wanted: IncidentFilter) -> dict[str, object]:
    return {
        "rules": rules.version,
        "reported_from": wanted.reported_from,
        "reported_before": wanted.reported_before,
        "looked_at": run.looked_at,
        "changed": run.rerouted,
        "moved": sum(run.moved.values()),
        "ways": [
            {
                "from": way[0],
                "to": way[1],
                "incidents": number,
                "examples": [document_of(one) for one in run.examples.get(way, [])],
            }
            for way, number in run.moved.most_common()
        ],
        "fields": dict(run.fields.most_common()),
        "applied": [{"rule": rule, "incidents": number} for rule, number in run.rules.most_common()],
    }


def _summary(run: DryRun, rules: RoutingRules) -> str:
    moved = sum(run.moved.values())
    return f"{rules.version}：{run.looked_at} 件，去向不同 {moved} 件，另有变化 {run.rerouted - moved} 件"


def _ways(run: DryRun) -> Iterator[tuple[object, ...]]:
    for (before, after), number in run.moved.most_common():
        yield _place(before), _place(after), number


def _place(where: Destination) -> str:
    return " ".join(filter(None, (platform_label(where.platform), where.department)))


def _fields(run: DryRun) -> Iterator[tuple[object, ...]]:
    return ((field_label(name), number) for name, number in run.fields.most_common())


def _rules(run: DryRun, rules: RoutingRules) -> Iterator[tuple[object, ...]]:
    """Every rule in its order, also those that would not have applied once; last what no rule fits."""
    for rule in rules.rules:
        yield f"{rule.rule_id} {rule.name}", run.rules[rule.rule_id]
    yield "按分类办理 as the class says", run.rules[None]


def _told(run: DryRun, wording: Wording) -> Iterator[tuple[object, ...]]:
    for examples in run.examples.values():
        for one in examples:
            changes = "；".join(map(change, one.changed))
            yield f"{one.source}:{one.external_id}", one.title, wording.street(one.street_code), changes
