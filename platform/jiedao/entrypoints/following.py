"""What runs in the background of a server: views, clocks, linked photos, messages to superiors, and the sealing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import Event, Thread

import httpx

from ingest.attachments import AttachmentFetcher, allowed_hosts
from jiedao import __version__
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.ledger_pushing import LedgerPusher
from jiedao.entrypoints.scheduler import clocks_ticking
from jiedao.entrypoints.sealing import SealingService, log_sealed
from jiedao.entrypoints.services import Services
from jiedao.entrypoints.views_following import views_following

_END_SECONDS = 15.0


@contextmanager
def at_work(district: District) -> Iterator[Services]:
    """Let everything that a server does by itself run while the block does; yields what HTTP is served from."""
    with ExitStack() as stack:
        sealing = stack.enter_context(sealed(district))  # first, so that it ends last: it seals what the others did
        stack.enter_context(views_following(district))
        stack.enter_context(attachments_fetched(district))
        stack.enter_context(district.outbox.running())
        clocks = stack.enter_context(clocks_ticking(district))
        yield district.services({"clocks": clocks.health, "ledger": sealing.health}, [clocks, sealing])


def sealed(district: District) -> AbstractContextManager[SealingService]:
    """Seal the log while a block runs, and put the ledger elsewhere too where the settings name an address."""
    settings = district.settings
    pushed = None
    if settings.ledger_push_url:
        url, token = settings.ledger_push_url, settings.ledger_push_token
        pushed = LedgerPusher(district.ledger.published, url, token, settings.ledger_seconds).run
    return log_sealed(district.ledger, district.addresses.app_url, settings.ledger_seconds, pushed=pushed)


@contextmanager
def attachments_fetched(district: District) -> Iterator[None]:
    """Fetch what reports link to in a thread while the block runs, where the profile allows any host."""
    allowed = allowed_hosts(district.profile)
    if not allowed:
        yield
        return
    stop = Event()
    with httpx.Client(headers={"User-Agent": f"jiedao/{__version__}"}) as client:
        fetcher = AttachmentFetcher(district.application, district.files, district.clock, allowed, client=client)
        thread = Thread(target=fetcher.run, args=(stop,), name="jiedao-attachments", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(_END_SECONDS)
