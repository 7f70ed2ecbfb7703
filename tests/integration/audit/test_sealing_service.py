"""The sealing of a server: one process seals, what cannot be sealed is said and tried again, nothing is left at the end."""

from __future__ import annotations

from dataclasses import replace
from threading import Event, Thread

import httpx
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from jiedao.audit.published import PublishedLedger
from jiedao.audit.tiles import tiles_of
from jiedao.domain.errors import ConfigurationError
from jiedao.entrypoints.ledger import open_ledger
from jiedao.entrypoints.ledger_pushing import LedgerPusher
from jiedao.entrypoints.sealing import SealingService, log_sealed
from jiedao.entrypoints.settings import load_settings
from jiedao.store.leadership import LEDGER_LEADER, Leadership
from tests.integration.audit.object_store import ObjectStore
from tests.log_samples import stored

BOUND = 30.0


@pytest.fixture
def ledger(log, tmp_path):
    settings = load_settings(data=tmp_path, ledger_folder=log.published.folder)
    return open_ledger(settings, log.recorder.reading, log.clock)


@pytest.fixture
def service(ledger, database_url):
    service = SealingService(ledger, Leadership(database_url, LEDGER_LEADER), ledger.clock)
    yield service
    service.resign()


def measured(service):
    registry = CollectorRegistry()
    registry.register(service)
    return {one.name: one.value for metric in registry.collect() for one in metric.samples}


def test_it_seals_with_every_beat_and_tells_what_is_not_protected(service, log):
    log.record(stored(), stored())
    service.beat()
    assert service.health().ok
    assert service.health().sentence == "protected up to position 2 of 2"
    log.record(stored())
    found = measured(service)
    assert (found["jiedao_ledger_leader"], found["jiedao_ledger_fault"]) == (1, 0)
    assert found["jiedao_ledger_unprotected_events"] == 1
    assert found["jiedao_ledger_checkpoint_seconds"] > 0
    service.beat()
    found = measured(service)
    assert (found["jiedao_ledger_unprotected_events"], found["jiedao_ledger_unprotected_seconds"]) == (0, 0)


def test_what_cannot_be_sealed_is_said_and_tried_again(service, log, monkeypatch):
    log.record(stored())
    with monkeypatch.context() as patch:

        def fail(*_):
            raise OSError(28, "No space left on device")

        patch.setattr(PublishedLedger, "write_tiles", fail)
        service.beat()
        assert not service.health().ok
        assert "not sealed" in service.health().sentence
        assert measured(service)["jiedao_ledger_fault"] == 1
    service.beat()
    assert service.health().ok
    assert log.published.latest().checkpoint.size == 1


def test_of_two_one_seals_and_the_other_takes_over(service, ledger, log, database_url):
    other = SealingService(ledger, Leadership(database_url, LEDGER_LEADER), ledger.clock)
    try:
        log.record(stored())
        service.beat()
        log.record(stored())
        other.beat()
        assert (service.leads, other.leads) == (True, False)
        assert other.health().sentence.startswith("stands by")
        assert log.published.latest().checkpoint.size == 1
        service.resign()
        other.beat()
        log.record(stored())
        other.beat()
        assert log.published.latest().checkpoint.size == 3
        service.beat()
        assert (service.leads, other.leads) == (False, True)
    finally:
        other.resign()


def test_what_was_appended_last_is_sealed_at_the_end(ledger, log, database_url):
    with log_sealed(ledger, database_url, seconds=3600):
        log.record(stored(), stored(), stored())
    assert log.published.latest().checkpoint.size == 3


@pytest.fixture
def store():
    with ObjectStore() as store:
        thread = Thread(target=store.serve_forever)
        thread.start()
        yield store
        store.shutdown()
        thread.join(BOUND)


def test_what_is_published_is_put_elsewhere_too_and_the_checkpoint_last(log, store):
    pusher = LedgerPusher(log.published, f"{store.address}/ledger/", SecretStr("s3cret"), 1)
    log.record(*(stored() for _ in range(300)))
    sealer = log.sealer()
    sealer.seal()
    with httpx.Client(headers=pusher._headers, trust_env=False) as client:
        store.failures = 3
        assert not pusher.push(client)
        assert "/ledger/checkpoint" not in store.objects
        while not pusher.push(client):
            pass
        expected = {f"/ledger/tile/{tile.path}": log.published.tile(tile) for tile in tiles_of(300)}
        note = log.files()["checkpoint"]
        assert store.objects == expected | {"/ledger/checkpoint": note, "/ledger/checkpoints/300": note}
        assert list(store.objects)[-1] == "/ledger/checkpoint"
        assert store.tokens == {"Bearer s3cret"}
        store.objects.clear()
        assert pusher.push(client)
        assert store.objects == {}
        log.record(stored())
        sealer.seal()
        assert pusher.push(client)
        assert set(store.objects) == {
            "/ledger/tile/0/001.p/45", "/ledger/checkpoints/301", "/ledger/checkpoint",
        }  # fmt: skip
    stop = Event()
    stop.set()
    log.record(stored())
    sealer.seal()
    pusher.run(stop)  # what is new at the end goes out too
    assert b"\n302\n" in store.objects["/ledger/checkpoint"]


def test_settings_that_are_wrong_are_refused(ledger, log, tmp_path):
    log.sealer().seal()
    assert replace(ledger, witnesses=()).known_keys() == [log.signer.key]
    with pytest.raises(ConfigurationError, match="JIEDAO_LEDGER_PUSH_URL"):
        LedgerPusher(log.published, "ftp://somewhere", None, 1)
    with pytest.raises(ConfigurationError, match="JIEDAO_LEDGER_WITNESSES"):
        open_ledger(load_settings(data=tmp_path, ledger_witnesses="nonsense"), log.recorder.reading, log.clock)
