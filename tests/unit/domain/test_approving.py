"""Two people approve what cannot be undone: compared, role by role, with a table written by hand."""

from __future__ import annotations

import pytest

from jiedao.domain.approving import ASKERS, READERS, Approval, against_answering, against_asking
from jiedao.domain.terms import Role

#                    ask  approve  read
TABLE = """
integrator           .    .        .
intake_operator      x    .        x
shift_leader         x    .        x
dispatcher           .    .        .
collector            .    .        .
handler              .    .        .
grid_worker          .    .        .
supervisor           .    oversight x
team_legal_officer   .    .        .
legal_reviewer       x    oversight x
auditor              .    .        x
administrator        x    administration x
"""


@pytest.mark.parametrize("row", TABLE.strip().splitlines())
def test_who_may_ask_approve_and_read(row):
    name, ask, approve, read = row.split()
    role = Role(name)
    assert (against_asking(role, ASKERS) == "") == (ask == "x")
    assert (against_answering("user:other", (), "user:x", role) == "") == (approve != ".")
    assert (role in READERS) == (read == "x")


def test_the_table_names_every_role():
    assert {row.split()[0] for row in TABLE.strip().splitlines()} == set(Role)


def test_two_approvals_come_from_two_people_and_two_seats():
    by_reviewer = (Approval("user:qian", "legal_reviewer", "oversight"),)
    assert against_answering("user:wang", by_reviewer, "user:admin", Role.ADMINISTRATOR) == ""
    assert "同一人" in against_answering("user:wang", by_reviewer, "user:qian", Role.ADMINISTRATOR)
    assert "管理员" in against_answering("user:wang", by_reviewer, "user:zhao", Role.SUPERVISOR)
    assert "申请人" in against_answering("user:wang", (), "user:wang", Role.ADMINISTRATOR)
