"""The desk at which everything of a reporter is put under hold and released (保全上报人)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from jiedao.application.district_application import DistrictApplication
from jiedao.application.their_cases import CaseBook, Reporters
from jiedao.domain.access import Holder
from jiedao.domain.context import EventContext
from jiedao.domain.erasure import RefusedErasure
from jiedao.domain.erasure_rules import require_forgettable
from jiedao.domain.errors import (
    InvalidInputError,
    KeyReuseError,
    NotAllowedError,
    UnavailableError,
    VersionConflictError,
)
from jiedao.domain.holds import Hold
from jiedao.domain.identity import reporter_hold_id
from jiedao.domain.ports import Clock
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.reporter_hold import ReporterHold
from jiedao.domain.ruling import RuledOutError
from jiedao.domain.terms import Command, HoldGround
from jiedao.domain.workflow import rule_of
from jiedao.store.recorder import UnitContext

_ATTEMPTS = 5


class ReporterHoldDesk:
    """The one door to holds on reporters; who may use it is who may hold an incident, by the workflow's table."""

    def __init__(
        self, profile: DistrictProfile, application: DistrictApplication, reporters: Reporters, clock: Clock
    ) -> None:
        self._district = profile.code
        self._application = application
        self._book = CaseBook(profile.code, application, reporters)
        self._clock = clock

    def place(self, subject: str, ground: HoldGround, reference: str, reason: str, actor: Holder) -> Sequence[Hold]:
        """Put a reporter under hold; returns the holds that there are now.

        Raises NotAllowedError, recorded, InvalidInputError without a reason, RuledOutError where it holds already.
        """
        return self._change(subject, ground, reference, reason, actor, Command.HOLD)

    def release(self, subject: str, ground: HoldGround, reference: str, reason: str, actor: Holder) -> Sequence[Hold]:
        """End a hold; returns those that are left. Raises as :meth:`place`, RuledOutError where there is none."""
        return self._change(subject, ground, reference, reason, actor, Command.RELEASE_HOLD)

    def _change(  # noqa: PLR0913  # what is said, by whom, and which of the two
        self, subject: str, ground: HoldGround, reference: str, reason: str, actor: Holder, command: Command
    ) -> Sequence[Hold]:
        roles = rule_of(command).roles
        if actor.role not in roles or actor.streets is not None or actor.sources is not None:
            named = "、".join(f"{role.label} {role.value}" for role in roles)
            why = f"{command.label}须由全区的 {named} the role {actor.role.value} may not"
            self._record_refusal(command, why, actor)
            raise NotAllowedError(why, recorded=True)
        require_forgettable(subject)
        if not reason.strip():
            raise InvalidInputError("say why in reason", "/reason")
        stream = reporter_hold_id(self._district, subject)
        context = EventContext(actor.holder, actor.role.value, stream, f"{command.value}:{stream}", reason.strip())
        for _attempt in range(_ATTEMPTS):
            held, now = self._book.hold(subject), self._clock.now()
            if command is Command.RELEASE_HOLD:
                if held is None:
                    raise RuledOutError("该上报人未被保全，无可解除 this reporter is not held on any ground")
                held.release(ground, reference, context=context, at=now)
            elif held is None:
                held = ReporterHold.open(stream, subject, ground, reference, context=context, at=now)
            else:
                held.place(ground, reference, context=context, at=now)
            content = f"{actor.holder}\x00{command.value}\x00{reason}".encode()
            unit = UnitContext("reporter-holds", f"{stream}:{held.version}", content, lane="people")
            try:
                self._application.record([held], unit)
            except (VersionConflictError, KeyReuseError):
                continue  # somebody changed the holds in this moment: look again
            return held.holds
        raise UnavailableError("others change these holds at the same moment; try again")

    def _record_refusal(self, command: Command, why: str, actor: Holder) -> None:
        stream = uuid4()
        context = EventContext(actor.holder, actor.role.value, stream, f"{command.value}:{stream}")
        refused = RefusedErasure.record(
            stream,
            act=f"{command.value}_reporter",
            request_id=None,
            why=why,
            context=context,
            at=self._clock.now(),
        )
        self._application.record([refused], UnitContext("refusals", str(stream), b"", lane="people"))
