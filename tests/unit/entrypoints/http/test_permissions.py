"""Who may do what, compared with a table written by hand."""

from __future__ import annotations

import pytest

from jiedao.domain.access import Holder
from jiedao.domain.errors import NotAllowedError
from jiedao.domain.terms import Role
from jiedao.entrypoints.http.permissions import (
    ALLOWED,
    Act,
    require,
    require_all_sources,
    require_all_streets,
    require_source,
    require_street,
)

#                     push rec. dead inc. interv. comm. queue place store read metrics outbox tend person event refus. access export replay draw ledger cosign
TABLE = """
integrator             x    x    x    .    .      .    .     x     x     .    .       .      .     .      .      .      .      .      .      .      .      .
intake_operator        .    x    x    x    .      x    x     x     x     x    .       x      .     x      .      .      .      .      .      .      .      .
shift_leader           .    x    x    x    .      x    x     x     x     x    .       x      x     x      .      .      .      .      .      .      .      .
dispatcher             .    .    .    x    .      x    x     x     x     x    .       x      .     x      .      .      .      .      .      .      .      .
collector              .    .    .    x    .      x    x     x     x     x    .       x      .     .      .      .      .      .      .      .      .      .
handler                .    .    .    x    .      x    x     x     x     x    .       x      .     .      .      .      .      .      .      .      .      .
grid_worker            .    .    .    x    .      x    x     x     x     x    .       x      .     .      .      .      .      .      .      .      .      .
supervisor             .    .    .    x    x      x    x     x     .     x    .       x      .     .      x      x      .      .      x      .      x      .
team_legal_officer     .    .    .    x    .      x    x     x     .     x    .       x      .     .      .      .      .      .      .      .      .      .
legal_reviewer         .    .    .    x    .      x    x     x     .     x    .       x      .     .      x      .      .      .      x      .      .      .
auditor                .    x    x    x    x      x    x     x     .     x    x       x      .     x      x      x      x      x      x      x      x      x
administrator          x    x    x    x    x      x    x     x     x     x    x       x      x     x      x      x      x      x      x      x      x      x
"""
ACTS = (
    Act.PUSH_REPORTS, Act.RECONCILE, Act.READ_DEAD_LETTERS, Act.READ_INCIDENTS, Act.READ_INTERVENTIONS, Act.COMMAND,
    Act.READ_QUEUES, Act.READ_PLACES, Act.STORE_FILES, Act.READ_FILES, Act.READ_METRICS,
    Act.READ_OUTBOX, Act.TEND_OUTBOX, Act.READ_PERSONAL_DATA, Act.READ_EVENTS, Act.READ_REFUSALS,
    Act.READ_ACCESS_RECORDS, Act.EXPORT_EVENTS, Act.REPLAY, Act.DRAW_SAMPLES, Act.READ_LEDGER,
    Act.BRING_COSIGNATURES,
)  # fmt: skip


def test_the_table_is_as_it_was_decided():
    rows = [line.split() for line in TABLE.strip().splitlines()]
    assert {row[0] for row in rows} == set(Role)
    assert set(ACTS) == set(Act) == set(ALLOWED)
    for role, *marks in rows:
        for act, mark in zip(ACTS, marks, strict=True):
            assert (Role(role) in ALLOWED[act]) == (mark == "x"), (role, act)


def test_every_role_and_act_is_decided_by_the_table():
    for act, roles in ALLOWED.items():
        for role in Role:
            holder = Holder("t", "user:x", role)
            if role in roles:
                require(holder, act)
            else:
                with pytest.raises(NotAllowedError, match=role.value):
                    require(holder, act)


def test_limits_of_a_token_hold_whatever_its_role():
    limited = Holder("t", "user:x", Role.ADMINISTRATOR, streets=frozenset({"1"}), sources=frozenset({"hotline"}))
    require_street(limited, "1")
    require_source(limited, "hotline")
    for refused in (
        lambda: require_street(limited, "2"), lambda: require_street(limited, None),
        lambda: require_source(limited, "video"), lambda: require_all_streets(limited, "counts"),
        lambda: require_all_sources(limited, "counts"),
    ):  # fmt: skip
        with pytest.raises(NotAllowedError):
            refused()
    free = Holder("t", "user:x", Role.ADMINISTRATOR)
    require_street(free, None)
    require_source(free, "video")
    require_all_streets(free, "counts")
    require_all_sources(free, "counts")
