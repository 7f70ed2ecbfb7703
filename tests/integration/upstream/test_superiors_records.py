"""A superior's records through the real sources, tables and intake: what they say of their case moves it, or does no harm."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ingest.records import FeedRecord
from jiedao.application.command_answers import CommandRequest
from jiedao.domain import commands as said
from jiedao.domain.access import Holder
from jiedao.domain.terms import Command, Role
from jiedao.entrypoints.bootstrap import SYSTEM, open_district
from jiedao.entrypoints.settings import load_settings
from projections.outbox import OutboxFilter

ORDER = {
    "orderNum": "A-1", "title": "沿街商铺占道经营", "majorContent": "商铺占用人行道堆放货物。", "sourceType": "电话",
    "questionName": "城乡建设>市容管理>占道经营", "addressPoints": "120.1694,30.2856", "callTime": "2026-11-24 09:30:00",
    "orderState": "待签收", "dispatchTime": "2026-11-24 09:40:00", "updateTime": "2026-11-24 09:40:00",
}  # fmt: skip
AT = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def hears(database_url, tmp_path):
    """Takes records of the hotline in, in one batch; returns the incident as it stands and its events' names."""
    settings = load_settings(
        database_url=database_url, data=tmp_path / "data", vault_key="a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
    )
    with open_district(settings) as district:

        def hear(*changes):
            raws = [json.dumps(ORDER | change, ensure_ascii=False).encode() for change in changes]
            records = [FeedRecord(raw, f"test#{number}", AT) for number, raw in enumerate(raws)]
            outcomes = district.pipeline.run("hotline", records, transport="http", actor=SYSTEM)
            incident_id = next(one.incident_id for one in outcomes if one.incident_id)
            incident = district.application.load([incident_id])[incident_id]
            stored = district.application.district_log.select_streams([incident_id])[incident_id]
            return incident, [one.topic.removeprefix("jiedao.incident.") for one in stored], outcomes

        hear.district = district
        yield hear


def at(hour, **changes):
    return changes | {"updateTime": f"2026-11-25 {hour:02}:00:00"}


def test_a_case_that_comes_closed_is_closed_and_still_has_its_street(hears):
    incident, told, _ = hears(at(9, orderState="已办结"))
    assert told == ["received", "jurisdiction_decided", "class_decided", "routed", "upstream_closed"]
    assert (incident.state, incident.street_code) == ("closed", "330103006")


def test_revisions_in_one_batch_are_heard_one_after_the_other(hears):
    incident, told, outcomes = hears({}, at(9, orderState="退回重办"), at(10, orderState="已办结"))
    assert [one for one in told if one.startswith("upstream")] == ["upstream_failed_verification", "upstream_closed"]
    assert incident.state == "closed"
    assert outcomes[-1].state == "closed"


def test_out_of_order_and_repeated_records_do_no_harm(hears):
    hears({})
    hears(at(10, orderState="已办结"))
    incident, told, outcomes = hears(at(9, orderState="退回重办"), at(10, orderState="已办结"), {})
    assert [one.outcome for one in outcomes] == ["late", "duplicate", "duplicate"]
    assert incident.state == "closed"
    assert [one for one in told if one.startswith("upstream")] == ["upstream_closed"]


def test_a_case_given_again_elsewhere_is_placed_anew(hears):
    hears({})
    hears(at(9, orderState="已撤销"))
    moved = at(10, dispatchTime="2026-11-25 10:00:00", addressPoints=None, street="文晖街道")
    incident, told, _ = hears(moved)
    assert told[-3:] == ["upstream_assigned", "jurisdiction_decided", "routed"]
    assert (incident.state, incident.street_code) == ("received", "330103007")


def test_a_deadline_that_moves_is_told_and_holds(hears):
    hears({"deadlineDate": "2026-11-27 18:00:00"})
    incident, told, _ = hears(at(9, deadlineDate="2026-11-28 18:00:00"))
    assert told[-1] == "upstream_deadline_changed"
    assert incident.report.upstream.deadline == datetime(2026, 11, 28, 10, tzinfo=UTC)


def test_without_an_address_messages_wait_and_that_is_said(hears):
    incident, _told, _ = hears({})
    district = hears.district
    leader = Holder("t", "user:zhao", Role.SHIFT_LEADER)
    district.commands.carry_out(CommandRequest(incident.id, Command.ADMIT, said.Remark(), "k"), leader)
    assert district.outbox.step() == 0
    (row,) = district.outbox.pages.messages(OutboxFilter()).rows
    assert row.state == "waiting"
    health = district.outbox.health()
    assert health.ok
    assert "1 wait" in health.sentence
    assert "[hotline.upstream] url" in health.sentence
