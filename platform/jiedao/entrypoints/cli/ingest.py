"""``jiedao ingest``: reports from files and from Kafka (接入)."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import BinaryIO

import click
from rich.table import Table

from ingest.file_feed import MEDIA_TYPES, FileFeed, FileTotals, media_type_of
from ingest.kafka_connection import FeedLimits, FeedTopic
from ingest.kafka_feed import FeedTotals, KafkaFeed
from ingest.rejections import label_of_reason
from ingest.stop_signals import stopped_by_signals
from jiedao.application.collector import started_frozen
from jiedao.domain.access import Holder
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.record_fault import RecordFault
from jiedao.domain.terms import IntakeOutcome, Role
from jiedao.entrypoints.bootstrap import intake_apart, kafka_connection
from jiedao.entrypoints.cli.failing import ExitCode
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import console_actor, opened
from jiedao.entrypoints.cli.options import DISTRICT, KAFKA, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, note, table
from jiedao.entrypoints.cli.progress import progress
from jiedao.entrypoints.settings import Settings

KAFKA_ACTOR = Holder("", "feed:kafka", Role.INTEGRATOR)
"""Who acts where reports come from Kafka; topic, partition and offset stand in each event's origin."""

FORMATS: Mapping[str, str] = {ending.removeprefix("."): media_type for ending, media_type in MEDIA_TYPES.items()}
_STANDARD_INPUT = "-"
_LABELS = {outcome.value: outcome.label for outcome in IntakeOutcome}


@click.group(cls=Listed)
def ingest() -> None:
    """接入 Take reports in, in their source's own shape: from files, and from Kafka.

    What is sent twice is recorded once, so a run that was broken off is simply run again. What cannot be read is set
    aside as a dead letter (死信), and its neighbours go through.
    """


@ingest.command("file")
@click.argument("source")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    help="The format of the files; needed for standard input (-), else told by the ending of the name.",
)
@click.option(
    "--validate-only", is_flag=True, help="只校验，不入库 Say what would become of the records; record nothing."
)
@json_output
@with_settings(*DISTRICT, "intake_processes")
def ingest_file(
    settings: Settings, source: str, files: Sequence[str], form: str | None, *, validate_only: bool
) -> None:
    """文件导入 Feed the reports of SOURCE in FILES (JSON, JSON Lines, XML, CSV).

    \b
    jiedao ingest file hotline orders-2026-11-24.jsonl
    zcat alarms.jsonl.gz | jiedao ingest file video - --format jsonl

    A file that cannot be read does not keep the others from being tried. Exit code 1 when there was one, or when any
    record is a dead letter.
    """  # noqa: D301  # click looks for the backspace character itself
    if form is None and _STANDARD_INPUT in files:
        raise click.UsageError("say --format for what comes from standard input")
    stop = Event()
    totals: dict[str, FileTotals] = {}
    errors: dict[str, str] = {}
    with (
        opened(settings) as district,
        stopped_by_signals(stop.set),
        started_frozen(),
        intake_apart(district) as apart,
    ):
        feed = FileFeed(district.pipeline, console_actor(), district.clock, validate_only=validate_only, apart=apart)
        for name in files:
            if stop.is_set():
                break
            try:
                totals[name] = _feed(feed, source, name, FORMATS[form] if form else media_type_of(name), stop)
            except InvalidInputError as error:
                totals[name], errors[name] = FileTotals(), str(error)
                note(f"error: {name}: {error}")
    answer(_document(totals, errors), lambda: _table(totals, errors))
    if stop.is_set():
        note("stopped; run it again to go on: what is recorded already is recognised")
        click.get_current_context().exit(ExitCode.INTERRUPTED)
    if errors or any(one.dead for one in totals.values()):
        click.get_current_context().exit(ExitCode.FAILED)


def _feed(feed: FileFeed, source: str, name: str, media_type: str, stop: Event) -> FileTotals:
    with ExitStack() as stack:
        content: BinaryIO
        if name == _STANDARD_INPUT:
            content, size = sys.stdin.buffer, 0
        else:
            content, size = stack.enter_context(Path(name).open("rb")), Path(name).stat().st_size
        report = stack.enter_context(progress(f"{name} (bytes)"))
        label = "stdin" if name == _STANDARD_INPUT else Path(name).name
        return feed.run(
            source, label, content, media_type, stop=stop, on_unit=lambda _totals, done: report(done, max(done, size))
        )


def _document(totals: Mapping[str, FileTotals], errors: Mapping[str, str]) -> Mapping[str, object]:
    return {
        "items": [
            {
                "file": name,
                "records": one.records,
                "outcomes": dict(one.outcomes),
                "stopped": one.stopped,
                "error": errors.get(name),
                "unparted": one.unparted,
                "dead": [
                    {
                        "origin": dead.origin,
                        "external_id": dead.external_id,
                        "reason": dead.reason,
                        "detail": dead.detail,
                        "pointer": dead.pointer,
                        "faults": dead.faults,
                        "dead_letter_id": dead.dead_letter_id,
                    }
                    for dead in one.dead
                ],
            }
            for name, one in totals.items()
        ],
        "next_cursor": None,
    }


def _told(fault: RecordFault) -> str:
    at = f" {fault.pointer}" if fault.pointer else ""
    return f"{label_of_reason(fault.reason)} {fault.detail} ({fault.reason}{at})"


def _table(totals: Mapping[str, FileTotals], errors: Mapping[str, str]) -> Table:
    rows: list[Sequence[object]] = []
    for name, one in totals.items():
        said = "  ".join(f"{_LABELS.get(outcome, outcome)} {count}" for outcome, count in sorted(one.outcomes.items()))
        rows.append((name, one.records, errors.get(name, said)))
        rows += [("", "", f"整个文件作一条死信 set aside whole: {one.unparted}")] if one.unparted else []
        rows += [("", "", f"{dead.origin}: {_told(fault)}") for dead in one.dead for fault in dead.faults]
    return table("文件导入 Files", ("文件 file", "记录 records#", "结果 outcomes"), rows)


@ingest.command("kafka")
@click.option(
    "--source", "sources", multiple=True, help="Only the topics of these sources; without it, all of the profile."
)
@click.option("--to-end", is_flag=True, help="End once everything that is there now is recorded.")
@click.option(
    "--from-earliest-when-lost",
    is_flag=True,
    help="Where Kafka no longer has what is to be read next, go on from the oldest message that is left.",
)
@json_output
@with_settings(*DISTRICT, *KAFKA, "intake_processes")
def ingest_kafka(settings: Settings, sources: Sequence[str], *, to_end: bool, from_earliest_when_lost: bool) -> None:
    """消息队列接入 Read reports from Kafka until stopped: one topic a source, offsets in the district's database.

    Start several, each in a process of its own, and Kafka parts the partitions among them.
    """
    connection = kafka_connection(settings)
    limits = FeedLimits(session_seconds=settings.kafka_session_seconds, from_earliest_when_lost=from_earliest_when_lost)
    with (
        opened(settings) as district,
        intake_apart(district) as apart,
    ):
        topics = _topics(district.profile, sources)
        feed = KafkaFeed(
            connection,
            topics,
            group=settings.kafka_group,
            pipeline=district.pipeline,
            offsets=district.offsets,
            actor=KAFKA_ACTOR,
            clock=district.clock,
            limits=limits,
            apart=apart,
        )
        note(f"reading {', '.join(one.topic for one in topics)} as group {settings.kafka_group}; Ctrl-C ends it")
        with stopped_by_signals(feed.stop), started_frozen():
            totals = feed.run(to_end=to_end)
    answer(totals, lambda: _feed_facts(totals))


def _topics(profile: DistrictProfile, wanted: Sequence[str]) -> list[FeedTopic]:
    unknown = sorted(set(wanted) - set(profile.sources))
    if unknown:
        raise NotFoundError(f"this district has no source {', '.join(unknown)}; it has {', '.join(profile.sources)}")
    return [FeedTopic(one.topic, name) for name, one in profile.sources.items() if not wanted or name in wanted]


def _feed_facts(totals: FeedTotals) -> Table:
    outcomes = "  ".join(f"{_LABELS.get(name, name)} {count}" for name, count in sorted(totals.outcomes.items()))
    return facts(
        (
            ("消息 messages", totals.messages),
            ("记录 records", totals.records),
            ("批次 units", totals.units),
            ("结果 outcomes", outcomes or "—"),
            ("冲突 conflicts", totals.conflicts),
            ("重试 failures", totals.failures),
        )
    )
