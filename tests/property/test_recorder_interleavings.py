"""Whatever units come in whatever groups, the log is what a simple model in memory says it should be."""

from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiedao.domain.errors import InboxConflictError, KeyReuseError, OffsetConflictError, VersionConflictError
from jiedao.domain.ports import Appended
from jiedao.store.append import append_units
from jiedao.store.arrays import register_arrays
from tests.log_samples import delivered, move, stored, unit
from tests.tampering import unguard

events = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), max_size=3)  # (stream, version)
units = st.fixed_dictionaries(
    {
        "key": st.integers(1, 12),
        "mac": st.sampled_from([b"one", b"one", b"two"]),
        "events": events,
        "inbox": st.lists(st.integers(1, 4), max_size=2),
        "offset": st.none() | st.tuples(st.none() | st.integers(0, 3), st.integers(0, 3)),
    }
)
groups = st.lists(st.lists(units, min_size=1, max_size=5), min_size=1, max_size=4)


class Model:
    """The log as a few sets: what a unit does, and which errors it may have."""

    def __init__(self):
        self.keys, self.log, self.inbox, self.offset = {}, [], set(), None

    def append(self, one):
        if one["key"] in self.keys:
            mac, positions = self.keys[one["key"]]
            return positions if mac == one["mac"] else {KeyReuseError}
        errors = set()
        if len({*self.log, *one["events"]}) < len(self.log) + len(one["events"]):
            errors.add(VersionConflictError)
        if len({*self.inbox, *one["inbox"]}) < len(self.inbox) + len(one["inbox"]):
            errors.add(InboxConflictError)
        if one["offset"] and one["offset"][0] != self.offset:
            errors.add(OffsetConflictError)
        if errors:
            return errors
        positions = list(range(len(self.log) + 1, len(self.log) + 1 + len(one["events"])))
        self.log += one["events"]
        self.inbox |= set(one["inbox"])
        self.offset = one["offset"][1] if one["offset"] else self.offset
        self.keys[one["key"]] = (one["mac"], positions)
        return positions


@pytest.fixture
def connection(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        register_arrays(connection)
        yield connection


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=groups)
def test_groups_of_units_do_what_units_one_by_one_would_do(connection, groups):
    unguard(connection, "event")
    connection.execute("TRUNCATE event, idempotency_key, inbox, feed_offset")
    streams = {n: uuid4() for n in range(1, 4)}
    model = Model()
    for group in groups:
        results = append_units(connection, [_unit(one, streams) for one in group])
        for one, result in zip(group, results, strict=True):
            expected = model.append(one)
            if isinstance(result, Appended):
                assert list(result.positions) == expected
            else:
                assert any(isinstance(result, kind) for kind in expected)
    _same(connection, model, streams)


def _unit(one, streams: dict[int, UUID]):
    return unit(
        *[stored(streams[stream], version) for stream, version in one["events"]],
        key=str(one["key"]),
        mac=one["mac"],
        inbox=[delivered(str(number)) for number in one["inbox"]],
        offsets=[move(*one["offset"])] if one["offset"] else [],
    )


def _same(connection, model, streams):
    rows = connection.execute("SELECT position, originator_id, originator_version FROM event ORDER BY 1").fetchall()
    expected = [(n, streams[stream], version) for n, (stream, version) in enumerate(model.log, 1)]
    assert rows == expected
    inbox = connection.execute("SELECT external_id FROM inbox").fetchall()
    assert sorted(int(row[0]) for row in inbox) == sorted(model.inbox)
    assert connection.execute("SELECT next_offset FROM feed_offset").fetchone() == (
        None if model.offset is None else (model.offset,)
    )
