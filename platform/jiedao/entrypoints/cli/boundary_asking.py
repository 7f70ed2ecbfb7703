"""``jiedao boundaries match`` and ``evaluate``: which street holds a place, and how often that agrees with others."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path

import click

from jiedao.domain.decisions import JurisdictionDecision
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.report import ReportedPlace
from jiedao.domain.terms import Crs, MatchMethod
from jiedao.entrypoints.cli.opening import opened
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, document_of, facts, line, page, table
from jiedao.entrypoints.cli.progress import progress
from jiedao.entrypoints.http.boundaries import NOTICE, notice_in_force
from jiedao.entrypoints.http.wording import Wording, label_of
from jiedao.entrypoints.settings import Settings
from jiedao.geo.boundary_file import read_boundaries
from jiedao.geo.evaluate import Evaluation, LabelledPoints, read_labelled_points
from jiedao.geo.evaluate import evaluate as compare
from jiedao.geo.street_index import StreetIndex

_AT_ONCE = 20_000
_CRS = click.Choice([one.value for one in Crs])
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_STANDARD_INPUT = "-"
_LIMITS = {"lon": 180, "lat": 90}


@click.command(context_settings={"ignore_unknown_options": True})  # a western longitude begins with a hyphen
@click.argument("lon", type=float, required=False)
@click.argument("lat", type=float, required=False)
@click.option("--crs", type=_CRS, default=Crs.WGS84.value, show_default=True, help="坐标系 The system of coordinates.")
@click.option("--address", help="地址 An address, instead of or beside coordinates.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="文件 Many places: CSV with the columns lon and lat, or address, or all three (- reads standard input).",
)
@json_output
@with_settings(*DISTRICT)
def match(  # noqa: PLR0913  # one parameter per option
    settings: Settings, lon: float | None, lat: float | None, crs: str, address: str | None, file: Path | None
) -> None:
    """辖区判定 Say which street holds a place, under the boundary set in force, and how that was found.

    LON and LAT are degrees. Nothing is recorded.
    """
    if file is not None:
        if lon is not None or address is not None:
            raise click.UsageError("give places by --file, or one by LON LAT and --address")
        places = _read_places(_read(file), crs)
    elif lat is not None or address is not None:
        for name, degrees in (("lon", lon), ("lat", lat)):
            if degrees is not None:
                _require_degrees(degrees, name, "the place")
        places = [ReportedPlace(lon, lat, crs, address or "")]
    else:
        raise click.UsageError("give LON and LAT, or --address, or --file")
    with opened(settings) as district:
        decisions: list[JurisdictionDecision] = []
        with progress("辖区判定 matching") as report:
            for start in range(0, len(places), _AT_ONCE):
                decisions += district.jurisdiction.decide(places[start : start + _AT_ONCE])
                report(len(decisions), len(places))
        notice = notice_in_force(district.services())
        wording = Wording(district.profile)
    items = [
        document_of(
            decision,
            number=number,
            street_name=wording.street(decision.street_code),
            method_label=label_of(MatchMethod, decision.method),
        )
        for number, decision in enumerate(decisions, start=1)
    ]
    rows = [
        (
            number,
            wording.street(decision.street_code) or decision.street_code,
            decision.street_code,
            label_of(MatchMethod, decision.method),
            None if decision.edge_distance_m is None else f"{decision.edge_distance_m:.1f}",
            decision.matched_text,
            ", ".join(decision.candidates),
            decision.note,
        )
        for number, decision in enumerate(decisions, start=1)
    ]
    columns = ("#", "街道 street", "代码 code", "判定 method", "距边界 m#", "文字 text", "可能 candidates", "说明 note")
    answer(
        page(items, None, boundaries=notice),
        lambda: table(f"边界版本 {notice.version}", columns, rows),
        *([lambda: line(NOTICE, style="yellow")] if notice.approximate else []),
    )


@click.command()
@click.option("--boundaries", "areas", type=_FILE, help="边界文件 A GeoJSON file; without it: the set in force.")
@click.option("--code", default="code", show_default=True, help="The property of the file that holds the code.")
@click.option("--name", default="name", show_default=True, help="The property of the file that holds the name.")
@click.option("--crs", type=_CRS, default=Crs.WGS84.value, show_default=True, help="坐标系 The file's system.")
@click.option("--records", required=True, type=_FILE, help="记录 CSV with coordinates, and the street that is right.")
@click.option("--lon", default="lon", show_default=True, help="The column of the longitude, in degrees.")
@click.option("--lat", default="lat", show_default=True, help="The column of the latitude, in degrees.")
@click.option("--expected", default="expected", show_default=True, help="The column of the street's code.")
@click.option("--records-crs", type=_CRS, help="坐标系 The records' system, where it is not --crs.")
@click.option("--tolerance-m", type=click.FloatRange(0), help="Count points this near to a border (m) as held by it.")
@json_output
@with_settings(*DISTRICT)
def evaluate(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    areas: Path | None,
    code: str,
    name: str,
    crs: str,
    records: Path,
    lon: str,
    lat: str,
    expected: str,
    records_crs: str | None,
    tolerance_m: float | None,
) -> None:
    """边界评估 Measure how often a boundary set gives records the street that is known to be right.

    With --boundaries no database is needed. Against the set in force, streets may be labelled by name.
    """
    points = read_labelled_points(records.read_bytes(), lon=lon, lat=lat, expected=expected)
    if areas is not None:
        read = read_boundaries(areas.read_bytes(), code=code, name=name, crs=crs, examine=False).require_whole()
    else:
        with opened(settings) as district:
            read = district.tables.read_boundaries(district.tables.boundaries_in_force())
            aliases = district.profile.street_aliases
        points = LabelledPoints(points.lon, points.lat, tuple(aliases.get(label, label) for label in points.labels))
    index = StreetIndex(read.codes, read.polygons)
    found = _compare(index, points, crs=records_crs or crs, tolerance_m=tolerance_m)
    labelled = found.agree + found.overlap + found.differ + found.missed
    rate = found.agree / labelled if labelled else None
    answer(
        document_of(found, total=found.total, agreement=None if rate is None else round(rate, 6)),
        lambda: facts(
            (
                ("记录 records", found.total),
                ("一致 agree", found.agree),
                ("重叠中另选 overlap", found.overlap),
                ("不一致 differ", found.differ),
                ("无街道 missed", found.missed),
                ("无标注 unlabelled", found.unlabelled),
                ("无坐标 no coordinates", found.no_coordinates),
                ("落入多个街道 overlapping", found.overlapping),
                ("一致率 agreement", None if rate is None else f"{rate:.2%}"),
            )
        ),
    )


def _compare(index: StreetIndex, points: LabelledPoints, *, crs: str, tolerance_m: float | None) -> Evaluation:
    """Compare portion by portion, so that one sees how far it has come, and add up."""
    sums = dict.fromkeys((field.name for field in fields(Evaluation)), 0)
    total = len(points.labels)
    with progress("边界评估 comparing") as report:
        for start in range(0, total, _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            portion = LabelledPoints(points.lon[part], points.lat[part], points.labels[part])
            for name, number in document_of(compare(index, portion, crs=crs, tolerance_m=tolerance_m)).items():
                sums[name] += int(str(number))
            report(min(start + _AT_ONCE, total), total)
    return Evaluation(**sums)


def _read(file: Path) -> bytes:
    return sys.stdin.buffer.read() if str(file) == _STANDARD_INPUT else file.read_bytes()


def _read_places(content: bytes, crs: str) -> Sequence[ReportedPlace]:
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"the places are not UTF-8 ({error.reason} at byte {error.start}); save them so"
        ) from error
    columns = set(rows.fieldnames or ())
    if not ({"lon", "lat"} <= columns or "address" in columns):
        raise InvalidInputError("the places need a header with the columns lon and lat, or address")
    return [_place(row, rows.line_num, crs) for row in _whole(rows)]


def _whole(rows: csv.DictReader[str]) -> Iterable[dict[str, str | None]]:
    return (dict(row) for row in rows)


def _place(row: dict[str, str | None], number: int, crs: str) -> ReportedPlace:
    lon, lat = _degrees(row, "lon", number), _degrees(row, "lat", number)
    if lon is None or lat is None:
        lon = lat = None
    return ReportedPlace(lon, lat, crs, row.get("address") or "")


def _degrees(row: dict[str, str | None], column: str, number: int) -> float | None:
    text = (row.get(column) or "").strip()
    if not text:
        return None
    try:
        degrees = float(text)
    except ValueError as error:
        raise InvalidInputError(f"line {number} of the places has {text!r} as {column}; degrees are numbers") from error
    _require_degrees(degrees, column, f"line {number} of the places")
    return degrees


def _require_degrees(degrees: float, name: str, where: str) -> None:
    """Refuse what is no degree: beyond the limit, infinite, or not a number (which no comparison holds for)."""
    limit = _LIMITS[name]
    if not -limit <= degrees <= limit:
        raise InvalidInputError(
            f"{where} has {degrees:g} as {name}, which runs from -{limit} to {limit} degrees;"
            " longitude comes first, and what is not known is left out"
        )
