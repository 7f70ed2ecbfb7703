"""The way to a superior platform over HTTP: one POST of JSON a message, and an answer that is read strictly.

Nothing goes anywhere but to the address in the profile: no redirect is followed, no proxy of the environment is asked.
What the answer does not settle beyond doubt counts as no answer, and the message is sent again under the same key.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

import httpx
import msgspec

from jiedao import __version__
from jiedao.application.outbox_sending import Delivered, Refused, UndeliveredError
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.profile import DistrictProfile, UpstreamSettings
from jiedao.domain.terms import Lifecycle

MOST_BYTES = 64 * 1024
_MOST_TEXT, _MOST_NUMBER = 500, 200
_NO_REASON = "未说明理由 no reason given"
_UNSETTLED = frozenset({401, 403, 404, 405, 407, 408, 413, 415, 421, 425, 426, 429})
"""Answers that speak of the way and not of the message: the message is not refused by them."""

_decode = msgspec.json.Decoder(dict[str, object]).decode


class HttpUpstream:
    """The way to one superior platform. Threads may share it; :meth:`close` ends it."""

    def __init__(self, settings: UpstreamSettings, token: str | None) -> None:
        """Make it; nothing connects before the first message. Raises ConfigurationError for a wrong ``ca_file``."""
        self._settings = settings
        headers = {
            "User-Agent": f"jiedao/{__version__}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._client = httpx.Client(
            headers=headers,
            timeout=settings.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
            verify=_authorities(settings),
        )

    @property
    def longest_seconds(self) -> float:
        """The longest that one message takes: to connect, to write, to wait for the answer and to read it."""
        return 4 * self._settings.timeout_seconds

    def send(self, body: bytes, key: str) -> Delivered | Refused:
        """Send a message under its key; raises UndeliveredError where no answer settles it."""
        try:
            with self._client.stream(
                "POST", self._settings.url, content=body, headers={"Idempotency-Key": key}
            ) as response:
                return self._settled(response, self._read(response))
        except httpx.HTTPError as error:
            raise UndeliveredError(
                f"上级平台没有应答 the superior platform did not answer ({type(error).__name__})"
            ) from error

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _read(self, response: httpx.Response) -> bytes:
        """Read the answer, as far as it is of a sane size and comes in a sane time."""
        content = bytearray()
        until = monotonic() + self._settings.timeout_seconds
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > MOST_BYTES:
                raise UndeliveredError(f"上级平台的应答过大 the answer is larger than {MOST_BYTES} bytes")
            if monotonic() > until:
                raise UndeliveredError("上级平台的应答过慢 the answer did not end in time")
        return bytes(content)

    def _settled(self, response: httpx.Response, content: bytes) -> Delivered | Refused:
        status = response.status_code
        if status in _UNSETTLED or not (response.is_success or response.is_client_error):
            raise UndeliveredError(
                f"上级平台答复 {status} the superior platform answered {status}", _retry_after(response)
            )
        answer = _object(content)
        if answer is None:
            raise UndeliveredError(f"上级平台的应答无法识别 its answer ({status}) is not a JSON object")
        accepted = _text(_at(answer, self._settings.accepted_field))
        taken = accepted == self._settings.accepted_value
        reason = _text(_at(answer, self._settings.reason_field))[:_MOST_TEXT]
        if response.is_success and taken:
            return Delivered(_text(_at(answer, self._settings.reference_field))[:_MOST_NUMBER] or None)
        said_no = accepted != "" and not taken
        if not said_no and (response.is_success or taken or not reason):
            raise UndeliveredError(f"上级平台的应答未说明是否受理 its answer ({status}) says neither taken nor refused")
        return Refused(reason or _NO_REASON, _text(_at(answer, self._settings.code_field))[:_MOST_NUMBER])


def open_transports(profile: DistrictProfile, environment: Mapping[str, str]) -> dict[str, HttpUpstream]:
    """Make the way to each superior platform that can be reached: it has an address, and its token is there."""
    return {
        name: HttpUpstream(source.upstream, environment.get(source.upstream.token_setting))
        for name, source in profile.sources.items()
        if source.upstream is not None and unreachable(profile, name, environment) is None
    }


def unreachable(profile: DistrictProfile, source: str, environment: Mapping[str, str]) -> str | None:
    """Say why what a superior platform is owed cannot be sent; ``None`` where it can, or nothing is owed."""
    settings = profile.sources[source]
    if settings.lifecycle != Lifecycle.UPSTREAM:
        return None
    if settings.upstream is None:
        return f"no address of the superior platform: give [{source}.upstream] url in sources.toml"
    token = settings.upstream.token_setting
    if token and not environment.get(token):
        return f"the token is missing: set {token}"
    return None


def _authorities(settings: UpstreamSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(Path(settings.ca_file)) if settings.ca_file else None)
    except OSError as error:
        raise ConfigurationError(f"ca_file {settings.ca_file} of [upstream] cannot be read: {error}") from error


def _retry_after(response: httpx.Response) -> float | None:
    """Return what the other side asks in seconds; a date, which clocks would have to agree on, is not heeded."""
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isascii() and asked.isdecimal() and len(asked) < _MOST_DIGITS else None


_MOST_DIGITS = 7


def _object(content: bytes) -> dict[str, object] | None:
    try:
        return _decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _at(answer: Mapping[str, object], path: str) -> object:
    found: object = answer
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _text(value: object) -> str:
    """Return a plain value as JSON writes it, a text as it is; nothing for what is missing or not plain.

    What cannot be shown goes: another house's text must not reach what cannot store it, nor what a terminal obeys.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value) if isinstance(value, str | int | float) else ""
    return "".join(one for one in text if one.isprintable()).strip()
