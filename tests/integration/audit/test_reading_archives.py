"""The log reads the same before and after ranges of it have left the database; without an archive nothing is made up."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import pairwise
from random import Random
from uuid import UUID, uuid4

import psycopg
import pytest

from jiedao.domain.errors import ConfigurationError, ConflictError, VersionConflictError
from jiedao.store.archive import ArchiveFaultError, read_events
from jiedao.store.archive_reading import ArchiveReader, ArchiveUnreadableError
from jiedao.store.log_reading import LogReading
from jiedao.store.recorder import JiedaoRecorder
from jiedao.store.removal import RangeMovedError, RangeRemover
from tests.integration.audit.removing import archive, carry_out, decide, remove
from tests.log_samples import stored
from tests.tampering import unguard

STREAMS = [UUID(int=number) for number in range(1, 41)]
EVENTS = 700
RANGES = ((1, 7), (20, 300), (301, 340), (400, 401), (500, 690))


def write(log):
    """Events of streams that are spread all over the log, in units of one to five, sealed."""
    random, versions, batch = Random(5), dict.fromkeys(STREAMS, 0), []  # noqa: S311  # nothing here is secret
    for number in range(EVENTS):
        stream = STREAMS[random.randrange(len(STREAMS))]
        versions[stream] += 1
        batch.append(stored(stream, versions[stream], f"test.{number % 3}", b'{"n":%d}' % number))
        if len(batch) >= random.randint(1, 5) or number == EVENTS - 1:
            log.record(*batch)
            batch = []
    log.sealer().seal()
    return versions


def everything(recorder):
    """Every way of reading, on a grid that begins and ends inside, at, and across the ranges."""
    edges = sorted(
        {0, 3, 150, 351, 699, *(edge + by for one in RANGES for edge in one for by in (-2, -1, 0, 1))} - {-1}
    )
    told = {}
    for after in edges:
        for limit in (1, 9, 260, 2_000):
            told["log", after, limit] = [one for one in recorder.select_log(after, limit) if one.position <= EVENTS][
                :limit
            ]
        for topics in ((), ("test.1",), ("test.0", "test.2")):
            asked = {"start": after, "limit": 35, "stop": EVENTS, "topics": topics}
            told["notifications", after, topics] = recorder.select_notifications(**asked)
            told["beyond", after, topics] = recorder.select_notifications(**asked, inclusive_of_start=False)
    for first, last in pairwise(edges):
        told["between", first, last] = recorder.select_notifications(first, 1_000, last)
    for stream in STREAMS:
        told["entries", stream] = recorder.select_stream_entries(stream)
        for asked in (
            {},
            {"gt": 3},
            {"lte": 4},
            {"gt": 2, "lte": 9, "limit": 4},
            {"desc": True, "limit": 5},
            {"gt": 99},
        ):
            told["events", stream, str(asked)] = recorder.select_events(stream, **asked)
    told["streams"] = recorder.select_streams([*STREAMS, uuid4()])
    told["at"] = recorder.reading.at([*edges, 5_000])
    for position in edges[1:]:
        moment = recorder.reading.recorded_at(position)
        told["moment", position] = moment
        told["as_of", position] = recorder.database.rows(b"SELECT position_as_of(%s)", [moment])
    return told


def test_every_way_of_reading_answers_as_before(log):
    versions = write(log)
    before = everything(log.recorder)
    assert [one.position for one in before["log", 0, 2_000]] == list(range(1, EVENTS + 1))
    assert sum(len(one) for one in before["streams"].values()) == EVENTS
    stale = JiedaoRecorder(log.database, log.recorder.writer, log.recorder.follower, ArchiveReader(log.archives))
    stale.select_log(0, 10)
    for first, last in RANGES:
        remove(log, first, last)
    (left,) = log.database.rows(b"SELECT count(*) FROM event WHERE position <= %s", [EVENTS])[0]
    assert left == EVENTS - sum(last - first + 1 for first, last in RANGES)
    for recorder in (log.recorder, stale):  # one that removed, and one that knew of nothing
        after = everything(recorder)
        assert [name for name in before if before[name] != after[name]] == []
    # Commands go on where the archived versions end, and nowhere before.
    stream, last = next((one, number) for one, number in versions.items() if number > 3)
    with pytest.raises(VersionConflictError):
        log.record(stored(stream, 2))
    log.record(stored(stream, last + 1))
    assert [one.originator_version for one in log.recorder.select_events(stream)] == list(range(1, last + 2))
    with pytest.raises(psycopg.errors.UniqueViolation), psycopg.connect(log.database.url) as superuser:
        superuser.execute(
            "INSERT INTO event SELECT 9999, originator_id, originator_version, 't', now(), '', '', ''"
            " FROM removed_event LIMIT 1"
        )


def test_without_its_archive_a_range_is_an_error_that_says_what_to_do_and_the_rest_is_read(log):
    log.record(*(stored(STREAMS[0], version) for version in range(1, 51)))
    log.record(*(stored(STREAMS[1], version) for version in range(1, 51)))
    log.sealer().seal()
    manifest, _recorded = remove(log, 11, 60)
    file = log.archives / manifest.file
    beside = file.with_name(file.name.replace(".jsonl.gz", ".manifest.json"))
    content = file.read_bytes()
    whole = log.recorder.select_stream_entries(STREAMS[0])
    assert len(whole) == 50

    for spoil, why in (
        (file.unlink, "it is not there"),
        (lambda: file.write_bytes(content[:-9] + bytes(9)), "its SHA-256 is"),
        (lambda: file.write_bytes(b"other"), "its SHA-256 is"),
    ):
        spoil()
        for ask in (
            lambda: log.recorder.select_stream_entries(STREAMS[0]),
            lambda: log.recorder.select_events(STREAMS[1]),
            lambda: log.recorder.select_streams(STREAMS[:2]),
            lambda: log.recorder.select_log(5, 10),
            lambda: log.recorder.reading.at([30]),
        ):
            with pytest.raises(ArchiveUnreadableError, match=why) as caught:
                ask()
            for named in (manifest.file, manifest.sha256, "positions 11 to 60", "retention list"):
                assert named in str(caught.value)
        assert len(log.recorder.select_log(0, 10)) == 10
        assert len(log.recorder.select_log(60, 40)) == 40
        assert log.recorder.reading.recorded_at(30) == whole[29].recorded_at
        log.record(stored())  # nobody else is harmed
        file.write_bytes(content)
        assert log.recorder.select_stream_entries(STREAMS[0]) == whole

    # Touched, it is hashed again: also where its size and what it seems to hold are as before.
    os.utime(file)
    assert log.recorder.select_stream_entries(STREAMS[0]) == whole
    beside.rename(beside.with_suffix(".away"))
    with pytest.raises(ArchiveUnreadableError, match="its manifest is not there"):
        LogReading(log.database, ArchiveReader(log.archives)).stream_entries(STREAMS[0])
    with pytest.raises(ArchiveUnreadableError, match="no folder of archives is named"):
        LogReading(log.database, ArchiveReader(None)).stream_entries(STREAMS[0])


def by_hand(superuser, *statements):
    """Statements in one transaction."""
    with superuser.transaction():
        for statement in statements:
            superuser.execute(*statement)


def test_what_the_procedure_does_not_permit_removes_nothing(log, superuser):
    log.record(*(stored(stream, version) for version in (1, 2) for stream in STREAMS))
    log.sealer().seal()
    manifest = archive(log, 5, 50)
    decided = decide(log, manifest)

    def refused(error, match, **changes):
        with pytest.raises(error, match=match):
            carry_out(log, manifest, replace(decided, **changes))
        assert len(log.database.rows(b"SELECT FROM event WHERE position BETWEEN 5 AND 50")) == 46
        assert log.database.rows(b"SELECT FROM event_removal UNION ALL SELECT FROM removed_event") == []

    refused(ConflictError, "event_removal_reason", reason=" ")
    refused(ConflictError, "event_removal_two_approvers", approvers=("user:li", "USER:LI "))
    refused(ConflictError, "event_removal_two_approvers", approvers=("user:li", ""))
    refused(ConflictError, "not all sealed", archive=replace(decided.archive, last=80))
    refused(ConflictError, "event_removal_range", archive=replace(decided.archive, first=60))
    refused(ConflictError, "tells of the removal", version=9)
    refused(ConflictError, "tells of the removal", unit=replace(decided.unit, events=(stored(),)))
    refused(RangeMovedError, "look again", looked_to=40)
    refused(RangeMovedError, "look again", beside=(STREAMS[30],), looked_to=70)
    with pytest.raises(ConfigurationError, match="JIEDAO_DATABASE_OWNER_URL"):
        RangeRemover(None).remove(decided, iter(()), lambda *_: None)

    def break_off(done, _total):
        raise KeyboardInterrupt(done)

    with pytest.raises(KeyboardInterrupt):
        carry_out(log, manifest, decided, break_off)
    refused(ArchiveFaultError, "position 51", archive=replace(decided.archive, last=51))

    # By hand, and by whoever owns the schema: nothing half done is committed.
    look = "SET CONSTRAINTS whole_removal IMMEDIATE"
    begin = "SELECT begin_removal(5, 50, 'r', 'a', 'b', repeat('a', 64), 'f.gz', 80, %s, 4)"
    for statements, match in (
        ((), "no event of the log tells"),
        ((look,), "have not all left"),
        (("SELECT remove_events(currval('event_removal_removal_seq'), 5, 49)", look), "have not all left"),
        (("SELECT remove_events(currval('event_removal_removal_seq'), 5, 50)",), "no event of the log tells"),
        (("SELECT remove_events(currval('event_removal_removal_seq'), 5, 51)",), "are not of the removal"),
    ):
        with pytest.raises(psycopg.DatabaseError, match=match):
            by_hand(superuser, (begin, [decided.stream]), *((one,) for one in statements))

    # What the database holds is not what was archived.
    unguard(superuser, "event")
    superuser.execute("UPDATE event SET metadata = '{}' WHERE position = 33")
    superuser.execute("ALTER TABLE event ENABLE ALWAYS TRIGGER keep_the_past")
    refused(ArchiveFaultError, "position 33")
    unguard(superuser, "event")
    superuser.execute("UPDATE event SET metadata = %s WHERE position = 33", [stored().metadata])
    superuser.execute("ALTER TABLE event ENABLE ALWAYS TRIGGER keep_the_past")
    assert carry_out(log, manifest, decided) == 84
    with pytest.raises(ConflictError, match="removed before"):
        carry_out(log, manifest, decide(log, manifest))
    assert [one.position for one in read_events(log.archives / manifest.file)] == list(range(5, 51))
