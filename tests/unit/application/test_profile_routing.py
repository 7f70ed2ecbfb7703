"""Routing rules are read strictly: what is wrong is named by the rule that has it, and what is right is read whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from jiedao.application.district_profile import find_profile, load_profile
from jiedao.application.profile_routing import read_routing_file
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.routing_conditions import CONDITIONS, unreachable
from jiedao.domain.routing_rules import RoutingRule, TagRule, Then, When
from jiedao.entrypoints.settings import Settings

CONFIG = Settings().config
HEAD = 'version = "r"\neffective_from = 2026-01-01\n'
WHOLE = (
    HEAD
    + """
departments = ["夜间班"]

[[tags]]
tag = "夜间"
when = { times = [["22:00", "06:00"], ["12:00", "24:00"]] }

[[rules]]
id = "everything-asked"
name = "样样都问"
origin = "assumed"
assumed = true
[rules.when]
classes = ["E01", "E0406"]
classified = true
streets = ["330103006"]
sources = ["hotline"]
channels = ["12345"]
lifecycles = ["upstream"]
priorities = [1, 2]
urgent = false
days = ["workday", "saturday"]
hours = "off"
times = [["07:00", "08:30"]]
tags = ["夜间"]
flags = ["camera_unknown"]
words = ["音响"]
[rules.then]
platform = "enforcement"
department = "夜间班"
priority = 1
time_limit = "2工作时"
tags = ["急"]

[[rules]]
id = "ask"
name = "交人工"
then = { triage = true }
"""
)


@pytest.fixture(scope="module")
def profile():
    return find_profile(CONFIG, "330103")


@pytest.fixture
def read(profile, tmp_path):
    def read(text):
        file = tmp_path / "rules.toml"
        file.write_text(text, "utf-8")
        return read_routing_file(file, profile)

    return read


def test_everything_that_can_be_said_is_read(read):
    rules = read(WHOLE)
    assert (rules.effective_from, rules.departments) == (date(2026, 1, 1), ("夜间班",))
    assert rules.tags == (TagRule("夜间", When(times=(("22:00", "06:00"), ("12:00", "24:00")))),)
    assert rules.rules == (
        RoutingRule(
            "everything-asked",
            "样样都问",
            When(
                classes=("E01", "E0406"), classified=True, streets=("330103006",), sources=("hotline",),
                channels=("12345",), lifecycles=("upstream",), priorities=(1, 2), urgent=False,
                days=("workday", "saturday"), hours="off", times=(("07:00", "08:30"),), tags=("夜间",),
                flags=("camera_unknown",), words=("音响",),
            ),
            Then("enforcement", "夜间班", 1, "2工作时", ("急",)),
            "assumed",
            assumed=True,
        ),
        RoutingRule("ask", "交人工", When(), Then(triage=True)),
    )  # fmt: skip


def test_the_version_names_the_content(read):
    one, same, other = read(WHOLE), read(WHOLE.replace("样样都问", "样样都问")), read(WHOLE.replace("[1, 2]", "[1]"))
    assert one.version == same.version != other.version
    assert one.version.startswith("r@")
    assert len(one.version) == len("r@") + 12


def a_rule(when="", then="priority = 1", **more):
    lines = "\n".join(f"{name} = {value}" for name, value in more.items())
    return f'{HEAD}[[rules]]\nid = "here"\nname = "x"\nwhen = {{ {when} }}\nthen = {{ {then} }}\n{lines}\n'


# What is written, what is said of it; by hand.
FAULTS = [
    (a_rule('classes = ["X99"]'), "[rules here.when] classes: no class of classes.csv is 'X99' or begins with it"),
    (a_rule('streets = ["330103099"]'), "[rules here.when] streets: there is no street of streets.csv called '330103099'"),
    (a_rule('sources = ["fax"]'), "[rules here.when] sources: there is no source of sources.toml called 'fax'"),
    (a_rule('tags = ["夜"]'), "[rules here.when] tags: there is no tag of this file called '夜'"),
    (a_rule('flags = ["odd"]'), "[rules here.when] flags: 'odd' is not right here; write some of coordinates_zero"),
    (a_rule('lifecycles = ["ours"]'), "[rules here.when] lifecycles: 'ours' is not right here; write some of own, upstream"),
    (a_rule('days = ["holiday"]'), "[rules here.when] days: 'holiday' is not right here; write some of workday"),
    (a_rule('hours = "night"'), "[rules here.when] hours: 'night' is not right here; write one of working, off"),
    (a_rule('times = [["8:00", "9:00"]]'), "[rules here.when] times: [['8:00', '9:00']] is not right here"),
    (a_rule('times = [["08:00", "08:00"]]'), "[rules here.when] times: [['08:00', '08:00']] is not right here"),
    (a_rule('times = [["08:00"]]'), "[rules here.when] times: [['08:00']] is not right here"),
    (a_rule('times = [["24:00", "08:00"]]'), "[rules here.when] times: [['24:00', '08:00']] is not right here"),
    (a_rule("priorities = [0]"), "[rules here.when] priorities: [0] is not right here; write a list of priorities like [1, 2]"),
    (a_rule("priorities = [true]"), "[rules here.when] priorities: [True] is not right here"),
    (a_rule('urgent = "yes"'), "[rules here.when] urgent: 'yes' is not right here; write true or false"),
    (a_rule("words = []"), "[rules here.when] words: an empty list fits nothing"),
    (a_rule('words = [""]'), "[rules here.when] words: [''] is not right here; write a list of texts"),
    (a_rule('word = ["x"]'), "[rules here.when] word: there is no such setting"),
    (a_rule(then='platform = "police"'), "[rules here.then] platform: 'police' is not right here; write one of governance"),
    (a_rule(then='department = "交警支队"'), "[rules here.then] department: no class of classes.csv has the department"),
    (a_rule(then='time_limit = "尽快"'), "[rules here.then] time_limit: '尽快' names no length; write one like 2工作日"),
    (a_rule(then="priority = 5"), "[rules here.then] priority: 5 is not right here"),
    (a_rule(then="priority = true"), "[rules here.then] priority: True is not right here"),
    (a_rule(then='triage = true, platform = "market"'), "[rules here.then] triage: a person decides where it goes"),
    (a_rule(then=""), "[rules here.then]: this rule does nothing"),
    (a_rule(then="priority = 1, notify = true"), "[rules here.then] notify: there is no such setting"),
    (a_rule(note='"x"'), "[rules here] note: there is no such setting"),
    (a_rule().replace('"here"', '"Here!"'), "[rules Here!] id: 'Here!' is no name of a rule"),
    (a_rule() + a_rule().removeprefix(HEAD), "[rules here] id: another rule has this id"),
    (HEAD + '[[rules]]\nname = "x"\nthen = { priority = 1 }\n', "[rules 1] id: the setting is missing"),
    (HEAD + '[[rules]]\nid = "here"\nname = "x"\n', "[rules here] then: the setting is missing"),
    (HEAD + '[[tags]]\ntag = "全部"\n', "[tags 全部] when: this tag is put on everything"),
    (HEAD + '[[tags]]\ntag = "a"\nwhen = { urgent = true, tags = ["a"] }\n', "[tags a.when] tags: a tag cannot ask for tags"),
    (HEAD + "rules = 3\n", "rules: 3 is not right here; write tables like [[rules]]"),
    ("rules = []\n", "version: the setting is missing"),
    (HEAD + "more = 1\n", "more: there is no such setting"),
    ("[[rules", "not readable as TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), FAULTS)
def test_a_fault_is_named_by_its_rule_with_what_to_do(read, text, sentence):
    with pytest.raises(ConfigurationError) as refused:
        read(text)
    (line,) = str(refused.value).splitlines()[1:2]
    assert line.strip().removeprefix("rules.toml").lstrip(": ").startswith(sentence)


def test_all_faults_are_told_at_once(read):
    with pytest.raises(ConfigurationError, match="has 3 faults"):
        read(a_rule('classes = ["X99"], hours = "night"', then='priority = 7, department = "区城市管理局"'))


def test_a_profile_without_rules_has_none_and_one_with_wrong_rules_is_refused(tmp_path):
    source = CONFIG / "districts" / "330103"
    for file in source.iterdir():
        if file.is_file() and file.name != "routing.toml":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    assert load_profile(tmp_path).routing is None
    Path(tmp_path, "routing.toml").write_text(a_rule('streets = ["1"]', origin='"nobody"'), "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_profile(tmp_path)
    assert "routing.toml [rules here.when] streets: there is no street" in str(refused.value)
    assert "routing.toml [rules here] origin: the origin 'nobody' is not explained" in str(refused.value)


def test_the_districts_own_rules_ask_in_most_ways_are_all_reached_and_say_that_they_are_assumed(profile):
    rules = profile.routing
    asked = {name for rule in rules.rules for name, _ in rule.when.asked()}
    asked |= {name for tag in rules.tags for name, _ in tag.when.asked()}
    assert len(asked) >= len(CONDITIONS) - 1
    assert 8 <= len(rules.rules) <= 15
    assert unreachable(rules.rules) == []
    assert all(rule.assumed and rule.origin == "assumed" for rule in rules.rules)


def test_a_class_names_its_matters_in_a_column_that_may_lack(profile, tmp_path):
    named = load_profile(_with_column(tmp_path, "matters", {"E0129": "330275012000 330275011000"})).class_table
    assert named.classes["E0129"].matters == ("330275012000", "330275011000")
    assert profile.class_table.classes["E0129"].matters == ()
    assert named.version != profile.class_table.version


@pytest.mark.parametrize("column", ["matters", "maintaining_unit"])
def test_an_empty_column_leaves_the_tables_version_as_it_was(profile, tmp_path, column):
    assert load_profile(_with_column(tmp_path, column, {})).class_table.version == profile.class_table.version


def test_a_component_names_its_unit_in_a_column_that_may_lack(profile, tmp_path):
    named = load_profile(_with_column(tmp_path, "maintaining_unit", {"C0102": "市水务集团"})).class_table
    assert (named.classes["C0102"].maintaining_unit, named.classes["C0103"].maintaining_unit) == ("市水务集团", "")
    assert named.classes["C0102"].department == profile.class_table.classes["C0102"].department
    assert named.version != profile.class_table.version


def test_what_is_no_component_has_nobody_who_maintains_it(tmp_path):
    with pytest.raises(ConfigurationError, match="'E0101' is no component"):
        load_profile(_with_column(tmp_path, "maintaining_unit", {"E0101": "市水务集团"}))


def _with_column(folder, column, values):
    """The district's profile with a column more in its class table; ``values`` by code."""
    for file in (CONFIG / "districts" / "330103").iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    head, *rows = (folder / "classes.csv").read_text("utf-8").splitlines()
    lines = [f"{head},{column}", *(f"{row},{values.get(row.partition(',')[0], '')}" for row in rows)]
    (folder / "classes.csv").write_text("\n".join(lines), "utf-8")
    return folder
