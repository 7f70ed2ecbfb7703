"""Every decision record is in the index under its own title, dated, with a status; the index lists nothing else."""

from __future__ import annotations

import re

import pytest

from tests.architecture.tree import ROOT

FOLDER = ROOT / "docs" / "adr"
INDEX = FOLDER / "README.md"
RECORDS = sorted(path for path in FOLDER.glob("*.md") if path != INDEX)
LINE = re.compile(r"^\| \[(\d{4})\]\(([^)]+)\) \| (.+?) \| (\d{4}-\d\d-\d\d) \| (.+?) \|$", re.MULTILINE)
STATUS = re.compile(r"^(\d{4}-\d\d-\d\d)\. (Proposed|Accepted|Rejected|Superseded by \d{4})\.$")


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


def test_the_index_is_the_folder():
    listed = LINE.findall(INDEX.read_text(encoding="utf-8"))
    there = []
    for path in RECORDS:
        title, dated = lines_of(path)[0], STATUS.match(lines_of(path)[2])
        assert dated, f"{path.name}: the third line is its date and status, like '2026-11-24. Accepted.'"
        there.append((path.name[:4], path.name, title.partition(". ")[2], *dated.groups()))
    assert listed == there


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_is_numbered_titled_and_complete(path):
    assert re.fullmatch(r"\d{4}(-[a-z0-9]+)+", path.stem)
    title, empty, _dated, *rest = lines_of(path)
    assert title.startswith(f"# {int(path.stem[:4])}. ")
    assert empty == ""
    text = "\n".join(rest)
    assert [word for word in ("Context", "Decision", "Consequences") if f"**{word}.**" not in text] == []


def test_every_number_is_given_once_and_none_is_left_out():
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))
