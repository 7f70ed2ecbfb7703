"""Typed access to a record's fields by names of ours, whatever the source calls them.

An adapter is a table: our name for a field → the names that sources use for it, in the order of preference. Names are
compared without regard to case, ``_``, ``-`` and spaces: ``caseNumber``, ``CASE_NUMBER`` and ``case_number`` are one.
A value of another kind than the field should hold is noted with the pointer to it, and the reading goes on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from ingest.sources.reading.faults import UNREAD, UnreadableError
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.texts import MAX_DETAIL, at_most, checked_id, clean

Aliases = Mapping[str, tuple[str, ...]]
"""Our name of a field → the names that it may stand under."""

MAX_REVISION = 2**63 - 1
MAX_ITEMS = 200
_IGNORED = str.maketrans("", "", "_- ")
_WHOLE = re.compile(r"[+-]?[0-9]{1,25}(?:\.0{1,9})?")
_EMPTY = frozenset({"", "null", "none", "nan", "undefined", "\\n"})
_LONGEST_EMPTY = max(map(len, _EMPTY))

YES = frozenset({"1", "true", "yes", "y", "t", "是", "有", "紧急", "特急", "加急", "urgent"})
NO = frozenset({"0", "false", "no", "n", "f", "否", "无", "一般", "普通", "正常", "不紧急", "非紧急", "平急", "normal"})


class Found(NamedTuple):
    """A value and the JSON pointer to where it stands."""

    value: object
    pointer: str


class Fields:
    """The fields of one object; ``at`` is the JSON pointer to the object itself."""

    def __init__(self, content: Mapping[str, object], aliases: Aliases, notes: Notes, at: str = "") -> None:
        self._aliases = aliases
        self._notes = notes
        self._at = at
        self._found: dict[str, list[tuple[int, Found]]] = {}
        fields_of = _fields_by_name(tuple(aliases.items()))
        for name, value in content.items():
            fields = fields_of.get(_plain(name))
            if fields is None or _is_empty(value):
                continue
            found = Found(value, f"{at}/{_escaped(name)}")
            for field, preference in fields:
                self._found.setdefault(field, []).append((preference, found))
        for several in self._found.values():
            if len(several) > 1:
                several.sort(key=_preference)

    def find(self, field: str) -> Found | None:
        """Return the field's value as it stands; ``None`` where it is missing, null, or an empty text."""
        found = self._all(field)
        return found[0][1] if found else None

    def value(self, field: str) -> object:
        """Return the field's value as it stands, or ``None``."""
        found = self.find(field)
        return None if found is None else found.value

    def pointer(self, field: str) -> str:
        """Return the JSON pointer to the field, or to where it would be looked for first."""
        found = self.find(field)
        return f"{self._at}/{_escaped(self._aliases[field][0])}" if found is None else found.pointer

    def text(self, field: str, most: int = MAX_DETAIL, *, lines: bool = False) -> str:
        """Return a text, cleaned; a number is its decimal text, a missing one is empty, a bad one is noted."""
        found = self.find(field)
        if found is None:
            return ""
        try:
            return at_most(clean(as_text(found), self._notes, lines=lines), most, found.pointer)
        except UnreadableError as error:
            self._notes.fault(error)
            return UNREAD

    def required_text(self, field: str, most: int = MAX_DETAIL) -> str:
        """Return a text as :meth:`text` does; that it is missing is noted."""
        text = self.text(field, most)
        if not text:
            self._notes.fault(UnreadableError("field_missing", self.pointer(field)))
        return text or UNREAD

    def texts(self, field: str) -> list[str]:
        """Return the texts under all of the field's names, each once, the one that counts first.

        What is neither text nor number is left out: whether the field holds what it should is asked by :meth:`text`.
        """
        readable = (found for _, found in self._all(field) if isinstance(found.value, str | int | float))
        written = (as_text(found) for found in readable if not isinstance(found.value, bool))
        return list(dict.fromkeys(clean(text, self._notes) for text in written))

    def external_id(self, field: str) -> str:
        """Return the record's own number, and note it, or that there is none that will do."""
        found = self.find(field)
        text, pointer = ("", self.pointer(field)) if found is None else (found.value, found.pointer)
        try:
            self._notes.external_id = checked_id(as_text(Found(text, pointer)), pointer)
        except UnreadableError as error:
            self._notes.fault(error)
        return self._notes.external_id or UNREAD

    def integer(self, field: str) -> int | None:
        """Return a whole number, given as number or as text; ``None`` for none; a word is noted."""
        found = self.find(field)
        if found is None:
            return None
        number = _whole(found)
        if number is None:
            self._notes.fault(UnreadableError("wrong_type", found.pointer, "the field must hold a whole number"))
        return number

    def revision(self, field: str) -> int | None:
        """Return an explicit revision: a whole number from 1 on that fits the store."""
        found = self.find(field)
        if found is None:
            return None
        number = _whole(found)
        if number is None or not 1 <= number <= MAX_REVISION:
            self._notes.fault(UnreadableError("revision_invalid", found.pointer))
            return 1
        return number

    def truth(self, field: str) -> bool | None:
        """Return whether the field says yes (:data:`YES`) or no (:data:`NO`); ``None`` for neither."""
        found = self.find(field)
        if found is None:
            return None
        if isinstance(found.value, bool):
            return found.value
        word = self.text(field).casefold()
        return True if word in YES else False if word in NO else None

    def object(self, field: str, aliases: Aliases) -> Fields | None:
        """Return an object within this one; ``aliases`` are those of its own fields."""
        found = self.find(field)
        if found is None:
            return None
        if not isinstance(found.value, dict):
            self._notes.fault(UnreadableError("wrong_type", found.pointer, "the field must hold an object"))
            return None
        return Fields(found.value, aliases, self._notes, found.pointer)

    def items(self, field: str) -> Sequence[Found]:
        """Return the entries of a list; a single value is a list of one."""
        found = self.find(field)
        if found is None:
            return ()
        if not isinstance(found.value, list):
            return (found,)
        if len(found.value) > MAX_ITEMS:
            self._notes.fault(UnreadableError("too_many", found.pointer, f"at most {MAX_ITEMS} entries are taken"))
            return ()
        return [Found(value, f"{found.pointer}/{index}") for index, value in enumerate(found.value)]

    def keep(self, *fields: str) -> None:
        """Keep fields as details of the report, each under our name."""
        for field in fields:
            self._notes.keep(field, self.text(field, lines=True))

    def _all(self, field: str) -> Sequence[tuple[int, Found]]:
        """Return the values under the field's names, in the order of preference; raises KeyError for no field."""
        found = self._found.get(field)
        if found is None:
            _ = self._aliases[field]
            return ()
        return found


def as_text(found: Found) -> str:
    """Return a text or number as text; raises UnreadableError for any other kind of value.

    A whole number is written without a fraction, so that ``10`` and ``10.0`` are one.
    """
    value = found.value
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnreadableError("wrong_type", found.pointer, "the field must hold a text or a number")
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    return str(value)


_EXACT = 2**53


def _whole(found: Found) -> int | None:
    """Return a whole number, given as number or as text."""
    if isinstance(found.value, bool) or not isinstance(found.value, str | int | float):
        return None
    text = as_text(found).strip()
    return int(text.partition(".")[0]) if _WHOLE.fullmatch(text) else None


def _is_empty(value: object) -> bool:
    if not isinstance(value, str):
        return value is None
    text = value.strip()
    return len(text) <= _LONGEST_EMPTY and text.casefold() in _EMPTY


def _preference(found: tuple[int, Found]) -> int:
    return found[0]


def _plain(name: str) -> str:
    return _plain_short(name) if len(name) <= _LONGEST_KEPT else name.casefold().translate(_IGNORED)


_LONGEST_KEPT = 64


@lru_cache(maxsize=4096)
def _plain_short(name: str) -> str:
    """Kept for the records that follow: a source sends the same names in each; long ones nobody needs to keep."""
    return name.casefold().translate(_IGNORED)


@lru_cache(maxsize=256)
def _fields_by_name(aliases: tuple[tuple[str, tuple[str, ...]], ...]) -> Mapping[str, Sequence[tuple[str, int]]]:
    """Turn a table of names round: what a name may stand for, each with the name's place in that field's preference.

    A record has fewer names than the tables have, so it is looked through once instead of once for each field.
    """
    turned: dict[str, list[tuple[str, int]]] = {}
    for field, names in aliases:
        for preference, name in enumerate(dict.fromkeys(map(_plain, names))):
            turned.setdefault(name, []).append((field, preference))
    return turned


def pointer_of(name: str, at: str = "") -> str:
    """Return the JSON pointer to a field of the object that ``at`` leads to."""
    return f"{at}/{_escaped(name)}"


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1") if "~" in name or "/" in name else name
