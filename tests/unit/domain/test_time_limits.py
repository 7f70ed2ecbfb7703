"""Time limits as class tables write them."""

import csv

import pytest

from jiedao.domain.time_limits import Stage, parse_time_limit


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("2紧急工作时", Stage("", "urgent_hour", 7_200, working=False)),
        ("1紧急工作日", Stage("", "urgent_day", 86_400, working=False)),
        ("4工作时", Stage("", "working_hour", 14_400, working=True)),
        ("4工作小时", Stage("", "working_hour", 14_400, working=True)),
        ("3工作日", Stage("", "working_day", 86_400, working=True)),
        ("3个工作日", Stage("", "working_day", 86_400, working=True)),
        ("15 天", Stage("", "day", 1_296_000, working=False)),
        ("2小时", Stage("", "hour", 7_200, working=False)),
        ("半小时", Stage("", "hour", 1_800, working=False)),
        ("两小时", Stage("", "hour", 7_200, working=False)),
        ("十五天", Stage("", "day", 1_296_000, working=False)),
        ("二十工作日", Stage("", "working_day", 576_000, working=True)),
        ("二十一日", Stage("", "day", 1_814_400, working=False)),
        ("1.5小时", Stage("", "hour", 5_400, working=False)),
        ("1紧急工作时制止", Stage("制止", "urgent_hour", 3_600, working=False)),
        ("建筑垃圾4工作时", Stage("建筑垃圾", "working_hour", 14_400, working=True)),
    ],
)
def test_a_limit_of_one_stage_is_read(text, stage):
    assert parse_time_limit(text).stages == (stage,)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("停工4工作时/处罚7工作日/拆除20工作日", ["停工", "处罚", "拆除"]),
        ("2工作时；路面积水4工作时", ["", "路面积水"]),
        ("建筑垃圾4工作时/渣土堆2工作日", ["建筑垃圾", "渣土堆"]),
    ],
)
def test_a_limit_of_several_stages_is_read_with_their_labels(text, labels):
    assert [stage.label for stage in parse_time_limit(text).stages] == labels


@pytest.mark.shared_data
def test_every_limit_of_a_real_citys_table_is_read(shared_data):
    with (shared_data / "codes" / "class_table_yuncheng.csv").open(encoding="utf-8-sig", newline="") as file:
        texts = [row["处置时限"] for row in csv.DictReader(file)]
    assert len(texts) == 519
    assert [text for text in texts if parse_time_limit(text) is None] == []
    labelled = {text for text in texts if parse_time_limit(text).stages[0].label}
    assert labelled == {"1紧急工作时制止"}


@pytest.mark.shared_data
def test_every_limit_of_two_further_cities_is_read_in_all_its_stages(shared_data):
    with (shared_data / "codes" / "szcg_time_limits_excerpts.csv").open(encoding="utf-8-sig", newline="") as file:
        texts = [row["time_limit"] for row in csv.DictReader(file)]
    stages = [len(parse_time_limit(text).stages) for text in texts]
    assert stages == [3, 1, 2, 2, 1, 1, 1, 1, 1, 1, 1]
