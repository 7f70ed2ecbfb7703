"""A sender of the outbox in a process of its own: ``python -m tests.outbox_process DATABASE_URL SUPERIOR_URL``.

Sends until it is killed; its waits are short, so that a test is.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Event

from jiedao.application.district_application import DistrictApplication
from jiedao.application.outbox_filling import OutboxFiller
from jiedao.application.outbox_sending import OutboxSender, Waits
from jiedao.domain.profile import UpstreamSettings
from jiedao.entrypoints.clock import SystemClock
from jiedao.entrypoints.upstream_transport import HttpUpstream
from jiedao.store.outbox import OutboxTable
from tests.superior import TOKEN

ROOT = Path(__file__).parents[1]
TIMEOUT = 0.5


def start_sender(database_url, superior_url):
    """Start one; whoever starts it ends it."""
    return subprocess.Popen([sys.executable, "-m", "tests.outbox_process", database_url, superior_url], cwd=ROOT)


def main(database_url, superior_url):
    with DistrictApplication({"JIEDAO_DATABASE_URL": database_url}) as application:
        table = OutboxTable(application.district_log.database)
        filler = OutboxFiller("330103", application, table)
        sender = OutboxSender(
            application=application, table=table, filler=filler, clock=SystemClock(),
            transports={"hotline": HttpUpstream(UpstreamSettings(superior_url, timeout_seconds=TIMEOUT), TOKEN)},
            waits=Waits(first=0.1, longest=0.5),
        )  # fmt: skip
        filler.catch_up()
        sender.run("hotline", Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
