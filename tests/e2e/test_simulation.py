"""A small simulated district: whole lives through the real code, the same for the same seed, and checked for real."""

from __future__ import annotations

import base64
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from jiedao.entrypoints.bootstrap import open_district
from jiedao.entrypoints.settings import load_settings
from jiedao.entrypoints.simulation.checking import check
from jiedao.entrypoints.simulation.machinery import machinery_of
from jiedao.entrypoints.simulation.running import Plan, Simulation
from jiedao.entrypoints.simulation.virtual_clock import VirtualClock
from tests.e2e.cli.terminal import Terminal

BEGINS = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)


def ignored(*_told):
    """Progress that nobody looks at."""


@contextmanager
def lived(url, folder, seed=1, per_day=60):
    """A district after a day's reports and the lives that followed, with what its callers were told."""
    settings = load_settings(
        database_url=url, data=folder, district="330103", vault_key=base64.b64encode(b"k" * 32).decode()
    )
    clock = VirtualClock(BEGINS)
    with open_district(settings, clock=clock) as district:
        plan = Plan(1, per_day, seed, BEGINS)
        yield district, Simulation(district, clock, plan, machinery_of(district)).run(ignored)


def test_after_a_day_of_every_kind_of_life_all_that_is_shown_equals_the_log(database_url, tmp_path):
    with lived(database_url, tmp_path) as (district, tally):
        checked = check(district, tally, ignored)
    assert checked.faults == []
    assert checked.incidents == tally.delivered["accepted"] >= 60
    usual = {"admit", "file", "dispatch", "accept", "report_handled", "verify", "close", "revisit"}
    rarer = {"merge", "joint_operation", "ask_extension", "offer_transfer", "redispatch", "appeal"}
    assert (usual | rarer) - set(+tally.commands) == set()
    assert checked.events > checked.incidents * 5
    assert tally.otherwise["refused"] > 0


def test_the_same_seed_gives_the_same_lives_and_another_one_others(
    database_url, second_database_url, third_database_url, tmp_path
):
    digests = []
    for number, (url, seed) in enumerate(((database_url, 7), (second_database_url, 7), (third_database_url, 8))):
        with lived(url, tmp_path / str(number), seed, per_day=8) as (district, tally):
            digests.append(check(district, tally, ignored).digest)
    assert digests[0] == digests[1] != digests[2]


CHANGED_ROW = "UPDATE {}.task_queue SET title = 'x' WHERE ctid = (SELECT min(ctid) FROM {}.task_queue)"
MISSING_ROW = "DELETE FROM {}.incident_history WHERE ctid = (SELECT max(ctid) FROM {}.incident_history)"


def test_a_view_that_does_not_equal_the_log_and_an_answer_that_was_never_recorded_are_found(database_url, tmp_path):
    with lived(database_url, tmp_path, per_day=10) as (district, tally):
        assert check(district, tally, ignored).faults == []

        truth = replace(tally, commands=tally.commands.copy(), delivered=tally.delivered.copy())
        tally.commands["close"] += 1
        tally.delivered = Counter(accepted=tally.delivered["accepted"] + 1)
        faults = check(district, tally, ignored).faults
        assert len(faults) == 3
        assert "commands were answered as carried out" in faults[-1]

        for damage, told in ((CHANGED_ROW, "task_queue:"), (MISSING_ROW, "incident_history:")):
            schema = district.read.status().active.schema  # each check fills a generation anew, which is the next one
            with district.database.connection() as connection:
                connection.execute(damage.format(schema, schema))
            faults = check(district, truth, ignored).faults
            assert [fault.split(" ")[0] for fault in faults] == [told]


def test_the_command_ends_with_its_verdict_and_leaves_nothing_behind(database_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("jd")  # short, as a socket's path must be
    terminal = Terminal(database_url, folder)
    kept = folder / "lived"
    last = terminal.run("simulate", "--per-day", 10, "--keep", kept).stdout.splitlines()[-1]
    assert last.startswith("一致 consistent: ")
    queues = terminal.ask("queue", "show", JIEDAO_DATABASE_URL="", JIEDAO_DATA=str(kept), JIEDAO_VAULT_KEY="")
    assert queues
    refused = terminal.run("simulate", "--keep", kept, code=1)
    assert "is not empty" in refused.stderr
