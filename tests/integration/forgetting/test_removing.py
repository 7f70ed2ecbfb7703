"""An archived range leaves the database by two approvals, and everything that reads the log goes on as before."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from jiedao.application.forgetful import forgetful
from jiedao.audit.archiving import Archives
from jiedao.audit.published import PublishedLedger
from jiedao.audit.removing import RemovalDesk, RemovalRefusedError
from jiedao.audit.replay import Replay
from jiedao.audit.sealer import Sealer
from jiedao.audit.signing_key import load_signer
from jiedao.domain import commands as said
from jiedao.domain.access import Holder
from jiedao.domain.errors import ConfigurationError, ConflictError, NotAllowedError, NotFoundError
from jiedao.domain.identity import time_rules_id
from jiedao.domain.links import Appeal
from jiedao.domain.report import ERASED
from jiedao.domain.ruling import RuledOutError
from jiedao.domain.terms import Command, HoldGround, RemovalState, Role
from jiedao.store.archive import removal_notes
from jiedao.store.mapper import TypedMapper
from jiedao.store.removal import RangeRemover
from projections.as_of import AsOfQueries
from projections.rebuild import rebuild
from projections.retention import RangeBook, plan_ranges
from tests.e2e.http.district import PROFILE
from tests.integration.forgetting.town import (
    ADMINISTRATOR,
    AUDITOR,
    FORGETFUL,
    HANDLER,
    OPERATOR,
    OTHER_PHONE,
    REVIEWER,
    SUPERVISOR,
    Town,
)
from tests.integration.projections.test_runner import rows_of

SECOND = Holder("t-admin-2", "user:chen", Role.ADMINISTRATOR)
RULES = FORGETFUL.retention


class FollowedBook(RangeBook):
    """What the views say, which follow the log as they do in a server."""

    def __init__(self, town):
        super().__init__(town.read, RULES)
        self._runner = town.runner

    def reach(self, position):
        self._runner.catch_up()
        return True


class ArchivedTown(Town):
    """A town whose ended incidents can be archived and removed."""

    def __init__(self, database_url, folder, stack):
        super().__init__(database_url, folder, stack)
        self.signer = load_signer("jiedao.330103/log", folder / "keys" / "ledger.key", create=True)
        self.published = PublishedLedger(folder / "ledger")
        self.archives = Archives(folder / "archives")
        self.removals = self.removal_desk(database_url)

    def removal_desk(self, owner_url):
        return RemovalDesk(
            district=PROFILE.code,
            application=self.application,
            record=self.application.record,
            log=self.log,
            book=FollowedBook(self),
            archives=self.archives,
            published=self.published,
            keys=lambda: [self.signer.key],
            remover=RangeRemover(owner_url),
            clock=self.clock,
        )

    def seal(self):
        Sealer(self.log.reading, self.published, self.signer, self.clock).seal()

    def archived(self, *, least=1):
        """Seal, and archive the longest range that may be; a later event stands behind what is sealed."""
        head = self.log.max_notification_id()
        self.clock.at = max(self.clock.at, self.log.reading.recorded_at(head) + timedelta(days=31))
        self.runner.catch_up()
        planned = plan_ranges(self.read, RULES, self.clock.now(), least=least)
        longest = max(planned.ranges, key=lambda one: one.events)
        self.report(f"later-{uuid4()}", OTHER_PHONE)
        self.seal()
        return self.archives.write(
            longest.first, longest.last, district=PROFILE.code, log=self.log, published=self.published,
            keys=[self.signer.key], clock=self.clock,
        )  # fmt: skip

    def ask_removal(self, manifest, actor=ADMINISTRATOR, key=None):
        return self.removals.ask(manifest.first, manifest.last, "在线期限已满", actor, key or str(uuid4()))

    def approved(self, manifest):
        request = self.ask_removal(manifest)
        self.removals.approve(request.id, "已另存一份", SECOND)
        return self.removals.approve(request.id, "", REVIEWER)

    def remove(self, manifest):
        done = self.removals.carry_out(self.approved(manifest).id, ADMINISTRATOR, lambda _done, _total: None)
        self.runner.catch_up()
        return done

    def replay(self, incident):
        replay = Replay(self.log, forgetful(self.application.decode, self.keys), time_rules_id(PROFILE.code))
        return replay.steps(incident)

    def left(self, manifest):
        """How many events of a range are in the database."""
        query = b"SELECT count(*) FROM event WHERE position BETWEEN %s AND %s"
        return self.database.rows(query, [manifest.first, manifest.last])[0][0]


@pytest.fixture
def town(database_url, tmp_path):
    with ExitStack() as stack:
        yield ArchivedTown(database_url, tmp_path, stack)


def test_what_left_is_read_rebuilt_commanded_and_forgotten_as_before(town, database_url):
    before_erasing, after_erasing = town.ended("1", "13700137000"), town.ended("2", "13600136000")
    still = town.ended("3", "13500135000")
    town.forget(before_erasing)
    manifest = town.archived()
    known = {one: town.replay(one) for one in (before_erasing, still)}
    as_of = AsOfQueries(town.read, town.log.reading, TypedMapper(), time_rules_id(PROFILE.code))
    halfway = manifest.first + 2
    stood = as_of.incident(before_erasing, as_of_position=halfway)

    request = town.remove(manifest)
    assert (request.state, request.archive.sha256) == (RemovalState.CARRIED_OUT, manifest.sha256)
    assert [one.actor for one in request.approvals] == [SECOND.holder, REVIEWER.holder]
    assert town.left(manifest) == 0
    assert [(one.first, one.last, one.request) for one in removal_notes(town.archives.folder)] == [
        (manifest.first, manifest.last, request.id)
    ]
    assert {one: town.replay(one) for one in known} == known
    assert as_of.incident(before_erasing, as_of_position=halfway) == stood
    assert not plan_ranges(town.read, RULES, town.clock.now(), least=manifest.last - manifest.first).ranges

    # The views are filled anew from table and archive, row for row.
    with psycopg.connect(database_url) as connection:
        number = town.read.status().active.number
        live = rows_of(SimpleNamespace(connection=connection), f"view_{number}")
        connection.rollback()
        anew = rebuild(town.runner).generation
        assert rows_of(SimpleNamespace(connection=connection), f"view_{anew}") == live

    # A command goes on where the archived events end.
    town.do(still, Command.REOPEN, said.Reason("群众再次反映"))
    town.runner.catch_up()
    assert [step.entry.originator_version for step in town.replay(still)] == list(range(1, len(known[still]) + 2))

    # An archived event is corrected as any other, its reporter forgotten or not.
    for incident in (before_erasing, still):
        town.do(incident, Command.CORRECT, said.Correction("门牌为 203 号"), corrects=1)
        assert town.replay(incident)[-1].event.context.corrected_version == 1

    # Archived ciphertext goes with its key, whether that was destroyed before the archiving or after the removal.
    assert town.opened(before_erasing) is None
    assert town.opened(after_erasing) is not None
    town.forget(after_erasing)
    assert town.opened(after_erasing) is None
    assert town.replay(after_erasing)[0].event.reporter == ERASED


def test_who_may_ask_approve_and_carry_out_and_what_became_of_it_is_recorded(town):
    town.ended("1")
    manifest = town.archived()
    for actor in (OPERATOR, HANDLER, AUDITOR):
        with pytest.raises(NotAllowedError):
            town.ask_removal(manifest, actor)
    with pytest.raises(NotFoundError, match=f"there are: {manifest.name}"):
        town.removals.ask(1, 2, "x", ADMINISTRATOR, "k")
    request = town.ask_removal(manifest, key="once")
    assert town.ask_removal(manifest, key="once").id == request.id
    with pytest.raises(ConflictError, match="asked for before"):
        town.ask_removal(manifest)
    logged_in = replace(SECOND, token_id="")
    for actor, why in (
        (ADMINISTRATOR, "who asked"), (HANDLER, "nothing to do"), (AUDITOR, "may approve"), (logged_in, "own access token")
    ):  # fmt: skip
        with pytest.raises(NotAllowedError, match=why):
            town.removals.approve(request.id, "", actor)
    town.removals.approve(request.id, "", SECOND)
    third = replace(SECOND, holder="user:third")
    with pytest.raises(NotAllowedError, match="that seat has approved"):
        town.removals.approve(request.id, "", third)
    with pytest.raises(RuledOutError, match="not approved by two"):
        town.removals.carry_out(request.id, ADMINISTRATOR, lambda *_: None)
    assert town.removals.approve(request.id, "", SUPERVISOR).state is RemovalState.APPROVED
    with pytest.raises(NotAllowedError, match="an administrator does it"):
        town.removals.carry_out(request.id, REVIEWER, lambda *_: None)
    with pytest.raises(ConfigurationError, match="JIEDAO_DATABASE_OWNER_URL"):
        town.removal_desk(None).carry_out(request.id, ADMINISTRATOR, lambda *_: None)
    assert town.removals.reject(request.id, "先不移除", REVIEWER).state is RemovalState.REJECTED
    with pytest.raises(RuledOutError):
        town.removals.approve(request.id, "", SUPERVISOR)
    town.remove(manifest)
    listed = town.removals.list(AUDITOR, None, 10)
    assert [one.state for _position, one in listed] == [RemovalState.CARRIED_OUT, RemovalState.REJECTED]
    refused = town.events("jiedao.refused_removal.recorded")
    assert len(refused) == 3 + 4 + 1 + 1 + 1 + 1
    assert {one.act for one in refused} == {"ask", "approve", "carry_out"}
    (told,) = town.events("jiedao.range_removal.carried_out")
    assert (told.approvers, told.context.reason) == ((SECOND.holder, REVIEWER.holder), "在线期限已满")
    with pytest.raises(ConflictError, match="have left the database already"):
        town.ask_removal(manifest)


def _reopened(town, incident, _manifest):
    town.do(incident, Command.REOPEN, said.Reason("群众再次反映"))


def _held(town, incident, _manifest):
    town.do(incident, Command.HOLD, said.HoldOrder(HoldGround.LITIGATION, "起诉", "12号"), REVIEWER)


def _appealed(town, incident, _manifest):
    town.runner.catch_up()
    appeals = {"overtime": msgspec.to_builtins(Appeal("user:zhou", ("user:a",)))}
    with psycopg.connect(town.url) as connection:
        number = town.read.status().active.number
        connection.execute(
            f"UPDATE view_{number}.incident_view SET progress = jsonb_set(progress, '{{appeals}}', %s)"
            " WHERE incident_id = %s",
            [msgspec.json.encode(appeals).decode(), incident],
        )


def _altered(town, _incident, manifest):
    path = town.archives.folder / manifest.file
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def _gone(town, _incident, manifest):
    (town.archives.folder / manifest.file).unlink()


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (_reopened, "未办结 open"),
        (_held, "保全 held"),
        (_appealed, "申诉复核中 appealed"),
        (_altered, "SHA-256"),
        (_gone, "there is no file"),
    ],
)
def test_what_stands_against_it_is_found_whenever_it_is_looked(town, happens, why):
    """When it is asked, with an approval, and in the moment in which it would be done."""
    first = town.ended("1", "13700137000")
    manifest = town.archived()
    asked = town.approved(manifest)
    happens(town, first, manifest)
    with pytest.raises(RemovalRefusedError, match=why):
        town.removals.carry_out(asked.id, ADMINISTRATOR, lambda *_: None)
    assert town.removals.show(asked.id, AUDITOR).state is RemovalState.REFUSED
    assert town.left(manifest) == manifest.last - manifest.first + 1
    with pytest.raises(RemovalRefusedError, match=why):
        town.ask_removal(manifest)
    refused = town.events("jiedao.range_removal.refused")
    assert len(refused) == 2
    assert all(one.obstacles or one.because for one in refused)


def test_a_reopening_at_the_very_moment_of_the_removal_wins(town):
    incident = town.ended("1")
    manifest = town.archived()
    request = town.approved(manifest)
    done = []

    def meanwhile(*_):
        if not done:
            done.append(town.do(incident, Command.REOPEN, said.Reason("群众再次反映")))

    with pytest.raises(RemovalRefusedError, match="未办结 open"):
        town.removals.carry_out(request.id, ADMINISTRATOR, meanwhile)
    assert done
    assert town.left(manifest) == manifest.last - manifest.first + 1
    assert town.database.rows(b"SELECT FROM event_removal UNION ALL SELECT FROM removed_event") == []


def test_an_approval_looks_again_and_a_range_that_is_not_sealed_is_not_removed(town):
    incident = town.ended("1")
    manifest = town.archived()
    request = town.ask_removal(manifest)
    _held(town, incident, manifest)
    with pytest.raises(RemovalRefusedError, match="保全 held"):
        town.removals.approve(request.id, "", SECOND)
    assert town.removals.show(request.id, AUDITOR).state is RemovalState.REFUSED
    town.do(incident, Command.RELEASE_HOLD, said.HoldRelease(HoldGround.LITIGATION, "撤诉"), REVIEWER)
    later = town.clock.at
    town.clock.at = town.log.reading.recorded_at(town.log.max_notification_id()) + timedelta(days=5)
    with pytest.raises(RemovalRefusedError, match="在线期限未满 online"):
        town.ask_removal(manifest)
    town.clock.at = later
    (town.published.folder / "checkpoint").unlink()
    with pytest.raises(RemovalRefusedError, match="published checkpoint does not reach"):
        town.ask_removal(manifest)
    assert isinstance(request.id, UUID)
