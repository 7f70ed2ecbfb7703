"""``jiedao audit prove`` and ``consistency``: proofs that a stranger can check (证明)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from jiedao.audit.proofs import ConsistencyProof, InclusionProofs
from jiedao.domain.access_record import AccessKind
from jiedao.domain.errors import NotFoundError
from jiedao.entrypoints.cli.opening import console_actor, opened
from jiedao.entrypoints.cli.options import DISTRICT, LEDGER, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, note, to_json
from jiedao.entrypoints.cli.words import read_incident
from jiedao.entrypoints.cli.written_files import whole_file, writes_file
from jiedao.entrypoints.settings import Settings

out_option = writes_file(
    "--out", help="输出文件 Write the proof to this file, as JSON; docs/verify says how to check it."
)


def commands() -> Sequence[click.Command]:
    """The commands of this module."""
    return prove, consistency


@click.command()
@click.argument("incident")
@out_option
@click.option("--size", type=click.IntRange(1), help="检查点 Prove it in the tree of so many events.")
@json_output
@with_settings(*DISTRICT, *LEDGER)
def prove(settings: Settings, incident: str, out: Path | None, size: int | None) -> None:
    """出具存在证明 Prove that the events of an incident are in the log, as they are stored now.

    INCIDENT is its id, or SOURCE:EXTERNAL_ID. Each event gets an inclusion proof (RFC 6962) that leads to the root of a
    signed checkpoint. Events after the latest checkpoint cannot be proved yet, and are named.
    """
    with opened(settings) as district:
        incident_id = read_incident(incident, district.profile)
        try:
            proofs, _ = district.ledger.prover.of_stream(incident_id, size)
        except NotFoundError as error:
            raise NotFoundError(str(error).replace(f"stream {incident_id}", f"incident {incident}")) from error
        district.auditing.access.record_access(
            AccessKind.PROVE, console_actor(), f"incident:{incident_id}", incident_id=incident_id
        )
    _write(out, proofs)
    answer({**_plain(proofs), "file": str(out) if out else None}, lambda: facts(_proved(proofs, out)))
    if proofs.not_yet_protected:
        note(
            f"{len(proofs.not_yet_protected)} events are not yet protected and have no proof: `jiedao audit seal`, and"
            " prove it again"
        )


@click.command()
@click.argument("first", metavar="FROM", type=click.IntRange(1))
@click.argument("second", metavar="TO", type=click.IntRange(1))
@out_option
@json_output
@with_settings(*DISTRICT, *LEDGER)
def consistency(settings: Settings, first: int, second: int, out: Path | None) -> None:
    """出具一致证明 Prove that the first FROM of TO events are still those that they were.

    FROM and TO are sizes of checkpoints, as `jiedao audit checkpoints` lists them; whoever kept the older one sees
    by the proof (RFC 6962) that the log only grew since.
    """
    with opened(settings) as district:
        proof = district.ledger.prover.consistency(first, second)
        district.auditing.access.record_access(AccessKind.PROVE, console_actor(), f"consistency {first} to {second}")
    _write(out, proof)
    answer({**_plain(proof), "file": str(out) if out else None}, lambda: facts(_consistent(proof, out)))
    for size, checkpoint in ((first, proof.first_checkpoint), (second, proof.second_checkpoint)):
        if checkpoint is None:
            note(f"no checkpoint of {size} events was made: its root is not signed")


def _plain(proof: InclusionProofs | ConsistencyProof) -> dict[str, object]:
    return {name: getattr(proof, name) for name in proof.__slots__}


def _write(out: Path | None, proof: InclusionProofs | ConsistencyProof) -> None:
    if out is not None:
        with whole_file(out) as file:
            file.write(f"{to_json(proof)}\n".encode())


def _proved(proofs: InclusionProofs, out: Path | None) -> Iterator[tuple[str, object]]:
    proved, unsigned = [one.position for one in proofs.proofs], "" if proofs.checkpoint else "（无签名 unsigned）"
    yield "事件 incident", proofs.stream
    yield "已证明 proved", f"{len(proved)} events, at positions {_positions(proved)}" if proved else None
    yield "未保护 not yet", _positions(proofs.not_yet_protected)
    yield "检查点 checkpoint", f"{proofs.size} events of {proofs.origin}{unsigned}"
    yield "根 root", proofs.root
    yield "公钥 key", proofs.verifier_key
    yield "文件 file", out or "— (--out FILE writes the proofs)"


def _consistent(proof: ConsistencyProof, out: Path | None) -> Iterator[tuple[str, object]]:
    yield "日志 log", proof.origin
    yield "较早 first", f"{proof.first_size} events, root {proof.first_root}"
    yield "较晚 second", f"{proof.second_size} events, root {proof.second_root}"
    yield "证明 proof", f"{len(proof.path)} hashes"
    yield "文件 file", out or "— (--out FILE writes the proof)"


def _positions(positions: Sequence[int]) -> str:
    return "、".join(map(str, positions))
