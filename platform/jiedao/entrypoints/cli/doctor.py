"""``jiedao doctor``: whether an installation can do its work, part by part, and what to do about each fault (自检)."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.console import Group, RenderableType

from jiedao.entrypoints.cli.checkup.examining import examine
from jiedao.entrypoints.cli.checkup.findings import Finding, Grade
from jiedao.entrypoints.cli.failing import ExitCode
from jiedao.entrypoints.cli.options import DISTRICT, KAFKA, LEDGER, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, line
from jiedao.entrypoints.settings import Settings

_SIGNS = {Grade.OK: ("✓", "green"), Grade.WARNING: ("!", "yellow"), Grade.FAULT: ("✗", "red")}


@click.command()
@json_output
@with_settings(*DISTRICT, *KAFKA, *LEDGER)
def doctor(settings: Settings) -> None:
    """自检 Check every part of this installation: ✓ well, ! worth knowing, ✗ a fault, with what to do about it.

    Nothing is started and nothing is changed. Exits with 1 when there is any fault.
    """
    findings = examine(settings)
    faults = sum(one.grade is Grade.FAULT for one in findings)
    warnings = sum(one.grade is Grade.WARNING for one in findings)
    document = {"healthy": not faults, "faults": faults, "warnings": warnings, "items": findings, "next_cursor": None}
    answer(document, lambda: Group(*_told(findings)), lambda: line(f"{faults} faults, {warnings} warnings"))
    if faults:
        click.get_current_context().exit(ExitCode.FAILED)


def _told(findings: Sequence[Finding]) -> list[RenderableType]:
    told: list[RenderableType] = []
    for one in findings:
        sign, style = _SIGNS[one.grade]
        first, *rest = one.sentence.splitlines()
        told.append(line(f"{sign} {one.part_label} {one.part}: {first}", style))
        told += [line(f"    {more}") for more in rest]
        if one.remedy:
            told.append(line(f"    → {one.remedy}"))
    return told
