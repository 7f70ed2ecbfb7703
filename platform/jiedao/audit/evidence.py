"""The evidence bundle of an incident (证据包): one zip that a stranger verifies offline, with a script that lies in it.

It holds the events as they are stored, proofs that lead to a signed checkpoint, the tables that decisions rest on, the
files that events name, and a timeline for reading. Nothing is decrypted. docs/verify/README.md describes every file.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

import msgspec

from jiedao.audit.proofs import InclusionProofs
from jiedao.domain.errors import NotFoundError
from jiedao.domain.ports import FileStore, LogEntry
from jiedao.store.leaf import FORM as LEAF_FORM
from jiedao.store.leaf import canonical, leaf_hash

FORM = "jiedao.evidence.1/sha256"

_HASH = re.compile(r"[0-9a-f]{64}")
_NAMES_FILES = frozenset({"sha256", "photos", "before", "after", "content_sha256"})
_NAMES_VERSIONS = frozenset({"boundary_set", "class_table", "rule_set", "rules"})
_FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)  # what a zip's entry can say at least; when it was made stands in the manifest


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a bundle is made of.

    ``references`` are the entries that adopted what the events name. ``contents`` are their contents, and ``files``
    what the events name else, by hash; ``missing`` are files that are not in the store. ``timeline`` has the files
    that are for reading, ``instructions`` those that say how to verify, by their names.
    """

    incident_id: UUID
    entries: Sequence[LogEntry]
    references: Sequence[LogEntry]
    proofs: InclusionProofs
    files: Mapping[str, bytes]
    contents: Mapping[str, bytes]
    missing: Sequence[str]
    timeline: Mapping[str, bytes]
    instructions: Mapping[str, bytes]
    exported_at: datetime
    exported_by: str


@dataclass(slots=True)
class Named:
    """What events name: hashes of files, and versions of tables."""

    hashes: dict[str, None] = field(default_factory=dict)
    versions: set[str] = field(default_factory=set)

    def read(self, entry: LogEntry) -> None:
        """Read what the state of an entry names."""
        self._walk(msgspec.json.decode(entry.state), "")

    def _walk(self, value: object, key: str) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                self._walk(inner, name)
        elif isinstance(value, list):
            for inner in value:
                self._walk(inner, key)
        elif isinstance(value, str):
            if key in _NAMES_FILES and _HASH.fullmatch(value):
                self.hashes[value] = None
            if key in _NAMES_VERSIONS:
                self.versions.add(value)


def named_by(entries: Sequence[LogEntry]) -> Named:
    """Gather what entries name."""
    named = Named()
    for entry in entries:
        named.read(entry)
    return named


def adopted(entry: LogEntry) -> str | None:
    """The version that an adopting entry brought; ``None`` where it brought none."""
    state = msgspec.json.decode(entry.state, type=dict[str, object])
    rules = state.get("rules")
    version = state.get("version") or (rules.get("version") if isinstance(rules, dict) else None)
    return version if isinstance(version, str) else None


def fetch(store: FileStore, hashes: Sequence[str]) -> tuple[dict[str, bytes], list[str]]:
    """Fetch files from the store; returns those that are there, by hash, and the hashes of those that are not."""
    found, missing = {}, []
    for sha256 in hashes:
        try:
            found[sha256] = store.get(sha256)
        except NotFoundError:
            missing.append(sha256)
    return found, missing


def write_bundle(file: BinaryIO, evidence: Evidence) -> None:
    """Write the bundle, a zip."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        manifest = {}
        for name, content in _files(evidence):
            manifest[name] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            bundle.writestr(_entry(name), content)
        bundle.writestr(_entry("manifest.json"), _manifest(evidence, manifest))


def _files(evidence: Evidence) -> Iterator[tuple[str, bytes]]:
    yield from evidence.instructions.items()
    yield from evidence.timeline.items()
    yield "events.json", _entries("jiedao.events.1", evidence.entries)
    yield "references.json", _entries("jiedao.references.1", evidence.references)
    yield "proofs.json", _json(evidence.proofs)
    yield "checkpoint.txt", (evidence.proofs.checkpoint or "").encode()
    yield "verifier-key.txt", f"{evidence.proofs.verifier_key}\n".encode()
    listed = [{"sha256": sha256, "size": len(content)} for sha256, content in evidence.files.items()]
    yield "files.json", _json({"files": listed, "missing": list(evidence.missing)})
    for folder, contents in (("files", evidence.files), ("references", evidence.contents)):
        for sha256, content in contents.items():
            yield f"{folder}/{sha256}", content


def _entries(form: str, entries: Sequence[LogEntry]) -> bytes:
    return _json({"form": form, "leaf_form": LEAF_FORM.decode(), "events": [_event(entry) for entry in entries]})


def _event(entry: LogEntry) -> dict[str, object]:
    return {
        "position": entry.position,
        "originator_id": str(entry.originator_id),
        "version": entry.originator_version,
        "topic": entry.topic,
        "recorded_at": entry.recorded_at.isoformat(),
        "state": _base64(entry.state),
        "metadata": _base64(entry.metadata),
        "leaf_input": _base64(b"\x00" + canonical(entry)),
        "leaf_hash": _base64(leaf_hash(entry)),
    }


def _manifest(evidence: Evidence, files: Mapping[str, object]) -> bytes:
    return _json(
        {
            "form": FORM,
            "incident_id": str(evidence.incident_id),
            "origin": evidence.proofs.origin,
            "exported_at": evidence.exported_at.isoformat(),
            "exported_by": evidence.exported_by,
            "files": files,
        }
    )


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _FIRST_MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _json(document: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
