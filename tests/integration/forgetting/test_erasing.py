"""A reporter is forgotten: by two approvals, never against an obstacle, and everything else in the log still stands."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from threading import Event
from uuid import uuid4

import psycopg
import pytest

from jiedao.application.erasing import ErasureRefusedError, Whom
from jiedao.domain import commands as said
from jiedao.domain.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError, UnavailableError
from jiedao.domain.ruling import RuledOutError
from jiedao.domain.terms import Command, HoldGround, Role
from jiedao.store.leaf import leaf_hash
from projections.rebuild import rebuild
from tests.integration.forgetting.town import (
    ADMINISTRATOR,
    AUDITOR,
    HANDLER,
    KEEP,
    LEADER,
    OPERATOR,
    OTHER_PHONE,
    PHONE,
    REVIEWER,
    SUPERVISOR,
    Town,
    by_phone,
)


def obstacles(town, whom):
    with pytest.raises(ErasureRefusedError) as refused:
        town.ask(whom)
    return refused.value


def test_two_people_approve_and_then_nothing_of_the_reporter_can_be_opened(town):
    incident, others = town.ended("1"), town.ended("2", OTHER_PHONE)
    before = town.log.select_log(0, 1_000)
    assert PHONE.encode() in town.opened(incident)
    request = town.ask(incident)
    assert town.desk.approve(request.id, "核对身份证", ADMINISTRATOR).state == "approved_once"
    assert town.opened(incident) is not None
    done = town.desk.approve(request.id, "", SUPERVISOR)
    assert (done.state, done.incidents, len(done.key_ids)) == ("carried_out", (incident,), 1)
    assert town.opened(incident) is None
    assert OTHER_PHONE.encode() in town.opened(others)
    # Every event before is as it was, to the byte, and its hash still follows from it.
    after = town.log.select_log(0, 1_000)
    assert after[: len(before)] == before
    assert all(leaf_hash(entry) == entry.leaf_hash for entry in after)
    assert town.application.load([incident])[incident].state == "declined"


def test_where_the_views_showed_what_was_sealed_they_say_erased_and_name_no_key(town):
    incident = town.report("1")
    (dead,) = town.send(b'{"id": "N1", "title": 5, "phone": "13800138000"}')
    town.decline(incident)
    town.pass_by(days=60)  # the letter was set aside by the database's own clock
    town.forget(incident)
    (received,) = [row for row in town.read.history(incident, interventions=True) if row.topic.endswith(".received")]
    assert (received.inputs["raw"], received.inputs["reporter"]) == ("«已删除»", "«已删除»")
    letter = town.read.dead_letter(dead.dead_letter_id)
    assert letter.erased
    (raw,) = town.vault.open([town.application.repository.get(letter.dead_letter_id).raw])
    assert raw is None
    with town.database.connection() as connection:
        connection.execute("SET search_path TO view_1")
        assert connection.execute("SELECT reporter_key FROM incident_view").fetchall() == [(None,)]
        assert connection.execute("SELECT count(*) FROM reporter_incident").fetchone() == (0,)


def test_a_rebuild_of_the_views_gives_the_same_as_following_the_log_did(town):
    incident = town.ended()
    town.forget(incident)
    again = town.report("2")

    def rows():
        town.runner.catch_up()
        with town.database.connection() as connection:
            number = connection.execute("SELECT number FROM projection_generation WHERE state = 'active'").fetchone()[0]
            return {
                table: sorted(map(str, connection.execute(f"SELECT * FROM view_{number}.{table}").fetchall()))
                for table in ("incident_view", "incident_history", "dead_letters", "reporter_incident")
            }

    followed = rows()
    assert again.hex in "".join(followed["reporter_incident"]).replace("-", "")
    rebuild(town.runner)
    assert rows() == followed


def test_an_open_incident_stands_against_it_until_it_has_ended_and_been_kept(town):
    incident = town.report("1")
    refused = obstacles(town, incident)
    assert [(one.kind, one.incident, one.until) for one in refused.request.obstacles] == [("open", incident, None)]
    assert refused.again_at is None
    town.decline(incident)
    refused = obstacles(town, incident)
    assert [one.kind for one in refused.request.obstacles] == ["retention"]
    assert refused.again_at == KEEP.after(town.clock.now())
    town.pass_by(days=30, microseconds=-1)
    assert obstacles(town, incident).again_at == town.clock.now() + timedelta(microseconds=1)
    town.pass_by(microseconds=1)
    assert town.forget(incident).state == "carried_out"
    assert len(town.events("jiedao.erasure_request.refused")) == 3


def test_every_incident_of_theirs_counts_whichever_was_named(town):
    named, still_open = town.ended("1"), town.report("2")
    assert [one.incident for one in obstacles(town, named).request.obstacles] == [still_open]
    assert [one.incident for one in obstacles(town, by_phone("138-0013-8000")).request.obstacles] == [still_open]


def test_what_joined_an_open_incident_is_open_with_it(town):
    first, second = town.report("1"), town.report("2", OTHER_PHONE)
    town.do(first, Command.MERGE, said.Merge(second, "同一事项"))
    town.pass_by(days=100)
    (open_,) = obstacles(town, first).request.obstacles
    assert (open_.kind, open_.incident) == ("open", first)
    assert "N2" in open_.detail


@pytest.mark.parametrize("ground", list(HoldGround))
def test_reconsideration_litigation_and_a_legal_hold_stand_against_it(town, ground):
    incident = town.ended()
    town.do(incident, Command.HOLD, said.HoldOrder(ground, "依法", "12号"), REVIEWER)
    (held,) = obstacles(town, incident).request.obstacles
    assert (held.kind, held.until, held.incident) == (ground.value, None, incident)
    town.do(incident, Command.RELEASE_HOLD, said.HoldRelease(ground, "已终结"), REVIEWER)
    assert town.forget(incident).state == "carried_out"


def test_a_hold_on_the_reporter_stands_against_it_whatever_the_incident(town):
    incident = town.ended()
    subject = town.desk.subject_of(Whom(incident_id=incident), OPERATOR)
    town.holds.place(subject, HoldGround.LEGAL_HOLD, "", "纪委调查", SUPERVISOR)
    (held,) = obstacles(town, by_phone()).request.obstacles
    assert (held.kind, held.incident) == ("legal_hold", None)
    with pytest.raises(RuledOutError, match="已处于"):
        town.holds.place(subject, HoldGround.LEGAL_HOLD, "", "再次", SUPERVISOR)
    with pytest.raises(NotAllowedError):
        town.holds.release(subject, HoldGround.LEGAL_HOLD, "", "结束", HANDLER)
    (refused,) = town.events("jiedao.refused_erasure.recorded")
    assert (refused.act, refused.context.actor) == ("release_hold_reporter", HANDLER.holder)
    assert town.holds.release(subject, HoldGround.LEGAL_HOLD, "", "调查结束", SUPERVISOR) == ()
    assert town.forget(incident).state == "carried_out"


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ([HANDLER], "无权办理"),
        ([AUDITOR], "无权审批"),
        ([LEADER], "无权审批"),
        ([ADMINISTRATOR, ADMINISTRATOR], "同一人"),
        ([REVIEWER, SUPERVISOR], "该|方已批准"),
    ],
)
def test_who_may_not_approve_is_refused_and_that_is_recorded(town, who, why):
    incident = town.ended()
    request = town.ask(incident)
    for actor in who[:-1]:
        town.desk.approve(request.id, "", actor)
    with pytest.raises(NotAllowedError, match=why):
        town.desk.approve(request.id, "", who[-1])
    (refused,) = town.events("jiedao.refused_erasure.recorded")
    assert (refused.request_id, refused.act, refused.context.actor) == (request.id, "approve", who[-1].holder)
    assert town.opened(incident) is not None


def test_nobody_approves_what_they_asked_for_in_whatever_role(town):
    incident = town.ended()
    request = town.ask(incident, ADMINISTRATOR)
    asker_in_another_role = type(REVIEWER)("t", ADMINISTRATOR.holder, Role.LEGAL_REVIEWER)
    for actor in (ADMINISTRATOR, asker_in_another_role):
        with pytest.raises(NotAllowedError, match="申请人"):
            town.desk.approve(request.id, "", actor)


def test_who_may_not_ask_is_refused_and_that_is_recorded(town):
    incident = town.ended()
    for actor in (SUPERVISOR, AUDITOR, HANDLER):
        with pytest.raises(NotAllowedError, match="无权申请"):
            town.ask(incident, actor)
    assert len(town.events("jiedao.refused_erasure.recorded")) == 3


def test_one_who_does_not_approve_ends_it_and_it_may_be_asked_again(town):
    incident = town.ended()
    request = town.ask(incident)
    with pytest.raises(ConflictError, match=str(request.id)):
        town.ask(incident)
    town.desk.approve(request.id, "", ADMINISTRATOR)
    assert town.desk.reject(request.id, "身份不符", REVIEWER).state == "rejected"
    with pytest.raises(RuledOutError, match="不予批准"):
        town.desk.approve(request.id, "", SUPERVISOR)
    assert town.opened(incident) is not None
    assert town.forget(incident).state == "carried_out"


def test_the_same_key_asks_once(town):
    incident = town.ended()
    assert town.ask(incident, key="k1").id == town.ask(incident, key="k1").id
    assert len(town.events("jiedao.erasure_request.asked")) == 1


def test_what_came_up_after_it_was_asked_stands_against_the_second_approval(town):
    incident = town.ended()
    request = town.ask(incident)
    town.desk.approve(request.id, "", ADMINISTRATOR)
    town.do(incident, Command.HOLD, said.HoldOrder(HoldGround.LITIGATION, "起诉"), REVIEWER)
    with pytest.raises(ErasureRefusedError, match="诉讼"):
        town.desk.approve(request.id, "", REVIEWER)
    assert town.desk.show(request.id, AUDITOR).state == "refused"
    assert town.opened(incident) is not None


def test_a_report_that_came_before_it_was_done_stands_against_it_though_the_views_do_not_show_it_yet(town):
    incident = town.ended()
    request = town.ask(incident)
    town.desk.approve(request.id, "", ADMINISTRATOR)
    town.report("2")
    town.reporters.following = False
    with pytest.raises(UnavailableError, match="nothing was erased"):
        town.desk.approve(request.id, "", REVIEWER)
    assert town.opened(incident) is not None
    town.reporters.following = True
    with pytest.raises(ErasureRefusedError, match="N2"):
        town.desk.approve(request.id, "", REVIEWER)


def test_a_report_on_its_way_in_that_moment_is_sealed_anew_and_can_be_read(town, monkeypatch):
    """It was sealed under the old key before the key was destroyed, and is appended after."""
    incident = town.ended()
    request = town.ask(incident)
    town.desk.approve(request.id, "", ADMINISTRATOR)
    sealed, go_on = Event(), Event()
    append, first = town.application.prepare_batch, [True]

    def late(*given, **named):
        if first.pop() if first else False:
            sealed.set()
            assert go_on.wait(30)
        return append(*given, **named)

    monkeypatch.setattr(town.application, "prepare_batch", late)
    with ThreadPoolExecutor(1) as pool:
        arriving = pool.submit(town.report, "2")
        assert sealed.wait(30)
        assert town.desk.approve(request.id, "", REVIEWER).state == "carried_out"
        go_on.set()
        arrived = arriving.result(30)
    assert PHONE.encode() in town.opened(arrived)
    assert town.opened(incident) is None
    keys = {incident: ".1", arrived: ".2"}
    for one, end in keys.items():
        assert town.application.load([one])[one].reporter.key_id.endswith(end)


def test_reports_and_erasures_at_the_same_time_leave_no_report_that_cannot_be_read(town):
    """Whatever the order: a report is either from before, and stands against it, or readable under a new key."""
    incident = town.ended()

    def report_often(run):
        return [town.report(f"{run}-{number}") for number in range(12)]

    def forget_often():
        done = 0
        for _time in range(12):
            town.runner.catch_up()
            try:
                request = town.desk.ask(Whom(incident_id=incident), "申请", OPERATOR, str(uuid4()))
                town.desk.approve(request.id, "", ADMINISTRATOR)
                town.desk.approve(request.id, "", REVIEWER)
                done += 1
            except (ErasureRefusedError, ConflictError, InvalidInputError, UnavailableError):
                continue  # reports came in faster than it could be looked at: nothing was erased
        return done

    with ThreadPoolExecutor(3) as pool:
        reports = [pool.submit(report_often, run) for run in "ab"]
        forgetting = pool.submit(forget_often)
        arrived = [one for each in reports for one in each.result(60)]
        done = forgetting.result(60)
    assert all(PHONE.encode() in town.opened(one) for one in arrived)
    assert done <= 1


def test_a_destroyed_key_that_a_restore_brings_back_is_destroyed_again_and_that_is_recorded(town):
    incident = town.ended()
    with psycopg.connect(town.url, autocommit=True) as admin:
        backup = admin.execute("SELECT * FROM subject_key").fetchall()
        request = town.forget(incident)
        marks = ", ".join(["%s"] * len(backup[0]))
        admin.execute("TRUNCATE subject_key")
        admin.cursor().executemany(f"INSERT INTO subject_key VALUES ({marks})", backup)
    assert town.opened(incident) is not None
    assert town.reapply() == request.key_ids
    assert town.opened(incident) is None
    assert town.reapply() == ()
    (again,) = town.events("jiedao.erasure_request.reapplied")
    assert (again.originator_id, again.key_ids) == (request.id, request.key_ids)


def test_where_the_whole_database_is_restored_to_before_it_the_list_beside_it_erases_again(
    town, second_database_url, tmp_path
):
    """The same reports on another database, as a backup of before would give them, with the list of today."""
    incident = town.ended()
    done = town.forget(incident)
    (tmp_path / "restored").mkdir()
    with ExitStack() as stack:
        restored = Town(second_database_url, tmp_path / "restored", stack)
        assert restored.ended() == incident
        assert restored.opened(incident) is not None
        restored.listed = town.listed
        assert restored.reapply() == done.key_ids
        assert restored.opened(incident) is None
        assert restored.reapply() == ()
        restored.runner.catch_up()
        shown = restored.desk.show(done.id, AUDITOR)
        assert (shown.state, shown.asked_by, shown.incidents) == ("carried_out", ADMINISTRATOR.holder, (incident,))
        (received, *_) = restored.read.history(incident, interventions=True)
        assert received.inputs["reporter"] == "«已删除»"


def test_where_the_backup_is_from_before_their_first_report_a_new_one_gets_a_key_of_another_id(
    town, second_database_url, tmp_path
):
    done = town.forget(town.ended())
    (tmp_path / "restored").mkdir()
    with ExitStack() as stack:
        restored = Town(second_database_url, tmp_path / "restored", stack)
        restored.listed = town.listed
        assert restored.reapply() == done.key_ids
        again = restored.report("2")
        assert restored.reapply() == ()
        assert PHONE.encode() in restored.opened(again)
        assert restored.application.load([again])[again].reporter.key_id.endswith(".2")


def test_a_list_that_was_lost_is_written_anew_from_the_log_and_a_cut_off_line_is_passed_by(town):
    request = town.forget(town.ended())
    town.listed.path.write_bytes(b'{"request": "cut')
    assert town.listed.all() == []
    assert town.reapply() == ()
    town.listed.path.write_bytes(b"")
    assert town.reapply() == ()
    (line,) = town.listed.all()
    assert (line.request, line.keys) == (request.id, request.key_ids)


def test_a_destroyed_keys_bytes_are_in_no_file_once_the_table_is_rewritten_as_the_manual_says(town):
    incident = town.ended()
    with psycopg.connect(town.url, autocommit=True) as admin:
        (wrapped,) = admin.execute("SELECT wrapped_key FROM subject_key WHERE subject LIKE 'reporter:%'").fetchone()
        admin.execute("CHECKPOINT")
        folder = Path(admin.execute("SHOW data_directory").fetchone()[0]) / "base"
        database = admin.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()[0]
        assert files_with(wrapped, folder / str(database))
        town.forget(incident)
        admin.execute("VACUUM FULL subject_key")
        admin.execute("CHECKPOINT")
        assert not files_with(wrapped, folder / str(database))


def files_with(content, folder):
    return [path.name for path in folder.iterdir() if content in path.read_bytes()]


def test_what_is_no_reporters_cannot_be_named(town):
    incident = town.report("1")
    (anonymous,) = town.send(json.dumps({"id": "N9", "title": "无名", "lon": 120.165, "lat": 30.28}).encode())
    town.runner.catch_up()
    with pytest.raises(InvalidInputError, match="没有上报人"):
        town.ask(anonymous.incident_id)
    for subject in ("party:330103:1", "source:hotline", "jiedao"):
        with pytest.raises(InvalidInputError, match="当事人"):
            town.desk.ask(Whom(subject=subject), "申请", OPERATOR, "k")
    with pytest.raises(InvalidInputError, match="没有可删除"):
        town.ask(by_phone("13700137000"))
    with pytest.raises(NotFoundError):
        town.ask(uuid4())
    assert town.opened(incident) is not None
