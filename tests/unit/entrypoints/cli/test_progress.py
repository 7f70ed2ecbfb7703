"""Progress of long work where there is no terminal: a line now and then."""

from __future__ import annotations

from itertools import count

from jiedao.entrypoints.cli import progress as module
from jiedao.entrypoints.cli.progress import LINE_SECONDS, progress


def test_without_a_terminal_a_line_is_written_every_few_seconds(capsys, monkeypatch):
    ticks = count()
    monkeypatch.setattr(module, "monotonic", lambda: next(ticks) * LINE_SECONDS / 2)
    with progress("rebuild") as report:
        for done in range(1, 9):
            report(done, 8)
    captured = capsys.readouterr()
    assert captured.err.splitlines()[0] == "rebuild: 2 / 8"
    assert 2 <= len(captured.err.splitlines()) < 8
    assert captured.out == ""


def test_work_that_is_soon_done_says_nothing(capsys):
    with progress("rebuild") as report:
        report(1, 1)
    assert capsys.readouterr().err == ""


def test_what_was_said_is_not_said_again(capsys, monkeypatch):
    ticks = count()
    monkeypatch.setattr(module, "monotonic", lambda: next(ticks) * LINE_SECONDS)
    with progress("orders.json") as report:
        for done in (1, 8, 8, 8):
            report(done, 8)
    assert capsys.readouterr().err.splitlines() == ["orders.json: 1 / 8", "orders.json: 8 / 8"]
