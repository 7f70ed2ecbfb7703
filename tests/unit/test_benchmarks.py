"""The benchmarks' runner is bounded in time, and what went wrong is said and not left out."""

from __future__ import annotations

import pytest
from rich.console import Console

from tests.benchmarks.__main__ import BENCHES, read_arguments, run_apart, table_of
from tests.benchmarks.running import _reason_in


def test_a_benchmark_that_fails_is_a_row_that_says_why():
    (row,) = run_apart("append", "host=/nowhere dbname=none", quick=True, seconds=60, say=print)
    assert row["failed"]
    assert row["name"].startswith("append: ")
    assert "/nowhere" in row["name"]


def test_of_an_error_of_the_database_the_whole_sentence_is_told_and_not_only_its_hint():
    errors = (
        "Traceback (most recent call last):\n"
        '  File "bench.py", line 3, in bench\n'
        "    connection.execute(statement)\n"
        "psycopg.errors.DatatypeMismatch: a column is of another type\n"
        "LINE 8:     1 + 1\n"
        "            ^\n"
        "HINT:  cast it\n"
    )
    assert (
        _reason_in(errors)
        == "psycopg.errors.DatatypeMismatch: a column is of another type LINE 8:     1 + 1 ^ HINT:  cast it"
    )


def test_a_benchmark_that_takes_too_long_is_ended():
    assert run_apart("geo", "", quick=True, seconds=0.05, say=print) == [
        {"name": "geo: not done within 0 s", "failed": True}
    ]


def test_a_ratio_stands_beside_what_it_was_made_of():
    console = Console(width=80, record=True)
    with console.capture() as printed:
        console.print(
            table_of([{"name": "append", "value": 12_345.6, "limit": 24_691.2, "ratio": 0.5, "unit": "events/s"}])
        )
    assert printed.get().split()[-5:] == ["append", "12,346", "24,691", "events/s", "0.50"]


def test_only_benchmarks_that_exist_can_be_asked_for(capsys):
    assert read_arguments(["geo", "--quick"]).names == ["geo"]
    with pytest.raises(SystemExit):
        read_arguments(["geography"])
    said = capsys.readouterr().err
    assert [name for name in BENCHES if name not in said] == []
