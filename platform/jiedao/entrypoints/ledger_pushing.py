"""Puts what is published elsewhere too: each new tile, and then the checkpoint, by HTTP PUT below one address.

A store of objects or a folder under WebDAV will do. It is tried again with growing waits and never keeps the sealer
from its work; how far it came stands in the published folder, so that a restart goes on from there.
"""

from __future__ import annotations

from threading import Event

import httpx
import structlog
from pydantic import SecretStr

from jiedao import __version__
from jiedao.audit.published import PublishedLedger, Told
from jiedao.audit.tiles import tiles_of
from jiedao.domain.errors import ConfigurationError, JiedaoError

TIMEOUT_SECONDS = 15.0
LONGEST_WAIT = 300.0
_PUSHED = ".pushed"
_BINARY, _TEXT = "application/octet-stream", "text/plain; charset=utf-8"
_log = structlog.get_logger(__name__)


class LedgerPusher:
    """Puts one ledger below one address; ``seconds`` is how often it looks for news."""

    def __init__(self, published: PublishedLedger, url: str, token: SecretStr | None, seconds: float) -> None:
        """Prepare; nothing connects before the first look. Raises ConfigurationError for what is no HTTP address."""
        if not httpx.URL(url).host or httpx.URL(url).scheme not in {"http", "https"}:
            raise ConfigurationError("JIEDAO_LEDGER_PUSH_URL must be an address that begins with https:// or http://")
        self._published = published
        self._url = url.rstrip("/")
        self._seconds = seconds
        self._headers = {"User-Agent": f"jiedao/{__version__}"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token.get_secret_value()}"

    def run(self, stop: Event) -> None:
        """Push what is new until ``stop`` is set, and then once more."""
        wait = self._seconds
        with httpx.Client(headers=self._headers, timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            while True:
                last = stop.wait(wait)
                wait = self._seconds if self.push(client) else min(2 * wait, LONGEST_WAIT)
                if last:
                    return

    def push(self, client: httpx.Client) -> bool:
        """Push what is new; false where it could not be, which is logged."""
        try:
            told = self._published.latest()
            if told is not None:
                self._put_all(client, told)
        except (httpx.HTTPError, JiedaoError, OSError, ValueError) as error:
            _log.warning("ledger_not_pushed", error=str(error).strip() or type(error).__name__)
            return False
        return True

    def _put_all(self, client: httpx.Client, told: Told) -> None:
        note, size = str(told.note).encode(), told.checkpoint.size
        before = self._reached()
        if before == (size, len(told.note.signatures)):
            return
        for tile in tiles_of(size, min(before[0], size)):
            self._put(client, f"tile/{tile.path}", self._published.tile(tile), _BINARY)
        self._put(client, f"checkpoints/{size}", note, _TEXT)
        self._put(client, "checkpoint", note, _TEXT)  # last of all: what it needs is there
        (self._published.folder / _PUSHED).write_text(f"{size} {len(told.note.signatures)}\n", encoding="ascii")

    def _put(self, client: httpx.Client, name: str, content: bytes, media_type: str) -> None:
        answer = client.put(f"{self._url}/{name}", content=content, headers={"Content-Type": media_type})
        if not answer.is_success:
            raise httpx.HTTPStatusError(
                f"{name} was answered with {answer.status_code}", request=answer.request, response=answer
            )

    def _reached(self) -> tuple[int, int]:
        """The size of the checkpoint that was pushed last, and how many signatures it had."""
        try:
            size, signatures = (self._published.folder / _PUSHED).read_text(encoding="ascii").split()
            return int(size), int(signatures)
        except FileNotFoundError:
            return 0, 0
