from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from jiedao.application import collector
from jiedao.application.collector import collection_paused


def test_the_collector_works_again_after_a_batch_that_failed():
    with pytest.raises(ZeroDivisionError):
        fail_while_paused()
    assert gc.isenabled()


@collection_paused()
def fail_while_paused():
    assert not gc.isenabled()
    raise ZeroDivisionError


def test_an_inner_pause_leaves_the_outer_one_alone():
    with collection_paused():
        with collection_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_a_large_batch_made_is_not_looked_through_when_the_collector_resumes():
    with collection_paused():
        kept = [[number] for number in range(collector.LARGE * 2)]
    young = len(gc.get_objects(generation=0)) + len(gc.get_objects(generation=1))
    gc.unfreeze()
    assert young < len(kept) / 2


def test_a_small_batch_stays_with_the_collector():
    frozen = gc.get_freeze_count()
    with collection_paused():
        kept = [[number] for number in range(100)]
    assert (len(kept), gc.get_freeze_count()) == (100, frozen)


def test_a_cycle_that_was_left_out_with_a_batch_is_found_in_the_end(monkeypatch):
    forgotten = weakref.ref(large_batch_with_a_cycle())
    gc.collect()
    assert forgotten() is not None, "left out of the collector's rounds"
    monkeypatch.setattr(collector, "LARGE_BATCHES", 1)
    large_batch_with_a_cycle()
    gc.unfreeze()
    assert forgotten() is None


class Ring:
    def __init__(self) -> None:
        self.itself = self


def large_batch_with_a_cycle() -> Ring:
    with collection_paused():
        ring = Ring()
        ring.made = [[number] for number in range(collector.LARGE * 2)]
    return ring


def test_it_resumes_when_the_last_of_several_threads_is_done():
    begun, go_on = Event(), Event()

    def other():
        with collection_paused():
            begun.set()
            assert go_on.wait(30)

    with ThreadPoolExecutor(1) as pool:
        with collection_paused():
            running = pool.submit(other)
            assert begun.wait(30)
        assert not gc.isenabled(), "another thread is in a batch still"
        go_on.set()
        running.result(30)
    assert gc.isenabled()


def test_what_somebody_else_switched_off_stays_off():
    gc.disable()
    try:
        with collection_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
