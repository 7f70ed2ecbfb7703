"""A class that is made quickly is the class that it was."""

import inspect
import pickle
from copy import copy
from dataclasses import asdict, dataclass, field, replace

import msgspec
import pytest

from jiedao.domain.quickly_made import quickly_made
from jiedao.domain.report import IncidentReport


@dataclass(frozen=True, slots=True)
class Slowly:
    number: int
    name: str = "x"
    notes: list[str] = field(default_factory=list)


@quickly_made
@dataclass(frozen=True, slots=True)
class Quickly:
    number: int
    name: str = "x"
    notes: list[str] = field(default_factory=list)


def test_it_is_made_and_shown_compared_and_stored_as_before():
    for given, named in (((1,), {}), ((1, "y"), {}), ((), {"number": 2, "notes": ["z"]})):
        quick, slow = Quickly(*given, **named), Slowly(*given, **named)
        assert type(quick) is Quickly
        assert asdict(quick) == asdict(slow)
        assert repr(quick) == repr(slow).replace("Slowly", "Quickly")
        assert msgspec.json.encode(quick) == msgspec.json.encode(slow)
        assert quick == replace(quick) == copy(quick) == pickle.loads(pickle.dumps(quick))  # noqa: S301  # our own
        assert msgspec.json.decode(msgspec.json.encode(quick), type=Quickly) == quick


def test_each_gets_a_default_of_its_own():
    assert Quickly(1).notes is not Quickly(1).notes


def test_it_stays_frozen_and_hashes_by_its_fields():
    one = Quickly(1)
    with pytest.raises(AttributeError, match="immutable"):
        one.number = 2
    with pytest.raises((AttributeError, TypeError)):
        one.other = 2
    assert hash(IncidentReport("s", "1", 1, "own", "c", "t", "d", None, details=())) == hash(
        IncidentReport("s", "1", 1, "own", "c", "t", "d", None, details=())
    )


def test_its_signature_is_the_same_and_so_is_what_it_refuses():
    assert list(inspect.signature(Quickly).parameters) == list(inspect.signature(Slowly).parameters)
    for given in ((), (1, "y", [], 4)):
        with pytest.raises(TypeError):
            Quickly(*given)
    with pytest.raises(TypeError, match="surprise"):
        Quickly(1, surprise=1)


def test_a_class_that_does_more_at_its_making_is_refused():
    @dataclass(frozen=True, slots=True)
    class Checked:
        number: int

        def __post_init__(self):
            assert self.number

    @dataclass(frozen=True)
    class Unslotted:
        number: int

    for cls in (Checked, Unslotted):
        with pytest.raises(TypeError, match="no plain frozen dataclass"):
            quickly_made(cls)
