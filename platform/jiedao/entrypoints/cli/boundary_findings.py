"""Tells what was found in an imported boundary file: repairs, refusals, overlaps, gaps, ground given up, with size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from rich.console import Group, RenderableType

from jiedao.entrypoints.cli.output import APPROXIMATE, answer, document_of, facts, line, table
from jiedao.geo.boundary_report import MOST_NAMED, BoundaryReport, ImportedBoundaries, LostGround, Refusal
from jiedao.geo.plane import area_m2


@dataclass(frozen=True, slots=True)
class Import:
    """What an import came to.

    ``adopted`` is true when the set is new; ``refusal`` says why nothing was adopted, ``None`` where nothing stands in
    the way (it was adopted now or before, or only tried). ``content_sha256`` is the hash of what is stored.
    ``lost_ground`` is what the set ``compared_with`` (the one in force until then) covers and this one does not;
    where that is ``None``, nothing was compared.
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
    compared_with: str | None
    lost_ground: tuple[LostGround, ...]

    @property
    def lost_ground_area_m2(self) -> float:
        """All lost ground together, in m2."""
        return sum(lost.area_m2 for lost in self.lost_ground)


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
        lambda: Group(*_findings(result.areas.report), *_lost(result)),
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
        "lost_ground_area_m2": round(result.lost_ground_area_m2, 1),
        "unknown_names": report.unknown_names,
    }


def _facts(result: Import) -> Iterator[tuple[str, object]]:
    yield "版本 version", result.version
    yield "生效 effective from", result.effective_from
    yield "性质 kind", APPROXIMATE if result.approximate else "正式 official"
    yield "来源 origin", result.origin
    yield "内容 sha256", result.content_sha256


def _findings(report: BoundaryReport) -> Iterator[RenderableType]:
    if report.refused:
        yield table("不可用 Refused", ("图斑 feature", "原因 reason"), _refused(report.refused))
    if report.unknown_names:
        named = ", ".join(f"{one.street_code} {one.name}" for one in report.unknown_names)
        yield line(f"名称不详 Names that no street is known by: {named}")
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
    if not (report.overlaps or report.gaps or report.refused):  # beside what is missing, that would say nothing
        yield line("无重叠、无封闭空隙 no overlaps and no enclosed gaps")


def _refused(refused: Sequence[Refusal]) -> Iterator[tuple[object, object]]:
    """The first ones: a wrong property for the code refuses every feature of the file for one and the same reason."""
    yield from ((one.feature, one.reason) for one in refused[:MOST_NAMED])
    if len(refused) > MOST_NAMED:
        yield "…", f"另有 {len(refused) - MOST_NAMED} 个 and {len(refused) - MOST_NAMED} more; --json lists them all"


def _lost(result: Import) -> Iterator[RenderableType]:
    if result.lost_ground:
        # A line of its own: the title of a table is folded to its width.
        yield line(f"不再覆盖 Lost ground, against {result.compared_with}: {result.lost_ground_area_m2:,.0f} m²")
        yield table(
            "",
            ("原属街道 street", "面积 m²#", "经度 lon#", "纬度 lat#"),
            [(one.street_code, f"{one.area_m2:,.1f}", *_point(one.lon, one.lat)) for one in result.lost_ground],
        )
    elif result.compared_with is not None:
        yield line(f"原有辖区均已覆盖 no ground lost against {result.compared_with}")


def _point(lon: float, lat: float) -> tuple[str, str]:
    return f"{lon:.6f}", f"{lat:.6f}"


def _outcome(result: Import) -> str:
    if result.refusal is not None:
        return "未采用 nothing was adopted"
    if result.dry_run:
        return f"试运行 {result.version} would be adopted; nothing was"
    return f"{'已采用 adopted' if result.adopted else '此前已采用 adopted before, unchanged'}: {result.version}"
