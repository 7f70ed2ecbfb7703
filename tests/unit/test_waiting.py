"""Waiting ends with what was waited for, or with a sentence that names it."""

import pytest

from tests.waiting import until


def test_what_the_condition_became_is_returned():
    values = iter([None, 0, "", "the answer"])
    assert until(lambda: next(values)) == "the answer"


def test_what_does_not_come_true_is_named():
    with pytest.raises(AssertionError, match=r"^the server's end did not come true within 0\.02 s"):
        until(lambda: False, "the server's end", seconds=0.02)
