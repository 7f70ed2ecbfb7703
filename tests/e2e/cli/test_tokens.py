"""`jiedao tokens`: made once, recognised, revoked."""

from __future__ import annotations

import pytest

from jiedao.store.database import Database
from jiedao.store.tokens import TokenTable
from tests.e2e.cli.terminal import ZHAOHUI


@pytest.fixture
def table(database_url):
    with Database(database_url, max_connections=4) as database:
        yield TokenTable(database)


def test_a_token_is_shown_once_and_is_its_holders(terminal, table):
    made = terminal.ask(
        "tokens", "create", "--role", "值班长", "--holder", "user:zhang", "--street", "朝晖", "--source", "hotline",
        "--assignee", "区园林绿化局", "--expires", "30d",
    )  # fmt: skip
    holder = table.authenticate(made["token"])
    assert (holder.holder, holder.role.value) == ("user:zhang", "shift_leader")
    assert (holder.streets, holder.sources) == (frozenset({ZHAOHUI}), frozenset({"hotline"}))
    assert holder.assignees == frozenset(made["assignees"]) == frozenset({"区园林绿化局"})
    assert holder.expires_at is not None
    listed = terminal.run("tokens", "list")
    assert made["token_id"] in listed.stdout
    assert "值班长" in listed.stdout
    assert made["token"] not in listed.output


def test_only_the_token_is_on_standard_output(terminal, table):
    result = terminal.run("tokens", "create", "--role", "auditor", "--holder", "user:li")
    assert table.authenticate(result.stdout.strip()).holder == "user:li"
    assert result.stdout.strip() not in result.stderr


def test_a_revoked_token_lets_nobody_in(terminal, table):
    made = terminal.ask("tokens", "create", "--role", "dispatcher", "--holder", "user:wang")
    revoked = terminal.ask("tokens", "revoke", made["token_id"])
    assert revoked["state"] == "revoked"
    assert revoked["revoked_by"].startswith("console:")
    assert table.authenticate(made["token"]) is None
    (listed,) = terminal.ask("tokens", "list")["items"]
    assert listed["state"] == "revoked"
    assert "已撤销" in terminal.run("tokens", "list").stdout


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--role", "king", "--holder", "user:a"), 1),
        (("--role", "auditor", "--holder", "nobody"), 1),
        (("--role", "auditor", "--holder", "user:a", "--street", "西湖"), 3),
        (("--role", "auditor", "--holder", "user:a", "--source", "fax"), 3),
        (("--role", "auditor", "--holder", "user:a", "--expires", "2020-01-01"), 1),
        (("--role", "auditor"), 2),
    ],
)
def test_a_token_that_cannot_be_is_not_made(terminal, table, options, code):
    assert "error" in terminal.ask("tokens", "create", *options, code=code)
    assert table.list() == []


def test_a_token_that_there_is_not_cannot_be_revoked(terminal):
    terminal.run("tokens", "revoke", "t-none", code=3)
