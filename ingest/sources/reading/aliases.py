"""The names that sources use for a field of ours, and where a record of given names holds which field.

Names are compared without regard to case, ``_``, ``-`` and spaces: ``caseNumber``, ``CASE_NUMBER`` and ``case_number``
are one. A source sends the same names record after record, so what they stand for is worked out once and kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

Layout = Mapping[str, tuple[str, ...]]
"""Our name of a field → the names in the record that stand for it, in the order of preference; every field is there."""

_IGNORED = str.maketrans("", "", "_- ")
_KEPT_LAYOUTS = 256
_KEPT_LETTERS = 4_096  # of all names of a record together; what has more nobody sends again


class Aliases(Mapping[str, tuple[str, ...]]):
    """A table: our name of a field → the names that it may stand under, in the order of preference."""

    def __init__(self, table: Mapping[str, tuple[str, ...]]) -> None:
        self._table = dict(table)
        self._standing_for = _turned(self._table)
        self._layouts: dict[tuple[str, ...], Layout] = {}

    def __getitem__(self, field: str) -> tuple[str, ...]:
        """Return the names of a field; raises KeyError for no field of ours."""
        return self._table[field]

    def __iter__(self) -> Iterator[str]:
        """Iterate over our names."""
        return iter(self._table)

    def __len__(self) -> int:
        """Return how many fields there are."""
        return len(self._table)

    def layout(self, names: tuple[str, ...]) -> Layout:
        """Return which of a record's names hold which field; threads may ask at the same time."""
        layout = self._layouts.get(names)
        if layout is None:
            layout = self._laid_out(names)
            if sum(map(len, names)) <= _KEPT_LETTERS:
                if len(self._layouts) >= _KEPT_LAYOUTS:
                    self._layouts.clear()
                self._layouts[names] = layout
        return layout

    def _laid_out(self, names: tuple[str, ...]) -> Layout:
        found: dict[str, list[tuple[int, str]]] = {field: [] for field in self._table}
        for name in names:
            for field, preference in self._standing_for.get(_plain(name), ()):
                found[field].append((preference, name))
        return {field: tuple(name for _, name in sorted(held, key=_preference)) for field, held in found.items()}


def _turned(table: Mapping[str, tuple[str, ...]]) -> Mapping[str, list[tuple[str, int]]]:
    """Turn a table round: what a name may stand for, each with the name's place in that field's preference."""
    turned: dict[str, list[tuple[str, int]]] = {}
    for field, names in table.items():
        for preference, name in enumerate(dict.fromkeys(map(_plain, names))):
            turned.setdefault(name, []).append((field, preference))
    return turned


def _preference(held: tuple[int, str]) -> int:
    return held[0]


def _plain(name: str) -> str:
    return name.casefold().translate(_IGNORED)
