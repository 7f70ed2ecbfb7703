"""A duplicate joins another incident and can be taken out again; no chains, no circles, nothing lost."""

from __future__ import annotations

from uuid import UUID

import pytest

from jiedao.domain.carrying_out import CommandRefusedError, may
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import Command, Role
from tests.workflow_samples import COURT, Life, dispatched, filed, handled, received


def district(*lives):
    """Lives that know of each other."""
    for life in lives:
        life.others = {other.incident.id: other.incident for other in lives}
    return lives


def number(life, text):
    """The same life under another number."""
    life.incident.report = life.incident.report.__class__(
        **{name: getattr(life.incident.report, name) for name in life.incident.report.__slots__} | {"external_id": text}
    )
    return life


@pytest.mark.parametrize(
    "begin", [Life, lambda: Life().placed(), received, lambda: received().do("admit"), filed, dispatched]
)
def test_it_ends_and_unmerged_it_stands_where_it_stood(begin):
    first, target = district(begin(), number(received(), "2026-0007"))
    state, tasks = first.state, first.tasks
    first.do("merge", into=target.incident.id)
    assert (first.state, first.incident.progress.merged_into.number) == ("merged", "hotline:2026-0007")
    assert [one.incident_id for one in target.incident.progress.duplicates] == [first.incident.id]
    first.do("unmerge")
    assert (first.state, first.tasks, first.incident.progress.merged_into) == (state, tasks, None)
    assert target.incident.progress.duplicates == ()
    assert first.rebuilt().state == state


def test_both_streams_tell_it_and_name_each_other():
    first, target = district(received(), received())
    first.do("merge", into=target.incident.id).do("unmerge")
    kinds = [(type(event).__name__, event.context.reason) for event in first.met]
    assert kinds == [("DuplicateJoined", "同一事项"), ("DuplicateLeft", "并非同一事项")]
    assert {event.duplicate.incident_id for event in first.met} == {first.incident.id}
    assert first.events[-2].into.incident_id == first.events[-1].left.incident_id == target.incident.id


@pytest.mark.parametrize(
    ("begin", "command"),
    [
        (received, "decline"),
        (received, "void"),
        (lambda: received().do("admit"), "reject"),
        (lambda: received("upstream"), "return_case"),
    ],
)
def test_what_others_joined_does_not_end_and_strand_them(begin, command):
    first, target = district(received(), number(begin(), "2026-0007"))
    first.do("merge", into=target.incident.id)
    with pytest.raises(CommandRefusedError, match="hotline:2026-0001"):
        target.do(command)
    first.do("unmerge")
    target.do(command)


def test_what_others_joined_is_not_sent_out_of_the_district():
    first, target = district(received(), number(filed(), "2026-0007"))
    first.do("merge", into=target.incident.id)
    with pytest.raises(CommandRefusedError, match="拆分"):
        target.do("offer_transfer", receiver=COURT)


def test_nothing_joins_itself():
    (first,) = district(received())
    with pytest.raises(InvalidInputError, match="itself") as refusal:
        first.do("merge", into=first.incident.id)
    assert refusal.value.pointer == "/into"


def test_what_has_joined_another_cannot_be_joined_and_it_is_said_which_to_join():
    first, second, third = district(received(), received(), number(received(), "2026-0003"))
    second.do("merge", into=third.incident.id)
    with pytest.raises(InvalidInputError, match="hotline:2026-0003 itself: join that one") as refusal:
        first.do("merge", into=second.incident.id)
    assert refusal.value.pointer == "/into"


def test_two_cannot_join_each_other():
    first, second = district(received(), received())
    first.do("merge", into=second.incident.id)
    for along in (False, True):
        with pytest.raises(InvalidInputError, match="joined this one already"):
            second.do("merge", into=first.incident.id, with_merged=along)


def test_what_others_joined_takes_them_along_if_that_is_said():
    first, second, third = district(received(), received(), received())
    first.do("merge", into=second.incident.id)
    with pytest.raises(CommandRefusedError, match="已有事件并入"):
        second.do("merge", into=third.incident.id)
    second.do("merge", into=third.incident.id, with_merged=True)
    joined = [one.incident_id for one in third.incident.progress.duplicates]
    assert joined == [second.incident.id, first.incident.id]
    assert first.incident.progress.merged_into.incident_id == third.incident.id
    second.do("unmerge")
    assert second.incident.progress.duplicates == ()
    first.do("unmerge")
    assert (first.state, third.incident.progress.duplicates) == ("received", ())


@pytest.mark.parametrize("end", [("void",), ("decline",), ("settle_on_spot",)])
def test_what_has_ended_cannot_be_joined(end):
    first, target = district(received(), received().do(*end))
    with pytest.raises(InvalidInputError, match=target.state):
        first.do("merge", into=target.incident.id)


def test_a_superior_platforms_case_does_not_join_but_can_be_joined():
    first, superior = district(received(), received("upstream"))
    with pytest.raises(CommandRefusedError, match="上级平台案件"):
        superior.do("merge", into=first.incident.id)
    assert first.do("merge", into=superior.incident.id).state == "merged"


def test_what_others_joined_is_not_voided():
    first, target = district(received(), received())
    first.do("merge", into=target.incident.id)
    with pytest.raises(CommandRefusedError, match="有事件并入") as refusal:
        target.do("void")
    assert Command.VOID not in refusal.value.allowed
    first.do("unmerge")
    target.do("void")


def test_nothing_but_talk_happens_to_what_has_joined_until_it_is_taken_out():
    life = received().do("merge")
    everything = {command for role in Role for command in may(life.incident, role)}
    assert everything == {Command.UNMERGE, Command.REPLY, Command.CORRECT, Command.INTERVENE, Command.HOLD}


def test_what_waits_to_be_closed_is_closed_and_not_merged():
    with pytest.raises(CommandRefusedError, match="待结案"):
        handled().do("merge", into=UUID(int=2))
