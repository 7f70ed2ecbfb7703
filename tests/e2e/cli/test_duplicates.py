"""`jiedao incident duplicates`, `not-duplicate`, `maybe-duplicate` and `repeated`."""

from __future__ import annotations

import pytest

from tests.e2e.cli.terminal import form

AT = "2026-11-24 09:30:00"


@pytest.fixture
def two(terminal):
    """Two people tell of one stall; a third of something else."""
    people = [{"name": name, "phone": f"1390000000{number}"} for number, name in enumerate(("王小二", "李小三"))]
    terminal.feed(
        form("A", reporter=people[0], title="占道经营", address="朝晖路182号", happened_at=AT),
        form("B", reporter=people[1], title="有人占道经营", address="朝晖路182号门口", happened_at=AT),
        form("C", class_code="G0101", happened_at=AT),
    )
    return terminal


def test_what_may_be_the_same_is_suggested_with_what_speaks_for_it(two):
    (one,) = two.ask("incident", "duplicates", "manual:A")["items"]
    assert one["incident"]["external_id"] == "B"
    assert "同一渠道、上报人不同" in one["sentence"]
    shown = two.run("incident", "duplicates", "manual:A").stdout
    for text in ("疑似重复", one["sentence"], "manual:B", "规则为假定值", "1 suggested of 1 compared"):
        assert text in shown
    assert two.ask("incident", "duplicates", "manual:none", code=3)["error"]["code"] == "not_found"


def test_a_person_says_that_two_are_two_and_takes_it_back(two):
    said = two.ask("incident", "not-duplicate", "manual:A", "manual:B", "--reason", "两处")
    assert said["are_two"]
    assert two.ask("incident", "duplicates", "manual:B")["items"] == []
    again = two.run("incident", "not-duplicate", "manual:B", "manual:A", "--reason", "两处").stdout
    assert "此前已如此" in again
    assert not two.ask("incident", "maybe-duplicate", "manual:B", "manual:A", "--reason", "看错")["are_two"]
    assert len(two.ask("incident", "duplicates", "manual:B")["items"]) == 1
    two.run("incident", "not-duplicate", "manual:A", "manual:A", "--reason", "两处", code=1)


def test_several_complaints_of_one_matter_are_shown_together(two):
    span = ("--since", "2026-11-24", "--until", "2026-11-25", "--street", "朝晖")
    (matter,) = two.ask("incident", "repeated", *span)["items"]
    assert [one["external_id"] for one in matter["incidents"]] in (["A", "B"], ["B", "A"])
    assert (matter["reports"], matter["reporters"]) == (2, 2)
    shown = two.run("incident", "repeated", *span, "--all").stdout
    assert "一事多诉 2 件，不同上报人 2 名" in shown
    assert "王小二" not in shown
    assert two.ask("incident", "repeated", "--since", "2026-11-22", "--until", "2026-11-23")["items"] == []
    two.run("incident", "repeated", "--since", "2025-01-01", code=1)
