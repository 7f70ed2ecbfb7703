"""``jiedao projections``: how the views stand, and filling them anew beside the live ones (视图)."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import click

from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import opened
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, line, local, table
from jiedao.entrypoints.cli.progress import progress
from jiedao.entrypoints.settings import Settings
from projections.answers import ProjectionStatus
from projections.rebuild import rebuild


@click.group(cls=Listed)
def projections() -> None:
    """视图 How the views stand that answer every question, and filling them anew."""


@projections.command()
@json_output
@with_settings(*DISTRICT)
def status(settings: Settings) -> None:
    """视图状态 Say how far the views are behind the log, and whether they run."""
    with opened(settings) as district:
        found = district.read.status()
        zone = ZoneInfo(district.profile.timezone)
        generations = [
            (
                one.number,
                one.state,
                one.position,
                local(one.started_at, zone),
                local(one.activated_at, zone),
                local(one.retired_at, zone),
                one.fault_reason,
            )
            for one in found.generations
        ]
        columns = ("批次 generation#", "状态 state", "位置 position#", "开始 started", "启用 activated", "停用 retired")
        answer(
            _document(found),
            lambda: line(_sentence(found)),
            lambda: table("", (*columns, "故障 fault"), generations),
        )


@projections.command("rebuild")
@json_output
@with_settings(*DISTRICT)
def rebuild_views(settings: Settings) -> None:
    """重建视图 Fill the views anew from the whole log, beside the live ones, and put them in their place.

    Reading goes on meanwhile, also in a running server. The result equals the live views, row for row.
    """
    with opened(settings) as district:
        with progress("重建视图 rebuilding the views") as report:
            done = rebuild(district.runner, lambda far: report(far.position, far.head))
        answer(
            done,
            lambda: facts(
                (
                    ("启用批次 generation", done.generation),
                    ("位置 position", done.position),
                    ("清除批次 dropped", ", ".join(map(str, done.dropped))),
                )
            ),
        )


def _document(found: ProjectionStatus) -> Mapping[str, object]:
    return {
        "active_generation": found.active.number if found.active else None,
        "position": found.position,
        "head": found.head,
        "lag": found.lag,
        "fault": found.fault,
        "rebuild_needed": found.rebuild_needed,
        "generations": found.generations,
    }


def _sentence(found: ProjectionStatus) -> str:
    if found.active is None:
        return f"no views have been made yet; the log has {found.head} events"
    state = found.fault or f"at position {found.position} of {found.head}, {found.lag} events behind the log"
    needed = "; filled by another version: run `jiedao projections rebuild`" if found.rebuild_needed else ""
    return f"generation {found.active.number} {state}{needed}"
