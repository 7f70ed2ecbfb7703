"""Files that only their owner may read: written whole or not at all, and durable before anyone is told of them.

For keys, passwords and addresses of the embedded server, and for the photos of reports. A crash leaves at most a
temporary file behind, whose name starts with a dot.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from secrets import token_hex

from jiedao.domain.errors import ConfigurationError

_FILE_MODE = 0o600
_FOLDER_MODE = 0o700
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SUPERUSER = 0


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter, with its parents; one that exists is left as it is."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir(mode=_FOLDER_MODE, exist_ok=True)  # another process may be making it too
        sync_folder(one.parent)


def write_private(path: Path, content: bytes) -> None:
    """Write a file, in the place of one that may be there."""
    temporary = _write_beside(path, content)
    temporary.replace(path)
    sync_folder(path.parent)


def create_private(path: Path, content: bytes) -> bool:
    """Write a file that was not there; false, and nothing changed, when it was."""
    temporary = _write_beside(path, content)
    try:
        path.hardlink_to(temporary)  # unlike a rename, this never takes the place of another file
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    sync_folder(path.parent)
    return True


def read_private(path: Path, what: str) -> bytes:
    """Read a file that nobody else may read or write; ``what`` names its content in the error.

    Raises FileNotFoundError, and ConfigurationError when group or others have any right to it, or when it belongs to
    somebody else than this user and the superuser.
    """
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if status.st_mode & _OTHERS:
            raise ConfigurationError(
                f"{path} holds {what} and others may read it: take their rights away with `chmod 600 {path}`, and if"
                " somebody may have read it, replace what it holds"
            )
        if status.st_uid not in {os.geteuid(), _SUPERUSER}:
            raise ConfigurationError(f"{path} holds {what} and belongs to another user: give it to the platform's user")
        return file.read()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_beside(path: Path, content: bytes) -> Path:
    """Write a temporary file in the same folder, durably; only its name is still to be settled."""
    temporary = path.with_name(f".{path.name}.{token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary
