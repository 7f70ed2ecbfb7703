"""Imports every module named on the command line with the doors shut, and prints what each tried to do.

The libraries are imported first with the doors open, so that what is seen is what our own modules do when they are
imported: they are taken out of ``sys.modules`` and run once more.
"""

from __future__ import annotations

import importlib
import sys
import threading

import psycopg
from eventsourcing.utils import clear_topic_cache

OURS = ("jiedao", "ingest", "projections")
WATCHED = {
    "open", "socket.__new__", "socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.fork",
    "os.posix_spawn", "os.system", "os.mkdir", "os.remove", "os.rename", "sqlite3.connect", "shutil.rmtree",
}  # fmt: skip


class DoorError(Exception):
    """A module knocked on a door while it was imported."""


def refuse(event, arguments):
    """Refuse what is watched; the import system itself reads Python files."""
    if event in WATCHED and not (event == "open" and str(arguments[0]).endswith((".py", ".pyc"))):
        raise DoorError(f"{event} {arguments[:2]}")


def refuse_thread(thread):
    """Stand in for ``Thread.start``."""
    raise DoorError(f"start of the thread {thread.name}")


def refuse_connection(*_arguments, **_named):
    """Stand in for ``psycopg.connect``, which opens its socket in C, where no audit hook sees it."""
    raise DoorError("psycopg.connect")


def tried(name):
    """Import a module; returns what it tried to do, or nothing."""
    try:
        importlib.import_module(name)
    except DoorError as error:
        return f"{name}: {error}"
    return None


def main(names):
    """Import all, then again with the doors shut."""
    for name in names:
        importlib.import_module(name)
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    clear_topic_cache()  # or the library refuses the same stored names for the classes of the second import
    sys.dont_write_bytecode = True
    threading.Thread.start = refuse_thread
    psycopg.connect = psycopg.Connection.connect = psycopg.AsyncConnection.connect = refuse_connection
    watching = [True]
    sys.addaudithook(lambda event, arguments: refuse(event, arguments) if watching[0] else None)
    found = [line for name in names if (line := tried(name))]
    watching[0] = False
    sys.stdout.writelines(f"{line}\n" for line in found)
    others = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    sys.stdout.writelines(f"a thread runs after the first import: {name}\n" for name in others)


if __name__ == "__main__":
    main(sys.argv[1:])
