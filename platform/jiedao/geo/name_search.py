"""Finds the known names in a text: at each place the longest one, and of overlapping ones the longest.

Names are looked up by their first two characters: a text costs one look-up a character, however many names there are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from jiedao.domain.quickly_made import quickly_made

# Full-width letters, digits and signs (U+FF01 to U+FF5E) are read as their ASCII twins; lengths stay as they are.
_WIDE = re.compile("[\uff01-\uff5e\u3000]")
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

SHORTEST_NAME = 2


@quickly_made
@dataclass(frozen=True, slots=True)
class FoundName:
    """A name found in a text: where it starts and ends there, and the name as it was given to the search."""

    start: int
    end: int
    name: str


def folded(text: str) -> str:
    """The text as it is compared: full-width ASCII made narrow, capitals made small, character by character."""
    narrow = text.translate(_NARROW) if _WIDE.search(text) else text
    if narrow.lower() == narrow:
        return narrow
    return "".join(small if len(small := character.lower()) == 1 else character for character in narrow)


def is_han(character: str) -> bool:
    """Whether a character is a Chinese one (CJK unified ideographs and extension A)."""
    return "㐀" <= character <= "鿿"


class NameSearch:
    """A set of names, ready to be found in texts.

    A name of Latin letters or digits is found only as a whole word; Chinese has no such borders.
    Names have at least SHORTEST_NAME characters, others are never found.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Prepare the names; of names that compare the same, the first one given stands for all."""
        self._names: dict[str, str] = {}
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for name in names:
            key = folded(name)
            if len(key) >= SHORTEST_NAME:
                self._names.setdefault(key, name)
                lengths[key[:SHORTEST_NAME]].add(len(key))
        self._lengths = {start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()}
        firsts = "".join(sorted({re.escape(start[0]) for start in lengths}))
        self._begins = re.compile(f"[{firsts}]" if firsts else r"(?!)")

    def find(self, text: str) -> list[FoundName]:
        """Return the names in a text, from left to right, none overlapping another.

        Of names that overlap, the longest stays; of equally long ones, the left one.
        """
        key = folded(text)
        found: list[FoundName] = []
        for place in self._begins.finditer(
            key
        ):  # at most letters begins no name, and to see that costs next to nothing
            start = place.start()
            for length in self._lengths.get(key[start : start + SHORTEST_NAME], ()):
                name = self._names.get(key[start : start + length])
                if name is not None and _is_whole(key, start, start + length):
                    found.append(FoundName(start, start + length, name))
                    break
        if len(found) > 1:
            found = _without_overlaps(found)
        return found


def _without_overlaps(found: list[FoundName]) -> list[FoundName]:
    kept: list[FoundName] = []
    for candidate in sorted(found, key=lambda name: (name.start - name.end, name.start)):
        if all(candidate.end <= other.start or candidate.start >= other.end for other in kept):
            kept.append(candidate)
    return sorted(kept, key=lambda name: name.start)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no Latin word or number is cut apart at either end."""
    return not (
        (start > 0 and _same_word(text[start - 1], text[start]))
        or (end < len(text) and _same_word(text[end - 1], text[end]))
    )


def _same_word(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum() and not is_han(left) and not is_han(right)
