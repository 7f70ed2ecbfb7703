"""What the library asks of every recorder: one suite, run on the platform's and on the library's own."""

from threading import Thread, Timer
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError, Tracking
from eventsourcing.popo import POPOProcessRecorder

from tests.log_samples import stored


@pytest.fixture(params=["jiedao", "popo"])
def any_recorder(request):
    return request.getfixturevalue("recorder") if request.param == "jiedao" else POPOProcessRecorder()


def test_an_empty_log_has_no_last_position(any_recorder):
    assert any_recorder.max_notification_id() is None
    assert any_recorder.select_events(uuid4()) == []
    assert any_recorder.select_notifications(1, 10) == []


def test_a_stream_is_read_as_it_was_written(any_recorder):
    stream = uuid4()
    events = [stored(stream, version, state=b"%d" % version) for version in (1, 2, 3)]
    any_recorder.insert_events(events[:2])
    any_recorder.insert_events([stored()])
    any_recorder.insert_events(events[2:])
    assert any_recorder.select_events(stream) == events


@pytest.mark.parametrize(
    ("asked", "versions"),
    [
        ({"gt": 2}, [3, 4, 5]),
        ({"lte": 2}, [1, 2]),
        ({"gt": 1, "lte": 3}, [2, 3]),
        ({"desc": True}, [5, 4, 3, 2, 1]),
        ({"desc": True, "limit": 1}, [5]),
        ({"gt": 1, "limit": 2}, [2, 3]),
        ({"gt": 1, "lte": 4, "desc": True, "limit": 2}, [4, 3]),
        ({"gt": 5}, []),
    ],
)
def test_a_part_of_a_stream_can_be_asked_for(any_recorder, asked, versions):
    stream = uuid4()
    any_recorder.insert_events([stored(stream, version) for version in range(1, 6)])
    assert [event.originator_version for event in any_recorder.select_events(stream, **asked)] == versions


def test_a_version_is_written_once(any_recorder):
    stream = uuid4()
    any_recorder.insert_events([stored(stream, 1)])
    with pytest.raises(IntegrityError):
        any_recorder.insert_events([stored(stream, 1)])
    with pytest.raises(IntegrityError):
        any_recorder.insert_events([stored(), stored(stream, 2), stored(stream, 1)])
    assert any_recorder.max_notification_id() == 1


def test_one_call_cannot_hold_a_version_twice(any_recorder):
    stream = uuid4()
    with pytest.raises(IntegrityError):
        any_recorder.insert_events([stored(stream, 1), stored(stream, 1)])
    assert any_recorder.max_notification_id() is None


def test_positions_count_on_after_a_conflict(any_recorder):
    stream = uuid4()
    any_recorder.insert_events([stored(stream, 1)])
    with pytest.raises(IntegrityError):
        any_recorder.insert_events([stored(stream, 1)])
    any_recorder.insert_events([stored(stream, 2)])
    assert [n.id for n in any_recorder.select_notifications(None, 10)] == [1, 2]


@pytest.mark.parametrize(
    ("asked", "positions"),
    [
        ({"start": None, "limit": 10}, [1, 2, 3, 4, 5, 6]),
        ({"start": 0, "limit": 10}, [1, 2, 3, 4, 5, 6]),
        ({"start": 3, "limit": 2}, [3, 4]),
        ({"start": 3, "limit": 2, "inclusive_of_start": False}, [4, 5]),
        ({"start": 2, "limit": 10, "stop": 4}, [2, 3, 4]),
        ({"start": 1, "limit": 10, "topics": ["odd"]}, [1, 3, 5]),
        ({"start": 1, "limit": 2, "topics": ["even"]}, [2, 4]),
        ({"start": 7, "limit": 10}, []),
    ],
)
def test_the_log_is_read_by_position_and_topic(any_recorder, asked, positions):
    any_recorder.insert_events([stored(topic="odd" if n % 2 else "even") for n in range(1, 7)])
    assert [n.id for n in any_recorder.select_notifications(**asked)] == positions


def test_tracking_moves_forward_only(any_recorder):
    assert any_recorder.max_tracking_id("upstream") is None
    any_recorder.insert_tracking(Tracking("upstream", 3))
    with pytest.raises(IntegrityError):
        any_recorder.insert_tracking(Tracking("upstream", 3))
    with pytest.raises(IntegrityError):
        any_recorder.insert_tracking(Tracking("upstream", 2))
    any_recorder.insert_tracking(Tracking("upstream", 21))
    assert any_recorder.max_tracking_id("upstream") == 21
    assert any_recorder.has_tracking_id("upstream", 20)
    assert not any_recorder.has_tracking_id("upstream", 22)


def test_events_and_tracking_are_written_together_or_not_at_all(any_recorder):
    any_recorder.insert_events([stored()], tracking=Tracking("upstream", 5))
    assert any_recorder.max_tracking_id("upstream") == 5
    with pytest.raises(IntegrityError):
        any_recorder.insert_events([stored()], tracking=Tracking("upstream", 5))
    assert any_recorder.max_notification_id() == 1


def test_a_conflicting_event_leaves_the_tracking_where_it_was(any_recorder):
    event = stored()
    any_recorder.insert_events([event], tracking=Tracking("upstream", 1))
    with pytest.raises(IntegrityError):
        any_recorder.insert_events([event], tracking=Tracking("upstream", 2))
    assert any_recorder.max_tracking_id("upstream") == 1


def test_many_writers_leave_one_order_without_a_hole(any_recorder):
    def write():
        for _ in range(20):
            any_recorder.insert_events([stored(), stored()])

    threads = [Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [n.id for n in any_recorder.select_notifications(1, 1000)] == list(range(1, 321))


def test_one_of_many_writers_of_a_version_wins(any_recorder):
    stream, won, lost = uuid4(), [], []

    def write(name):
        try:
            any_recorder.insert_events([stored(stream, 1, state=name)])
            won.append(name)
        except IntegrityError:
            lost.append(name)

    threads = [Thread(target=write, args=(b"%d" % n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 15)
    assert [event.state for event in any_recorder.select_events(stream)] == won


def test_a_subscription_yields_what_was_and_what_comes(any_recorder):
    any_recorder.insert_events([stored(), stored()])
    with any_recorder.subscribe(gt=1) as subscription:
        assert next(subscription).id == 2
        any_recorder.insert_events([stored()])
        assert next(subscription).id == 3


def test_a_subscription_to_topics_yields_nothing_else(any_recorder):
    any_recorder.insert_events([stored(topic="a"), stored(topic="b"), stored(topic="b")])
    with any_recorder.subscribe(topics=["a"]) as subscription:
        assert next(subscription).id == 1
        any_recorder.insert_events([stored(topic="b"), stored(topic="a")])
        assert next(subscription).id == 5


def test_a_stopped_subscription_ends(any_recorder):
    with any_recorder.subscribe() as subscription:
        Timer(0.1, subscription.stop).start()
        assert list(subscription) == []
