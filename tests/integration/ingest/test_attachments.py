"""Fetching what reports only link to, from a real HTTP server on this machine, on the real log."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from uuid import uuid4

import httpx
import pytest
from eventsourcing.persistence import Tracking

from ingest.attachments import FOLLOWER, AttachmentFetcher, FetchLimits, allowed_hosts
from jiedao.application.district_application import DistrictApplication
from jiedao.domain.context import EventContext
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.incident import Incident
from jiedao.domain.report import Attachment, IncidentReport, Sealed
from jiedao.store.recorder import UnitContext
from tests.e2e.http.district import PROFILE, Folder

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n a photo"
SEALED = Sealed("A256GCM", "k", "c")


class Photos(BaseHTTPRequestHandler):
    """``/photo`` is one; ``/flaky`` is one at the second try; ``/away`` leads elsewhere; ``/huge`` is too large."""

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path == "/flaky" and self.server.asked.count("/flaky") == 1:
            self.send_error(503)
        elif self.path in {"/photo", "/flaky"}:
            self._send(PNG)
        elif self.path == "/huge":
            self._send(b"x" * 5_000)
        elif self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "/photo")
            self.end_headers()
        else:
            self.send_error(404)

    def _send(self, content):
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Say nothing."""


class FixedClock:
    def now(self):
        return AT


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Photos) as server:
        server.asked = []
        server.daemon_threads = True
        server.address = f"127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def application(database_url):
    with DistrictApplication({"JIEDAO_DATABASE_URL": database_url}) as application:
        yield application


@pytest.fixture
def make_fetcher(application, server, tmp_path):
    with ExitStack() as stack:

        def make():
            client = stack.enter_context(httpx.Client())
            limits = FetchLimits(content=1_000, timeout=5, pauses=(0.01,))
            allowed = {"city_brain": frozenset({server.address})}
            return AttachmentFetcher(application, Folder(tmp_path), FixedClock(), allowed, client=client, limits=limits)

        yield make


def receive(application, server, *paths, source="city_brain"):
    """Record a report that links to these paths of the server."""
    links = tuple(Attachment("photo", path if "://" in path else f"http://{server.address}{path}") for path in paths)
    report = IncidentReport(source, str(uuid4()), 1, "own", "c", "标题", "", AT, attachments=links)
    context = EventContext("source:city_brain", "integrator", uuid4(), "batch:1")
    incident = Incident.receive(uuid4(), report=report, raw=SEALED, reporter=None, context=context, at=AT)
    application.record([incident], UnitContext("feed", str(incident.id), b""))
    return incident.id


def events_of(application, incident_id):
    (stream,) = application.district_log.select_streams([incident_id]).values()
    return [application.mapper.to_domain_event(stored) for stored in stream][1:]


def test_a_linked_photo_is_kept_by_its_hash_and_recorded_once(application, server, make_fetcher, tmp_path):
    incident = receive(application, server, "/photo")
    fetcher = make_fetcher()
    assert fetcher.step(Event()) == 1
    fetcher.step(Event())
    (event,) = events_of(application, incident)
    digest = hashlib.sha256(PNG).hexdigest()
    assert (event.attachment.sha256, event.attachment.media_type, event.attachment.size) == (
        digest,
        "image/png",
        len(PNG),
    )
    assert event.context.causation_id == "event:1"
    assert (tmp_path / digest).read_bytes() == PNG
    assert server.asked == ["/photo"]


def test_what_fails_in_passing_is_tried_again(application, server, make_fetcher):
    incident = receive(application, server, "/flaky")
    make_fetcher().step(Event())
    assert [type(event) for event in events_of(application, incident)] == [Incident.AttachmentStored]
    assert server.asked == ["/flaky", "/flaky"]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/gone", "answered 404"),
        ("/huge", "larger than 1000 bytes"),
        ("/away", "answered 302"),
        ("http://169.254.169.254/latest", "not among those allowed"),
        ("ftp://127.0.0.1/photo", "not among those allowed"),
        ("http://[::1", "cannot be read"),
    ],
)
def test_what_cannot_be_had_is_recorded_with_the_reason(application, server, make_fetcher, path, sentence):
    incident = receive(application, server, path)
    make_fetcher().step(Event())
    (event,) = events_of(application, incident)
    assert isinstance(event, Incident.AttachmentMissed)
    assert sentence in event.reason


def test_one_bad_link_does_not_keep_the_others(application, server, make_fetcher):
    incident = receive(application, server, "/gone", "/photo")
    make_fetcher().step(Event())
    assert [type(event) for event in events_of(application, incident)] == [
        Incident.AttachmentMissed,
        Incident.AttachmentStored,
    ]


def test_links_of_a_source_that_names_no_hosts_stay_links(application, server, make_fetcher):
    incident = receive(application, server, "/photo", source="hotline")
    make_fetcher().step(Event())
    assert not events_of(application, incident)
    assert not server.asked
    assert application.district_log.max_tracking_id(FOLLOWER) == 1


def test_a_process_that_was_overtaken_records_nothing(application, server, make_fetcher):
    incident = receive(application, server, "/photo")
    (entry,) = application.district_log.select_log(0, 10)
    fetcher = make_fetcher()
    links = list(fetcher._links(entry))
    application.district_log.insert_tracking(Tracking(FOLLOWER, 1))  # the other process came first
    fetcher._record(entry, links, Event())
    assert not events_of(application, incident)


def test_it_follows_the_log_until_it_is_stopped(application, server, make_fetcher):
    stop = Event()
    fetcher = make_fetcher()
    thread = Thread(target=fetcher.run, args=(stop,))
    thread.start()
    try:
        incident = receive(application, server, "/photo")
        application.district_log.follower.wait_beyond(1, timeout=30)
        assert [type(event) for event in events_of(application, incident)] == [Incident.AttachmentStored]
    finally:
        stop.set()
        thread.join()


def test_the_profile_names_the_hosts():
    assert allowed_hosts(PROFILE) == {}
    wrong = replace(PROFILE.sources["hotline"], options={"attachment_hosts": "img.example.cn"})
    with pytest.raises(ConfigurationError, match="attachment_hosts of hotline must be a list"):
        allowed_hosts(replace(PROFILE, sources={"hotline": wrong}))
    right = replace(wrong, options={"attachment_hosts": ["IMG.example.cn"]})
    assert allowed_hosts(replace(PROFILE, sources={"hotline": right})) == {"hotline": frozenset({"img.example.cn"})}
