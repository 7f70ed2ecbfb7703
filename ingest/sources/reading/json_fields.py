"""Typed access to a record's fields by names of ours, whatever the source calls them.

An adapter is a table (:class:`~ingest.sources.reading.aliases.Aliases`): our name for a field → the names that sources
use for it. A value of another kind than the field should hold is noted with the pointer to it, and the reading goes on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.sources.reading.aliases import Aliases
from ingest.sources.reading.faults import UNREAD, UnreadableError
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.texts import MAX_DETAIL, checked_id, clean, too_long
from jiedao.domain.quickly_made import quickly_made

MAX_REVISION = 2**63 - 1
MAX_ITEMS = 200
_WHOLE = re.compile(r"[+-]?[0-9]{1,25}(?:\.0{1,9})?")
_EMPTY = frozenset({"", "null", "none", "nan", "undefined", "\\n"})
_LONGEST_EMPTY = max(map(len, _EMPTY))

YES = frozenset({"1", "true", "yes", "y", "t", "是", "有", "紧急", "特急", "加急", "urgent"})
NO = frozenset({"0", "false", "no", "n", "f", "否", "无", "一般", "普通", "正常", "不紧急", "非紧急", "平急", "normal"})


@quickly_made
@dataclass(frozen=True, slots=True)
class Found:
    """A value and the JSON pointer to where it stands."""

    value: object
    pointer: str


class Fields:
    """The fields of one object; ``at`` is the JSON pointer to the object itself.

    A field that is null or an empty text is as good as missing, and is left out at once.
    """

    def __init__(self, content: Mapping[str, object], aliases: Aliases, notes: Notes, at: str = "") -> None:
        self._content = {  # most are texts of which a look tells that they say something
            name: value
            for name, value in content.items()
            if (
                value.__class__ is str
                and (len(text := value.strip()) > _LONGEST_EMPTY or (text and not text.isascii()))
            )
            or not _is_empty(value)
        }
        self._aliases = aliases
        self._layout = aliases.layout(tuple(content))
        self._notes = notes
        self._at = at

    def find(self, field: str) -> Found | None:
        """Return the field's value as it stands; ``None`` where it is missing, null, or an empty text.

        Raises KeyError for what is no field of ours.
        """
        for name in self._layout[field]:
            value = self._content.get(name)
            if value is not None:
                return Found(value, pointer_of(name, self._at))
        return None

    def holds(self, field: str) -> bool:
        """Whether the record has the field at all, be it empty; raises KeyError for what is no field of ours."""
        return bool(self._layout[field])

    def hold_any(self, fields: Sequence[str]) -> bool:
        """Whether the record has any of the fields at all, as :meth:`holds` says it of one."""
        layout = self._layout
        for field in fields:  # noqa: SIM110  # any() is three times slower, and this is asked of every record
            if layout[field]:
                return True
        return False

    def value(self, field: str) -> object:
        """Return the field's value as it stands, or ``None``."""
        found = self.find(field)
        return None if found is None else found.value

    def pointer(self, field: str) -> str:
        """Return the JSON pointer to the field, or to where it would be looked for first."""
        found = self.find(field)
        return pointer_of(self._aliases[field][0], self._at) if found is None else found.pointer

    def text(self, field: str, most: int = MAX_DETAIL, *, lines: bool = False) -> str:
        """Return a text, cleaned; a number is its decimal text, a missing one is empty, a bad one is noted."""
        for name in self._layout[field]:
            value = self._content.get(name)
            if value is None:
                continue
            written = value if isinstance(value, str) else _written(value)
            if written is None:
                self._notes.fault(_no_text(pointer_of(name, self._at)))
                return UNREAD
            text = clean(written, self._notes, lines=lines)
            if len(text) > most:
                self._notes.fault(too_long(text, most, pointer_of(name, self._at)))
                return UNREAD
            return text
        return ""

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
        names = self._layout[field]
        if not names:
            return []
        texts = [clean(text, self._notes) for name in names if (text := _written(self._content.get(name))) is not None]
        return texts if len(texts) == 1 else list(dict.fromkeys(texts))

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
            if self._layout[field]:
                self._notes.keep(field, self.text(field, lines=True))


def as_text(found: Found) -> str:
    """Return a text or number as text; raises UnreadableError for any other kind of value.

    A whole number is written without a fraction, so that ``10`` and ``10.0`` are one.
    """
    written = _written(found.value)
    if written is None:
        raise _no_text(found.pointer)
    return written


def _written(value: object) -> str | None:
    """Write a number as text, and leave a text as it is; ``None`` for any other kind of value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    return str(value)


def _no_text(pointer: str) -> UnreadableError:
    return UnreadableError("wrong_type", pointer, "the field must hold a text or a number")


_EXACT = 2**53


def _whole(found: Found) -> int | None:
    """Return a whole number, given as number or as text."""
    text = (_written(found.value) or "").strip()
    return int(text.partition(".")[0]) if _WHOLE.fullmatch(text) else None


def _is_empty(value: object) -> bool:
    if not isinstance(value, str):
        return value is None
    text = value.strip()
    return not text or (len(text) <= _LONGEST_EMPTY and text.isascii() and text.casefold() in _EMPTY)


def pointer_of(name: str, at: str = "") -> str:
    """Return the JSON pointer to a field of the object that ``at`` leads to."""
    if "~" in name or "/" in name:
        name = name.replace("~", "~0").replace("/", "~1")
    return f"{at}/{name}"
