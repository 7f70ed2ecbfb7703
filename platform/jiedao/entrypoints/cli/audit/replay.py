"""``jiedao audit replay`` and ``diff``: an incident told from the log, and compared between moments (重放)."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

import click
import msgspec
from rich.console import Group

from jiedao.domain.access_record import AccessKind
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.cli.audit.replay_words import ReplayWords
from jiedao.entrypoints.cli.finding import find_incident
from jiedao.entrypoints.cli.opening import console_actor, opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, as_json, line, note
from jiedao.entrypoints.cli.words import read_as_of
from jiedao.entrypoints.http.permissions import Act, may
from jiedao.entrypoints.http.replay_models import ReplayAnswer
from jiedao.entrypoints.http.wording import Wording
from jiedao.entrypoints.replay_answers import current_rules_answer, difference_answer, load_incident, replay_answer
from jiedao.entrypoints.settings import Settings


@click.command()
@click.argument("incident")
@click.option("--as-of", help="回看 Up to a position in the log, or a time; without zone it is the district's.")
@click.option("--step", is_flag=True, help="逐步 One event after the other; with --json one object a line.")
@click.option("--inputs", is_flag=True, help="依据 All that each decision saw, too; --json has it always.")
@click.option("--under-current-rules", is_flag=True, help="按现行规则 What today's tables and rules would decide.")
@json_output
@with_settings(*DISTRICT)
def replay(  # noqa: PLR0913  # one parameter per option
    settings: Settings, incident: str, as_of: str | None, *, step: bool, inputs: bool, under_current_rules: bool
) -> None:
    """重放 Tell an incident from the log: how it stood after each event, what changed, who, why, on which versions.

    It reads the incident's own events and no view, so it says what the record says. With --under-current-rules it lays
    what happened beside what today's boundary set, class table and routing rules would decide on the same report.
    INCIDENT is its id, or SOURCE:EXTERNAL_ID. That it was replayed is recorded.
    """
    if under_current_rules and (step or as_of is not None):
        raise click.UsageError("--under-current-rules compares the incident as it stands: leave --step and --as-of out")
    with opened_for_reading(settings) as district:
        incident_id = find_incident(district, incident)
        zone = ZoneInfo(district.profile.timezone)
        if under_current_rules:
            _compare_with_today(district, incident_id)
            return
        position, moment = read_as_of(as_of, zone)
        end = None if as_of is None else district.read.position_as_of(position, moment)
        steps = district.auditing.replay.steps(incident_id, end)
        _record(district, incident_id, {} if end is None else {"as_of": str(end)})
        interventions = may(console_actor(), Act.READ_INTERVENTIONS)
        told = replay_answer(incident_id, steps, Wording(district.profile), as_of=end, interventions=interventions)
    words = ReplayWords.of(district.profile)
    if step:
        _go_step_by_step(told, words, inputs=inputs)
        return
    answer(
        told,
        lambda: line(f"事件 {incident_id}", style="bold"),
        lambda: Group(*(words.step(one, inputs=inputs) for one in told.steps)),
        lambda: line("现状 standing", style="bold"),
        lambda: words.standing(told.standing),
        lambda: line(_UNVERIFIED.format(incident=incident), style="dim"),
    )


_UNVERIFIED = (
    "重放照记录叙述，不核验记录；核验日志 jiedao audit verify，出具证明 jiedao audit prove {incident}"
    " (a replay tells the record and verifies nothing)"
)


@click.command()
@click.argument("incident")
@click.option("--from", "start", required=True, help="自 As of this position in the log, or this time.")
@click.option("--to", "end", help="至 As of this one; now without it.")
@json_output
@with_settings(*DISTRICT)
def diff(settings: Settings, incident: str, start: str, end: str | None) -> None:
    """差异 Say what differs in an incident between two moments, and what was recorded between them.

    A moment is a position in the log, or a time (without zone in the district's own). INCIDENT is its id, or
    SOURCE:EXTERNAL_ID. That it was compared is recorded.
    """
    with opened_for_reading(settings) as district:
        incident_id = find_incident(district, incident)
        zone = ZoneInfo(district.profile.timezone)
        first, second = (district.read.position_as_of(*read_as_of(one, zone)) for one in (start, end))
        found = district.auditing.replay.difference(incident_id, first, second)
        _record(district, incident_id, {"from": str(first), "to": str(second)})
        interventions = may(console_actor(), Act.READ_INTERVENTIONS)
        told = difference_answer(
            incident_id, found, first, second, Wording(district.profile), interventions=interventions
        )
    answer(told, lambda: ReplayWords.of(district.profile).difference(told))


def _record(district: District, incident_id: UUID, details: Mapping[str, str]) -> None:
    district.auditing.access.record_access(
        AccessKind.REPLAY, console_actor(), f"incident:{incident_id}", incident_id=incident_id, details=details
    )


def _go_step_by_step(told: ReplayAnswer, words: ReplayWords, *, inputs: bool) -> None:
    """Show one event after the other; a person goes on with Enter, a program gets one object a line."""
    for number, one in enumerate(told.steps, 1):
        if as_json():
            click.echo(msgspec.json.encode(one.model_dump(mode="json")))
            continue
        answer(one, partial(words.step, one, inputs=inputs), partial(words.standing, one.standing))
        if number == len(told.steps):
            break
        note(f"{number}/{len(told.steps)}  回车继续，q 结束 Enter goes on, q ends")
        said = sys.stdin.readline()
        if said.strip().lower() == "q" or not said:
            break


def _compare_with_today(district: District, incident_id: UUID) -> None:
    incident = load_incident(district.services(), incident_id)
    _record(district, incident_id, {"under_current_rules": "yes"})
    told = current_rules_answer(district.services(), incident)
    answer(told, lambda: ReplayWords.of(district.profile).today(told))


def commands() -> Sequence[click.Command]:
    """Return what ``jiedao audit`` gets of these."""
    return (replay, diff)
