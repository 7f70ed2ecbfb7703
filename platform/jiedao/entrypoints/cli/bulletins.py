"""``jiedao report``: the daily and the weekly bulletin as a workbook or a text document (日报、周报)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import click

from jiedao.domain.errors import InvalidInputError
from jiedao.entrypoints.bulletins.composing import BulletinKind, bulletin_of
from jiedao.entrypoints.bulletins.writing import WRITERS
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, line
from jiedao.entrypoints.cli.written_files import whole_file, writes_file
from jiedao.entrypoints.settings import Settings

R = TypeVar("R")


@click.group(cls=Listed)
def report() -> None:
    """日报、周报 Write what came in, what was done, and what is overdue, as a workbook or a text document."""


def _bulletin_options(command: Callable[..., R]) -> Callable[..., R]:
    for option in (
        writes_file("--output", required=True, help="写入文件 FILE."),
        click.option(
            "--format", "form", type=click.Choice(list(WRITERS)), help="格式 Without it, as the file's name ends."
        ),
        click.option("--date", "day", help="日期 A day of the period, such as 2026-11-24; without it today."),
    ):
        command = option(command)
    return command


@report.command()
@_bulletin_options
@json_output
@with_settings(*DISTRICT)
def daily(settings: Settings, day: str | None, form: str | None, output: Path) -> None:
    """日报 Write the bulletin of one day, beside the day before.

    Of a day that is over it always says the same; of today it says how things stand now.
    """
    _write(settings, BulletinKind.DAILY, day, form, output)


@report.command()
@_bulletin_options
@json_output
@with_settings(*DISTRICT)
def weekly(settings: Settings, day: str | None, form: str | None, output: Path) -> None:
    """周报 Write the bulletin of the week (from Monday) that holds a day, beside the week before.

    Of a week that is over it always says the same; of this week it says how things stand now.
    """
    _write(settings, BulletinKind.WEEKLY, day, form, output)


def _write(settings: Settings, kind: BulletinKind, day: str | None, form: str | None, output: Path) -> None:
    form = form or output.suffix.removeprefix(".").lower()
    if form not in WRITERS:
        raise InvalidInputError(f"say --format {' or '.join(WRITERS)}, or let the file's name end so", "/format")
    write, _media_type = WRITERS[form]
    with opened_for_reading(settings) as district:
        bulletin = bulletin_of(district.services(), kind, _read_day(day))
    with whole_file(output) as file:
        file.write(write(bulletin))
    told = {
        "kind": kind.value,
        "title": bulletin.title,
        "since": bulletin.period.since,
        "until": bulletin.period.until,
        "as_of": bulletin.moment,
        "position": bulletin.position,
        "format": form,
        "output": str(output),
    }
    answer(told, lambda: line(f"{bulletin.title} → {output}"))


def _read_day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(f"{text!r} is no day; write one such as 2026-11-24", "/date") from error
