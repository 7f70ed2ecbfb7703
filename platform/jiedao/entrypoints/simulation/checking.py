"""Checks that everything which is shown agrees with the log, and everything that was promised is in it.

Three independent looks: the views beside views filled anew from the log; each incident's row beside the incident as the
write side rebuilds it; the books of deliveries and commands beside what the log holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from jiedao.domain.incident import Incident
from jiedao.domain.terms import IntakeOutcome
from jiedao.domain.workflow import OPEN
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.simulation.running import Tally
from projections.comparison import compare_generations
from projections.generations import schema_name
from projections.rebuild import rebuild

_CHUNK = 2_000
_FAULTS_TOLD = 20

_STORY = "SELECT topic, incident_id, version, occurred_at, actor, role, reason, summary FROM {} ORDER BY position"

Report = Callable[[int, int], None]
"""Told how much of the log has been read again, and of how much."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check found: what it looked at, and each fault in a sentence.

    ``digest`` is a hash of the whole story without its ciphers and positions: equal for equal seeds.
    """

    incidents: int
    open_incidents: int
    events: int
    tables: int
    digest: str
    faults: Sequence[str]

    @property
    def consistent(self) -> bool:
        """Whether nothing was found."""
        return not self.faults


def check(district: District, tally: Tally, report: Report) -> Checked:
    """Check a district against its log; ``tally`` is what its callers were told."""
    faults = []
    active = district.read.status().active
    rebuilt = rebuild(district.runner, lambda far: report(far.position, far.head))
    tables = compare_generations(district.database, active.number, rebuilt.generation) if active else []
    faults += [_unequal(one.table, one.rows, one.only_in_first, one.only_in_second) for one in tables if not one.equal]
    rows = _incident_rows(district, rebuilt.generation)
    faults += _disagreements(district, rows)
    faults += _wrong_books(district, tally, rows)
    return Checked(
        incidents=len(rows),
        open_incidents=sum(row.state in {state.value for state in OPEN} for row in rows.values()),
        events=rebuilt.position,
        tables=len(tables),
        digest=_digest(district, rebuilt.generation),
        faults=faults[:_FAULTS_TOLD],
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """What the views say of an incident."""

    state: str
    street_code: str | None
    platform: str | None
    version: int


def _incident_rows(district: District, generation: int) -> dict[UUID, _Row]:
    query = f"SELECT incident_id, state, street_code, platform, version FROM {schema_name(generation)}.incident_view"  # noqa: S608  # the name of a schema, made from a number
    with district.database.connection() as connection:
        return {row[0]: _Row(*row[1:]) for row in connection.execute(query.encode())}


def _unequal(table: str, rows: tuple[int, int], first: Sequence[str], second: Sequence[str]) -> str:
    example = next(iter([*first, *second]), "")
    return f"{table}: {rows[0]} rows as kept up to date, {rows[1]} as filled anew; for example {example[:200]}"


def _disagreements(district: District, rows: dict[UUID, _Row]) -> Iterator[str]:
    """Say where the write side rebuilds an incident otherwise than the views show it."""
    ids = list(rows)
    for start in range(0, len(ids), _CHUNK):
        rebuilt = district.application.load(ids[start : start + _CHUNK])
        for incident_id in ids[start : start + _CHUNK]:
            incident = rebuilt.get(incident_id)
            shown, held = rows[incident_id], _held(incident) if incident else None
            if shown != held:
                yield f"incident {incident_id}: shown as {shown}, in the log {held}"


def _held(incident: Incident) -> _Row:
    platform = incident.platform
    return _Row(incident.state.value, incident.street_code, platform.value if platform else None, incident.version)


def _wrong_books(district: District, tally: Tally, rows: dict[UUID, _Row]) -> Iterator[str]:
    """Say where what callers were told is not what was recorded."""
    accepted = tally.delivered[IntakeOutcome.ACCEPTED.value]
    if accepted != len(rows):
        yield f"{accepted} reports were accepted and {len(rows)} incidents are shown"
    with district.database.connection() as connection:
        inbox = dict(connection.execute("SELECT outcome, count(*) FROM inbox GROUP BY outcome").fetchall())
        keys = connection.execute("SELECT count(*) FROM idempotency_key WHERE scope LIKE 'people:%'").fetchone()
    if inbox != dict(tally.delivered):
        yield f"the sources were told {dict(tally.delivered)}, the inbox holds {inbox}"
    done = sum(tally.commands.values())
    if keys is None or keys[0] != done:
        yield f"{done} commands were answered as carried out, {keys[0] if keys else 0} are recorded"


def _digest(district: District, generation: int) -> str:
    whole = hashlib.sha256()
    query = _STORY.format(f"{schema_name(generation)}.incident_history").encode()
    with district.database.connection() as connection, connection.cursor(name="story") as cursor:
        cursor.itersize = _CHUNK
        for row in cursor.execute(query):
            whole.update("\x1f".join(map(str, row)).encode() + b"\x1e")
    return f"sha256:{whole.hexdigest()}"
