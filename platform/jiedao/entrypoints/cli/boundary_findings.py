"""Tells what was found in an imported boundary file: each repair, refusal, overlap and gap, with size and place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from rich.console import Group, RenderableType

from jiedao.entrypoints.cli.output import APPROXIMATE, answer, document_of, facts, line, table
from jiedao.geo.boundary_report import BoundaryReport, ImportedBoundaries
from jiedao.geo.plane import area_m2


@dataclass(frozen=True, slots=True)
class Import:
    """What an import came to.

    ``adopted`` is true when the set is new; ``refusal`` says why nothing was adopted, ``None`` where nothing stands in
    the way (it was adopted now or before, or only tried). ``content_sha256`` is the hash of what is stored.
    """

    version: str | None
    effective_from: date
    approximate: bool
    origin: str
    content_sha256: str | None
    dry_run: bool
    adopted: bool
    refusal: str | None
    areas: ImportedBoundaries


def answer_import(result: Import) -> None:
    """Answer with everything that was found."""
    streets = _streets(result.areas)
    answer(
        _document(result, streets),
        lambda: facts(_facts(result)),
        lambda: table(
            "街道 Streets",
            ("代码 code", "名称 name", "面积 m²#"),
            [(one["code"], one["name"], f"{one['area_m2']:,.0f}") for one in streets],
        ),
        lambda: Group(*_findings(result.areas.report)),
        lambda: line(_outcome(result), style="bold"),
    )


def _streets(areas: ImportedBoundaries) -> Sequence[Mapping[str, object]]:
    sizes = area_m2(np.array(areas.polygons, dtype=object)).tolist() if areas.polygons else []
    return [
        {"code": code, "name": name, "area_m2": round(size, 1)}
        for code, name, size in zip(areas.codes, areas.names, sizes, strict=True)
    ]


def _document(result: Import, streets: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
    report = result.areas.report
    document = document_of(result)
    del document["areas"]
    return document | {
        "streets": streets,
        "repairs": report.repairs,
        "refused": report.refused,
        "overlaps": report.overlaps,
        "overlap_area_m2": round(report.overlap_area_m2, 1),
        "gaps": report.gaps,
        "gap_area_m2": round(report.gap_area_m2, 1),
    }


def _facts(result: Import) -> Iterator[tuple[str, object]]:
    yield "版本 version", result.version
    yield "生效 effective from", result.effective_from
    yield "性质 kind", APPROXIMATE if result.approximate else "正式 official"
    yield "来源 origin", result.origin
    yield "内容 sha256", result.content_sha256


def _findings(report: BoundaryReport) -> Iterator[RenderableType]:
    if report.refused:
        yield table(
            "不可用 Refused", ("图斑 feature", "原因 reason"), [(one.feature, one.reason) for one in report.refused]
        )
    if report.repairs:
        yield table(
            "已修复 Repaired", ("图斑 feature", "修复 repair"), [(one.feature, one.what) for one in report.repairs]
        )
    if report.overlaps:
        yield table(
            f"重叠 Overlaps: {report.overlap_area_m2:,.0f} m²",
            ("街道 first", "街道 second", "面积 m²#", "经度 lon#", "纬度 lat#"),
            [(one.first, one.second, f"{one.area_m2:,.1f}", *_point(one.lon, one.lat)) for one in report.overlaps],
        )
    if report.gaps:
        yield table(
            f"空隙 Gaps: {report.gap_area_m2:,.0f} m²",
            ("相邻街道 between", "面积 m²#", "经度 lon#", "纬度 lat#"),
            [(", ".join(one.between), f"{one.area_m2:,.1f}", *_point(one.lon, one.lat)) for one in report.gaps],
        )
    if not (report.overlaps or report.gaps):
        yield line("无重叠、无空隙 no overlaps and no gaps")


def _point(lon: float, lat: float) -> tuple[str, str]:
    return f"{lon:.6f}", f"{lat:.6f}"


def _outcome(result: Import) -> str:
    if result.refusal is not None:
        return "未采用 nothing was adopted"
    if result.dry_run:
        return f"试运行 {result.version} would be adopted; nothing was"
    return f"{'已采用 adopted' if result.adopted else '此前已采用 adopted before, unchanged'}: {result.version}"
