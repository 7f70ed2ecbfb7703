"""``jiedao demo`` as a process, looked at from outside: over HTTP, and by other commands beside it."""

import json
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import datetime
from pathlib import Path
from threading import Timer
from zoneinfo import ZoneInfo

import httpx
import pytest

from jiedao.domain.terms import Role
from jiedao.entrypoints.settings import Settings
from tests.waiting import until

JIEDAO = str(Path(sys.executable).with_name("jiedao"))
SAMPLE = Settings().config / "districts" / "330103" / "sample"
EXPECTED = tomllib.loads((SAMPLE / "expected.toml").read_text(encoding="utf-8"))
PATIENCE_SECONDS = 280
PLAYED = "curl -H"  # the last of what it says to try, once the whole sample was sent


class RunningDemo:
    """The demo's process, and what it has said."""

    def __init__(self, data, *options):
        self.data = data
        self.lines = []
        self.process = subprocess.Popen(
            [JIEDAO, "demo", "--fast", "--port", "0", "--data", str(data), *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        )  # fmt: skip
        self._impatience = Timer(PATIENCE_SECONDS, self.process.kill)
        self._impatience.start()

    def until(self, words):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if words in line:
                return self
        raise AssertionError(f"it ended ({self.process.wait()}) before it said {words!r}: {self.said}")

    def end(self):
        """Read on to the end; returns the exit code."""
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
        self._impatience.cancel()
        self.process.stdout.close()
        return self.process.wait()

    def stop(self):
        """Interrupt it as Ctrl-C does, unless it has ended; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.returncode if self.process.stdout.closed else self.end()

    @property
    def said(self):
        return "\n".join(self.lines)

    @property
    def address(self):
        return re.search(r"(http://127\.0\.0\.1:\d+)/#token=", self.said)[1]

    def token(self, role):
        return re.search(rf"^ +{role} +(jd_\w+)", self.said, re.MULTILINE)[1]

    def get(self, path, role="administrator", **parameters):
        headers = {"Authorization": f"Bearer {self.token(role)}"}
        return httpx.get(self.address + path, params=parameters, headers=headers, trust_env=False, timeout=20)

    def command(self, *arguments):
        return jiedao(*arguments, "--data", str(self.data))


def jiedao(*arguments):
    return subprocess.run([JIEDAO, *arguments], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A demo that has sent everything and stays up."""
    running = RunningDemo(tmp_path_factory.mktemp("demo"), "--json", "--still")
    try:
        yield running.until(PLAYED)
    finally:
        running.stop()


def by_column(street):
    columns = {**street["platforms"], "triage": street["triage"]}
    return {name: number for name, number in columns.items() if number}


def queues(counts):
    rows = {street["code"]: street for street in counts["streets"]} | {"district": counts["district"]}
    return {code: by_column(row) for code, row in rows.items()}


def test_the_queues_hold_what_the_sample_comes_to(demo):
    assert queues(demo.get("/v1/queues").json()) == EXPECTED["queues"]


def test_every_source_can_account_for_what_it_sent(demo):
    zone = ZoneInfo("Asia/Shanghai")
    today = datetime.now(zone).date().isoformat()
    found = {}
    for source, outcomes in EXPECTED["outcomes"].items():
        answer = demo.get(f"/v1/sources/{source}/reconciliation", date=today).json()
        assert answer["received"] == sum(outcomes.values())
        found[source] = {outcome: len(records) for outcome, records in answer["records"].items() if records}

    assert found == EXPECTED["outcomes"]


def test_what_could_not_be_read_waits_as_dead_letters(demo):
    items = demo.get("/v1/dead-letters").json()["items"]

    assert Counter(item["reason"] for item in items) == EXPECTED["dead_letters"]


def test_each_role_has_a_token_that_may_do_what_the_role_may(demo):
    for role in Role:
        assert demo.get("/v1/streets", role.value).status_code == 200
    assert demo.get("/v1/queues", "integrator").status_code == 403


def test_programs_are_told_the_same_as_people(demo):
    ready, played = (json.loads(line) for line in demo.lines if line.startswith("{"))

    assert (ready["event"], ready["address"], ready["district"]) == ("ready", demo.address, "330103")
    assert ready["tokens"] == {role.value: demo.token(role.value) for role in Role}
    assert (played["event"], played["outcomes"]) == ("played", EXPECTED["outcomes"])


def test_the_address_opens_the_page_of_counts_and_the_documentation(demo):
    for path in ("/", "/docs"):
        answer = httpx.get(demo.address + path, trust_env=False)
        assert answer.status_code == 200
        assert "text/html" in answer.headers["content-type"]


def test_the_story_that_it_proposes_is_there_and_tells_of_a_revision(demo):
    incident = re.search(r"incident history ([0-9a-f-]{36})", demo.said)[1]

    events = demo.get(f"/v1/incidents/{incident}/history").json()["events"]

    assert "revised" in [event["event"] for event in events]


def test_another_command_joins_it_and_counts_the_same(demo):
    found = demo.command("queue", "show", "--json")

    assert found.returncode == 0, found.stderr
    assert queues(json.loads(found.stdout)) == EXPECTED["queues"]


def test_the_boundaries_are_said_to_be_approximate(demo):
    assert "近似" in demo.said


def test_a_second_demo_in_the_same_folder_says_so_and_ends(demo):
    second = demo.command("demo", "--port", "0")

    assert second.returncode == 1
    assert second.stderr.startswith("error: a demo runs in")
    assert "Traceback" not in second.stderr


def test_a_port_that_is_taken_is_named(demo, tmp_path):
    port = demo.address.rpartition(":")[2]

    second = jiedao("demo", "--port", port, "--data", str(tmp_path / "other"))

    assert second.returncode == 1
    assert f"127.0.0.1:{port} cannot be listened on" in second.stderr


def test_interrupted_it_stops_with_a_sentence_and_started_again_adds_a_sample(demo):
    assert (demo.stop(), demo.lines[-1][:3]) == (0, "已停止"), demo.said

    again = RunningDemo(demo.data, "--exit-when-done", "--still")

    assert (again.end(), again.lines[-1][:3]) == (0, "已停止"), again.said
    counts = json.loads(demo.command("queue", "show", "--json").stdout)
    tokens = json.loads(demo.command("tokens", "list", "--json").stdout)["items"]
    assert queues(counts) == {
        code: {column: 2 * number for column, number in row.items()} for code, row in EXPECTED["queues"].items()
    }
    assert len(tokens) == 2 * (len(Role) + len(EXPECTED["outcomes"]))
    assert sum(token["revoked_at"] is not None for token in tokens) == len(tokens) // 2


def test_made_up_people_work_on_what_was_sent_until_it_ends(tmp_path):
    living = RunningDemo(tmp_path).until(PLAYED)
    try:
        until(lambda: living.get("/v1/incidents", state="dispatched").json()["items"], "a task that was given")
    finally:
        assert (living.stop(), living.lines[-1][:3]) == (0, "已停止"), living.said


def test_a_sample_that_cannot_be_used_is_told_before_anything_is_started(tmp_path):
    profile = tmp_path / "config" / "districts" / "330103"
    shutil.copytree(SAMPLE.parent, profile)
    (profile / "sample" / "manual.forms.jsonl").write_text('{"id":"1","reported_at":"{{yesterday}}"}\n')

    ended = jiedao("demo", "--config", str(tmp_path / "config"), "--data", str(tmp_path / "data"), "--port", "0")

    assert ended.returncode == 1
    assert ended.stderr.startswith("error: manual.forms.jsonl#1: {{yesterday}} is no token")
    assert not (tmp_path / "data" / "postgres").exists()
