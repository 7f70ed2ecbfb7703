"""``jiedao demo``: a district that fills before one's eyes, from a bundled sample of reports (演示)."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path

import click
from rich.console import Console

from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import announcer, as_json
from jiedao.entrypoints.log_lines import logging_to
from jiedao.entrypoints.settings import Settings

LOG_FILE = "demo.log"
"""Where the log goes in the data folder, so that the screen stays clean."""


@click.command()
@click.option("--fast", is_flag=True, help="不停顿 Send the sample without pauses.")
@click.option("--still", is_flag=True, help="静止 Let nobody work on the incidents once the sample was sent.")
@click.option("--exit-when-done", is_flag=True, help="推送完即结束 End once the sample was sent and is shown.")
@json_output
@with_settings(*DISTRICT, "host", "port")
def demo(settings: Settings, *, fast: bool, still: bool, exit_when_done: bool) -> None:
    """演示 Start the district, send it a sample of reports, and show its queues filling, live (Ctrl-C ends it).

    Needs nothing: PostgreSQL is embedded, everything is kept in <data>, and started again it adds another sample.
    It prints an access token for each role, and the address to open. Once the sample was sent, made-up people work on
    its incidents, a minute in half a second. The log goes to <data>/demo.log.

    With --json a line {"event": "ready", "address": …, "tokens": …} tells when requests are answered, and a line
    {"event": "played", …} that the whole sample was sent and is shown; what people read goes to standard error.
    """
    console = Console(file=sys.stderr if as_json() else sys.stdout, highlight=False)
    with console.status("街道 Jiedao …") if console.is_terminal else nullcontext():
        from jiedao.entrypoints.demo.running import DemoOptions, run_demo  # noqa: PLC0415  # it takes a second

    settings.data.mkdir(parents=True, exist_ok=True)
    settings = settings.model_copy(update={"log_file": settings.log_file or settings.data / LOG_FILE})
    with logging_to(settings):
        options = DemoOptions(
            fast=fast, still=still, exit_when_done=exit_when_done, command=_called(), announce=announcer()
        )
        run_demo(settings, options, console)


def _called() -> str:
    """How this program is called from where the user stands: by its name alone where that finds it."""
    name = Path(sys.argv[0]).name
    return name if shutil.which(name) else os.path.relpath(sys.argv[0])
