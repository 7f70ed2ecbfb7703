"""What those see of a reporter who may not see who it is."""

from __future__ import annotations

import pytest

from jiedao.domain.masking import mask
from jiedao.domain.report import ReporterDetails


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13900001234", "139****1234"), ("057188880000", "057*****0000"), ("88880000", "888*0000"),
        ("8888000", "***"), ("110", "***"), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_number_keeps_its_ends_and_a_short_one_nothing(phone, shown):
    assert mask(ReporterDetails(phone=phone)).phone == shown


def test_a_name_keeps_its_surname_and_all_else_nothing():
    masked = mask(ReporterDetails("王小二", None, "wx: wang", "330103199001011234", "朝晖路 1 号"))
    assert masked == ReporterDetails("王**", None, "***", "***", "***")
    assert mask(ReporterDetails()) == ReporterDetails()
