"""The library's own Application on the platform's store."""

from datetime import UTC, datetime
from typing import ClassVar
from uuid import uuid4

import pytest
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import IntegrityError

from jiedao.domain.context import EventContext
from jiedao.domain.decisions import JurisdictionDecision
from jiedao.domain.errors import ConfigurationError, KeyReuseError, VersionConflictError
from jiedao.domain.incident import Incident
from jiedao.domain.report import IncidentReport, Sealed
from jiedao.store.mapper import TypedMapper
from jiedao.store.recorder import JiedaoRecorder, UnitContext
from tests.log_samples import delivered

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
CONTEXT = EventContext("source:hotline", "integrator", uuid4(), "batch:1")


class Incidents(Application):
    env: ClassVar = {"PERSISTENCE_MODULE": "jiedao.store.factory"}


@pytest.fixture
def application(database_url):
    with Incidents({"JIEDAO_DATABASE_URL": database_url}) as application:
        yield application


def received():
    report = IncidentReport("hotline", "A-1", 1, "own", "12345", "占道经营", "", AT, details={"渠道": "电话"})
    return Incident.receive(
        uuid4(), report=report, raw=Sealed("A256GCM", "k", "c"), reporter=None, context=CONTEXT, at=AT
    )


def test_an_incident_is_saved_and_read_again(application):
    incident = received()
    incident.decide_jurisdiction(JurisdictionDecision("polygon", "330103006", "s"), context=CONTEXT, at=AT)
    recordings = application.save(incident)
    assert [recording.notification.id for recording in recordings] == [1, 2]
    again = application.repository.get(incident.id)
    assert again == incident
    assert again.street_code == "330103006"
    assert isinstance(application.recorder, JiedaoRecorder)
    assert isinstance(application.mapper, TypedMapper)


def test_a_fresh_process_reads_what_another_wrote(application, database_url):
    incident = received()
    application.save(incident)
    with Incidents({"JIEDAO_DATABASE_URL": database_url}) as other:
        assert other.repository.get(incident.id).report == incident.report


def test_an_unknown_incident_is_not_found(application):
    with pytest.raises(AggregateNotFoundError):
        application.repository.get(uuid4())


def test_two_who_decide_on_the_same_version_do_not_both_win(application):
    incident = received()
    application.save(incident)
    one, other = application.repository.get(incident.id), application.repository.get(incident.id)
    one.decide_jurisdiction(JurisdictionDecision("polygon", "330103006", "s"), context=CONTEXT, at=AT)
    other.decide_jurisdiction(JurisdictionDecision("manual", "330103001", "s"), context=CONTEXT, at=AT)
    application.save(one)
    with pytest.raises(IntegrityError) as refused:
        application.save(other)
    assert isinstance(refused.value, VersionConflictError)
    assert application.repository.get(incident.id).street_code == "330103006"


def test_a_unit_goes_through_save(application):
    incident = received()
    application.save(incident, unit=UnitContext("feed", "k", b"one", inbox=[delivered(incident_id=incident.id)]))
    with pytest.raises(KeyReuseError):
        application.save(received(), unit=UnitContext("feed", "k", b"two"))
    assert application.recorder.max_notification_id() == 1


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({}, "set JIEDAO_DATABASE_URL"),
        ({"JIEDAO_DATABASE_URL": "x", "AGGREGATE_CACHE_MAXSIZE": "10"}, "remove AGGREGATE_CACHE_MAXSIZE"),
        ({"JIEDAO_DATABASE_URL": "x", "IS_SNAPSHOTTING_ENABLED": "y"}, "keeps no snapshots"),
        ({"JIEDAO_DATABASE_URL": "x", "COMPRESSOR_TOPIC": "zlib"}, "remove COMPRESSOR_TOPIC"),
    ],
)
def test_settings_that_the_store_cannot_honour_are_refused(env, sentence, monkeypatch):
    monkeypatch.delenv("JIEDAO_DATABASE_URL", raising=False)
    with pytest.raises(ConfigurationError, match=sentence):
        Incidents(env)
