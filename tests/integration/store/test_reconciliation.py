from datetime import timedelta
from uuid import uuid4

import pytest

from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import IntakeOutcome
from jiedao.store.reconciliation import ReconciliationTable
from tests.log_samples import NOON, delivered, unit

DAY = timedelta(days=1)


@pytest.fixture
def table(recorder):
    entries = [
        delivered("A", 1, content_mac=b"bytes of A"),
        delivered("A", 1, "duplicate", content_mac=b"bytes of A"),
        delivered("A", 2, "revised"),
        delivered("B", 5),
        delivered("B", 4, "late"),
        delivered("C", None, "dead", dead_letter_id=uuid4()),
        delivered(None, None, "dead"),
        delivered("D", 1, received_at=NOON + DAY),
        delivered("E", 1, received_at=NOON - timedelta(microseconds=1)),
    ]
    recorder.writer.append(unit(inbox=entries))
    return ReconciliationTable(recorder.database)


def test_a_day_is_counted_and_listed_by_outcome(table):
    day = table.reconcile("hotline", NOON, NOON + DAY)
    assert (day.received, day.accepted, day.revised, day.late, day.duplicate, day.dead) == (7, 4, 1, 1, 1, 2)
    assert day.received == day.accepted + day.duplicate + day.dead
    assert {outcome: [r.external_id for r in records] for outcome, records in day.records.items()} == {
        "accepted": ["A", "B"], "revised": ["A"], "late": ["B"], "duplicate": ["A"], "dead": ["C", None],
    }  # fmt: skip
    assert day.next_entry is None


def test_counts_are_of_all_when_not_all_are_listed(table):
    day = table.reconcile("hotline", NOON, NOON + DAY, limit=3)
    assert day.received == 7
    assert sum(map(len, day.records.values())) == 3


def test_pages_together_list_every_delivery_once_and_in_order(table):
    listed, after, pages = [], 0, 0
    while after is not None:
        day = table.reconcile("hotline", NOON, NOON + DAY, after=after, limit=3)
        listed += sorted(record.entry for records in day.records.values() for record in records)
        after, pages = day.next_entry, pages + 1
    whole = table.reconcile("hotline", NOON, NOON + DAY)
    assert listed == sorted(record.entry for records in whole.records.values() for record in records)
    assert (len(listed), pages) == (7, 3)


def test_one_outcome_is_listed_alone_and_the_counts_stay(table):
    day = table.reconcile("hotline", NOON, NOON + DAY, outcome=IntakeOutcome.DEAD)
    assert {outcome: len(records) for outcome, records in day.records.items() if records} == {"dead": 2}
    assert (day.received, day.dead) == (7, 2)


def test_a_delivery_says_the_keyed_hash_of_its_bytes(table):
    first, again, revised = table.find_record("hotline", "A")
    assert first.content_mac == again.content_mac == b"bytes of A".hex() != revised.content_mac


def test_another_source_received_nothing(table):
    assert table.reconcile("video", NOON, NOON + DAY).received == 0


@pytest.mark.parametrize("days", [(NOON, NOON), (NOON.replace(tzinfo=None), NOON)])
def test_a_stretch_of_time_that_makes_no_sense_is_refused(table, days):
    with pytest.raises(InvalidInputError):
        table.reconcile("hotline", *days)


def test_every_delivery_of_a_record_is_found_by_its_number(table):
    found = table.find_record("hotline", "A")
    assert [(record.outcome, record.revision) for record in found] == [
        ("accepted", 1), ("duplicate", 1), ("revised", 2),
    ]  # fmt: skip
    assert found[0].received_at == NOON
    assert table.find_record("hotline", "none") == []
