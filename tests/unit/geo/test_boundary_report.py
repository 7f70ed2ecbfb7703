from __future__ import annotations

import pytest

from jiedao.domain.errors import InvalidInputError
from jiedao.geo.boundary_file import read_boundaries
from jiedao.geo.boundary_report import some_of


def test_a_wrong_property_for_the_code_is_told_for_five_features_and_how_many_more():
    ring = [[120.0, 30.0], [120.01, 30.0], [120.01, 30.01], [120.0, 30.0]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    features = [{"type": "Feature", "properties": {"JDDM": f"{i}"}, "geometry": shape} for i in range(1, 9)]
    read = read_boundaries({"type": "FeatureCollection", "features": features})
    assert len(read.report.refused) == 8
    with pytest.raises(InvalidInputError) as refused:
        read.require_whole()
    said = str(refused.value)
    assert "feature 5 " in said
    assert "feature 6 " not in said
    assert said.endswith("and 3 more")


def test_up_to_five_findings_are_all_named():
    assert some_of(["a", "b", "c", "d", "e"]) == "a, b, c, d, e"
    assert some_of(["a", "b", "c", "d", "e", "f"]) == "a, b, c, d, e, and 1 more"
    assert some_of([]) == ""
