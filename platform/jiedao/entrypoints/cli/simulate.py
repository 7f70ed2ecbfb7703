"""``jiedao simulate``: whole lives of incidents in virtual time, and a check of everything against the log (模拟)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from zoneinfo import ZoneInfo

import click

from jiedao.application.district_profile import find_profile
from jiedao.domain.errors import ConflictError, JiedaoError
from jiedao.domain.terms import Command, IntakeOutcome
from jiedao.entrypoints.bootstrap import open_district
from jiedao.entrypoints.cli.options import json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, line
from jiedao.entrypoints.cli.progress import progress
from jiedao.entrypoints.http.wording import label_of
from jiedao.entrypoints.settings import Settings
from jiedao.entrypoints.simulation.acting import Acted
from jiedao.entrypoints.simulation.checking import Checked, check
from jiedao.entrypoints.simulation.machinery import machinery_of
from jiedao.entrypoints.simulation.running import TAIL, Plan, Simulation, Tally
from jiedao.entrypoints.simulation.virtual_clock import VirtualClock

_FIRST_DAY = "2026-03-02"  # a Monday without a holiday near


class InconsistentError(JiedaoError):
    """The views, or what callers were told, do not agree with the log."""

    code = "inconsistent"


@click.command()
@click.option("--days", type=click.IntRange(1, 3660), default=1, show_default=True, help="天数 Days of reports.")
@click.option(
    "--per-day", type=click.IntRange(1, 1_000_000), default=200, show_default=True, help="每天上报数 Reports a day."
)
@click.option("--seed", type=int, default=1, show_default=True, help="随机种子 The same seed gives the same lives.")
@click.option(
    "--from",
    "first_day",
    type=click.DateTime(["%Y-%m-%d"]),
    default=_FIRST_DAY,
    show_default=True,
    help="首日 The first day, in the district's own zone.",
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="保留 Keep the simulated district in this (new) folder; look at it with --data FOLDER.",
)
@json_output
@with_settings("district", "config")
def simulate(  # noqa: PLR0913  # one parameter per option
    settings: Settings, days: int, per_day: int, seed: int, first_day: datetime, keep: Path | None
) -> None:
    """模拟 Live through days of a district in virtual time, then check every view against the log.

    Made-up reports of the district's sources go through the real pipeline, made-up people act through the real
    command desk: returns, rework, joint operations, extensions, transfers, merges, superior platforms' cases, with the
    clocks ticking. It runs in a database of its own, which ends with it unless --keep is given, and never touches the
    district's. Exit code 1 where anything disagrees.

    \b
    jiedao simulate --days 3 --per-day 500 --seed 7
    jiedao simulate --keep lived && jiedao queue show --data lived
    """  # noqa: D301  # \b is click's own mark: leave these lines as they are
    zone = ZoneInfo(find_profile(settings.config, settings.district).timezone)
    plan = Plan(days, per_day, seed, _midnight(first_day.date(), zone))
    clock, started = VirtualClock(plan.begins), monotonic()
    with _folder(keep) as folder, open_district(_own(settings, folder), clock=clock) as district:
        simulation = Simulation(district, clock, plan, machinery_of(district))
        with progress("模拟 simulating, virtual hours") as report:
            total = int((days * 24 * 3600 + TAIL.total_seconds()) // 3600)
            tally = simulation.run(lambda now: report(int((now - plan.begins).total_seconds() // 3600), total))
        with progress("核对 checking against the log, events") as report:
            checked = check(district, tally, report)
        took = monotonic() - started
        answer(
            _document(plan, tally, checked, took),
            lambda: facts(_facts(tally, checked, took)),
            lambda: line(_verdict(checked), style="bold"),
        )
    if not checked.consistent:
        raise InconsistentError("; ".join(checked.faults))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """The folder of the simulated district: one that goes with it, or the one that was asked for."""
    if keep is None:
        with TemporaryDirectory(prefix="jiedao-simulated-") as folder:
            yield Path(folder)
        return
    if keep.exists() and any(keep.iterdir()):
        raise ConflictError(f"{keep} is not empty: name a folder that does not exist yet")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep.absolute()


def _own(settings: Settings, folder: Path) -> Settings:
    """The settings of the simulated district: everything of its own, whatever the environment says of the real one."""
    return settings.model_copy(
        update={
            "data": folder,
            "database_url": None,
            "database_owner_url": None,
            "vault_key": None,
            "vault_key_file": None,
        }
    )


def _verdict(checked: Checked) -> str:
    if checked.consistent:
        return (
            f"一致 consistent: {checked.tables} 张视图表与日志逐行相符 views equal the log row by row,"
            f" {checked.incidents} incidents, {checked.events} events"
        )
    return f"不一致 INCONSISTENT: {len(checked.faults)} faults, the first: {checked.faults[0]}"


def _facts(tally: Tally, checked: Checked, took: float) -> Iterator[tuple[str, object]]:
    yield (
        "投递 delivered",
        "、".join(
            f"{label_of(IntakeOutcome, outcome)} {number}" for outcome, number in sorted(tally.delivered.items())
        ),
    )
    yield (
        "办理 commands",
        "、".join(f"{label_of(Command, command)} {number}" for command, number in tally.commands.most_common()),
    )
    yield "被拒 refused", tally.otherwise[Acted.REFUSED.value]
    yield "未办结 still open", checked.open_incidents
    yield "摘要 digest", checked.digest
    yield "用时 took", f"{took:.1f} s"


def _document(plan: Plan, tally: Tally, checked: Checked, took: float) -> dict[str, object]:
    return {
        "days": plan.days,
        "per_day": plan.per_day,
        "seed": plan.seed,
        "delivered": dict(tally.delivered),
        "commands": dict(tally.commands),
        "refused": tally.otherwise[Acted.REFUSED.value],
        "incidents": checked.incidents,
        "open": checked.open_incidents,
        "events": checked.events,
        "digest": checked.digest,
        "seconds": round(took, 1),
        "consistent": checked.consistent,
        "faults": list(checked.faults),
    }
