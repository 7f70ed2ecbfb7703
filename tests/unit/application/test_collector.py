from __future__ import annotations

import gc

import pytest

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
