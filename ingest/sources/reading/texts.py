"""Cleans texts: what no text may hold (NUL, which PostgreSQL refuses; half surrogates, which are no characters) goes.

So do the marks that turn the direction of writing: nobody sees them, and they make a text read as what it does not say.

That something went is flagged; white space is only tidied.
"""

from __future__ import annotations

import re

from ingest.sources.reading.faults import UnreadableError
from ingest.sources.reading.notes import Notes
from jiedao.domain.terms import ReportFlag

MAX_ID = 200
MAX_TITLE = 500
MAX_DESCRIPTION = 20_000
MAX_DETAIL = 2_000
"""Most characters of a number, a title, a description and of any other field."""

_TITLE_OF = 60
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BLANKS = re.compile(r"[ \t\u00a0\ufeff\u200b]+")
_BLANKS_AND_LINES = re.compile(r"[ \t\u00a0\ufeff\u200b\n]+")
_INVALID = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MANY_LINES = re.compile(r" ?\n(?: ?\n)+ ?")


def clean(text: str, notes: Notes, *, lines: bool = False) -> str:
    """Return the text stripped, without invalid characters, white space tidied; with ``lines`` line ends are kept."""
    if text.isprintable() and "  " not in text:  # most are: letters and single spaces, nothing to be tidied
        return text.strip()
    if _INVALID.search(text) or _DIRECTIONS.search(text):
        notes.flag(ReportFlag.TEXT_REPAIRED)
        text = _INVALID.sub(" ", _DIRECTIONS.sub("", text))  # they stand within words and numbers, and take no room
    text = _LINE_ENDS.sub("\n", text)
    if not lines:
        return _BLANKS_AND_LINES.sub(" ", text).strip()
    return _MANY_LINES.sub("\n\n", _BLANKS.sub(" ", text)).strip()


def at_most(text: str, most: int, pointer: str | None) -> str:
    """Return the text; raises UnreadableError when it is longer than ``most`` characters, because none is ever cut."""
    if len(text) > most:
        raise too_long(text, most, pointer)
    return text


def too_long(text: str, most: int, pointer: str | None) -> UnreadableError:
    """Make the error of a text that is longer than ``most`` characters."""
    return UnreadableError(
        "text_too_long", pointer, f"the text has {len(text)} characters, at most {most} are taken; shorten it"
    )


def checked_id(text: str, pointer: str) -> str:
    """Return a record's own number: stripped, else as it stands.

    Raises UnreadableError when it is empty, too long, or holds characters that would have to be changed.
    """
    text = text.strip()
    if not text:
        raise UnreadableError("id_missing", pointer)
    if len(text) > MAX_ID:
        raise UnreadableError("id_too_long", pointer)
    if _INVALID.search(text) or _DIRECTIONS.search(text) or _LINE_ENDS.search(text) or "\n" in text:
        raise UnreadableError("id_invalid", pointer)
    return text


def title_of(description: str) -> str:
    """Make a title of a description that has none: its first line, or as much of it as a title takes."""
    line = description.split("\n", 1)[0]
    return line if len(line) <= _TITLE_OF else f"{line[: _TITLE_OF - 1]}…"
