"""What people say of a pair: recorded once for each change of mind, by who may, whichever of the two is named first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from jiedao.application.district_application import DistrictApplication
from jiedao.application.duplicate_desk import DuplicateDesk
from jiedao.domain.access import Holder
from jiedao.domain.context import EventContext
from jiedao.domain.decisions import JurisdictionDecision
from jiedao.domain.duplicate_judgement import DuplicateJudgement
from jiedao.domain.errors import InvalidInputError, NotAllowedError, NotFoundError
from jiedao.domain.identity import duplicate_judgement_id
from jiedao.domain.incident import Incident
from jiedao.domain.report import IncidentReport, Sealed
from jiedao.domain.terms import Role
from jiedao.store.recorder import UnitContext
from tests.e2e.http.district import PROFILE

AT = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
LEADER = Holder("t", "user:leader", Role.SHIFT_LEADER)
OPERATOR = Holder("t", "user:operator", Role.INTAKE_OPERATOR)


class StandingClock:
    def now(self):
        return AT


@pytest.fixture
def application(database_url):
    with DistrictApplication({"JIEDAO_DATABASE_URL": database_url}) as application:
        yield application


@pytest.fixture
def desk(application):
    return DuplicateDesk(PROFILE, application, StandingClock())


@pytest.fixture
def pair(application):
    ids = []
    for number in range(2):
        report = IncidentReport("hotline", f"N{number}", 1, "own", "12345", "占道经营", "", AT)
        context = EventContext("source:hotline", "integrator", uuid4(), "batch:1")
        incident = Incident.receive(
            uuid4(), report=report, raw=Sealed("A256GCM", "k", "AA"), reporter=None, context=context, at=AT
        )
        incident.decide_jurisdiction(JurisdictionDecision("polygon", "330103006", "b-1"), context=context, at=AT)
        application.record([incident], UnitContext("feed", str(number), b""))
        ids.append(incident.id)
    return ids


def story(application, pair):
    stream = duplicate_judgement_id(PROFILE.code, *pair)
    return [application.mapper.to_domain_event(one) for one in application.recorder.select_events(stream)]


def test_it_is_recorded_with_who_and_why_and_saying_it_again_records_nothing(application, desk, pair):
    one, other = pair
    first = desk.say(one, other, LEADER, distinct=True, reason="两处店铺")
    assert first.distinct
    assert first.position is not None
    assert desk.say(other, one, OPERATOR, distinct=True, reason="同上").position is None
    (event,) = story(application, pair)
    assert isinstance(event, DuplicateJudgement.Dismissed)
    assert (event.context.actor, event.context.role, event.context.reason) == (
        "user:leader",
        "shift_leader",
        "两处店铺",
    )
    assert (event.one, event.other) == tuple(sorted(pair))


def test_it_can_be_taken_back_and_said_again_and_every_word_stays(application, desk, pair):
    for distinct in (True, False, True, False):
        assert desk.say(*pair, LEADER, distinct=distinct, reason="再看").position is not None
    kinds = [type(event).TOPIC.rpartition(".")[2] for event in story(application, pair)]
    assert kinds == ["dismissed", "withdrawn", "dismissed_again", "withdrawn"]
    assert [event.context.corrected_version for event in story(application, pair)] == [None, 1, 2, 3]


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in {"intake_operator", "dispatcher", "shift_leader"}]
)
def test_nobody_else_may_say_it(application, desk, pair, role):
    with pytest.raises(NotAllowedError, match="may not judge this"):
        desk.say(*pair, Holder("t", "user:x", role), distinct=True, reason="两处")
    assert story(application, pair) == []


def test_what_makes_no_sense_is_refused(desk, pair):
    one, other = pair
    with pytest.raises(InvalidInputError, match="no duplicate of itself"):
        desk.say(one, one, LEADER, distinct=True, reason="x")
    with pytest.raises(InvalidInputError, match="say why"):
        desk.say(one, other, LEADER, distinct=True, reason=" ")
    with pytest.raises(InvalidInputError, match="nothing to take back"):
        desk.say(one, other, LEADER, distinct=False, reason="x")
    with pytest.raises(NotFoundError):
        desk.say(one, uuid4(), LEADER, distinct=True, reason="x")
    for limited in (
        Holder("t", "user:east", Role.DISPATCHER, streets=frozenset({"330103007"})),
        Holder("t", "user:video", Role.DISPATCHER, sources=frozenset({"video"})),
    ):
        with pytest.raises(NotFoundError):
            desk.say(one, other, limited, distinct=True, reason="x")


def test_many_who_say_it_at_once_record_it_once(application, desk, pair):
    actors = [Holder("t", f"user:{number}", Role.DISPATCHER) for number in range(8)]
    with ThreadPoolExecutor(8) as people:
        said = list(people.map(lambda actor: desk.say(*pair, actor, distinct=True, reason="两处"), actors))
    assert len(story(application, pair)) == 1
    assert {one.distinct for one in said} == {True}
    assert len({one.position for one in said} - {None}) == 1
