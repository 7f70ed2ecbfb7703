"""What only an incident's clock came to makes nobody's command stale; what people did in between does."""

from __future__ import annotations

from uuid import uuid4

import pytest

from jiedao.application.command_answers import CommandRequest, StaleVersionError
from jiedao.application.command_desk import CommandDesk
from jiedao.domain import commands as said
from jiedao.domain.access import Holder
from jiedao.domain.terms import Command, Role
from tests.clock_samples import LIMIT_CLOCK
from tests.e2e.http.district import PROFILE, FourClasses, MemoryVault, TwoStreets
from tests.integration.clocks.conftest import after

LEADER = Holder("t1", "user:zhao", Role.SHIFT_LEADER)


class TenOClock:
    def now(self):
        return after(hours=1)


@pytest.fixture
def desk(district):
    return CommandDesk(
        profile=PROFILE, application=district.application, jurisdiction=TwoStreets(), classes=FourClasses(),
        macs=MemoryVault(), deadlines=LIMIT_CLOCK, clock=TenOClock(),
    )  # fmt: skip


def admit(incident, version):
    return CommandRequest(incident, Command.ADMIT, said.Remark(), str(uuid4()), version)


def test_a_version_that_only_the_clock_moved_is_not_stale(district, desk):
    incident = district.receive()
    district.tick(after(minutes=45))
    district.tick(after(hours=1))
    answer = desk.carry_out(admit(incident, version=3), LEADER)
    assert (answer.state, answer.version) == ("admitted", 6)


def test_a_version_that_people_moved_as_well_is_stale(district, desk):
    incident = district.receive()
    district.tick(after(minutes=45))
    desk.carry_out(CommandRequest(incident, Command.URGE, said.Remark(), str(uuid4())), LEADER)
    with pytest.raises(StaleVersionError):
        desk.carry_out(admit(incident, version=3), LEADER)
    with pytest.raises(StaleVersionError):
        desk.carry_out(admit(incident, version=4), LEADER)
    assert desk.carry_out(admit(incident, version=5), LEADER).version == 6


@pytest.mark.parametrize("version", [0, -1, 7])
def test_a_version_that_there_never_was_is_stale(district, desk, version):
    incident = district.receive()
    district.tick(after(minutes=45))
    with pytest.raises(StaleVersionError):
        desk.carry_out(admit(incident, version), LEADER)
