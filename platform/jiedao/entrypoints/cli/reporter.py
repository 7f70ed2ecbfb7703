"""``jiedao incident reporter``: who reported an incident, opened only after that was recorded (上报人)."""

from __future__ import annotations

from collections.abc import Sequence

import click

from jiedao.domain.terms import Role
from jiedao.entrypoints.audit_answers import reporter_answer
from jiedao.entrypoints.cli.acting import acting, actor_of
from jiedao.entrypoints.cli.finding import find_incident
from jiedao.entrypoints.cli.opening import opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, note
from jiedao.entrypoints.http.audit_models import ReporterAnswer
from jiedao.entrypoints.http.permissions import Act, may, require
from jiedao.entrypoints.settings import Settings

_ERASED, _UNKNOWN = "已删除 erased", "未留 not known"


@click.command()
@click.argument("incident")
@click.option("--reason", required=True, help="理由 Why it has to be known; it stands in the log beside your name.")
@acting(Role.ADMINISTRATOR)
@json_output
@with_settings(*DISTRICT)
def reporter(settings: Settings, incident: str, reason: str, role: str, token: str | None) -> None:
    """上报人 Show who reported an incident; that it is read is recorded before anything is shown.

    It is read as the holder of a token or, without one, as whoever is logged in here; roles that may not see personal
    data get it masked. `jiedao audit access --incident INCIDENT` lists who read it.

    INCIDENT is its id, or SOURCE:EXTERNAL_ID.
    """
    with opened_for_reading(settings) as district:
        actor = actor_of(district, role, token)
        require(actor, Act.READ_INCIDENTS)
        shown = reporter_answer(
            district.auditing.personal.reporter(
                find_incident(district, incident), actor, reason, whole=may(actor, Act.READ_PERSONAL_DATA)
            )
        )
        note(f"warning: 含个人信息 this is personal data; that {actor.holder} read it is recorded at {shown.position}")
        answer(shown, lambda: facts(_facts(shown)))


def _facts(shown: ReporterAnswer) -> Sequence[tuple[str, object]]:
    nothing = _ERASED if shown.erased else _UNKNOWN
    return (
        ("姓名 name", shown.name or nothing),
        ("电话 phone", shown.phone or nothing),
        ("联系方式 contact", shown.contact or nothing),
        ("证件号码 identity number", shown.identity_number or nothing),
        ("住址 address", shown.address or nothing),
    )


def commands() -> Sequence[click.Command]:
    """Return what ``jiedao incident`` gets of these."""
    return (reporter,)
