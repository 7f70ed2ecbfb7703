"""Runs the demo from the first step to Ctrl-C: opens the district, serves it, plays the sample, and says what to try.

It is the product itself with a sample sent to it: the same district, server, tokens and HTTP as ``jiedao serve``.
Whatever was started is stopped at the end, wherever it ends.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from socket import socket

from rich.console import Console
from rich.text import Text

from jiedao.application.district_profile import find_profile
from jiedao.domain.errors import ConflictError
from jiedao.domain.terms import Role
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.cli.opening import opened
from jiedao.entrypoints.databases import open_addresses
from jiedao.entrypoints.demo.access import DemoAccess, issue_tokens
from jiedao.entrypoints.demo.living import Living
from jiedao.entrypoints.demo.playing import Play
from jiedao.entrypoints.demo.sample import SampleMessage, read_sample
from jiedao.entrypoints.demo.screen import screen_on
from jiedao.entrypoints.demo.steps import Steps
from jiedao.entrypoints.demo.tally import Sums
from jiedao.entrypoints.demo.tokens_in_time import Run
from jiedao.entrypoints.following import at_work
from jiedao.entrypoints.http.app import create_app
from jiedao.entrypoints.http.serving import listen, serve
from jiedao.entrypoints.services import Services
from jiedao.entrypoints.settings import Settings

PAUSE_SECONDS = 0.25
"""Between two messages: slow enough to watch, over in less than a minute."""

_LOCK_FILE = "demo.lock"
_OPENED_AS = Role.SHIFT_LEADER
_TRIED_AS = Role.AUDITOR


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """How the sample is played: without pauses when ``fast``; ending by itself with ``exit_when_done``.

    Once it was sent, made-up people work on its incidents, unless ``still``.
    ``command`` is how this program is called here, for what to try next. ``announce`` is told what happened, for
    programs: ``ready`` with address and tokens, ``played`` with what became of the records.
    """

    announce: Callable[..., None]
    fast: bool = False
    exit_when_done: bool = False
    still: bool = False
    command: str = "jiedao"


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Be the only demo in a data folder while the block runs; raises ConflictError where one runs already."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(
                f"a demo runs in {folder} already: open its address, stop it, or give another folder with --data"
            ) from error
        yield
    finally:
        os.close(descriptor)


def run_demo(settings: Settings, options: DemoOptions, console: Console) -> None:
    """Run the demo until it is stopped, from the main thread.

    Raises JiedaoError with a sentence: a busy address, a second demo in the folder, a database that does not start.
    """
    steps = Steps(console)
    with ExitStack() as stack:
        stack.enter_context(alone_in(settings.data))
        listening = stack.enter_context(listen(settings.host, settings.port))
        with steps.step("样例 sample of reports"):
            profile = find_profile(settings.config, settings.district)
            messages = read_sample(settings.config, profile)
        with steps.step("数据库 PostgreSQL"):
            stack.enter_context(open_addresses(settings))
        with steps.step(f"{profile.name} district: schema, boundaries, classes"):
            district = stack.enter_context(opened(settings))
        with steps.step("视图 views"):
            services = stack.enter_context(at_work(district))
        access = issue_tokens(district.tokens, profile, district.clock.now())
        _serve(district, services, options, console, listening, messages, access)
    _print(console, [f"已停止 stopped. 数据留在 what was recorded stays in {settings.data}"])


def _serve(  # noqa: PLR0913  # the parts of a demo
    district: District,
    services: Services,
    options: DemoOptions,
    console: Console,
    listening: socket,
    messages: Sequence[SampleMessage],
    access: DemoAccess,
) -> None:
    address = _address(listening)
    _print(console, _welcome(address, access))

    def ready() -> None:
        options.announce(
            "ready",
            address=address,
            district=district.profile.code,
            tokens={role.value: plain for role, plain in access.by_role.items()},
        )
        play.begin()

    with (
        screen_on(console, address) as screen,
        Play(
            profile=district.profile,
            messages=messages,
            run=Run(district.clock.now()),
            access=access,
            address=address,
            screen=screen,
            pause=0.0 if options.fast else PAUSE_SECONDS,
            is_shown=partial(_all_shown, district),
            afterwards=partial(_afterwards, address, access, district.settings, options),
            exit_when_done=options.exit_when_done,
            living=None if options.still else Living(district, f"{district.clock.now():%Y%m%d%H%M%S}").run,
        ) as play,
    ):
        serve(create_app(services), listening, on_ready=ready)


def _all_shown(district: District) -> bool:
    """Whether the views have reached the end of the log; raises UnavailableError when they never will."""
    return district.read.wait_for(district.read.status().head, timeout=0.0)


def _address(listening: socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _welcome(address: str, access: DemoAccess) -> list[str]:
    width = max(len(role.value) for role in Role)
    return [
        "",
        f"打开 open   {address}/#token={access.by_role[_OPENED_AS]}",
        f"接口 API    {address}/docs",
        "令牌 tokens, one for each role, for one day:",
        *(f"  {role.value:<{width}}  {plain}  {role.label}" for role, plain in access.by_role.items()),
        "停止 stop   Ctrl-C",
        "",
    ]


def _afterwards(address: str, access: DemoAccess, settings: Settings, options: DemoOptions, sums: Sums) -> list[str]:
    """What to try once the sample was sent, with real ids and a real token."""
    options.announce("played", messages=sums.messages, outcomes=sums.by_source())
    said = f"样例已全部推送 the whole sample was sent: {sums.messages} messages."
    if options.exit_when_done:
        return ["", said]
    given = "" if settings.data == Settings.model_fields["data"].default else f" --data {settings.data}"
    return [
        "",
        said,
        *([] if options.still else ["示例人员开始办理 made-up people now work on them: the queues move."]),
        "试一试 now try, in another terminal:",
        f"  {options.command} queue show 朝晖{given}",
        f"  {options.command} incident history {sums.story}{given}",
        f"  curl -H 'Authorization: Bearer {access.by_role[_TRIED_AS]}' {address}/v1/queues",
        "",
    ]


def _print(console: Console, lines: Iterable[str]) -> None:
    for one in lines:
        console.print(Text(one), soft_wrap=True)
