"""``jiedao audit export``: everything of an incident in one zip that a stranger verifies offline (证据包)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from jiedao.audit.evidence import Evidence, write_bundle
from jiedao.domain.access_record import AccessKind
from jiedao.domain.errors import NotFoundError
from jiedao.entrypoints.cli.audit.sealing import sealed_now
from jiedao.entrypoints.cli.opening import console_actor, opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, LEDGER, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, note
from jiedao.entrypoints.cli.words import read_incident
from jiedao.entrypoints.cli.written_files import refuse_existing, whole_file, writes_file
from jiedao.entrypoints.evidence import gather_evidence
from jiedao.entrypoints.settings import Settings


def commands() -> Sequence[click.Command]:
    """The commands of this module."""
    return (export,)


@click.command()
@click.argument("incident")
@writes_file("--out", help="输出文件 The zip to write; without it evidence-ID.zip here.")
@json_output
@with_settings(*DISTRICT, *LEDGER)
def export(settings: Settings, incident: str, out: Path | None) -> None:
    """导出证据包 Write everything of an incident into one zip, with what it takes to verify it offline.

    INCIDENT is its id, or SOURCE:EXTERNAL_ID. The log is sealed first, so that every event is proved. The zip holds the
    events as they are stored (what reporters said of themselves stays encrypted), the timeline in Chinese, photos and
    files, the tables and rules that decisions rest on, proofs, the signed checkpoint, and the verifying script:

    \b
    python verify.py evidence.zip --key "$(jiedao audit key)"

    Hand the verifier key over by a way of its own.
    """  # noqa: D301  # \b is click's own mark: leave these lines as they are
    with opened_for_reading(settings) as district:
        incident_id = read_incident(incident, district.profile)
        path = out or Path(f"evidence-{incident_id}.zip")
        refuse_existing(path)
        sealed_now(district)
        try:
            evidence = gather_evidence(district, incident_id, console_actor())
        except NotFoundError as error:
            raise NotFoundError(str(error).replace(f"stream {incident_id}", f"incident {incident}")) from error
        district.auditing.access.record_access(
            AccessKind.EXPORT, console_actor(), f"incident:{incident_id}", incident_id=incident_id
        )
        with whole_file(path) as file:
            write_bundle(file, evidence)
    size = path.stat().st_size
    document = {
        "incident_id": evidence.incident_id,
        "file": str(path),
        "bytes": size,
        "events": len(evidence.entries),
        "references": len(evidence.references),
        "files": len(evidence.files),
        "missing": evidence.missing,
        "size": evidence.proofs.size,
        "verifier_key": evidence.proofs.verifier_key,
    }
    answer(document, lambda: facts(_exported(evidence, path, size)))
    for one in evidence.missing:
        note(f"warning: the file {one} that an event names is not in the store")


def _exported(evidence: Evidence, path: Path, size: int) -> Iterator[tuple[str, object]]:
    yield "证据包 bundle", f"{path} ({size:,} bytes)"
    yield "事件 incident", evidence.incident_id
    yield (
        "内容 holds",
        f"{len(evidence.entries)} events, {len(evidence.references)} tables, {len(evidence.files)} files",
    )
    yield "检查点 checkpoint", f"{evidence.proofs.size} events of {evidence.proofs.origin}"
    yield "公钥 key", evidence.proofs.verifier_key
