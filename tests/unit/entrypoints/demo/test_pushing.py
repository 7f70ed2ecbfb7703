import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from zoneinfo import ZoneInfo

import pytest

from jiedao.domain.errors import JiedaoError, UnavailableError
from jiedao.entrypoints.demo.pushing import Pusher
from jiedao.entrypoints.demo.sample import SampleMessage
from jiedao.entrypoints.demo.tally import Sent, Tally
from jiedao.entrypoints.demo.tokens_in_time import Run

ACCEPTED = 200, {"results": [{"outcome": "accepted", "external_id": "A1", "incident_id": "i-1", "position": 3}]}
UNREADABLE = 422, {"detail": "no number", "outcome": "dead", "reason": "id_missing", "dead_letter_id": "d-1"}
BUSY = 503, {"detail": "too many reports wait"}
REFUSED = 403, {"detail": "this token is not for this source"}
RUN = Run(datetime(2026, 11, 25, 2, 0, tzinfo=UTC))


class Platform:
    """A server that answers as it is told, in order, and remembers what it was sent."""

    def __init__(self):
        self.answers = []
        self.sent = []
        platform = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                platform.sent.append((self.path, self.headers["Authorization"], self.headers["Content-Type"], body))
                status, document = platform.answers.pop(0)
                content = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def platform():
    made = Platform()
    yield made
    made.close()


def message(number=1):
    template = f'{{"id":"{{{{run}}}}-{number}","at":"{{{{-1m}}}}"}}'.encode()
    where = f"hotline.orders.jsonl#{number}"
    return SampleMessage("hotline", "application/json", where, timedelta(), template, ZoneInfo("Asia/Shanghai"))


def push(platform, messages, stop=None):
    told = []
    pusher = Pusher(platform.address, {"hotline": "jd_token"}, RUN, stop or Event())
    return pusher.push(messages, 0.0, told.extend), told


def test_a_message_is_sent_filled_in_as_its_source_with_its_token(platform):
    platform.answers = [ACCEPTED]

    assert push(platform, [message()]) == (True, [Sent("hotline", "accepted", "A1", "i-1")])
    assert platform.sent == [
        (
            "/v1/sources/hotline/reports", "Bearer jd_token", "application/json",
            b'{"id":"261125020000-1","at":"2026-11-25 09:59:00"}',
        )
    ]  # fmt: skip


def test_a_record_that_cannot_be_read_is_an_answer_and_the_next_one_is_sent(platform):
    platform.answers = [UNREADABLE, ACCEPTED]

    _, told = push(platform, [message(1), message(2)])

    assert told == [Sent("hotline", "dead", reason="id_missing"), Sent("hotline", "accepted", "A1", "i-1")]


def test_a_busy_platform_is_sent_the_same_message_again(platform):
    platform.answers = [BUSY, ACCEPTED]

    assert push(platform, [message()])[0]
    assert platform.sent[0] == platform.sent[1]


def test_a_refusal_ends_the_sending_with_the_platforms_own_sentence(platform):
    platform.answers = [REFUSED]

    with pytest.raises(JiedaoError, match=r"orders\.jsonl#1 was refused with 403: this token is not for this source"):
        push(platform, [message(1), message(2)])


def test_a_server_that_is_not_there_is_named_after_some_attempts(monkeypatch):
    monkeypatch.setattr("jiedao.entrypoints.demo.pushing._BUSY_SECONDS", 0.01)
    gone = Platform()
    gone.close()

    with pytest.raises(UnavailableError, match="does not take"):
        push(gone, [message()])


def test_stopping_ends_the_sending_without_an_error(platform):
    stop = Event()
    stop.set()

    assert push(platform, [message()], stop) == (False, [])


def test_stopping_ends_the_waiting_for_a_busy_platform(platform):
    stop = Event()
    platform.answers = [BUSY]
    pusher = Pusher(platform.address, {"hotline": "jd_token"}, RUN, stop)
    thread = Thread(target=pusher.push, args=([message()], 0.0, print))

    thread.start()
    while not platform.sent:
        thread.join(0.01)
    stop.set()
    thread.join(10)

    assert not thread.is_alive()


def test_what_was_sent_is_counted_by_source_and_outcome_and_the_story_is_of_one_that_was_revised():
    tally = Tally()
    tally.add([Sent("hotline", "accepted", "A", "i-1"), Sent("hotline", "accepted", "B", "i-2")])
    tally.add([Sent("video", "dead", reason="not_xml")])
    tally.add([Sent("hotline", "revised", "B", "i-2")])
    tally.add([Sent("hotline", "accepted", "C", "i-3")])

    sums = tally.sums()

    assert (sums.messages, sums.of_source("hotline"), sums.of_source("video")) == (4, 4, 1)
    assert (sums.outcomes["hotline", "accepted"], sums.reasons) == (3, {"not_xml": 1})
    assert sums.story == "i-2"
