from io import StringIO
from types import SimpleNamespace

import pytest
from rich.cells import cell_len
from rich.console import Console

from jiedao.application.district_profile import find_profile
from jiedao.domain.terms import Platform
from jiedao.entrypoints.demo.board import Board
from jiedao.entrypoints.demo.tally import Sent, Tally
from jiedao.entrypoints.demo.watching import Sight
from jiedao.entrypoints.http.place_models import BoundaryNotice, PlatformAnswer, QueueCountsAnswer, StreetCounts
from jiedao.entrypoints.settings import Settings


@pytest.fixture(scope="module")
def profile():
    return find_profile(Settings().config, "330103")


def street(code, name, *numbers, triage=0):
    platforms = dict(zip([platform.value for platform in Platform], numbers, strict=True))
    return StreetCounts(code=code, name=name, platforms=platforms, triage=triage, total=sum(numbers) + triage)


def board(profile, *, approximate=True, title="占道经营", latest=True):
    counts = QueueCountsAnswer(
        district_code="330103", district_name="下城区", position=40, triage=3, total=19,
        boundaries=BoundaryNotice(version="1", approximate=approximate),
        platforms=[PlatformAnswer(code=platform.value, label=platform.label) for platform in Platform],
        streets=[street("330103006", "朝晖街道", 1, 2, 3, 4, triage=1), street("330103007", "文晖街道", 0, 0, 5, 0)],
        district=street("", "下城区", 0, 0, 0, 1, triage=2),
    )  # fmt: skip
    told = SimpleNamespace(
        source_label="投诉受理", street_name="朝晖街道", platform_label="综合行政执法", title=title,
        jurisdiction_method="polygon",
    )  # fmt: skip
    tally = Tally()
    tally.add([Sent("hotline", "accepted", "A", "i-1"), Sent("hotline", "duplicate", "A", "i-1")])
    tally.add([Sent("video", "dead", reason="not_xml")])
    return Board(profile, Sight(counts, told if latest else None), tally.sums(), 150)


def shown(made, width=100):
    console = Console(file=StringIO(), width=width, color_system=None)
    console.print(made.as_table("http://127.0.0.1:8400"))
    return console.file.getvalue()


def row(text, name):
    return next(line.split()[1:] for line in text.splitlines() if line.split()[:1] == [name])


def test_each_street_is_a_row_of_its_platforms_what_is_undecided_and_all(profile):
    text = shown(board(profile))

    assert row(text, "街道") == ["综治工作", "市场监管", "综合行政执法", "便民服务", "待判定", "合计"]
    assert row(text, "朝晖街道") == ["1", "2", "3", "4", "1", "11"]
    assert row(text, "文晖街道") == ["·", "·", "5", "·", "·", "5"]
    assert row(text, "未归属街道") == ["·", "·", "·", "1", "2", "3"]
    assert row(text, "合计") == ["1", "2", "8", "5", "3", "19"]


def test_it_fits_a_terminal_of_80_columns_and_24_lines(profile):
    text = shown(board(profile), width=80)

    assert len(text.splitlines()) + len(profile.streets) - 2 <= 23  # one line is left for the cursor
    assert text.splitlines()[0].rstrip().endswith("近似）")
    assert row(text, "街道")[-1] == "合计"
    assert max(cell_len(line) for line in text.splitlines()) <= 80


def test_approximate_boundaries_are_marked_and_others_are_not(profile):
    assert "近似" in shown(board(profile))
    assert "近似" not in shown(board(profile, approximate=False))


def test_it_says_what_came_last_and_from_where_and_what_became_of_it(profile):
    text = shown(board(profile))

    assert "投诉受理 → 朝晖街道 综合行政执法：占道经营" in text
    assert "已推送 2/150 · 已接收 1  重复 1  死信 1" in text
    assert "投诉受理 2  视频监控 1" in text
    assert "http://127.0.0.1:8400/docs" in text


def test_a_title_cannot_steer_the_terminal(profile):
    text = shown(board(profile, title="\x1b[2J[bold]占道[/bold]"))

    assert "\x1b[2J" not in text
    assert "[bold]占道[/bold]" in text


def test_before_anything_came_it_says_so(profile):
    assert "还没有" in shown(board(profile, latest=False))


def test_without_a_terminal_it_is_one_line_and_at_the_end_one_a_street(profile):
    made = board(profile)

    assert made.as_line().startswith("已推送 sent 2/150 · 合计 queued 19 · 待判定 triage 3 · 死信 dead letters 1")
    assert made.as_lines()[1] == "朝晖街道 1 2 3 4 1 11"
