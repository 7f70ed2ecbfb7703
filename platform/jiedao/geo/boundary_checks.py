"""Finds where the areas of a boundary set overlap, leave ground between them to nobody, or give up ground.

All are reported with their sizes and hidden never; the street index still gives every point one answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

import numpy as np
import shapely

from jiedao.geo.boundary_report import Gap, ImportedBoundaries, LostGround, Overlap
from jiedao.geo.plane import Geometries, area_m2, degrees_from_mercator, in_mercator, metres_per_unit

# What is smaller than this on the ground is the rounding of coordinates, not a dispute.
SMALLEST_REPORTED_M2 = 1.0
# An open slit between two areas counts as a gap up to this width, in metres; a wider one is simply the outside.
WIDEST_SLIT_M = 10.0
# How far from a gap a border may run, in metres, to be called its neighbour.
_NEIGHBOUR_M = 0.5


def overlaps(codes: Sequence[str], polygons: Geometries) -> tuple[Overlap, ...]:
    """Return what two areas both claim, from the largest down; ``polygons`` are valid, in degrees WGS-84."""
    first, second = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    shared = shapely.intersection(polygons[first], polygons[second])
    areas = area_m2(shared)
    inner = shapely.point_on_surface(shared)
    found = [
        Overlap(
            codes[first[i]],
            codes[second[i]],
            float(areas[i]),
            float(shapely.get_x(inner[i])),
            float(shapely.get_y(inner[i])),
        )
        for i in np.flatnonzero(areas >= SMALLEST_REPORTED_M2)
    ]
    return tuple(sorted(found, key=lambda overlap: (-overlap.area_m2, overlap.first, overlap.second)))


def gaps(codes: Sequence[str], polygons: Geometries) -> tuple[Gap, ...]:
    """Return the ground that the areas enclose without claiming it, from the largest down.

    That is every hole of their union, and every slit narrower than WIDEST_SLIT_M between two different areas, also
    one that is open to the outside. A wider one that is open is not told from the outside here; where another set
    covered it, :func:`lost_ground` finds it. ``polygons`` are valid, in degrees WGS-84.
    """
    if not len(polygons):
        return ()
    flat = in_mercator(polygons)
    scale = float(metres_per_unit(shapely.get_y(shapely.centroid(shapely.union_all(shapely.envelope(polygons))))))
    union = shapely.union_all(flat)
    holes = [shapely.Polygon(ring) for part in shapely.get_parts(union) for ring in part.interiors]
    found = [*holes, *_slits(union, holes, scale)]
    if not found:
        return ()
    ground = np.array(found, dtype=object)
    areas = area_m2(shapely.transform(ground, degrees_from_mercator, interleaved=False))
    tree = shapely.STRtree(flat)
    reported = []
    for i in np.flatnonzero(areas >= SMALLEST_REPORTED_M2):
        neighbours = tree.query(ground[i], predicate="dwithin", distance=_NEIGHBOUR_M / scale)
        # A narrow inlet into a single area is a bay of its border, not ground between streets.
        if i >= len(holes) and len(neighbours) == 1:
            continue
        inner = shapely.point_on_surface(ground[i])
        lon, lat = degrees_from_mercator(shapely.get_x(inner), shapely.get_y(inner))
        between = tuple(sorted(codes[j] for j in neighbours))
        reported.append(Gap(between, float(areas[i]), round(float(lon), 7), round(float(lat), 7)))
    return tuple(sorted(reported, key=lambda gap: (-gap.area_m2, gap.between)))


def lost_ground(before: ImportedBoundaries, after: ImportedBoundaries) -> tuple[LostGround, ...]:
    """Return the ground that the areas of one set cover and those of a later one do not, from the largest down.

    It stands with the street that had it: of several that claimed it the highest code, as the street index says.
    """
    covered = shapely.union_all(np.array(after.polygons, dtype=object))
    found = []
    for code, polygon in sorted(zip(before.codes, before.polygons, strict=True), key=itemgetter(0), reverse=True):
        pieces = shapely.get_parts(shapely.difference(polygon, covered))
        areas = area_m2(pieces)
        pieces, areas = pieces[areas >= SMALLEST_REPORTED_M2], areas[areas >= SMALLEST_REPORTED_M2]
        if not len(pieces):
            continue
        covered = shapely.union_all([covered, *pieces])  # so that nothing is counted for two streets
        inner = shapely.point_on_surface(pieces[areas.argmax()])
        found.append(LostGround(code, float(areas.sum()), round(inner.x, 7), round(inner.y, 7)))
    return tuple(sorted(found, key=lambda lost: (-lost.area_m2, lost.street_code)))


def _slits(union: shapely.Geometry, holes: Sequence[shapely.Geometry], scale: float) -> list[shapely.Geometry]:
    """What fills up when the union is widened by half a slit and narrowed again; mitred, so that corners stay."""
    half = WIDEST_SLIT_M / 2.0 / scale
    widened = shapely.buffer(union, half, join_style="mitre", mitre_limit=5.0)
    closed = shapely.buffer(widened, -half, join_style="mitre", mitre_limit=5.0)
    # Half a millimetre is shaved off, so that the rounding of the two buffers leaves no threads.
    filled = shapely.difference(closed, shapely.union_all([shapely.buffer(union, 5e-4), *holes]))
    return [part for part in shapely.get_parts(filled) if shapely.area(part) > 0.0]
