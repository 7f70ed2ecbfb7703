"""The command ``jiedao`` itself: what there is, in the order of the work, and how a command ends.

The commands are named in one table and imported when one of them is run, so that help comes at once. Whatever goes
wrong ends here: an expected error as one line, see :mod:`jiedao.entrypoints.cli.failing`.
"""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import FrameType

import click

from jiedao import __version__
from jiedao.domain.errors import InvalidInputError
from jiedao.entrypoints.cli.failing import AS_JSON, failures_told

_COMMANDS = "jiedao.entrypoints.cli"
_ORDERLY = (signal.SIGTERM, signal.SIGHUP)
_SIGNALLED = 128  # what shells add to a signal's number


@dataclass(frozen=True, slots=True)
class Entry:
    """A command of the map: the module and the name of what carries it out, and the line that says what it is for."""

    module: str
    attribute: str
    line: str

    def load(self) -> click.Command:
        """Import the command."""
        command = getattr(import_module(f"{_COMMANDS}.{self.module}"), self.attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.module}.{self.attribute} is not a command")
        return command


MAP: Mapping[str, Mapping[str, Entry]] = {
    "Start 启动": {
        "serve": Entry("serve", "serve", "启动服务 Serve HTTP, views and feeds until stopped."),
        "demo": Entry("demo", "demo", "演示 Start a district with sample reports and watch its queues fill."),
        "doctor": Entry("doctor", "doctor", "自检 Check this installation, and say what to do about what is wrong."),
    },
    "Reports 上报": {
        "ingest": Entry("ingest", "ingest", "接入 Take reports in from files and from Kafka."),
        "dead-letters": Entry("dead_letters", "dead_letters", "死信 List, show and replay what could not be read."),
    },
    "Work 工作": {
        "queue": Entry("queues", "queue", "任务队列 Show what waits in each street's four platforms."),
        "clocks": Entry("clocks", "clocks", "时限 List what is due next, of which incident and task."),
        "incident": Entry("incidents", "incident", "事件 Show an incident, and everything that happened to it."),
        "outbox": Entry(
            "outbox", "outbox", "上级报文 See what superior platforms are owed, and deal with what is stuck."
        ),
        "indicators": Entry("indicators", "indicators", "考核评议 Show how well the work is done, with the formulas."),
        "report": Entry(
            "bulletins", "report", "日报、周报 Write the daily or weekly bulletin as a workbook or a text."
        ),
        "roster": Entry("roster", "roster", "值班表 Show who is on duty when, and plan it."),
        "handover": Entry("handovers", "handover", "交接班 Hand shifts over with what is open, and take them over."),
        "workflow": Entry("workflow", "workflow", "流程 Show who may do what with an incident, from which state."),
    },
    "Rules 规则": {
        "routing": Entry("routing", "routing", "派单规则 Show, try and replay what sends incidents where."),
    },
    "Places 辖区": {
        "boundaries": Entry("boundaries", "boundaries", "辖区边界 Import, compare and ask boundary sets."),
    },
    "Audit 审计": {
        "audit": Entry("audit", "audit", "审计 Verify the log, prove and export an incident, replay and ask."),
    },
    "House 系统": {
        "projections": Entry("projections", "projections", "视图 See how the views stand, and rebuild them."),
        "privacy": Entry("privacy", "privacy", "个人信息 Forget a reporter by two approvals, or keep one under hold."),
        "retention": Entry("retention", "retention", "档案 Archive what ended long ago to files, and read it back."),
        "tokens": Entry("tokens", "tokens", "访问令牌 Create, list and revoke access tokens."),
        "simulate": Entry("simulate", "simulate", "模拟 Live through days in virtual time, and check it all."),
        "bench": Entry("bench", "bench", "基准测试 Measure this machine: ratios side by side, from the sources."),
    },
}
"""All commands, by section, in the order of the work."""

_NO_TEXT = "jiedao.no_text"
_HALF = re.compile("[\ud800-\udfff]")
"""What Python makes of bytes in an argument that are no UTF-8."""

_ENTRIES: Mapping[str, Entry] = {name: entry for section in MAP.values() for name, entry in section.items()}


class MappedGroup(click.Group):
    """Knows its commands by the map, and imports one when it is run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Know from the start whether answers are JSON, so that a command that is called wrongly is answered so too."""
        ctx.meta[AS_JSON] = "--json" in args
        ctx.meta[_NO_TEXT] = any(map(_HALF.search, args))
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name the commands in the order of the map."""
        return list(_ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Import a command; ``None`` for one that there is not."""
        entry = _ENTRIES.get(cmd_name)
        return entry.load() if entry is not None else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Write the map."""
        for title, entries in MAP.items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.line) for name, entry in entries.items()], col_max=16)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command, and tell what goes wrong."""
        with failures_told(ctx):
            if ctx.meta[_NO_TEXT]:
                raise InvalidInputError("what was typed is not text in UTF-8: set the terminal to UTF-8 (is it GBK?)")
            return super().invoke(ctx)


@click.group(
    "jiedao",
    cls=MappedGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="`jiedao COMMAND --help` says more. Settings come as options or from the environment (JIEDAO_…).",
)
@click.version_option(__version__, message="jiedao %(version)s")
def cli() -> None:
    """街道综合指挥平台 The command platform of a district's streets: reports in, incidents to the street's platform.

    Each command names what it needs, starts the embedded database where none is named and none runs, and answers
    as a table for people or, with --json, as one JSON document.
    """


def main() -> None:
    """Run the command line; a supervisor's SIGTERM ends it as orderly as Ctrl-C does."""
    for number in _ORDERLY:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    cli(prog_name="jiedao")


def _end(number: int, _frame: FrameType | None) -> None:
    """Leave through every open block, so that what this command started is stopped; a second signal does not wait."""
    signal.signal(number, signal.SIG_DFL)
    sys.exit(_SIGNALLED + number)
