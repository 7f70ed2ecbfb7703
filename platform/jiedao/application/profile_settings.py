"""Reads the TOML files of a district's profile strictly: every key known, every value of its kind."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jiedao.application.profile_faults import Faults

T = TypeVar("T")
_REQUIRED = object()


class Section:
    """One table of a TOML file; what is asked for is known, and :meth:`finish` writes down what nobody asked for.

    A value that is missing or of another kind is written down, and a plain value of the right kind is returned.
    """

    def __init__(self, file: str, name: str, content: Mapping[str, object], faults: Faults) -> None:
        self.file, self.name, self._content, self._faults = file, name, content, faults
        self._asked: set[str] = set()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that are there."""
        return tuple(self._content)

    def is_empty(self, key: str) -> bool:
        """Whether an empty list stands there."""
        return self._content.get(key) == []

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not empty."""
        return self._take(key, default, "a text", lambda value: value if isinstance(value, str) and value else None, "")

    def number(self, key: str) -> float:
        """Return a number."""
        return self._take(key, None, "a number", _as_number, 0.0)

    def truth(self, key: str) -> bool:
        """Return true or false."""
        return self._take(key, None, "true or false", lambda value: value if isinstance(value, bool) else None, False)

    def day(self, key: str) -> date:
        """Return a day."""
        return self._take(key, None, "a day like 2026-01-31", _as_day, date.min)

    def days(self, key: str) -> frozenset[date]:
        """Return a set of days; empty where the key is missing."""
        empty: frozenset[date] = frozenset()
        return self._take(key, empty, "a list of days like [2026-01-31]", _as_set(_as_day), empty)

    def years(self, key: str) -> frozenset[int]:
        """Return a set of years; empty where the key is missing."""
        empty: frozenset[int] = frozenset()
        return self._take(key, empty, "a list of years like [2027]", _as_set(_as_year), empty)

    def spans(self, key: str) -> tuple[tuple[time, time], ...]:
        """Return spans of the day: in order and apart, each ending after it begins."""
        return self._take(key, None, 'spans of the day, in order, like [["08:00", "12:00"]]', _as_spans, ())

    def texts(self, key: str, default: tuple[str, ...] | None = ()) -> tuple[str, ...]:
        """Return a list of texts, none of them empty; with ``None`` as default it has to be there."""
        return self._take(key, default, 'a list of texts like ["…"]', _as_texts, ())

    def value(self, key: str, kind: str, read: Callable[[object], T | None], instead: T) -> T:
        """Return what ``read`` makes of a value; ``instead`` where it is missing, or ``read`` makes nothing of it."""
        return self._take(key, instead, kind, read, instead) if key in self._content else self._absent(key, instead)

    def tables(self, key: str, name: str) -> tuple[Section, ...]:
        """Return a list of tables as sections, called by what each says under ``name``, or by its number."""
        nothing: tuple[Mapping[str, object], ...] = ()
        inner = self.value(key, f"tables like [[{key}]]", _as_tables, nothing)
        return tuple(
            Section(self.file, f"{key} {table.get(name, number)}", table, self._faults)
            for number, table in enumerate(inner, start=1)
        )

    def optional_section(self, key: str) -> Section:
        """Return a table within this one, as a section; empty where the key is missing."""
        return Section(self.file, f"{self.name}.{key}", self.mapping(key), self._faults)

    def mapping(self, key: str) -> Mapping[str, object]:
        """Return a table of the caller's own shape; empty where the key is missing."""
        nothing: Mapping[str, object] = {}
        return self._take(key, nothing, "a table", lambda value: value if isinstance(value, dict) else None, nothing)

    def section(self, key: str) -> Section:
        """Return a table within this one, as a section."""
        nothing: Mapping[str, object] = {}
        inner = self._take(key, None, "a table", lambda value: value if isinstance(value, dict) else None, nothing)
        return Section(self.file, f"{self.name}.{key}" if self.name else key, inner, self._faults)

    def one_of(self, key: str, words: Iterable[str], default: str | None = None) -> str:
        """Return one of some words."""
        known = list(words)
        return self._take(
            key, default, f"one of {', '.join(known)}", lambda value: str(value) if value in known else None, known[0]
        )

    def words(self, key: str, known: Iterable[str], default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return a list of words of a vocabulary, each at most once."""
        vocabulary = frozenset(known)
        kind = f"a list of words, each once, of {', '.join(sorted(vocabulary))}"
        return self._take(key, default, kind, _as_words(vocabulary), ())

    def timezone(self, key: str) -> str:
        """Return the name of a time zone that exists."""
        return self._take(key, None, "a time zone like Asia/Shanghai", _as_zone, "UTC")

    def finish(self) -> None:
        """Write down the keys that nothing asked for."""
        for key in self._content:
            if key not in self._asked:
                known = ", ".join(sorted(self._asked))
                self._faults.add(self.file, self._where(key), f"there is no such setting; known are {known}")

    def fault(self, key: str, sentence: str) -> None:
        """Write a fault of one key down."""
        self._faults.add(self.file, self._where(key), sentence)

    def _absent(self, key: str, instead: T) -> T:
        self._asked.add(key)
        return instead

    def _take(self, key: str, default: T | None, kind: str, read: Callable[[object], T | None], instead: T) -> T:
        self._asked.add(key)
        given = self._content.get(key, _REQUIRED)
        if given is _REQUIRED:
            if default is not None:
                return default
            self.fault(key, f"the setting is missing; write {kind}")
            return instead
        value = read(given)
        if value is None:
            self.fault(key, f"{given!r} is not right here; write {kind}")
            return instead
        return value

    def _where(self, key: str) -> str:
        return f"[{self.name}] {key}".strip() if self.name else key


def read_section(file: str, text: str, faults: Faults) -> Section:
    """Return a TOML file as one section; without content, and written down, where it is not TOML."""
    try:
        return Section(file, "", tomllib.loads(text), faults)
    except tomllib.TOMLDecodeError as error:
        faults.add(file, None, f"not readable as TOML: {error}")
        return Section(file, "", {}, faults)


def _as_number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _as_day(value: object) -> date | None:
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _as_year(value: object) -> int | None:
    return value if isinstance(value, int) and date.min.year <= value <= date.max.year else None


def _as_zone(value: object) -> str | None:
    try:
        return ZoneInfo(value).key if isinstance(value, str) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _as_words(vocabulary: frozenset[str]) -> Callable[[object], tuple[str, ...] | None]:
    def read_words(value: object) -> tuple[str, ...] | None:
        if not isinstance(value, list) or any(not isinstance(word, str) or word not in vocabulary for word in value):
            return None
        return tuple(value) if len(set(value)) == len(value) else None

    return read_words


def _as_set(read: Callable[[object], T | None]) -> Callable[[object], frozenset[T] | None]:
    def read_set(value: object) -> frozenset[T] | None:
        if not isinstance(value, list):
            return None
        items = [read(item) for item in value]
        return None if None in items else frozenset(item for item in items if item is not None)

    return read_set


def _as_texts(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
        return None
    return tuple(value)


def _as_tables(value: object) -> tuple[Mapping[str, object], ...] | None:
    if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
        return None
    return tuple(value)


def _as_spans(value: object) -> tuple[tuple[time, time], ...] | None:
    try:
        spans = tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in value)  # type: ignore[attr-defined]  # whatever it is, the errors below say so
    except (TypeError, ValueError):
        return None
    edges = [edge for span in spans for edge in span]
    return spans if edges and edges == sorted(set(edges)) else None
