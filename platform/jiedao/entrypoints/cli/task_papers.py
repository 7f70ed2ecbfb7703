"""``jiedao incident advise`` and ``sheet``: whom a task could be given to, and its sheet for paper."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from jiedao.entrypoints.cli.opening import opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, as_json, facts, line, local, table
from jiedao.entrypoints.cli.words import read_incident
from jiedao.entrypoints.cli.written_files import whole_file, writes_file
from jiedao.entrypoints.dispatch_sheet import SheetFacts, dispatch_sheet
from jiedao.entrypoints.http.advice_models import AdvisedHandler
from jiedao.entrypoints.http.boundaries import notice_in_force
from jiedao.entrypoints.http.wording import Wording
from jiedao.entrypoints.settings import Settings
from jiedao.entrypoints.task_advice import advice_answer, find_task, told_task
from projections.duty import DutyQueries

_COLUMNS = ("名次#", "姓名 name", "得分 score#", "依据 why", "下班 until", "人员 person")


@click.command()
@click.argument("incident")
@click.argument("task", required=False)
@json_output
@with_settings(*DISTRICT)
def advise(settings: Settings, incident: str, task: str | None) -> None:
    """派办建议 Rank the handlers of a task's street and platform, with the reasons. It advises; people assign.

    INCIDENT is its id, or SOURCE:EXTERNAL_ID; TASK is such as T1, the one given last without it.
    """
    with opened_for_reading(settings) as district:
        profile, zone = district.profile, ZoneInfo(district.profile.timezone)
        found = district.read.incident(read_incident(incident, profile))
        document = advice_answer(found, find_task(found, task), DutyQueries(district.read), district.clock, profile)
        rows = [
            (
                one.rank, one.name or "—", f"{one.score:.3f}", "；".join(_why(one)), local(one.duty_ends_at, zone),
                one.person,
            )
            for one in document.items
        ]  # fmt: skip
        below = document.note or ("权重为假定值 the weights are assumed" if document.assumed else "")
        answer(
            document,
            lambda: table(f"派办建议 {document.task.task_id} {document.task.assignee.name}", _COLUMNS, rows),
            lambda: line(below, style="dim"),
        )


def _why(one: AdvisedHandler) -> Sequence[str]:
    """Say why somebody is advised, and first that the task was offered to them already."""
    return ("本任务已派过", *one.reasons) if one.already_offered else one.reasons


@click.command("sheet")
@click.argument("incident")
@click.argument("task", required=False)
@writes_file("--out", help="文件 The file to write; without it the page goes to standard output.")
@json_output
@with_settings(*DISTRICT)
def sheet(settings: Settings, incident: str, task: str | None, out: Path | None) -> None:
    """派遣单 Write a task's dispatch sheet for paper, A4, with room for signatures; the reporter is not on it.

    It is one HTML page that a browser prints. INCIDENT is its id, or SOURCE:EXTERNAL_ID; TASK is such as T1, the one
    given last without it.
    """
    with opened_for_reading(settings) as district:
        profile = district.profile
        found = district.read.incident(read_incident(incident, profile))
        known = SheetFacts(
            incident=Wording(profile).incident(found),
            task=told_task(found, task),
            history=district.read.history(found.incident_id),
            boundaries_approximate=notice_in_force(district.services()).approximate,
            printed_at=district.clock.now(),
        )
        page = dispatch_sheet(known, profile)
    written = {"incident_id": found.incident_id, "task_id": known.task.task_id}
    if out is None:
        if not as_json():
            click.echo(page, nl=False)
            return
        answer(written | {"file": None, "html": page})
        return
    with whole_file(out) as file:
        file.write(page.encode())
    answer(
        written | {"file": str(out), "html": None},
        lambda: facts((("任务 task", known.task.task_id), ("文件 file", out))),
    )


def commands() -> Sequence[click.Command]:
    """Return what ``jiedao incident`` gets of these."""
    return (advise, sheet)
