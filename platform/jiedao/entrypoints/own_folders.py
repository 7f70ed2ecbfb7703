"""Where a district keeps what is its own in a data folder that several districts may share.

Archives and the published ledger are in a folder by the district's code, the key that signs in a file by it. Before, a
data folder had one of each: where that holds what is this district's, it is used as it stands, and nothing has to be
moved.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

_CHECKPOINT, _KEYS = "checkpoint", "keys.txt"


class _OfDistrict(msgspec.Struct):
    """What tells whose an archive is; the rest of its manifest is passed over."""

    district: str


def own_archives(data: Path, district: str) -> Path:
    """Return the folder of the district's archives."""
    shared = data / "archives"
    ours = any(_district_of(path) == district for path in shared.glob("events-*.manifest.json"))
    return shared if ours else shared / district


def own_ledger(data: Path, district: str, origin: str) -> Path:
    """Return the folder where checkpoints and tiles of the log called ``origin`` are published."""
    shared = data / "ledger"
    signed_here = any(line.startswith(f"{origin}+") for line in _lines(shared / _KEYS))
    ours = signed_here or _lines(shared / _CHECKPOINT)[:1] == [origin]
    return shared if ours else shared / district


def own_signing_key(data: Path, district: str) -> Path:
    """Return the file of the key that signs the district's checkpoints."""
    shared, own = data / "keys" / "ledger.key", data / "keys" / f"ledger-{district}.key"
    return shared if shared.exists() and not own.exists() else own


def _district_of(manifest: Path) -> str | None:
    try:
        return msgspec.json.decode(manifest.read_bytes(), type=_OfDistrict).district
    except (OSError, msgspec.DecodeError):
        return None  # whoever reads the archive says what is wrong with it


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
