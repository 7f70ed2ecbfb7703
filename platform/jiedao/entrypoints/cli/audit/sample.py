"""``jiedao audit sample``: a random sample of closed cases that anybody can draw again (抽样)."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import click

from jiedao.audit.sampling import MAX_SIZE, SampleWanted
from jiedao.entrypoints.audit_answers import sample_answer
from jiedao.entrypoints.cli.audit.spans import read_edge
from jiedao.entrypoints.cli.opening import console_actor, opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, line, table
from jiedao.entrypoints.settings import Settings


@click.command()
@click.option("--size", type=click.IntRange(1, MAX_SIZE), required=True, help="件数 How many cases.")
@click.option("--seed", help="种子 Any text; without it one is made up and told.")
@click.option("--from", "since", help="结案记录时间起（含） Closed at or after a day or a time.")
@click.option("--to", "until", help="结案记录时间止（不含） Closed before a day or a time.")
@click.option("--as-of", type=click.IntRange(0), help="日志位置 Draw again what was drawn as of this position.")
@click.option("--reason", help="理由 What for; it stands in the log.")
@json_output
@with_settings(*DISTRICT)
def sample(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    size: int,
    seed: str | None,
    since: str | None,
    until: str | None,
    as_of: int | None,
    reason: str | None,
) -> None:
    """抽样 Draw a random sample of the cases that were closed in a period, and record the draw with its seed.

    The same seed, size, period and position give the same sample, to anybody who has the log: docs/audit.md tells how.
    """
    with opened_for_reading(settings) as district:
        zone = ZoneInfo(district.profile.timezone)
        wanted = SampleWanted(size, seed, read_edge(since, zone), read_edge(until, zone), as_of)
        drawn = sample_answer(district.auditing.samples.draw(wanted, console_actor(), reason))
        rows = []
        for number, incident_id in enumerate(drawn.drawn, 1):
            row = district.read.incident(incident_id)
            rows.append((number, incident_id, f"{row.source}:{row.external_id}", row.title))
        answer(
            drawn,
            lambda: table(
                f"抽样 {len(rows)}/{drawn.population}", ("次序#", "编号 id", "来源 source", "标题 title"), rows
            ),
            lambda: line(
                f"种子 seed {drawn.seed} · 截至日志位置 as of {drawn.as_of} · 已记录于 recorded at {drawn.position}"
                f" · {drawn.algorithm}",
                style="dim",
            ),
        )


def commands() -> Sequence[click.Command]:
    """Return what ``jiedao audit`` gets of these."""
    return (sample,)
