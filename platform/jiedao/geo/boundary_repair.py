"""Makes one usable area out of one GeoJSON geometry, or says why that cannot be done safely.

Safe is what no person would argue about: closing a ring, dropping a corner that repeats, a speck or a pinhole.
A shape whose area would change is refused: then the file, not this program, has to say where the border runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

import numpy as np
import shapely
from numpy.typing import NDArray

from jiedao.geo.crs import to_wgs84
from jiedao.geo.plane import area_m2

Corners = NDArray[np.float64]

# Parts and holes below this area are drawing noise: a doorway, not a place.
SLIVER_M2 = 1.0
# The largest part of its area that a self-touching shape may change by in being made valid.
TOLERATED_CHANGE = 0.001
# The grid of stored coordinates, in degrees: 7 decimals, 1.1 cm.
GRID_DEGREES = 1e-7

# A ring needs three corners and the first one again.
_RING_CORNERS = 4
_LON_LIMIT, _LAT_LIMIT = 180.0, 90.0


class UnusableShapeError(Exception):
    """The geometry cannot be used; the message is the reason, a sentence."""


@dataclass(slots=True)
class Drawing:
    """A geometry under repair: the shape so far, and the sentences about what was put right."""

    shape: shapely.Geometry
    repairs: list[str] = field(default_factory=list)


def usable_area(geometry: object, crs: str) -> Drawing:
    """Make a valid Polygon or MultiPolygon, degrees WGS-84 on the 7-decimal grid, out of a GeoJSON geometry.

    ``geometry`` is the parsed member of a feature, in the coordinate system ``crs``.
    Raises :class:`UnusableShapeError` when it is no polygon or cannot be repaired safely.
    """
    parts = _parts_of(geometry)
    notes: dict[str, int] = {}
    polygons = []
    drawn_m2 = 0.0
    for part in parts:
        rings = [_tidy(_corners(ring), notes, crs) for ring in part]
        usable = [ring for ring in rings if ring is not None]
        if rings and rings[0] is not None:
            polygons.append(_oriented(usable[0], usable[1:], notes))
            areas = area_m2(shapely.polygons([shapely.linearrings(ring) for ring in usable]))
            drawn_m2 += float(areas[0] - areas[1:].sum())
    if not polygons:
        raise UnusableShapeError("no ring of it has three different corners; draw its border")
    repairs = [sentence.format(count) for sentence, count in notes.items()]
    drawing = Drawing(polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons), repairs)
    _make_valid(drawing, drawn_m2)
    _drop_slivers(drawing)
    _snap(drawing)
    return drawing


def _parts_of(geometry: object) -> Sequence[Sequence[object]]:
    if not isinstance(geometry, Mapping):
        raise UnusableShapeError("it has no geometry; give it a Polygon or a MultiPolygon")
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in {"Polygon", "MultiPolygon"}:
        raise UnusableShapeError(f"its geometry is a {kind}; only a Polygon or a MultiPolygon has an area")
    parts = [coordinates] if kind == "Polygon" else coordinates
    if not _is_filled(parts) or not all(_is_filled(part) for part in parts):
        raise UnusableShapeError(f"its {kind} has no rings; draw its border")
    return parts


def _is_filled(value: object) -> TypeGuard[Sequence[Sequence[object]]]:
    """Whether a value is a list with something in it; what that is, is looked at when it is read."""
    return isinstance(value, list | tuple) and len(value) > 0


def _corners(ring: object) -> Corners:
    """The corners of a ring as an array (n, 2); a height is dropped."""
    try:
        corners = np.array([[position[0], position[1]] for position in ring], dtype=np.float64)  # type: ignore[attr-defined]  # untrusted: that it is not so is the error below
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise UnusableShapeError("a ring of it is not a list of [longitude, latitude] numbers; correct it") from error
    corners = corners.reshape(-1, 2)
    if not np.isfinite(corners).all():
        raise UnusableShapeError("a corner of it is not a finite number; correct it")
    if (np.abs(corners[:, 0]) > _LON_LIMIT).any() or (np.abs(corners[:, 1]) > _LAT_LIMIT).any():
        raise UnusableShapeError(
            "a corner of it lies beyond 180 degrees east or 90 north; give degrees (not metres), longitude first"
        )
    return corners


def _tidy(corners: Corners, notes: dict[str, int], crs: str) -> Corners | None:
    """Close a ring, drop corners that repeat, convert to WGS-84; ``None`` where nothing is left of it."""
    if len(corners) and not np.array_equal(corners[0], corners[-1]):
        corners = np.concatenate([corners, corners[:1]])
        _note(notes, "closed {} ring(s) that did not end where they began")
    fresh = np.concatenate([[True], (corners[1:] != corners[:-1]).any(axis=1)]) if len(corners) else np.empty(0, bool)
    if not fresh.all():
        _note(notes, "dropped {} corner(s) that repeated the one before", int((~fresh).sum()))
        corners = corners[fresh]
    if len(corners) < _RING_CORNERS:
        _note(notes, "dropped {} ring(s) with fewer than three corners")
        return None
    return np.stack(to_wgs84(corners[:, 0], corners[:, 1], crs), axis=1)


def _note(notes: dict[str, int], sentence: str, count: int = 1) -> None:
    notes[sentence] = notes.get(sentence, 0) + count


def _oriented(shell: Corners, holes: Sequence[Corners], notes: dict[str, int]) -> shapely.Geometry:
    """A polygon turned as RFC 7946, 3.1.6 wants it: the shell against the clock, holes with it."""
    wrong = [(_signed_area(ring) > 0.0) != (number == 0) for number, ring in enumerate((shell, *holes))]
    if any(wrong):
        _note(notes, "turned {} ring(s) round: shells run against the clock, holes with it", sum(wrong))
    rings = [ring[::-1] if turn else ring for ring, turn in zip((shell, *holes), wrong, strict=True)]
    return shapely.Polygon(rings[0], rings[1:])


def _signed_area(ring: Corners) -> float:
    """The area of a ring by its corners, positive against the clock; holds for rings that touch themselves, too."""
    x, y = (ring - ring[0]).T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) / 2.0


def _make_valid(drawing: Drawing, drawn_m2: float) -> None:
    """Make the shape valid where that changes its area by less than TOLERATED_CHANGE of what was drawn."""
    if shapely.is_valid(drawing.shape):
        return
    reason = shapely.is_valid_reason(drawing.shape)
    valid = _polygonal(shapely.make_valid(drawing.shape, method="structure", keep_collapsed=False))
    change = abs(float(area_m2(valid)) - drawn_m2)
    if drawn_m2 <= 0.0 or change > TOLERATED_CHANGE * drawn_m2:
        raise UnusableShapeError(
            f"its border is not a valid outline ({reason}) and making it one would change its area by "
            f"{change:,.0f} m2 of {max(drawn_m2, 0.0):,.0f} m2; correct the border in the file"
        )
    drawing.shape = valid
    drawing.repairs.append(f"made its outline valid ({reason}), which changed its area by {change:.2f} m2")


def _polygonal(shape: shapely.Geometry) -> shapely.Geometry:
    """Only the areas of a shape; lines and points that making it valid left over have none."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    areas = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return areas[0] if len(areas) == 1 else shapely.multipolygons(areas)


def _drop_slivers(drawing: Drawing) -> None:
    parts = shapely.get_parts(drawing.shape)
    large = area_m2(parts) >= SLIVER_M2
    if not large.any():
        raise UnusableShapeError(f"its area is below {SLIVER_M2:g} m2; draw its border")
    if not large.all():
        drawing.repairs.append(f"dropped {int((~large).sum())} part(s) smaller than {SLIVER_M2:g} m2")
    filled = 0
    kept = []
    for part in parts[large]:
        holes = np.array(part.interiors, dtype=object)
        open_holes = holes[area_m2(shapely.polygons(holes)) >= SLIVER_M2] if len(holes) else holes
        filled += len(holes) - len(open_holes)
        kept.append(part if len(holes) == len(open_holes) else shapely.Polygon(part.exterior, list(open_holes)))
    if filled:
        drawing.repairs.append(f"filled {filled} hole(s) smaller than {SLIVER_M2:g} m2")
    drawing.shape = kept[0] if len(kept) == 1 else shapely.multipolygons(kept)


def _snap(drawing: Drawing) -> None:
    """Put the corners on the grid of stored coordinates, so that what is stored is what is matched."""
    snapped = shapely.set_precision(drawing.shape, GRID_DEGREES)
    drawing.shape = shapely.orient_polygons(shapely.normalize(_polygonal(snapped)), exterior_cw=False)
