from __future__ import annotations

from datetime import timedelta

from tests.integration.projections.journal import START, received


def test_the_position_as_of_a_time_is_the_last_recorded_by_then(journal):
    ends = [journal.append(*[received(10 * n + m) for m in range(n % 3 + 1)]) for n in range(9)]
    assert ask(journal, START - timedelta(seconds=1)) == 0
    for moment, end in zip(journal.moments, ends, strict=True):
        assert ask(journal, moment) == end
        assert ask(journal, moment + timedelta(seconds=59)) == end


def test_an_empty_log_has_no_position_as_of_any_time(journal):
    assert ask(journal, START) == 0


def ask(journal, moment):
    return journal.connection.execute("SELECT position_as_of(%s)", [moment]).fetchone()[0]
