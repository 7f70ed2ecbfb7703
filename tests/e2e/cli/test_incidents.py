"""`jiedao incident`: an incident and its whole story."""

from __future__ import annotations

from tests.e2e.cli.terminal import PHONE, ZHAOHUI, form


def test_an_incident_is_found_by_its_id_and_by_its_sources_number(filled):
    found = filled.ask("incident", "show", "manual:M1")
    assert found == filled.ask("incident", "show", found["incident_id"])
    assert (found["street_code"], found["platform"], found["state"]) == (ZHAOHUI, "enforcement", "received")
    assert found["received_at"].endswith("Z")
    shown = filled.run("incident", "show", "manual:M1").stdout
    for text in (found["incident_id"], "朝晖街道", "综合行政执法", "待受理", "坐标落入辖区", "占道经营 M1"):
        assert text in shown


def test_its_story_says_who_did_what_when_why_and_on_which_inputs(filled):
    filled.feed(form("M1", revision=2, title="占道经营 又来了"))
    story = filled.ask("incident", "history", "manual:M1")
    events = [event["event"] for event in story["events"]]
    assert events[:3] == ["received", "jurisdiction_decided", "class_decided"]
    assert "revised" in events
    first = story["events"][0]
    assert first["actor"].startswith("console:")
    assert (first["role"], first["transport"], first["origin"]) == ("administrator", "file", "file:reports.jsonl#1")
    assert story["events"][1]["inputs"]["method"] == "polygon"
    assert [one["outcome"] for one in story["deliveries"]] == ["accepted", "revised"]
    assert len({one["content_mac"] for one in story["deliveries"]}) == 2
    assert (story["incident"]["state"], story["incident"]["street_code"]) == ("received", ZHAOHUI)


def test_the_story_for_people_is_chinese_first_and_holds_inputs_when_asked(filled):
    short = filled.run("incident", "history", "manual:M1").stdout
    assert "登记" in short
    assert "归属街道 朝晖街道 330103006" in short
    (delivery,) = filled.ask("incident", "history", "manual:M1")["deliveries"]
    assert f"内容指纹 HMAC-SHA-256 {delivery['content_mac']}" in short.replace("\n", "")
    assert "现状 now: 待受理，在 朝晖街道 综合行政执法平台 队列" in short
    assert "管理员" in short
    assert '"boundary_set"' not in short
    assert '"boundary_set"' in filled.run("incident", "history", "manual:M1", "--inputs").stdout


def test_it_shows_its_tasks_with_their_assignees(filled):
    for command in ("admit", "file"):
        filled.run("incident", command, "manual:M1")
    filled.run("incident", "dispatch", "manual:M1", "--to", "区园林绿化局", "--kind", "department")
    (task,) = filled.ask("incident", "show", "manual:M1")["tasks"]
    assert (task["task_id"], task["state_label"], task["assignee"]["name"]) == ("T1", "待签收", "区园林绿化局")
    assert "T1 待签收：区园林绿化局（职能部门）" in filled.run("incident", "show", "manual:M1").stdout


def test_the_console_is_told_of_interventions_too(filled):
    filled.run("incident", "intervene", "manual:M1", "--who", "某经营户亲属", "--what", "要求从轻")
    assert filled.ask("incident", "history", "manual:M1")["events"][-1]["event"] == "intervention_recorded"
    assert "干预留痕：某经营户亲属，要求从轻" in filled.run("incident", "history", "manual:M1").stdout


def test_what_was_said_wrongly_is_corrected_and_shown_at_both(filled):
    filled.run("incident", "reply", "manual:M1", "--text", "明日处置")
    number = filled.ask("incident", "history", "manual:M1")["events"][-1]["version"]
    filled.run("incident", "reply", "manual:M1", "--text", "已于今日处置", "--corrects", str(number))
    filled.run("incident", "correct", "manual:M1", "--corrects", "1", "--text", "门牌为 203 号")
    for shown in (
        filled.run("incident", "history", "manual:M1").stdout,
        filled.run("audit", "replay", "manual:M1").stdout,
        filled.run("audit", "diff", "manual:M1", "--from", "1").stdout,
    ):
        assert f"更正第 {number} 条记录" in shown
        assert f"已由第 {number + 1} 条记录更正" in shown
        assert "更正第 1 条记录：门牌为 203 号" in shown
    found = filled.ask("audit", "events", "--question", "corrections")["items"]
    assert [(one["label"], one["corrects"]) for one in found] == [("答复", number), ("更正", 1)]
    filled.run("incident", "correct", "manual:M1", "--text", "有误", code=2)
    filled.run("incident", "correct", "manual:M1", "--corrects", "99", "--text", "有误", code=1)


def test_the_reporter_is_nowhere_in_it(filled):
    for command in ("show", "history"):
        for options in ((), ("--json",)):
            output = filled.run("incident", command, "manual:M1", *options).stdout
            assert PHONE not in output
            assert "王小二" not in output
    assert "«已加密»" in filled.run("incident", "history", "manual:M1", "--inputs").stdout


def test_one_that_there_is_not_is_not_found_in_the_words_of_the_asker(filled):
    assert filled.ask("incident", "show", "manual:none", code=3) == {
        "error": {"code": "not_found", "message": "there is no incident manual:none"}
    }
    filled.run("incident", "history", "00000000-0000-0000-0000-000000000000", code=3)
    filled.run("incident", "show", "fax:1", code=3)
    filled.run("incident", "show", "nonsense", code=1)


def test_a_place_that_contradicts_itself_is_flagged_in_words(filled):
    filled.feed(form("M9", street_code="330103007"))
    found = filled.ask("incident", "show", "manual:M9")
    assert (found["street_code"], "street_contradicted" in found["flags"]) == (ZHAOHUI, True)
    assert "指定街道与判定不符" in filled.run("incident", "show", "manual:M9").stdout
    assert "；存疑：指定街道与判定不符）" in filled.run("incident", "history", "manual:M9").stdout


def test_a_task_is_advised_on_and_its_sheet_is_written_for_paper(filled):
    for command in ("admit", "file"):
        filled.run("incident", command, "manual:M1")
    filled.run("incident", "advise", "manual:M1", code=3)
    filled.run(
        "incident", "dispatch", "manual:M1", "--to", "朝晖街道综合行政执法平台", "--kind", "platform", "--street", "朝晖",
        "--platform", "enforcement",
    )  # fmt: skip
    assert "nobody is on duty" in filled.ask("incident", "advise", "manual:M1")["note"]
    filled.run("incident", "accept", "manual:M1", "--task-id", "T1")
    (one,) = filled.ask("incident", "advise", "manual:M1", "T1")["items"]
    assert (one["rank"], one["open_tasks"], one["on_duty"]) == (1, 1, False)
    shown = filled.run("incident", "advise", "manual:M1").stdout
    assert "当前不当班；在办任务 1 件；无最近处置地点，距离无从比较；未处置过同类事件" in shown
    paper = filled.folder / "sheet.html"
    assert filled.ask("incident", "sheet", "manual:M1", "--out", paper)["task_id"] == "T1"
    text = paper.read_text(encoding="utf-8")
    for part in ("派遣单", "manual:M1", "朝晖街道综合行政执法平台（街道平台）", "近似", "E0101"):
        assert part in text
    assert PHONE not in text
    assert "王小二" not in text
    assert filled.run("incident", "sheet", "manual:M1").stdout.startswith("<!doctype html>")
    assert "派遣单" in filled.ask("incident", "sheet", "manual:M1")["html"]
    filled.run("incident", "sheet", "manual:M1", "T7", "--out", paper, "--force", code=3)
