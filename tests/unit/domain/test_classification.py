"""Which class a report gets, and what follows from it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from jiedao.domain.classification import Classifier, canonical_class_table
from jiedao.domain.profile import ClassTable, IncidentClass, WorkingHours
from jiedao.domain.report import IncidentReport, SourceClass

REPORTED = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)
HOURS = WorkingHours(((time(8), time(12)), (time(14), time(18))), "Asia/Shanghai")


def a_class(code, platform, priority, time_limit, name="某类"):
    return IncidentClass(
        code=code,
        kind="event",
        major_code=code[1:3],
        major_class="某大类",
        minor_code=code[3:],
        minor_class=name,
        platform=platform,
        department="某部门",
        priority=priority,
        time_limit=time_limit,
    )


CLASSES = {
    "E0110": a_class("E0110", "enforcement", 3, "4小时", "暴露生活垃圾"),
    "E0401": a_class("E0401", "enforcement", 3, "2工作日", "无照经营游商"),
    "G0206": a_class("G0206", "governance", 1, "1紧急工作时", "烟雾火情"),
    "S0201": a_class("S0201", "service", 4, "", "意见建议"),
}
TABLE = ClassTable(
    version="t@1",
    effective_from=date(2026, 1, 1),
    classes=CLASSES,
    mapping={
        ("manual", "E0110"): "E0110",
        ("ga1400", "661"): "E0401",
        ("gb28181", "5"): "G0206",
        ("hotline", "城乡建设/市容管理"): "E0401",
        ("hotline", "城乡建设/市容管理/垃圾"): "E0110",
        ("hotline", "建议"): "S0201",
    },
)
CLASSIFIER = Classifier(TABLE)


def report(scheme=None, code="", name="", **more):
    return IncidentReport(
        source="hotline",
        external_id="1",
        revision=1,
        lifecycle="own",
        channel="12345",
        title="",
        description="",
        reported_at=REPORTED,
        source_class=SourceClass(scheme, code, name) if scheme else None,
        **more,
    )


def decided(*named, **more):
    (decision,) = CLASSIFIER.decide([report(*named, **more)])
    return decision


def test_our_own_code_is_taken_as_it_is():
    decision = decided("manual", "E0110", "垃圾")
    assert (decision.method, decision.class_code, decision.class_name) == ("code", "E0110", "暴露生活垃圾")
    assert (decision.platform, decision.department, decision.priority) == ("enforcement", "某部门", 3)
    assert (decision.time_limit, decision.due_at) == ("4小时", None)  # its clocks say by when
    assert (decision.class_table, decision.source_class, decision.note) == ("t@1", "manual:E0110 垃圾", None)


def test_our_own_code_under_another_scheme_is_not_taken_for_ours():
    assert decided("ga1400", "E0110").method == "none"


def test_a_sources_code_is_mapped():
    decision = decided("ga1400", "661")
    assert (decision.method, decision.class_code) == ("source_code", "E0401")
    assert decision.time_limit == "2工作日"


@pytest.mark.parametrize(
    ("scheme", "path", "code", "by"),
    [
        ("hotline", "城乡建设/市容管理/垃圾/夜间", "E0110", "城乡建设/市容管理/垃圾"),
        ("hotline", "城乡建设/市容管理/违停", "E0401", "城乡建设/市容管理"),
        ("gb28181", "5/99", "G0206", "5"),
    ],
)
def test_a_path_is_mapped_by_its_longest_known_beginning_and_says_so(scheme, path, code, by):
    decision = decided(scheme, path)
    assert (decision.method, decision.class_code) == ("source_code", code)
    assert decision.note == f"by the parent category {by}"


@pytest.mark.parametrize("code", ["城乡建设", "城乡建设/市容管", "城乡建设/市容管理员", "x", "/", "6/1"])
def test_an_unknown_code_is_left_to_a_person_and_shown(code):
    decision = decided("hotline", code, "某名")
    assert (decision.method, decision.class_code, decision.platform) == ("none", None, None)
    assert decision.source_class == f"hotline:{code} 某名"
    assert decision.note == "the class table does not know this code of the source"


def test_a_report_without_a_class_is_left_to_a_person():
    for decision in (decided(), decided("hotline", "")):
        assert (decision.method, decision.source_class) == ("none", None)
        assert decision.note == "the source gave no class"


def test_an_urgent_report_stands_one_priority_higher_but_never_above_the_first():
    assert decided("ga1400", "661", urgent=True).priority == 2
    assert decided("gb28181", "5", urgent=True).priority == 1


def test_a_batch_is_decided_in_order():
    reports = [report("ga1400", "661"), report(), report("manual", "E0110")]
    assert [decision.class_code for decision in CLASSIFIER.decide(reports)] == ["E0401", None, "E0110"]
    assert CLASSIFIER.decide([]) == []


def test_the_canonical_table_is_the_same_for_the_same_content_and_differs_for_any_other():
    backwards = replace(
        TABLE,
        version="another name",
        classes=dict(reversed(TABLE.classes.items())),
        mapping=dict(reversed(TABLE.mapping.items())),
    )
    assert canonical_class_table(backwards) == canonical_class_table(TABLE)
    others = [
        replace(TABLE, effective_from=date(2026, 1, 2)),
        replace(TABLE, mapping={**TABLE.mapping, ("hotline", "x"): "E0110"}),
        replace(TABLE, classes={**CLASSES, "E0110": replace(CLASSES["E0110"], priority=2)}),
    ]
    assert len({canonical_class_table(table) for table in (TABLE, *others)}) == 4
