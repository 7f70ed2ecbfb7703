"""``jiedao indicators``: how well the work is done, per street, platform, department, class or source (考核评议)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from jiedao.domain.terms import Platform
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, PROFILE, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, as_json, line, local, table
from jiedao.entrypoints.cli.words import read_as_of, read_moment, read_street, read_term, require_source
from jiedao.entrypoints.http.assessing import WHOLE, assess, describe, percent, write_csv
from jiedao.entrypoints.http.indicator_models import FigureAnswer, IndicatorsAnswer
from jiedao.entrypoints.indicator_document import COMMAND, write_document
from jiedao.entrypoints.settings import Settings, shipped_config
from projections.indicator_formulas import Formulas, find_formulas
from projections.indicator_terms import GROUPINGS
from projections.indicators import IndicatorQuestion

_FORMULA_COLUMNS = ("指标 indicator", "名称 name", "公式 formula", "越…越好", "出处 origin")


@click.group(cls=Listed)
def indicators() -> None:
    """考核评议 How well the work is done: rates with their numerators, denominators and formulas."""


@indicators.command()
@click.option(
    "--by",
    type=click.Choice(list(GROUPINGS)),
    default="street",
    show_default=True,
    help="分组 Tell the figures apart by.",
)
@click.option("--from", "since", help="时段起（含） From a day or a time; without zone it is the district's.")
@click.option("--to", "until", help="时段止（不含） To a day or a time, which itself is not part of the period.")
@click.option("--as-of", help="回看 As of a position in the log, or a time; without zone it is the district's.")
@click.option("--street", help="只看街道 Only this street: its code or name.")
@click.option("--platform", help="只看平台 Only this platform.")
@click.option("--source", help="只看来源 Only this source.")
@click.option("--csv", "as_csv", is_flag=True, help="以 CSV 输出 One figure a row, for a spreadsheet.")
@json_output
@with_settings(*DISTRICT)
def show(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    by: str,
    since: str | None,
    until: str | None,
    as_of: str | None,
    street: str | None,
    platform: str | None,
    source: str | None,
    *,
    as_csv: bool,
) -> None:
    """查看指标 Show every indicator, told apart by street, platform, department, class, source or lifecycle.

    A figure stands with its numerator and denominator; — means that there is nothing to divide by, which is not 0 %.
    By which moment a case falls into the period, its formula says: `jiedao indicators formulas`.
    """
    if as_csv and as_json():
        raise click.UsageError("--csv and --json are two different documents: ask for one of them")
    with opened_for_reading(settings) as district:
        profile, services = district.profile, district.services()
        zone = ZoneInfo(profile.timezone)
        position, moment = read_as_of(as_of, zone)
        question = IndicatorQuestion(
            by=by,
            since=_end(since, zone),
            until=_end(until, zone),
            as_of_position=position,
            as_of_time=moment,
            street=None if street is None else read_street(street, profile),
            platform=None if platform is None else read_term(Platform, platform, "platform").value,
            source=None if source is None else require_source(source, profile),
        )
        found = assess(services, question)
        if as_csv:
            click.echo(write_csv(found, services.formulas, zone), nl=False)
            return
        _answer(found, services.formulas, zone)


@indicators.command()
@click.option("--markdown", is_flag=True, help="以文档输出 Print the document docs/indicators.md.")
@json_output
@with_settings(*PROFILE)
def formulas(settings: Settings, *, markdown: bool) -> None:
    """指标公式 Show how each indicator is worked out, and where its formula is from.

    Formulas are data: indicators.toml of the district's folder, or else of the configuration.
    """
    if markdown and as_json():
        raise click.UsageError("--markdown and --json are two different documents: ask for one of them")
    found = find_formulas(settings.config, settings.district, shipped_config())
    if markdown:
        click.echo(write_document(found), nl=False)
        return
    rows = [
        (one.name, one.label, one.sentence, "高" if one.better == "higher" else "低", _origin(one.origin, one.assumed))
        for one in found.indicators
    ]
    answer(
        describe(found),
        lambda: table("考核评议指标公式 formulas", _FORMULA_COLUMNS, rows),
        lambda: line(f"{COMMAND}: the same as a document, with the words of which formulas are made", style="dim"),
    )


def _origin(origin: str, assumed: bool) -> str:  # noqa: FBT001  # a fact, said by position as its neighbour is
    return f"{origin}（推定 assumed）" if assumed else origin


def _end(text: str | None, zone: ZoneInfo) -> datetime | None:
    return None if text is None else read_moment(text, zone)


def _answer(found: IndicatorsAnswer, known: Formulas, zone: ZoneInfo) -> None:
    begin = f"{local(found.since, zone)} 起" if found.since else ""
    end = f"{local(found.until, zone)} 止" if found.until else ""
    title = " ".join(filter(None, (found.district_name, "考核评议", begin, end)))
    columns = (f"{found.by_label} {found.by}", *(f"{one.label}#" for one in known.indicators))
    rows = [(group.label, *_cells(group.figures)) for group in found.groups]
    formulas_of_all = "\n".join(f"{one.label} = {one.sentence}" for one in known.indicators)
    answer(
        found,
        lambda: table(title, columns, [*rows, (f"{WHOLE} total", *_cells(found.total))]),
        lambda: line(formulas_of_all, style="dim"),
        lambda: line(f"截至 as of {local(found.as_of, zone)}, position {found.position}", style="dim"),
    )


def _cells(figures: Sequence[FigureAnswer]) -> list[str]:
    return [
        percent(one.value) if one.value is None else f"{percent(one.value)} {one.numerator}/{one.denominator}"
        for one in figures
    ]
