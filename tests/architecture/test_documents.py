"""What people read says each thing once: no row or bullet of a list stands twice, no heading sticks to what is above."""

from __future__ import annotations

from itertools import groupby, pairwise

import pytest

from tests.architecture.tree import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def _lines(page):
    """The lines outside of code, each with a blank one in place of a line of code."""
    code = False
    for line in page.read_text(encoding="utf-8").splitlines():
        fence = line.lstrip().startswith("```")
        yield "" if code or fence else line
        code ^= fence


def _tables(lines):
    """The first cells of the rows of each table, without its head."""
    for is_table, rows in groupby(lines, lambda line: line.startswith("|")):
        if is_table:
            yield [row.split(" | ")[0] for row in list(rows)[2:]]


def _lists(lines):
    """The first lines of the bullets of each list."""
    for has_text, block in groupby(lines, bool):
        if has_text:
            yield [line for line in block if line.startswith(("- ", "* "))]


def _says_no_more(one, other):
    """Whether one is the other, or a whole sentence that the other begins with."""
    return one == other or (one.endswith(".") and other.startswith(one))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_nothing_is_said_twice_and_headings_stand_apart(page):
    lines = list(_lines(page))
    assert [below for above, below in pairwise(lines) if below.startswith("#") and above] == []
    for said in [*_tables(lines), *_lists(lines)]:
        assert [one for one, other in pairwise(sorted(said)) if _says_no_more(one, other)] == []
