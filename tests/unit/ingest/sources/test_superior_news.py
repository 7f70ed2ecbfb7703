"""What a superior's record says of its case beyond number and deadline, in the words and fields of each source."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ingest.sources.digital_city import DigitalCityAdapter
from ingest.sources.hotline import HotlineAdapter
from ingest.sources.reading.superior import OPTION
from ingest.sources.work_order import WorkOrderAdapter
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.report import UpstreamNews
from tests.unit.ingest.sources.golden_samples import RECEIVED_AT

ADAPTERS = {"digital_city": DigitalCityAdapter, "hotline": HotlineAdapter, "work_order": WorkOrderAdapter}
LEAST = {
    "digital_city": {"taskNumber": "RW1", "description": "垃圾", "reportTime": "2026-11-24T10:05:00+08:00"},
    "hotline": {"orderNum": "N1", "majorContent": "噪声", "callTime": "2026-11-24 07:30:00"},
    "work_order": {"SHOWID": "X1", "OTITLE": "积水", "OCREATETIME": "2026-11-24 09:02:11"},
}
MORNING = datetime(2026, 11, 23, 23, 45, tzinfo=UTC)


@pytest.fixture
def read(profile):
    """Reads a record of a source as a superior platform's, and returns its news."""

    def news(source, options=None, **fields):
        shipped = profile.sources[source]
        settings = replace(shipped, lifecycle="upstream", options={**shipped.options, **(options or {})})
        raw = json.dumps(LEAST[source] | fields, ensure_ascii=False).encode()
        return ADAPTERS[source](settings, profile).normalise(raw, RECEIVED_AT).report.upstream.news

    return news


@pytest.mark.parametrize("source", ADAPTERS)
def test_a_record_that_says_nothing_of_it_has_no_news(read, source):
    assert read(source) is None


@pytest.mark.parametrize(
    ("stage", "status"),
    [
        ("派遣", "assigned"), ("待签收", "assigned"), ("核查通过", "verified"), ("核查不通过", "failed_verification"),
        ("返工", "failed_verification"), ("退回重办", "failed_verification"), ("结案", "closed"), ("已办结", "closed"),
        ("撤销", "withdrawn"), ("作废", "withdrawn"),
    ],
)  # fmt: skip
def test_the_words_for_a_stage_are_read(read, stage, status):
    assert read("digital_city", stage=stage).status == status
    assert read("hotline", orderState=stage).status == status


def test_a_word_that_nobody_knows_moves_nothing(read):
    assert read("digital_city", stage="批转") is None


def test_a_hotline_order_in_the_names_of_the_wide_order(read):
    assert read(
        "hotline", orderState="退回重办", dispatchTime="2026-11-24 07:45:00", rehandleNum=2, urgeOrderNum="3",
        isSupervise="是", visitTime="2026-11-25 09:00:00", visitResult="未解决，不满意", rehandleReason="来电人再次反映",
    ) == UpstreamNews(
        "failed_verification", "来电人再次反映", MORNING, 2, 3, supervised=True, revisited=True, resolved=False,
        satisfied=False, revisit_note="未解决，不满意",
    )  # fmt: skip


def test_a_status_number_is_read_by_what_the_profile_says_it_means(read):
    assert read("hotline", order_status="100").status == "closed"
    assert read("hotline", order_status="25") is None


def test_a_digital_city_case_in_its_own_names(read):
    assert read(
        "digital_city", stage="核查不通过", checkOpinion="仍有残留", dispatchTime="2026-11-24T07:45:00+08:00", reworkNum=1,
        urgeNum=2, isSupervise=1, visitTime="2026-11-25 09:00:00", isSolved="是", isSatisfied="不满意",
    ) == UpstreamNews(
        "failed_verification", "仍有残留", MORNING, 1, 2, supervised=True, revisited=True, resolved=True, satisfied=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "status", "urges"),
    [({"OSTATUS": 5}, "closed", 0), ({"OISDELETED": 2, "OSTATUS": 4}, "withdrawn", 0), ({"LIGHTNING": 2}, None, 2)],
)
def test_a_work_order_in_its_own_names(read, fields, status, urges):
    news = read("work_order", **fields)
    assert (news.status, news.urges) == (status, urges)


def test_a_work_order_that_stands_is_no_news(read):
    assert read("work_order", OISDELETED=1, OSTATUS=4, LIGHTNING=0) is None


def test_the_districts_own_words_outweigh_the_usual_ones(read):
    own = {OPTION: {"派遣": "withdrawn", "已归档": "closed"}}
    assert read("digital_city", own, stage="派遣").status == "withdrawn"
    assert read("digital_city", own, stage="已归档").status == "closed"


def test_a_meaning_that_there_is_not_is_a_wrong_setting(read):
    with pytest.raises(ConfigurationError, match="assigned, verified, failed_verification"):
        read("digital_city", {OPTION: {"已归档": "archived"}})


def test_a_count_that_is_none_does_not_lose_the_record(read):
    assert read("digital_city", stage="结案", urgeNum="多次").urges == 0


def test_what_is_personal_in_it_is_masked(read):
    news = read(
        "hotline",
        orderState="退回重办",
        callerName="王小明",
        visitResult="王小明 13812345678 不满意",
        rehandleReason="王小明再次来电",
    )
    assert "王小明" not in news.note + news.revisit_note
    assert "13812345678" not in news.revisit_note


def test_where_the_district_runs_its_own_there_is_no_superior(profile):
    raw = json.dumps(LEAST["work_order"] | {"OSTATUS": 5}).encode()
    read = WorkOrderAdapter(profile.sources["work_order"], profile).normalise(raw, RECEIVED_AT)
    assert read.report.upstream is None
