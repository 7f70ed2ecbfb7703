"""Every event of the domain comes back from its stored bytes as it was, whatever it holds."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

from jiedao.store.mapper import TypedMapper
from jiedao.store.topics import all_event_classes

text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)  # NUL is refused: see test_mapper.py
SCALARS = {
    str: text,
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    UUID: st.uuids(),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    time: st.times(),
    types.NoneType: st.none(),
    UnsetType: st.just(UNSET),
}


def values(hint):
    """A strategy for a field's type."""
    if hint in SCALARS:
        return SCALARS[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {types.UnionType, typing.Union}:
        return st.one_of(map(values, arguments))
    if origin is tuple:
        if arguments[1:] != (...,):
            return st.tuples(*map(values, arguments))
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if origin in {dict, Mapping}:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=3)
    assert dataclasses.is_dataclass(hint), f"no values known for {hint}"
    return st.builds(hint, **fields(hint))


def fields(cls):
    hints = typing.get_type_hints(cls)
    return {field.name: values(hints[field.name]) for field in dataclasses.fields(cls)}


def filled(cls):
    known = {"originator_id": st.uuids(), "originator_version": st.integers(1, 2**31 - 1)}
    hints = typing.get_type_hints(cls)
    names = [field.name for field in dataclasses.fields(cls)]
    return st.builds(cls, **{name: known[name] if name in known else values(hints[name]) for name in names})


@pytest.mark.parametrize("cls", all_event_classes(), ids=lambda cls: cls.TOPIC)
def test_an_event_survives_its_stored_bytes(cls):
    mapper = TypedMapper()

    @settings(max_examples=30, deadline=None)
    @given(event=filled(cls))
    def survives(event):
        stored = mapper.to_stored_event(event)
        back = mapper.to_domain_event(stored)
        assert back == event
        assert type(back) is cls
        assert mapper.to_stored_event(back) == stored

    survives()
