"""A roster is read from CSV whole, or refused with every faulty line named."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from jiedao.application.district_profile import find_profile
from jiedao.application.roster_file import read_roster
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.roster import Shift, in_order

HEAD = "date,start,end,person,name,role,street,platform\n"


@pytest.fixture(scope="module")
def profile():
    return find_profile(Path(__file__).parents[3] / "config", "330103")


def test_each_row_is_a_shift_in_the_districts_time(profile):
    text = (
        "2026-11-25,08:00,20:00,user:zhang,张伟,处置人员,朝晖,综合行政执法\n"
        "2026-11-25,20:00,08:00,user:li,李娜,handler,330103006,\n"
        "2026-11-26,00:00,24:00,user:chen,陈静,值班长,,\n"
    )
    days = read_roster((HEAD + text).encode("utf-8-sig"), profile)
    assert days == {
        date(2026, 11, 25): [
            Shift(
                "user:zhang", "张伟", "handler", "330103006", "enforcement", datetime(2026, 11, 25, 0, tzinfo=UTC),
                datetime(2026, 11, 25, 12, tzinfo=UTC),
            ),
            Shift(
                "user:li", "李娜", "handler", "330103006", None, datetime(2026, 11, 25, 12, tzinfo=UTC),
                datetime(2026, 11, 26, 0, tzinfo=UTC),
            ),
        ],
        date(2026, 11, 26): [
            Shift(
                "user:chen", "陈静", "shift_leader", None, None, datetime(2026, 11, 25, 16, tzinfo=UTC),
                datetime(2026, 11, 26, 16, tzinfo=UTC),
            )
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("2026-13-01,08:00,20:00,user:a,甲,handler,,", "line 2: .*month"),
        ("2026-11-25,25:00,20:00,user:a,甲,handler,,", "line 2: .*hour"),
        ("2026-11-25,08:00,20:00,,甲,handler,,", "line 2: person is empty"),
        ("2026-11-25,08:00,20:00,user:a,甲,厨师,,", "line 2: '厨师' is none of"),
        ("2026-11-25,08:00,20:00,user:a,甲,handler,西湖,", "line 2: there is no street '西湖'"),
        ("2026-11-25,08:00,20:00,user:a,甲,handler,,市政", "line 2: '市政' is none of"),
        (f"2026-11-25,08:00,20:00,user:{'a' * 101},甲,handler,,", "person is no name"),
        ("2026-11-25,08:00,20:00,user:a\x07,甲,handler,,", "person is no name"),
    ],
)
def test_a_faulty_row_is_named(profile, row, fault):
    with pytest.raises(InvalidInputError, match=fault):
        read_roster((HEAD + row + "\n").encode(), profile)


def test_all_faulty_rows_are_named_at_once(profile):
    with pytest.raises(InvalidInputError, match=r"(?s)line 2: .*line 3: "):
        read_roster((HEAD + "x,08:00,20:00,user:a,甲,handler,,\ny,08:00,20:00,user:a,甲,handler,,\n").encode(), profile)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"date,start\n", "the columns of a roster are"),
        (HEAD.encode(), "holds no shift"),
        (b"", "the columns of a roster are"),
        ((HEAD + '2026-11-25,08:00,20:00,"user\n').encode(), "not readable as CSV"),
        ((HEAD + "2026-11-25,08:00\n").encode(), "line 2: end is empty"),
    ],
)
def test_what_is_no_roster_is_refused(profile, content, fault):
    with pytest.raises(InvalidInputError, match=fault):
        read_roster(content, profile)


def _shift(person, start, end):
    moments = (datetime(2026, 11, 25, hour, tzinfo=UTC) for hour in (start, end))
    return Shift(person, person, "handler", None, None, *moments)


def test_nobody_is_in_two_places_at_one_time():
    one, next_one, over = _shift("a", 8, 12), _shift("a", 12, 16), _shift("a", 11, 13)
    assert in_order([next_one, one]) == (one, next_one)
    for shifts in ([one, over], [over, one], [one, _shift("a", 8, 12)]):
        with pytest.raises(InvalidInputError, match="two shifts at one time"):
            in_order(shifts)
    with pytest.raises(InvalidInputError, match="ends before it begins"):
        in_order([_shift("a", 12, 12)])
    assert len(in_order([one, _shift("b", 8, 12)])) == 2
