"""A copy of PostgreSQL's own folder, from before an erasure, is started again in the place of the later one.

What was erased is erased again before anything is read, and the log does not go on as if nothing had been published.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from ingest.records import FeedRecord
from jiedao.application.command_answers import CommandRequest
from jiedao.application.erasing import Whom
from jiedao.audit.published import LedgerFaultError
from jiedao.domain import commands as said
from jiedao.domain.access import Holder
from jiedao.domain.terms import Command, Role
from jiedao.entrypoints.bootstrap import SYSTEM, open_district
from jiedao.entrypoints.settings import load_settings
from tests.e2e.cli.terminal import PHONE, form
from tests.e2e.test_forgetting import at_once

LEADER = Holder("t-lead", "user:sun", Role.SHIFT_LEADER)
OPERATOR = Holder("t-op", "user:wang", Role.INTAKE_OPERATOR)
APPROVERS = (Holder("t-legal", "user:qian", Role.LEGAL_REVIEWER), Holder("t-admin", "user:zhao", Role.ADMINISTRATOR))
AT = datetime(2026, 11, 28, tzinfo=UTC)


def report(district, number):
    """A report that is declined, so nothing of it has to be kept; returns the incident's id."""
    record = FeedRecord(json.dumps(form(number)).encode(), f"test#{number}", AT)
    (outcome,) = district.pipeline.run("manual", [record], transport="file", actor=SYSTEM)
    request = CommandRequest(outcome.incident_id, Command.DECLINE, said.Reason("不属本区"), str(uuid4()))
    district.commands.carry_out(request, LEADER)
    return outcome.incident_id


def phone_of(district, incident_id):
    return district.auditing.personal.reporter(incident_id, LEADER, "核对", whole=True).details


@pytest.fixture
def place():
    """A folder with a short name, as a socket's path must be."""
    with tempfile.TemporaryDirectory(prefix="jiedao-copy-") as folder:
        yield Path(folder)


def test_a_copy_from_before_an_erasure_is_erased_again_and_seals_nothing_over_what_was_published(place):
    settings = load_settings(data=place / "data", config=at_once(place), district="330103")
    postgres, copy = settings.data / "postgres", place / "copy"
    with open_district(settings) as district:
        incident_id = report(district, "M1")
        district.ledger.sealer().seal()
    subprocess.run(["cp", "-a", postgres, copy], check=True)  # with owners, as operating.md says

    with open_district(settings) as district:
        district.runner.catch_up()
        assert phone_of(district, incident_id).phone == PHONE
        request = district.erasing.ask(Whom(incident_id=incident_id), "本人申请", OPERATOR, str(uuid4()))
        for approver in APPROVERS:
            district.runner.catch_up()
            answered = district.erasing.approve(request.id, "", approver)
        assert answered.state == "carried_out"
        published = district.ledger.sealer().seal().size

    shutil.rmtree(postgres)
    copy.rename(postgres)
    with open_district(settings) as district:
        assert phone_of(district, incident_id) is None, "erased again as the district was opened"
        with pytest.raises(LedgerFaultError, match=f"{published} events is published and the log ends at position"):
            district.ledger.sealer().seal()
        for number in range(published):  # it grows beyond what was published: that makes it no other log
            report(district, f"N{number}")
        with pytest.raises(
            LedgerFaultError, match=r"is not the one that was published.*docs/audit\.md says what to do"
        ):
            district.ledger.sealer().seal()
        assert district.ledger.published.latest().checkpoint.size == published
