"""What people read says each thing once: no row or bullet of a list stands twice, no heading sticks to what is above."""

from __future__ import annotations

import re
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


AUDIT, ITS_TWIN = ROOT / "docs" / "audit.md", ROOT / "docs" / "audit.zh-CN.md"
_CHINESE = re.compile(r"[^A-Za-z]*")
_NAMED = {
    "commands": re.compile(r"jiedao (?:audit )?[a-z-]+(?: [a-z]+)?"),
    "options": re.compile(r"--[a-z-]+"),
    "settings": re.compile(r"JIEDAO_[A-Z_]+"),
    "addresses": re.compile(r"(?:GET|POST) /v1/[a-z/{}…]+"),
    "codes": re.compile(r"`([a-z_]+)`"),
}


def _headings(page):
    return [line.removeprefix("## ") for line in _lines(page) if line.startswith("## ")]


def test_the_auditors_page_says_the_same_in_chinese():
    """Written apart, for an auditor who reads no English: the same sections, and everything that one types or reads."""
    assert [_CHINESE.match(one)[0].strip() for one in _headings(AUDIT)] == _headings(ITS_TWIN)
    one, other = (page.read_text(encoding="utf-8") for page in (AUDIT, ITS_TWIN))
    for what, named in _NAMED.items():
        assert set(named.findall(one)) == set(named.findall(other)), what
    assert one.count("```console") == other.count("```console")
