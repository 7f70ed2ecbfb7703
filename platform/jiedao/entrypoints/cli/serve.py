"""``jiedao serve``: HTTP, the clocks, linked photos and messages to superiors; the views in a process of their own."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack

import click

from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.cli.opening import opened
from jiedao.entrypoints.cli.options import DISTRICT, LEDGER, json_output, with_settings
from jiedao.entrypoints.cli.output import announcer, note
from jiedao.entrypoints.following import at_work
from jiedao.entrypoints.http.app import create_app
from jiedao.entrypoints.http.serving import listen
from jiedao.entrypoints.http.serving import serve as serve_app
from jiedao.entrypoints.settings import Settings


@click.command()
@json_output
@with_settings(*DISTRICT, *LEDGER, "host", "port", "trusted_proxies", "views_process")
def serve(settings: Settings) -> None:
    """启动服务 Serve HTTP until stopped (Ctrl-C, or SIGTERM): requests under way are answered first.

    Without JIEDAO_DATABASE_URL it runs the embedded PostgreSQL in <data>; other commands join it there.
    The views follow the log in a process that it starts and ends; the clocks tick, superior platforms are told of
    their cases and the log is sealed in its own; of several, one records what clocks come to, and one seals.
    Feeds from Kafka are processes of their own: jiedao ingest kafka.

    With --json a line {"event": "ready", "address": …} tells when requests are answered, another one that it stopped.
    """
    announce = announcer()
    listening = listen(settings.host, settings.port)
    with ExitStack() as stack:
        stack.callback(listening.close)
        district = stack.enter_context(opened(settings))
        services = stack.enter_context(at_work(district))
        host, port = listening.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        serve_app(
            create_app(services),
            listening,
            trusted_proxies=[one.strip() for one in settings.trusted_proxies.split(",") if one.strip()],
            on_ready=lambda: _tell(district, address, announce),
        )
    note("stopped")
    announce("stopped")


def _tell(district: District, address: str, announce: Callable[..., None]) -> None:
    profile = district.profile
    announce("ready", address=address, district=profile.code, pid=os.getpid())
    note(f"{profile.code} {profile.name}: {address}/ (队列 queues)  {address}/docs (接口 API)")
    if not district.tokens.list():
        note("there is no token yet: jiedao tokens create --role administrator --holder user:NAME")
    if profile.boundaries_approximate and district.jurisdiction.boundary_set == profile.boundaries_version:
        note("边界为近似示意，不作为管辖依据 the boundaries in force are approximate: jiedao boundaries import")
