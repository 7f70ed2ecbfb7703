"""The system account that the embedded PostgreSQL runs under: the platform's own, except that root needs another.

PostgreSQL refuses to run as root. Where the platform does (a container), the server runs as ``pgserver``, and its
folder must be within that account's reach. The wheel's own start opens every folder above to be read by everybody;
here other accounts may at most pass through, and the server's folder is open to nobody but root and the server.
"""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from jiedao.domain.errors import ConfigurationError

_log = structlog.get_logger(__name__)
_NAME = "pgserver"  # as the wheel names it
_SUPERUSER = "root"
_PRIVATE = 0o700
_PRIVATE_BUT_FOR_PASSING = 0o710
_OTHERS_READ = stat.S_IROTH | stat.S_IXOTH


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """The account of the server; ``is_other`` tells that it is not the one that the platform runs under."""

    name: str
    uid: int
    gid: int
    is_other: bool

    @property
    def trusted(self) -> tuple[str, ...]:
        """The system accounts that may administer the server: they can read its files anyway."""
        return (self.name, _SUPERUSER) if self.name != _SUPERUSER else (self.name,)

    def run_as(self) -> dict[str, Any]:
        """What ``subprocess.run`` is told, to start a program under this account and none of root's groups."""
        return {"user": self.uid, "group": self.gid, "extra_groups": ()} if self.is_other else {}

    def own(self, path: Path, mode: int) -> None:
        """Give a file or folder to the server, with this mode."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)
        path.chmod(mode)

    def enclose(self, folder: Path) -> None:
        """Close a folder of ours to everybody else; the server may pass through, and cannot change what is in it."""
        if self.is_other:
            os.chown(folder, os.geteuid(), self.gid)
        folder.chmod(_PRIVATE_BUT_FOR_PASSING if self.is_other else _PRIVATE)

    def let_reach(self, path: Path) -> None:
        """Let the server pass through every folder above ``path``; not look into them."""
        if not self.is_other:
            return
        for folder in path.resolve().parents:
            status = folder.stat()
            passing = stat.S_IXOTH << self._class(status)
            if not status.st_mode & passing:
                folder.chmod(stat.S_IMODE(status.st_mode) | passing)
                _log.warning("folder_opened_for_passing", folder=str(folder), account=self.name)

    def let_run(self, installation: Path) -> None:
        """Let the server read and run its programs, also where they were installed for root alone."""
        if not self.is_other:
            return
        self.let_reach(installation)
        status = (installation / "bin" / "postgres").stat()
        if status.st_mode >> self._class(status) & _OTHERS_READ == _OTHERS_READ:
            return
        for path in (installation, *installation.rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | (_OTHERS_READ if mode & stat.S_IXUSR else stat.S_IROTH))

    def _class(self, status: os.stat_result) -> int:
        """How far the account's rights are shifted from those of others: it may be owner or group."""
        return 6 if status.st_uid == self.uid else 3 if status.st_gid == self.gid else 0


def server_account() -> ServerAccount:
    """Return the account to run the server under, made where it is missing.

    Raises ConfigurationError when it cannot be made.
    """
    if os.geteuid() != 0:
        own = pwd.getpwuid(os.geteuid())
        return ServerAccount(own.pw_name, own.pw_uid, own.pw_gid, is_other=False)
    try:
        entry = pwd.getpwnam(_NAME)
    except KeyError:
        entry = _add_account()
    return ServerAccount(_NAME, entry.pw_uid, entry.pw_gid, is_other=True)


def _add_account() -> pwd.struct_passwd:
    command = ("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", _NAME)
    try:
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603  # of constants
        return pwd.getpwnam(_NAME)  # also where another process was faster
    except (OSError, KeyError) as error:
        raise ConfigurationError(
            f"PostgreSQL does not run as root and the account {_NAME} cannot be made: run the platform under an account"
            f" of its own, make {_NAME} yourself, or set JIEDAO_DATABASE_URL"
        ) from error
