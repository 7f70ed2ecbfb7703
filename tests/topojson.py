"""Decodes the areas of a TopoJSON file, whose borders are stored once as arcs that neighbours share."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import shapely


def areas(path: Path, layer: str, identifier: str) -> tuple[list[str], list[shapely.Geometry]]:
    """Return the ids and the areas (degrees) of a layer of polygons; ``identifier`` is the property with the id."""
    topology = json.loads(path.read_bytes())
    scale, translate = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + translate for arc in topology["arcs"]]
    codes: list[str] = []
    polygons: list[shapely.Geometry] = []
    for geometry in topology["objects"][layer]["geometries"]:
        if geometry["type"] is None:
            continue
        parts = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        drawn = [
            shapely.Polygon(rings[0], rings[1:]) for rings in ([_ring(arcs, ring) for ring in part] for part in parts)
        ]
        codes.append(str(geometry["properties"][identifier]))
        polygons.append(drawn[0] if len(drawn) == 1 else shapely.MultiPolygon(drawn))
    return codes, polygons


def _ring(arcs: list[np.ndarray], numbers: list[int]) -> np.ndarray:
    """Join arcs into a ring; a negative number ~n means arc n backwards; shared ends stand once."""
    pieces = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in numbers]
    return np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])
