"""Whether superior platforms can be told of their cases, and what they are owed that does not go through."""

from __future__ import annotations

import os
from collections.abc import Iterator

from jiedao.domain.terms import Lifecycle
from jiedao.entrypoints.cli.checkup.findings import Installation, NotLookedAtError, Verdict, fault, warning, well
from jiedao.entrypoints.outbox import sentence_of
from jiedao.entrypoints.upstream_transport import open_transports, unreachable
from jiedao.store.outbox import SourceStanding, read_standing


def check_upstream(installation: Installation) -> Iterator[Verdict]:
    """Look at the way to each superior platform, without asking it, and at what waits or was refused."""
    profile = installation.profile
    superior = [name for name, source in profile.sources.items() if source.lifecycle == Lifecycle.UPSTREAM]
    if not superior:
        yield well("no source has a superior platform")
        return
    for transport in open_transports(profile, os.environ).values():  # so that a wrong ca_file is told
        transport.close()
    reasons = {name: unreachable(profile, name, os.environ) for name in superior}
    for name, reason in reasons.items():
        if reason is not None:
            yield warning(f"{name}: what we owe its superior platform waits: {reason}", "give what the sentence names")
    reachable = [name for name in superior if reasons[name] is None]
    if reachable:
        yield well(f"messages for {', '.join(reachable)} are sent to the address in sources.toml")
    try:
        standing = _standing(installation)
    except NotLookedAtError:
        return  # the database is told of by itself
    for row in standing:
        yield from _look(row, installation, reasons.get(row.source))


def _standing(installation: Installation) -> list[SourceStanding]:
    with installation.connection() as connection:
        row = connection.execute("SELECT to_regclass('public.outbox') IS NOT NULL").fetchone()
        return read_standing(connection) if row and row[0] else []


def _look(row: SourceStanding, installation: Installation, why_not: str | None) -> Iterator[Verdict]:
    sentence = sentence_of(row, installation.now, why_not)
    if row.refused:
        yield fault(sentence, "jiedao outbox list --state refused: deal with each, or set it aside")
    elif row.failing:
        yield warning(sentence, "jiedao outbox list --state waiting shows each; see that the superior platform answers")
    elif row.waiting:
        yield well(sentence)
