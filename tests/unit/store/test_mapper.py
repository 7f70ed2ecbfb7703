"""Stored names and shapes are for ever; older versions are read; nothing is stored without who, why and when."""

import ast
import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from eventsourcing.persistence import MapperDeserialisationError, Notification, StoredEvent

import jiedao.domain
from jiedao.domain.aggregate import RecordedAggregate, RecordedEvent
from jiedao.domain.context import EventContext
from jiedao.domain.dead_letter import DeadLetter
from jiedao.domain.errors import ConfigurationError, InvalidInputError
from jiedao.domain.incident import Incident
from jiedao.domain.ports import LogEntry
from jiedao.domain.ports import RecordedEvent as StoredWithMetadata
from jiedao.domain.record_fault import RecordFault
from jiedao.store.mapper import TypedMapper
from jiedao.store.topics import AGGREGATES, all_event_classes

AT = datetime(2026, 11, 24, 4, 0, 0, 123456, tzinfo=UTC)
CONTEXT = EventContext("user:zhang", "dispatcher", uuid4(), "command:1", reason="核实")

GOLDEN_AGGREGATES = {
    "jiedao.incident", "jiedao.dead_letter", "jiedao.boundary_set", "jiedao.class_table", "jiedao.refused_command",
    "jiedao.routing_rules",
    "jiedao.time_rules",
    "jiedao.duplicate_judgement", "jiedao.roster_day", "jiedao.handover",
    "jiedao.access", "jiedao.sample",
    "jiedao.erasure_request", "jiedao.refused_erasure", "jiedao.reporter_hold",
    "jiedao.range_removal", "jiedao.refused_removal", "jiedao.refused_request",
}  # fmt: skip

# Stored names and stored fields, written by hand. Adding an event adds a line; changing a line breaks stored events.
GOLDEN = {
    "jiedao.incident.received": "originator_topic timestamp report raw reporter",
    "jiedao.incident.jurisdiction_decided": "timestamp decision",
    "jiedao.incident.class_decided": "timestamp decision",
    "jiedao.incident.routed": "timestamp decision",
    "jiedao.incident.revised": "timestamp report raw reporter",
    "jiedao.incident.late_revision_recorded": "timestamp report raw reporter",
    "jiedao.incident.attachment_stored": "timestamp url attachment",
    "jiedao.incident.attachment_missed": "timestamp url reason",
    "jiedao.incident.admitted": "timestamp note filed",
    "jiedao.incident.declined": "timestamp",
    "jiedao.incident.confirmed": "timestamp found note photos",
    "jiedao.incident.filed": "timestamp note",
    "jiedao.incident.rejected": "timestamp",
    "jiedao.incident.settled_on_spot": "timestamp result photos",
    "jiedao.incident.voided": "timestamp",
    "jiedao.incident.task_dispatched": "timestamp task_id assignee note",
    "jiedao.incident.task_reassigned": "timestamp task_id new_task_id assignee",
    "jiedao.incident.task_accepted": "timestamp task_id note",
    "jiedao.incident.task_returned": "timestamp task_id",
    "jiedao.incident.task_started": "timestamp task_id note",
    "jiedao.incident.task_handled": "timestamp task_id result before after",
    "jiedao.incident.task_verified": "timestamp task_id note",
    "jiedao.incident.task_failed_verification": "timestamp task_id note",
    "jiedao.incident.closed": "timestamp note closing_condition",
    "jiedao.incident.replied": "timestamp text",
    "jiedao.incident.revisited": "timestamp resolved satisfied note",
    "jiedao.incident.reopened": "timestamp",
    "jiedao.incident.suspended": "timestamp approved_by",
    "jiedao.incident.resumed": "timestamp note",
    "jiedao.incident.supervised": "timestamp note",
    "jiedao.incident.urged": "timestamp note",
    "jiedao.incident.corrected": "timestamp text",
    "jiedao.incident.intervention_recorded": "timestamp who what",
    "jiedao.incident.reopened_for_triage": "timestamp",
    "jiedao.incident.task_redispatched": "timestamp task_id worker note",
    "jiedao.incident.task_offered_onward": "timestamp task_id offer after on_duty",
    "jiedao.incident.task_given_back": "timestamp task_id worker",
    "jiedao.incident.joint_operation_opened": "timestamp tasks note",
    "jiedao.incident.extension_asked": "timestamp task_id length approver due_at",
    "jiedao.incident.extension_granted": "timestamp task_id length due_at due_provisional note",
    "jiedao.incident.extension_denied": "timestamp task_id length",
    "jiedao.incident.transfer_offered": "timestamp receiver answer_within answer_by",
    "jiedao.incident.transfer_accepted": "timestamp receiver task_id note",
    "jiedao.incident.transfer_refused": "timestamp receiver",
    "jiedao.incident.transfer_withdrawn": "timestamp receiver",
    "jiedao.incident.transfer_lapsed": "timestamp receiver",
    "jiedao.incident.merged": "timestamp into",
    "jiedao.incident.merge_moved": "timestamp into",
    "jiedao.incident.unmerged": "timestamp left",
    "jiedao.incident.duplicate_joined": "timestamp duplicate",
    "jiedao.incident.duplicate_left": "timestamp duplicate",
    "jiedao.incident.notified": "timestamp whom content",
    "jiedao.incident.appealed": "timestamp assessment",
    "jiedao.incident.appeal_reviewed": "timestamp assessment granted note",
    "jiedao.erasure_request.asked": "originator_topic timestamp subject incidents dead_letters",
    "jiedao.erasure_request.approved": "timestamp seat note",
    "jiedao.erasure_request.rejected": "timestamp",
    "jiedao.erasure_request.refused": "timestamp obstacles",
    "jiedao.erasure_request.carried_out": "timestamp key_ids incidents dead_letters",
    "jiedao.erasure_request.reapplied": "timestamp key_ids",
    "jiedao.refused_erasure.recorded": "originator_topic timestamp act request_id why",
    "jiedao.range_removal.asked": "originator_topic timestamp archive",
    "jiedao.range_removal.approved": "timestamp seat note",
    "jiedao.range_removal.rejected": "timestamp",
    "jiedao.range_removal.refused": "timestamp obstacles because",
    "jiedao.range_removal.carried_out": "timestamp archive approvers",
    "jiedao.refused_removal.recorded": "originator_topic timestamp act request_id why",
    "jiedao.reporter_hold.opened": "originator_topic timestamp subject ground reference",
    "jiedao.reporter_hold.placed": "timestamp ground reference",
    "jiedao.reporter_hold.released": "timestamp ground reference",
    "jiedao.incident.hold_placed": "timestamp ground reference",
    "jiedao.incident.hold_released": "timestamp ground reference",
    "jiedao.incident.case_sent_back": "timestamp",
    "jiedao.incident.upstream_message_delivered": "timestamp message_id owed_at kind reference",
    "jiedao.incident.upstream_message_refused": "timestamp message_id owed_at kind reason code",
    "jiedao.incident.upstream_message_retried": "timestamp message_id owed_at kind",
    "jiedao.incident.upstream_message_set_aside": "timestamp message_id owed_at kind",
    "jiedao.incident.upstream_assigned": "timestamp note",
    "jiedao.incident.upstream_verified": "timestamp note",
    "jiedao.incident.upstream_failed_verification": "timestamp note",
    "jiedao.incident.upstream_closed": "timestamp note",
    "jiedao.incident.upstream_withdrawn": "timestamp note",
    "jiedao.incident.upstream_revisited": "timestamp resolved satisfied note",
    "jiedao.incident.upstream_deadline_changed": "timestamp before deadline",
    "jiedao.incident.upstream_urged": "timestamp times",
    "jiedao.incident.upstream_supervised": "timestamp note",
    "jiedao.dead_letter.set_aside": (
        "originator_topic timestamp source external_id reason detail pointer raw size further_faults"
    ),
    "jiedao.incident.clock_approaching": "timestamp clock task_id part time_limit since due_at provisional rules",
    "jiedao.incident.clock_overdue": "timestamp clock task_id part time_limit since due_at provisional rules",
    "jiedao.incident.clock_escalated": "timestamp clock task_id part time_limit since due_at provisional rules",
    "jiedao.incident.deadline_recalculated": "timestamp time_limit before due_at provisional rules",
    "jiedao.dead_letter.replayed": "timestamp outcome detail incident_id",
    "jiedao.boundary_set.adopted": (
        "originator_topic timestamp version effective_from approximate content_sha256 street_codes"
        " overlaps overlap_area_m2 gaps gap_area_m2 repairs origin"
    ),
    "jiedao.class_table.adopted": "originator_topic timestamp version effective_from content_sha256 classes origin",
    "jiedao.routing_rules.adopted": "originator_topic timestamp version effective_from content_sha256 rules origin",
    "jiedao.time_rules.adopted": "originator_topic timestamp rules",
    "jiedao.time_rules.changed": "timestamp rules",
    "jiedao.duplicate_judgement.dismissed": "originator_topic timestamp one other",
    "jiedao.duplicate_judgement.withdrawn": "timestamp one other",
    "jiedao.duplicate_judgement.dismissed_again": "timestamp one other",
    "jiedao.roster_day.planned": "originator_topic timestamp day shifts",
    "jiedao.roster_day.changed": "timestamp day shifts",
    "jiedao.handover.offered": "originator_topic timestamp content",
    "jiedao.handover.accepted": "timestamp note",
    "jiedao.handover.objected": "timestamp",
    "jiedao.access.recorded": "originator_topic timestamp kind subject incident_id details",
    "jiedao.sample.drawn": "originator_topic timestamp algorithm seed size since until as_of population drawn",
    "jiedao.refused_command.recorded": "originator_topic timestamp incident_id command state version why allowed",
    "jiedao.refused_request.recorded": (
        "originator_topic timestamp method route reason why allowed token_id times request_id"
    ),
    "jiedao.refused_request.repeated": "timestamp times request_id",
}


class Kept(RecordedAggregate):
    """An aggregate of this test, with an event that has changed twice."""

    TOPIC = "test.kept"

    class Noted(RecordedAggregate.Event):
        TOPIC = "test.kept.noted"
        class_version = 3
        words: tuple[str, ...]
        weight: int

        @staticmethod
        def upcast_v1_v2(state):
            state["words"] = [state.pop("text")]

        @staticmethod
        def upcast_v2_v3(state):
            state["weight"] = len(state["words"])


def noted(**fields):
    return Kept.Noted(originator_id=uuid4(), originator_version=1, timestamp=AT, context=CONTEXT, **fields)


def as_stored(event, **state):
    stored = TypedMapper().to_stored_event(event)
    return dataclasses.replace(stored, state=json.dumps(json.loads(stored.state) | state).encode())


def test_stored_names_are_those_of_the_golden_list():
    assert {cls.TOPIC for cls in all_event_classes()} == set(GOLDEN)
    assert {cls.TOPIC for cls in AGGREGATES} == GOLDEN_AGGREGATES


@pytest.mark.parametrize("cls", all_event_classes(), ids=lambda cls: cls.TOPIC)
def test_stored_fields_are_those_of_the_golden_list(cls):
    apart = {"originator_id", "originator_version", "context"}
    assert {field.name for field in dataclasses.fields(cls)} - apart == set(GOLDEN[cls.TOPIC].split())


def test_every_kind_of_event_is_known_to_the_mapper():
    def below(cls):
        return {cls}.union(*(below(sub) for sub in cls.__subclasses__()))

    stored = {cls for cls in below(RecordedEvent) if cls.__module__.startswith("jiedao.")}
    bases = {RecordedEvent, RecordedAggregate.Event} | {aggregate.Event for aggregate in AGGREGATES}
    made_by_library = {cls for cls in stored if "TOPIC" not in vars(cls) and cls not in bases}
    assert stored - bases - made_by_library == set(all_event_classes())


def test_the_domain_never_asks_for_the_time():
    clocks = {"now", "utcnow", "today", "time", "monotonic", "datetime_now_with_tzinfo", "create_timestamp"}
    for path in Path(jiedao.domain.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                assert name not in clocks or "class Clock" in path.read_text(), f"{path.name}:{node.lineno}"
                if name in {"trigger_event", "_create"}:
                    given = {keyword.arg for keyword in node.keywords}
                    assert {"timestamp", "context"} <= given, f"{path.name}:{node.lineno} leaves out time or context"


def test_state_and_metadata_are_kept_apart():
    stored = TypedMapper().to_stored_event(noted(words=("a",), weight=1))
    assert json.loads(stored.state) == {
        "timestamp": "2026-11-24T04:00:00.123456Z", "words": ["a"], "weight": 1, "class_version": 3,
    }  # fmt: skip
    assert list(json.loads(stored.metadata)) == [
        "actor", "causation_id", "correlation_id", "origin", "reason", "role", "transport",
    ]  # fmt: skip
    assert json.loads(stored.metadata)["reason"] == "核实"


def test_what_an_event_corrects_is_in_its_metadata_and_where_it_corrects_nothing_no_byte_says_so():
    plain = noted(words=("a",), weight=1)
    correcting = dataclasses.replace(plain, context=CONTEXT.correcting(3))
    mapper = TypedMapper()
    before, after = (json.loads(mapper.to_stored_event(one).metadata) for one in (plain, correcting))
    assert after == before | {"corrects": 3}
    assert "corrects" not in before
    read = mapper.to_domain_event(mapper.to_stored_event(correcting))
    assert (read.context, read.context.corrected_version) == (CONTEXT.correcting(3), 3)
    assert mapper.to_domain_event(mapper.to_stored_event(plain)).context.corrected_version is None


def test_an_entry_of_the_log_is_decoded_like_a_stored_event():
    event = noted(words=("a", "b"), weight=2)
    stored = TypedMapper().to_stored_event(event)
    entry = LogEntry(
        1, stored.originator_id, stored.originator_version, stored.topic, stored.state, stored.metadata, AT, b""
    )
    assert TypedMapper().to_event(entry) == event == TypedMapper().to_domain_event(stored)


@pytest.mark.parametrize(
    ("state", "words", "weight"),
    [
        ({"text": "old"}, ("old",), 1),  # version 1 wrote no number
        ({"words": ["a", "b"], "class_version": 2}, ("a", "b"), 2),
        ({"words": ["a"], "weight": 7, "class_version": 3}, ("a",), 7),
    ],
)
def test_older_versions_are_brought_up_to_date_when_read(state, words, weight):
    stored = TypedMapper().to_stored_event(noted(words=(), weight=0))
    old = dataclasses.replace(stored, state=json.dumps({"timestamp": AT.isoformat()} | state).encode())
    event = TypedMapper().to_domain_event(old)
    assert (event.words, event.weight, event.timestamp) == (words, weight, AT)
    assert event.context == CONTEXT


def test_a_dead_letter_that_told_one_fault_is_read_as_one_that_has_no_other():
    old = {
        "timestamp": AT.isoformat(), "originator_topic": "jiedao.dead_letter", "source": "hotline", "external_id": None,
        "reason": "id_missing", "detail": "the number is missing", "pointer": "/id",
        "raw": {"algorithm": "A256GCM", "key_id": "k", "ciphertext": "c"}, "size": 7,
    }  # fmt: skip
    metadata = TypedMapper().to_stored_event(noted(words=(), weight=0)).metadata
    stored = StoredWithMetadata(uuid4(), 1, DeadLetter.SetAside.TOPIC, json.dumps(old).encode(), metadata)
    event = TypedMapper().to_domain_event(stored)
    assert event.further_faults == ()
    assert event.faults == (RecordFault("id_missing", "the number is missing", "/id"),)
    assert event.mutate(None).reason == "id_missing"


def test_a_version_from_the_future_is_not_guessed_at():
    with pytest.raises(MapperDeserialisationError, match="written as version 4, this software knows 3: upgrade"):
        TypedMapper().to_domain_event(as_stored(noted(words=(), weight=0), class_version=4))


@pytest.mark.parametrize("state", [b"", b"{", b"[]", b'{"class_version":3,"words":["a"]}', b'{"class_version":"x"}'])
def test_unreadable_state_names_the_event(state):
    stored = TypedMapper().to_stored_event(noted(words=(), weight=0))
    with pytest.raises(MapperDeserialisationError, match=r"test\.kept\.noted"):
        TypedMapper().to_domain_event(dataclasses.replace(stored, state=state))


def test_an_unknown_stored_name_is_an_error():
    with pytest.raises(MapperDeserialisationError, match=r"jiedao\.nothing"):
        TypedMapper().to_domain_event(StoredWithMetadata(uuid4(), 1, "jiedao.nothing", b"{}", b"{}"))


def test_an_event_without_context_cannot_be_stored():
    event = noted(words=(), weight=0)
    event.__dict__["context"] = None
    with pytest.raises(TypeError, match="no context"):
        TypedMapper().to_stored_event(event)


def test_a_time_without_zone_cannot_be_stored():
    event = noted(words=(), weight=0)
    event.__dict__["timestamp"] = datetime(2026, 1, 1)  # noqa: DTZ001  # the very thing that is refused
    with pytest.raises(ValueError, match="with its zone"):
        TypedMapper().to_stored_event(event)


@pytest.mark.parametrize(("word", "refused"), [("a\0", True), ("\\\0", True), ("\\u0000", False), ("\\\\u0000", False)])
def test_a_text_with_the_character_nul_cannot_be_stored(word, refused):
    if refused:
        with pytest.raises(InvalidInputError, match="NUL"):
            TypedMapper().to_stored_event(noted(words=(word,), weight=0))
    else:
        stored = TypedMapper().to_stored_event(noted(words=(word,), weight=0))
        assert TypedMapper().to_domain_event(stored).words == (word,)


def test_a_nul_that_was_recorded_once_is_read_as_what_views_can_hold():
    stored = TypedMapper().to_stored_event(noted(words=("a|b", "\\u0000"), weight=1))
    state = stored.state.replace(b"a|b", b"a\\u0000b\\\\\\u0000")
    entry = LogEntry(1, stored.originator_id, stored.originator_version, stored.topic, state, stored.metadata, AT, b"")
    assert TypedMapper().to_event(entry).words == ("a\ufffdb\\\ufffd", "\\u0000")


@pytest.mark.parametrize("kind", [StoredEvent, Notification])
def test_a_stored_event_without_metadata_cannot_be_read(kind):
    more = {"id": 1} if kind is Notification else {}
    with pytest.raises(MapperDeserialisationError, match="without its metadata"):
        TypedMapper().to_domain_event(kind(uuid4(), 1, Incident.Received.TOPIC, b"{}", **more))


def test_the_librarys_cipher_and_compressor_are_refused():
    with pytest.raises(ConfigurationError, match="CIPHER_TOPIC"):
        TypedMapper(compressor=object())
