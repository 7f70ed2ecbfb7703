"""Finds the district's database and brings its schema up to date; runs the embedded one where none is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic

import psycopg
import structlog

from jiedao.domain.errors import ConfigurationError, ConflictError, JiedaoError, UnavailableError
from jiedao.entrypoints.settings import Settings
from jiedao.store.embedded import EmbeddedPostgres, find_running
from jiedao.store.embedded_access import ServerAddress, set_up_database
from jiedao.store.migrations import Migration, migrate, pending

_JOIN_SECONDS = 60.0
_LOOK_SECONDS = 2.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the district's database is: as the application, and as the schema's owner where that is known.

    ``embedded`` tells that it is the one that comes with the software.
    """

    app_url: str
    owner_url: str | None
    embedded: bool


@contextmanager
def open_addresses(settings: Settings) -> Iterator[Addresses]:
    """Find the database, and start the embedded one where none is named and none runs.

    Whoever started the embedded one stops it at the end. Raises UnavailableError when it cannot be started.
    """
    if settings.database_url:
        yield Addresses(settings.database_url, settings.database_owner_url, embedded=False)
        return
    with _embedded(settings) as server:
        yield Addresses(server.app_url(settings.district), server.owner_url(settings.district), embedded=True)


@contextmanager
def _embedded(settings: Settings) -> Iterator[ServerAddress]:
    """Join the embedded server that runs, or own it; where another process is just starting it, wait for that."""
    until = monotonic() + _JOIN_SECONDS
    while (running := find_running(settings.embedded_folder)) is None:
        server = EmbeddedPostgres(settings.embedded_folder)
        try:
            address = server.prepare(settings.district)
        except ConflictError:  # owned by another, and not up yet
            if monotonic() > until:
                raise
            continue
        try:
            with _kept_running(server):
                yield address
        finally:
            server.stop()
        return
    with psycopg.connect(running.superuser_url, autocommit=True) as superuser:
        set_up_database(superuser, settings.district)  # another district may be the one that is served
    yield running


@contextmanager
def _kept_running(server: EmbeddedPostgres) -> Iterator[None]:
    """Look now and then whether the server still lives, and start it anew when it does not."""
    stop = Event()

    def look() -> None:
        while not stop.wait(_LOOK_SECONDS):
            try:
                server.start()
            except JiedaoError as error:
                _log.error("embedded_database_down", error=str(error))  # the sentence says all

    thread = Thread(target=look, name="jiedao-postgres", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def bring_up_to_date(addresses: Addresses) -> list[Migration]:
    """Migrate the schema where it is behind this version; returns what was applied.

    Raises ConfigurationError where it is behind and the owner's address is not known, UnavailableError when the
    database does not answer.
    """
    try:
        with psycopg.connect(addresses.app_url, connect_timeout=10) as connection:
            missing = pending(connection)
        if not missing:
            return []
        with psycopg.connect(addresses.owner_url or addresses.app_url, connect_timeout=10) as connection:
            return migrate(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise ConfigurationError(
            "the database's schema is not up to date and this role may not change it: set JIEDAO_DATABASE_OWNER_URL to"
            " the address under the role that owns it"
        ) from error
    except psycopg.OperationalError as error:
        raise UnavailableError(f"the database does not answer: {error}") from error
