"""Sends the sample's messages to the platform as their sources would: one HTTP request each, with the source's token.

Answers are taken as they come: a record that cannot be read is an answer, and so is a repetition. Where the platform
is busy a message is sent again, which is harmless; anything else ends the sending with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from threading import Event

import httpx
import msgspec

from jiedao.domain.errors import JiedaoError, UnavailableError
from jiedao.entrypoints.demo.sample import SampleMessage
from jiedao.entrypoints.demo.tally import Sent
from jiedao.entrypoints.demo.tokens_in_time import Run

_ATTEMPTS = 5
_BUSY_SECONDS = 1.0
_ANSWER_SECONDS = 40.0  # longer than the platform's own patience, so that it is the one who says what is wrong
_UNREADABLE = httpx.codes.UNPROCESSABLE_ENTITY
_BUSY = frozenset({httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS})


class _Result(msgspec.Struct):
    outcome: str
    external_id: str | None = None
    incident_id: str | None = None
    reason: str | None = None


class _Answer(msgspec.Struct):
    results: list[_Result]


class _Problem(msgspec.Struct):
    detail: str = ""
    outcome: str | None = None
    external_id: str | None = None
    reason: str | None = None


class Pusher:
    """Sends messages of one run; ``stop`` ends it between two messages and within every wait."""

    def __init__(self, address: str, tokens: Mapping[str, str], run: Run, stop: Event) -> None:
        self._address = address
        self._tokens = tokens
        self._run = run
        self._stop = stop

    def push(self, messages: Iterable[SampleMessage], pause: float, tell: Callable[[list[Sent]], None]) -> bool:
        """Send messages one after another with a pause between them, and tell what became of each one's records.

        Returns whether all of them were sent. Raises UnavailableError when the platform stays busy or does not answer,
        JiedaoError when it refuses a message.
        """
        with httpx.Client(base_url=self._address, timeout=_ANSWER_SECONDS, trust_env=False) as client:
            for message in messages:
                if self._stop.is_set():
                    return False
                answer = self._send(client, message)
                if answer is None:
                    return False
                tell(_read(message, answer))
                self._stop.wait(pause)
        return True

    def _send(self, client: httpx.Client, message: SampleMessage) -> httpx.Response | None:
        """Send one message until it is answered; ``None`` when the demo ends meanwhile."""
        content = message.content(self._run)
        headers = {"Content-Type": message.media_type, "Authorization": f"Bearer {self._tokens[message.source]}"}
        said = ""
        for _attempt in range(_ATTEMPTS):
            try:
                answer = client.post(f"/v1/sources/{message.source}/reports", content=content, headers=headers)
            except httpx.HTTPError as error:
                said = type(error).__name__
            else:
                if answer.status_code not in _BUSY:
                    return answer
                said = str(answer.status_code)
            if self._stop.wait(_BUSY_SECONDS):
                return None
        raise UnavailableError(f"the demo's own server does not take {message.where} ({said}); the log says why")


def _read(message: SampleMessage, answer: httpx.Response) -> list[Sent]:
    if answer.status_code == httpx.codes.OK:
        results = msgspec.json.decode(answer.content, type=_Answer).results
        return [Sent(message.source, one.outcome, one.external_id, one.incident_id, one.reason) for one in results]
    problem = msgspec.json.decode(answer.content, type=_Problem)
    if answer.status_code == _UNREADABLE and problem.outcome is not None:
        return [Sent(message.source, problem.outcome, problem.external_id, reason=problem.reason)]
    raise JiedaoError(f"{message.where} was refused with {answer.status_code}: {problem.detail}")
