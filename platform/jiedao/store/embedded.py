"""The embedded PostgreSQL: one process owns it, the others are told where it is.

Whoever starts it holds a lock for as long as it owns it, restarts it when it died, and stops it at the end. Others ask
:func:`find_running`, which answers only for a server that has an owner and takes connections. When an owner is killed
the server goes on, and the next owner takes it over.

    <folder>/lock             held by the owner
    <folder>/passwords.json   of the two roles; when it is lost, new ones are made at the next start
    <folder>/address.json     while it runs
    <folder>/data/            PostgreSQL's own: data, socket, postgres.log

It is as safe as the system account it runs under, and no safer: not tamper-resistant. Each district has a database of
its own, roles are common to all of them.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from time import monotonic, sleep
from typing import Self

import msgspec
import psycopg
from psycopg.pq import Ping

from jiedao.domain.errors import ConflictError, UnavailableError
from jiedao.store.embedded_access import (
    ServerAddress,
    access_files,
    keep_passwords,
    read_passwords,
    set_up_database,
    set_up_roles,
)
from jiedao.store.migrations import Migration, migrate
from jiedao.store.postmaster import Postmaster, ping
from jiedao.store.private_files import make_private_folder, write_private
from jiedao.store.server_account import server_account

_LOCK, _PASSWORDS, _ADDRESS, _DATA = "lock", "passwords.json", "address.json", "data"
_PROBE_SECONDS = 1.0  # find_running holds the lock for an instant
_STEP_SECONDS = 0.02


class EmbeddedPostgres:
    """The embedded server of a folder, owned by whoever started it.

    ``patience`` is how many seconds a start (a recovery too) or a stop is waited for. Nothing happens before
    :meth:`start`.
    """

    def __init__(self, directory: Path, *, patience: float = 60.0) -> None:
        self._directory = directory.resolve()
        self._patience = patience
        self._lock: int | None = None
        self._postmaster: Postmaster | None = None
        self._address: ServerAddress | None = None

    def start(self) -> ServerAddress:
        """Own the server and return where it is, up and answering; makes it the first time, starts it when it is down.

        Called again it looks whether the server still lives, and starts it anew when it does not; PostgreSQL recovers
        everything that was committed. Raises ConflictError when another process owns it, UnavailableError when it does
        not come up in time, ConfigurationError when this folder or account cannot hold it.
        """
        if self._address is not None and self._postmaster is not None and self._postmaster.pid() == self._address.pid:
            return self._address
        make_private_folder(self._directory)
        self._take_lock()
        try:
            self._address = self._bring_up()
        except BaseException:
            self._release_lock()
            raise
        return self._address

    def prepare(self, district: str) -> ServerAddress:
        """Start the server, make the district's database where there is none, and return where it is.

        The database has no schema yet: :func:`prepare_database` makes it.
        """
        address = self.start()
        with psycopg.connect(address.superuser_url, autocommit=True) as superuser:
            set_up_database(superuser, district)
        return address

    def stop(self) -> None:
        """Stop the server and give it up; does nothing when it is not owned."""
        if self._lock is None:
            return
        (self._directory / _ADDRESS).unlink(missing_ok=True)
        self._address = None
        try:
            if self._postmaster is not None:
                self._postmaster.stop()
        finally:
            self._release_lock()

    def _bring_up(self) -> ServerAddress:
        account = server_account()
        account.enclose(self._directory)
        self._postmaster = Postmaster(self._directory / _DATA, account, patience=self._patience)
        self._postmaster.make_data(access_files(account))
        pid = self._postmaster.start()
        passwords = keep_passwords(self._directory / _PASSWORDS)
        address = ServerAddress(self._directory / _DATA, pid, passwords)
        with psycopg.connect(address.superuser_url, autocommit=True) as superuser:
            set_up_roles(superuser, passwords)
        write_private(self._directory / _ADDRESS, msgspec.json.encode({"pid": pid}))
        return address

    def _take_lock(self) -> None:
        """Take the right to own the server; the system gives it back when this process ends, however it ends."""
        if self._lock is not None:
            return
        descriptor = os.open(self._directory / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        until = monotonic() + _PROBE_SECONDS
        while not _locked(descriptor, fcntl.LOCK_EX):
            if monotonic() > until:
                os.close(descriptor)
                raise ConflictError(
                    f"another process runs the embedded PostgreSQL in {self._directory}: use it, or stop that process"
                )
            sleep(_STEP_SECONDS)
        self._lock = descriptor

    def _release_lock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def find_running(directory: Path) -> ServerAddress | None:
    """Return where the server of a folder is, for processes that do not own it.

    ``None`` when nobody owns it, or when it does not answer (any more, or yet); which databases it has is not looked
    at. Raises ConfigurationError when others may read the passwords.
    """
    directory = directory.resolve()
    try:
        pid = msgspec.json.decode((directory / _ADDRESS).read_bytes(), type=dict[str, int])["pid"]
        passwords = read_passwords(directory / _PASSWORDS)
        has_owner = _has_owner(directory / _LOCK)
    except FileNotFoundError:
        return None
    if not has_owner or ping(directory / _DATA) is not Ping.OK:
        return None
    return ServerAddress(directory / _DATA, pid, passwords)


def prepare_database(owner_url: str) -> list[Migration]:
    """Bring a database's schema up to date, as its owner; returns what was applied.

    Raises ConfigurationError as :func:`~jiedao.store.migrations.migrate` does, UnavailableError when the database does
    not answer.
    """
    try:
        with psycopg.connect(owner_url, autocommit=True, connect_timeout=10) as owner:
            return migrate(owner)
    except psycopg.OperationalError as error:
        raise UnavailableError(f"the database does not answer: {error}") from error


def _has_owner(lock: Path) -> bool:
    descriptor = os.open(lock, os.O_RDWR)
    try:
        return not _locked(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
