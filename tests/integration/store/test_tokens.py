"""Tokens are shown once, recognised until they end or are revoked, and cannot be read back from anywhere."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

import psycopg
import pytest

from jiedao.domain.access import Holder
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.terms import Role
from jiedao.store.database import Database
from jiedao.store.tokens import TokenTable
from tests.waiting import until


@pytest.fixture
def tokens(database_url):
    with Database(database_url, max_connections=2) as database:
        yield TokenTable(database)


@pytest.fixture
def admin(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def test_a_token_is_recognised_with_all_that_limits_it(tokens):
    issued = tokens.create(
        "source:hotline", Role.INTEGRATOR, streets=["330103001", "330103002"], sources={"hotline"}, created_by="user:li"
    )
    assert tokens.authenticate(issued.plain) == Holder(
        issued.token.token_id, "source:hotline", Role.INTEGRATOR, frozenset({"330103001", "330103002"}),
        frozenset({"hotline"}), None,
    )  # fmt: skip
    unlimited = tokens.create("user:zhang", "administrator", created_by="user:li")
    holder = tokens.authenticate(unlimited.plain)
    assert (holder.role, holder.streets, holder.sources) == (Role.ADMINISTRATOR, None, None)


def test_a_token_says_for_whom_its_holder_works(tokens):
    issued = tokens.create(
        "user:lin", Role.HANDLER, assignees=["区园林绿化局", "区园林绿化局养护一队"], created_by="user:li"
    )
    expected = frozenset({"区园林绿化局", "区园林绿化局养护一队"})
    assert (
        tokens.authenticate(issued.plain).assignees == issued.token.assignees == tokens.list()[-1].assignees == expected
    )


@pytest.mark.parametrize("names", [[], "区园林绿化局", [""], [" 区城管局"], ["a\x00b"], ["长" * 101]])
def test_whoever_they_work_for_has_a_name(tokens, names):
    with pytest.raises(InvalidInputError) as wrong:
        tokens.create("user:lin", Role.HANDLER, assignees=names, created_by="user:li")
    assert wrong.value.pointer == "/assignees"


def test_tokens_are_random_and_fit_the_bearer_header(tokens):
    plain = [tokens.create("user:zhang", Role.HANDLER, created_by="user:li").plain for _ in range(50)]
    assert len(set(plain)) == 50
    assert all(re.fullmatch("jd_[A-Za-z0-9]{43}", one) for one in plain)
    assert {len({one[place] for one in plain}) > 1 for place in range(3, 46)} == {True}


def test_the_plain_token_is_kept_nowhere(tokens, admin):
    issued = tokens.create("user:zhang", Role.HANDLER, created_by="user:li")
    row = admin.execute("SELECT t::text, secret_hash, hash_algorithm FROM access_token AS t").fetchone()
    assert issued.plain not in row[0]
    assert issued.plain[3:] not in row[0]
    assert row[1:] == (hashlib.sha256(issued.plain.encode()).digest(), "SHA-256")
    assert issued.plain not in repr(issued)
    assert issued.plain not in repr(tokens.list())


@pytest.mark.parametrize("plain", ["", "jd_", "jd_" + "a" * 43, "jd_" + "a" * 44, "é" * 46, "jd_" + "a" * 42 + "\x00"])
def test_an_unknown_token_has_no_holder(tokens, plain):
    tokens.create("user:zhang", Role.HANDLER, created_by="user:li")
    assert tokens.authenticate(plain) is None


def test_a_token_of_another_case_or_length_is_another_token(tokens):
    plain = tokens.create("user:zhang", Role.HANDLER, created_by="user:li").plain
    for other in (plain.swapcase(), plain[:-1], f"{plain} ", f" {plain}", plain[3:]):
        assert tokens.authenticate(other) is None


def test_a_revoked_token_has_no_holder_at_once_and_the_first_revocation_stands(tokens):
    issued = tokens.create("user:zhang", Role.HANDLER, created_by="user:li")
    first = tokens.revoke(issued.token.token_id, "user:li")
    assert tokens.authenticate(issued.plain) is None
    former = tokens.former(issued.plain)
    assert (former.holder.holder, former.holder.token_id, former.ended) == (
        "user:zhang", issued.token.token_id, "revoked",
    )  # fmt: skip
    assert first.revoked_by == "user:li"
    assert first.revoked_at >= issued.token.created_at
    assert tokens.revoke(issued.token.token_id, "user:wang") == first
    with pytest.raises(NotFoundError, match="tokens list"):
        tokens.revoke("t-unknown", "user:li")
    with pytest.raises(InvalidInputError):
        tokens.revoke(issued.token.token_id, "")


def test_a_token_ends_when_it_was_to_end(tokens, admin):
    now = admin.execute("SELECT clock_timestamp()").fetchone()[0]
    assert tokens.former("jd_" + "a" * 43) is None
    brief = tokens.create("user:zhang", Role.HANDLER, expires_at=now + timedelta(seconds=1), created_by="user:li")
    longer = tokens.create("user:zhang", Role.HANDLER, expires_at=now + timedelta(days=1), created_by="user:li")
    assert tokens.authenticate(brief.plain).expires_at == now + timedelta(seconds=1)
    until(lambda: tokens.authenticate(brief.plain) is None, "the token's end")
    assert (tokens.former(brief.plain).ended, tokens.former(longer.plain)) == ("expired", None)
    assert admin.execute("SELECT clock_timestamp()").fetchone()[0] >= now + timedelta(seconds=1)
    assert tokens.authenticate(longer.plain).holder == "user:zhang"


def test_tokens_are_listed_in_the_order_in_which_they_were_made(tokens):
    made = [tokens.create(f"user:{name}", Role.AUDITOR, created_by="user:li").token for name in ("wu", "an", "bo")]
    revoked = tokens.revoke(made[1].token_id, "user:li")
    assert tokens.list() == [made[0], revoked, made[2]]


@pytest.mark.parametrize(
    "holder",
    ["", "zhang", "user:", "user:Zhang", "user:zhang li", "person:zhang", "source:", "user:张三", "user:-a", "user:a-",
     "user:zhang\n", "user:" + "a" * 65, "user:a:b", "system:jiedao"],
)  # fmt: skip
def test_a_name_that_is_none_is_refused(tokens, holder):
    with pytest.raises(InvalidInputError, match="names no holder"):
        tokens.create(holder, Role.HANDLER, created_by="user:li")


@pytest.mark.parametrize("holder", ["user:zhang", "user:z", "source:digital_city", "user:zhang.san-2"])
def test_a_name_of_small_letters_and_digits_is_taken(tokens, holder):
    assert tokens.create(holder, Role.HANDLER, created_by="user:li").token.holder == holder


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"role": "mayor"}, "/role"), ({"streets": []}, "/streets"), ({"streets": "330103001"}, "/streets"),
        ({"sources": ["hot line"]}, "/sources"), ({"sources": [""]}, "/sources"), ({"created_by": ""}, "/created_by"),
        ({"expires_at": datetime(2999, 1, 1)}, "/expires_at"),  # noqa: DTZ001  # without zone on purpose
        ({"expires_at": datetime.fromisoformat("2020-01-01T00:00:00+08:00")}, "/expires_at"),
    ],
)  # fmt: skip
def test_a_token_that_makes_no_sense_is_refused_and_not_kept(tokens, wrong, pointer):
    fields = {"role": Role.HANDLER, "created_by": "user:li"} | wrong
    with pytest.raises(InvalidInputError) as refusal:
        tokens.create("user:zhang", **fields)
    assert refusal.value.pointer == pointer
    assert tokens.list() == []
