"""Gathers an evidence bundle of a district: the incident's entries, what they name, and its timeline in Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from jiedao.audit.evidence import Evidence, adopted, fetch, named_by
from jiedao.domain.access import Holder
from jiedao.domain.identity import time_rules_id
from jiedao.domain.ports import LogEntry
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import IntakeOutcome, Role, Transport
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.http.models import Delivery, HistoryAnswer, HistoryEntry
from jiedao.entrypoints.http.permissions import Act, may
from jiedao.entrypoints.http.wording import Wording, correction_words, label_of
from jiedao.entrypoints.printing import Html, element, facts, page, table

_INSTRUCTIONS = ("verify.py", "README.md")
_IN_PACKAGE = "jiedao_verify"


def shipped_verifier() -> Traversable:
    """The folder with the verifying script and how to use it: beside the sources, or in the installed package."""
    beside = Path(__file__).parents[3] / "docs" / "verify"
    if (beside / _INSTRUCTIONS[0]).is_file():
        return beside
    return resources.files(_IN_PACKAGE)


def gather_evidence(district: District, incident_id: UUID, holder: Holder) -> Evidence:
    """Gather everything that a bundle of an incident holds; the views must have caught up with the log.

    Raises NotFoundError without such an incident or without a published checkpoint, LedgerFaultError where an event is
    not as it was published.
    """
    prover = district.ledger.prover
    entries = prover.entries_of(incident_id)
    named = named_by(entries)
    references = [entry for entry in _adoptions(district) if adopted(entry) in named.versions]
    files, missing = fetch(district.files, list(named.hashes))
    contents, _ = fetch(district.files, list(named_by(references).hashes))
    folder = shipped_verifier()
    return Evidence(
        incident_id=incident_id,
        entries=entries,
        references=references,
        proofs=prover.of_entries([*entries, *references], incident_id),
        files=files,
        contents=contents,
        missing=missing,
        timeline=_timeline(district, incident_id, holder),
        instructions={name: (folder / name).read_bytes() for name in _INSTRUCTIONS},
        exported_at=district.clock.now(),
        exported_by=holder.holder,
    )


def _adoptions(district: District) -> Iterator[LogEntry]:
    """The entries by which boundary sets, class tables, routing rules and time rules were adopted."""
    yield from district.application.district_log.select_adoptions()
    yield from district.ledger.log.stream_entries(time_rules_id(district.profile.code))


def _timeline(district: District, incident_id: UUID, holder: Holder) -> dict[str, bytes]:
    found = district.read.incident(incident_id)
    told = Wording(district.profile).history(
        found,
        district.reconciliation.find_record(found.source, found.external_id),
        district.read.history(incident_id, interventions=may(holder, Act.READ_INTERVENTIONS)),
    )
    document = msgspec.json.encode(told.model_dump(mode="json"))
    return {
        "timeline.json": msgspec.json.format(document, indent=2) + b"\n",
        "timeline.html": timeline_page(told, district.profile).encode(),
    }


def timeline_page(told: HistoryAnswer, profile: DistrictProfile) -> str:
    """Make the page: what came in, what happened, who did it and why, and where the incident stands (事件全过程)."""
    incident, zone = told.incident, ZoneInfo(profile.timezone)
    number = f"{incident.source}:{incident.external_id}"
    return page(
        f"事件全过程 {number}",
        element("h1", "事件全过程"),
        element("p", f"{profile.city}{profile.name} · {number} · {incident.incident_id}", kind="under"),
        facts(
            (
                ("来源", f"{incident.source_label} {incident.source}，第 {incident.revision} 版"),
                ("标题", incident.title),
                ("描述", incident.description),
                ("地址", incident.address),
                ("街道", " ".join(one for one in (incident.street_name, incident.street_code) if one)),
                ("类别", " ".join(one for one in (incident.class_code, incident.class_name) if one)),
                ("现状", incident.state_label),
            )
        ),
        element("h2", "投递"),
        table(
            ("时间", "结果", "方式", "内容指纹（HMAC-SHA-256）"),
            (_delivered(one, zone) for one in told.deliveries),
            "list",
        ),
        element("h2", "经过"),
        table(
            ("第几条", "日志位置", "记录时间", "事项", "经办", "理由"),
            (_happened(one, zone) for one in told.events),
            "list",
        ),
        element("p", "时间均为当地时间。报告人信息在日志中为密文，本页不含。", kind="under"),
    )


def _delivered(one: Delivery, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        f"{one.received_at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
        f"{label_of(IntakeOutcome, one.outcome)}（第 {one.revision or '?'} 版）",
        f"{label_of(Transport, one.transport)} {one.origin}",
        element("span", one.content_mac, kind="hash"),
    )


def _corrected(one: HistoryEntry) -> Iterator[str]:
    if words := correction_words(one):
        yield element("p", words)


def _happened(one: HistoryEntry, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        element("span", str(one.version), kind="whole"),
        element("span", str(one.position), kind="whole"),
        element("span", f"{one.recorded_at.astimezone(zone):%Y-%m-%d %H:%M:%S}", kind="whole"),
        Html("".join((element("strong", one.label), element("p", one.summary), *_corrected(one)))),
        f"{one.actor}（{label_of(Role, one.role)}）",
        one.reason or "",
    )
