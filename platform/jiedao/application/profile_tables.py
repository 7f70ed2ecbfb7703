"""Reads the CSV tables of a district's profile strictly: every column known, every cell accounted for.

Each row keeps its line number, so that a fault found later can still be shown where it stands.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jiedao.application.profile_faults import Faults

TRUTHS = {"true": True, "false": False}
MARKS = ("origin", "assumed")
"""Columns that any table may have: where a row comes from, and whether it is assumed rather than a fact."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table: cells of ``required`` are never empty, ``optional`` ones may lack altogether."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def known(self) -> frozenset[str]:
        """All columns that the table may have."""
        return frozenset((*self.required, *self.optional, *MARKS))


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by column, without surrounding space, and the line it ends on."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """The cell of a column; empty where the table has no such column."""
        return self.cells.get(column, "")

    @property
    def assumed(self) -> bool:
        """Whether the row is assumed."""
        return TRUTHS.get(self["assumed"], False)


@dataclass(frozen=True, slots=True)
class TableReader:
    """Reads the tables of one profile; ``origins`` are the words that a row's origin may be."""

    directory: Path
    origins: frozenset[str]
    faults: Faults

    def read(self, file: str, columns: Columns, *, needed: bool) -> list[Row]:
        """Return the rows of a table that are sound in themselves; a table that is not needed may lack."""
        text = read_text(self.directory / file, file, self.faults, needed=needed)
        if not text:
            return []
        lines = csv.reader(io.StringIO(text, newline=""), strict=True)
        rows: list[Row] = []
        try:
            header = [cell.strip() for cell in next(lines, [])]
            if not self._sound_header(file, header, columns):
                return []
            read = (self._row(file, lines.line_num, header, cells, columns) for cells in lines if cells)
            rows.extend(row for row in read if row)
        except csv.Error as error:
            self.faults.add(file, lines.line_num, f"not readable as CSV ({error}); close the quotes")
        return rows

    def _sound_header(self, file: str, header: Sequence[str], columns: Columns) -> bool:
        missing = [column for column in columns.required if column not in header]
        unknown = [column for column in header if column not in columns.known]
        if missing:
            self.faults.add(file, 1, f"the column {_listed(missing)} is missing; add it")
        if unknown:
            self.faults.add(file, 1, f"there is no column {_listed(unknown)}; known are {_listed(columns.known)}")
        if len(set(header)) < len(header):
            self.faults.add(file, 1, "a column stands twice; remove one")
        return not missing and not unknown and len(set(header)) == len(header)

    def _row(self, file: str, line: int, header: Sequence[str], cells: Sequence[str], columns: Columns) -> Row | None:
        if len(cells) != len(header):
            self.faults.add(
                file, line, f"{len(cells)} cells where the header has {len(header)}; quote commas in a cell"
            )
            return None
        row = Row(line, {column: cell.strip() for column, cell in zip(header, cells, strict=True)})
        empty = [column for column in columns.required if not row[column]]
        if empty:
            self.faults.add(file, line, f"{_listed(empty)} is empty; fill it in")
            return None
        if row["assumed"] and row["assumed"] not in TRUTHS:
            self.faults.add(file, line, f"assumed is {row['assumed']!r}; write true or false")
        if row["origin"] and row["origin"] not in self.origins:
            self.faults.add(file, line, f"the origin {row['origin']!r} is not explained; add it to [origins]")
        return row

    def unique(self, file: str, rows: Iterable[Row], *columns: str) -> list[Row]:
        """Return the rows whose cells in some columns are the first of their kind; write the others down."""
        first: dict[tuple[str, ...], Row] = {}
        for row in rows:
            key = tuple(row[column] for column in columns)
            if key in first:
                named = " ".join(repr(cell) for cell in key)
                self.faults.add(file, row.line, f"{named} stands already in line {first[key].line}; remove one")
            else:
                first[key] = row
        return list(first.values())

    def number(self, file: str, row: Row, column: str) -> float:
        """Return a cell as a number; write it down where it is none."""
        try:
            return float(row[column])
        except ValueError:
            self.faults.add(file, row.line, f"{column} is {row[column]!r}; write a number")
            return 0.0

    def one_of(self, file: str, row: Row, column: str, words: Iterable[str]) -> str:
        """Return a cell that must be one of some words; write it down where it is not."""
        known = list(words)
        if row[column] not in known:
            self.faults.add(file, row.line, f"{column} is {row[column]!r}; write one of {_listed(known)}")
        return row[column]


def read_text(path: Path, file: str, faults: Faults, *, needed: bool) -> str:
    """Return a file's text (UTF-8, a byte order mark is dropped); empty, and written down, where it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        if needed:
            faults.add(file, None, "the file is missing; every profile needs it")
    except UnicodeDecodeError as error:
        faults.add(file, None, f"not UTF-8 at byte {error.start}; save it as UTF-8")
    except OSError as error:
        faults.add(file, None, f"cannot be read ({error.strerror}); check what it is and who may read it")
    return ""


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words if isinstance(words, list) else sorted(words))
