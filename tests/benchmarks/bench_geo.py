"""How many points a second are given to their streets, beside what bare shapely needs to say only which area holds them.

The limit is ``STRtree.query`` with the predicate ``intersects`` on the same areas and points, alternating in one run:
it knows no tie-break, no distance to a border and no edge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import shapely

from jiedao.domain.profile import Street
from jiedao.domain.report import ReportedPlace
from jiedao.geo.boundary_file import read_boundaries
from jiedao.geo.jurisdiction import BoundaryJurisdiction
from jiedao.geo.street_index import StreetIndex
from tests.benchmarks.measured import Measured
from tests.topojson import areas

CHECKOUT = Path(__file__).parents[2]
DISTRICT = CHECKOUT / "config" / "districts" / "330103" / "boundaries.geojson"
VILLAGES = CHECKOUT.parent / "shared" / "data" / "polygons" / "taiwan_villages-10t.topojson"
TOLERANCE_M = 15.0


def bench(_url: str, *, points: int = 100_000, rounds: int = 5) -> list[Measured]:
    """Measure; without the shared data the large set is a line that says so."""
    district = read_boundaries(DISTRICT.read_bytes(), examine=False)
    rows = _match_rows("8 areas", district.codes, district.polygons, points, rounds)
    if VILLAGES.is_file():
        codes, polygons = areas(VILLAGES, "villages", "VILLCODE")
        rows += _match_rows(f"{len(codes):,} areas", codes, polygons, points, rounds)
    else:
        rows.append(Measured("7,701 areas: the shared data is not beside this checkout", None, "points/s"))
    jurisdiction = BoundaryJurisdiction(
        boundary_set="bench",
        boundaries=district,
        tolerance_m=TOLERANCE_M,
        streets=[Street(code, name) for code, name in zip(district.codes, district.names, strict=True)],
    )
    lon, lat = _points(district.polygons, 1000)
    places = [ReportedPlace(x, y, "gcj02") for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    seconds = median(_seconds(lambda: jurisdiction.decide(places)) for _ in range(4 * rounds))
    return [*rows, Measured("decisions on places in GCJ-02, batches of 1,000", len(places) / seconds, "places/s")]


def _match_rows(
    name: str, codes: Sequence[str], polygons: Sequence[shapely.Geometry], points: int, rounds: int
) -> list[Measured]:
    index, tree = StreetIndex(codes, polygons), shapely.STRtree(polygons)
    lon, lat = _points(polygons, points)
    holding, located, bare = [], [], []
    for _ in range(rounds):  # side by side, alternating
        bare.append(points / _seconds(lambda: tree.query(shapely.points(lon, lat), predicate="intersects")))
        holding.append(points / _seconds(lambda: index.holding(lon, lat)))
        located.append(points / _seconds(lambda: index.locate(lon, lat, TOLERANCE_M)))
    limit = median(bare)
    return [
        Measured(f"street of a point, {name}", median(holding), "points/s", limit),
        Measured(f"street of a point, border distance and edge, {name}", median(located), "points/s", limit),
    ]


def _points(polygons: Sequence[shapely.Geometry], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Points inside the areas: scattered round the insides of areas taken at random, always the same ones."""
    random = np.random.default_rng(330103)
    inner = shapely.get_coordinates(shapely.point_on_surface(np.array(polygons, dtype=object)))
    chosen = inner[random.integers(0, len(inner), count)] + random.normal(0.0, 0.002, (count, 2))
    return chosen[:, 0], chosen[:, 1]


def _seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started
