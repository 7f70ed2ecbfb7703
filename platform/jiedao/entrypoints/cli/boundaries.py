"""``jiedao boundaries``: importing boundary sets, and which there are (辖区边界)."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from jiedao.application.reference_tables import NewBoundarySet
from jiedao.domain.errors import ConfigurationError, InvalidInputError
from jiedao.domain.terms import Crs
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.cli.boundary_asking import evaluate, match
from jiedao.entrypoints.cli.boundary_findings import Import, answer_import
from jiedao.entrypoints.cli.failing import ExitCode
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import console_actor, opened, opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import APPROXIMATE, answer, document_of, note, page, table
from jiedao.entrypoints.cli.progress import step
from jiedao.entrypoints.settings import Settings
from jiedao.geo.boundary_checks import lost_ground
from jiedao.geo.boundary_file import canonical_geojson, read_boundaries
from jiedao.geo.boundary_report import ImportedBoundaries, LostGround
from projections.reference_versions import BOUNDARIES

_SHOWN_OF_HASH = 8


@click.group(cls=Listed)
def boundaries() -> None:
    """辖区边界 The streets' areas: every set is kept, holds from a day on, and says where it comes from."""


boundaries.add_command(match)
boundaries.add_command(evaluate)


@boundaries.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--code", default="code", show_default=True, help="The property that holds a street's code.")
@click.option("--name", default="name", show_default=True, help="The property that holds a street's name.")
@click.option("--crs", required=True, type=click.Choice([one.value for one in Crs]), help="坐标系 The file's system.")
@click.option(
    "--effective-from", required=True, type=click.DateTime(["%Y-%m-%d"]), help="生效日期 The day from which it holds."
)
@click.option("--version", help="版本 Its name for ever; without it DISTRICT-DAY-and 8 digits of the content's hash.")
@click.option("--origin", help="来源 Where it comes from; without it the file's name.")
@click.option("--approximate", is_flag=True, help="近似 It is not the official set; shown wherever it is used.")
@click.option("--dry-run", is_flag=True, help="试运行 Say what was found; adopt nothing.")
@json_output
@with_settings(*DISTRICT)
def import_set(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    file: Path,
    code: str,
    name: str,
    crs: str,
    effective_from: datetime,
    version: str | None,
    origin: str | None,
    *,
    approximate: bool,
    dry_run: bool,
) -> None:
    """导入边界 Import the streets' areas from a GeoJSON FILE, and say what was found in it.

    What could safely be put right was, and is listed; overlaps, gaps and the ground that the set in force covers and
    this one does not are listed with their areas. Where any area cannot be used or cannot be its street's, or a street
    has none, nothing is adopted.
    """
    content = file.read_bytes()
    with step(f"reading {file.name}, looking for overlaps and gaps"):
        found = read_boundaries(content, code=code, name=name, crs=crs)
    wanted = NewBoundarySet(version or "", effective_from.date(), approximate, origin or f"file:{file.name}")
    with opened(settings) as district:
        result = _adopt(district, found, wanted, dry_run=dry_run)
    answer_import(result)
    if result.refusal is not None:
        note(f"error: {result.refusal}")
        click.get_current_context().exit(ExitCode.FAILED)


@boundaries.command("list")
@json_output
@with_settings(*DISTRICT)
def list_sets(settings: Settings) -> None:
    """边界列表 List every set that was adopted, by the day from which it holds, and which one is in force."""
    with opened_for_reading(settings) as district:
        zone = ZoneInfo(district.profile.timezone)
        in_force = district.tables.boundaries_in_force().version
        found = district.read.reference_versions(BOUNDARIES)
        rows = [
            (
                "●" if one.version == in_force else "",
                one.version,
                one.effective_from,
                APPROXIMATE if one.approximate else "正式 official",
                one.origin,
                f"{one.adopted_at.astimezone(zone):%Y-%m-%d} {one.adopted_by}",
                one.content_sha256,
            )
            for one in found
        ]
        columns = (
            "现行",
            "版本 version",
            "生效 effective from",
            "性质 kind",
            "来源 origin",
            "采用 adopted",
            "内容 sha256",
        )
        answer(
            page([document_of(one, in_force=one.version == in_force) for one in found], None),
            lambda: table("", columns, rows),
        )


def _adopt(district: District, found: ImportedBoundaries, wanted: NewBoundarySet, *, dry_run: bool) -> Import:
    """Adopt a set, where everything about it is right; what is not is the result's refusal."""
    version, digest, adopted, areas = wanted.version, None, False, found
    compared_with: str | None = None
    lost: tuple[LostGround, ...] = ()
    try:
        areas = district.tables.of_district(found.require_whole())
        digest = hashlib.sha256(canonical_geojson(areas)).hexdigest()
        version = version or _version(district, wanted.effective_from, digest)
        compared_with, lost = _compare(district, areas)  # before it is adopted, and may be the one in force itself
        new = NewBoundarySet(version, wanted.effective_from, wanted.approximate, wanted.origin)
        adopted = not dry_run and district.tables.adopt_boundaries(areas, new, console_actor())
        refusal = None
    except (InvalidInputError, ConfigurationError) as error:
        refusal = str(error)
    return Import(
        version=version or None,
        effective_from=wanted.effective_from,
        approximate=wanted.approximate,
        origin=wanted.origin,
        content_sha256=digest,
        dry_run=dry_run,
        adopted=adopted,
        refusal=refusal,
        areas=areas,
        compared_with=compared_with,
        lost_ground=lost,
    )


def _compare(district: District, areas: ImportedBoundaries) -> tuple[str | None, tuple[LostGround, ...]]:
    """Return the version in force, and the ground that it covers and the areas do not."""
    try:
        in_force = district.tables.boundaries_in_force()
    except ConfigurationError:  # none is yet; to import one is what that error asks for
        return None, ()
    return in_force.version, lost_ground(district.tables.read_boundaries(in_force), areas)


def _version(district: District, effective_from: date, digest: str) -> str:
    return f"{district.profile.code}-{effective_from}-{digest[:_SHOWN_OF_HASH]}"
