from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from jiedao.domain.errors import InvalidInputError
from projections.cursor import read_cursor, write_cursor

KEY = (2, datetime(2026, 11, 2, tzinfo=UTC), UUID(int=5))
KIND = tuple[int, datetime, UUID]
QUESTION = ("queue", "330103001", frozenset({"b", "a"}))


def test_a_cursor_brings_its_key_back_and_is_always_the_same():
    cursor = write_cursor(QUESTION, KEY)
    assert read_cursor(QUESTION, cursor, KIND) == KEY
    assert write_cursor(QUESTION, KEY) == cursor


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c[:-1],
        lambda c: "A" + c[1:] if c[0] != "A" else "B" + c[1:],
        lambda _: "",
        lambda _: "!",
        lambda _: "票",
    ],
)
def test_a_mangled_cursor_is_refused(spoil):
    with pytest.raises(InvalidInputError) as refused:
        read_cursor(QUESTION, spoil(write_cursor(QUESTION, KEY)), KIND)
    assert refused.value.pointer == "/cursor"


def test_a_cursor_of_another_question_is_refused():
    with pytest.raises(InvalidInputError, match="does not belong"):
        read_cursor(("queue", "330103002", None), write_cursor(QUESTION, KEY), KIND)


def test_a_cursor_with_a_key_of_another_shape_is_refused():
    with pytest.raises(InvalidInputError):
        read_cursor(QUESTION, write_cursor(QUESTION, ("x",)), KIND)
