"""Looks at the database: does it answer, is its schema this version's, may nobody change the past, do the views run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.errors import ConfigurationError
from jiedao.entrypoints.cli.checkup.findings import CONNECT_SECONDS, Installation, Verdict, fault, warning, well
from jiedao.entrypoints.services import HttpLimits
from jiedao.store.database import Database
from jiedao.store.migrations import available, pending
from projections.queries import ReadModel

SKEW = timedelta(seconds=2)
"""How far the clocks of database and process may be apart."""

_FORBIDDEN = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
_RIGHTS = """
SELECT rolsuper, tableowner IS NOT NULL AND pg_has_role(current_user, tableowner, 'MEMBER'),
       ARRAY(SELECT right_ FROM unnest(%s::text[]) AS right_
             WHERE tableowner IS NOT NULL AND has_table_privilege('public.event', right_))
FROM pg_roles LEFT JOIN pg_tables ON schemaname = 'public' AND tablename = 'event'
WHERE rolname = current_user
"""
_OTHER_ROLE = "let the application log in as a role that is in jiedao_app and owns nothing; docs/postgresql.md says how"


def check_database(installation: Installation) -> Iterator[Verdict]:
    """See whether the database answers and is as it should be."""
    addresses = installation.addresses
    if addresses is None:
        folder = installation.settings.embedded_folder
        yield warning(f"the embedded PostgreSQL in {folder} is not started; jiedao serve starts it")
        return
    try:
        connection = psycopg.connect(addresses.app_url, autocommit=True, connect_timeout=CONNECT_SECONDS)
    except psycopg.OperationalError as error:
        yield fault(
            f"the database does not answer: {str(error).strip()}",
            "start it, or correct JIEDAO_DATABASE_URL"
            if not addresses.embedded
            else "stop jiedao serve and start it again",
        )
        return
    with connection:
        info = connection.info
        yield well(f"PostgreSQL {_version(connection)} answers: database {info.dbname}, as {info.user}")
        yield _look_at_schema(connection)
        yield _look_at_rights(connection)
    if addresses.embedded:
        yield warning(
            "the embedded PostgreSQL is not tamper-resistant: whoever has this system account can change its files",
            "for real work name a PostgreSQL of its own by JIEDAO_DATABASE_URL",
        )


def check_clock(installation: Installation) -> Iterator[Verdict]:
    """Compare the database's clock with this process's."""
    with installation.connection() as connection:
        before = installation.now
        row = connection.execute("SELECT clock_timestamp()").fetchone()
        after = installation.now
    there = row[0] if row else before
    apart = max(before - there, there - after, timedelta())
    sentence = f"the clocks of database and process are {apart.total_seconds():.1f} s apart"
    if apart > SKEW:
        yield fault(sentence, "let both machines follow the same time server (NTP)")
    else:
        yield well(sentence)


def check_views(installation: Installation) -> Iterator[Verdict]:
    """See whether the views run, and how far they are behind the log."""
    with installation.connection() as connection:
        if pending(connection):
            yield warning("not looked at: the schema is not up to date")
            return
    with Database(installation.database_url(), max_connections=2) as database:
        status = ReadModel(database).status()
    behind = f"at position {status.position} of {status.head}, {status.lag} events behind"
    if status.active is None:
        yield warning("no views have been made yet", "jiedao serve makes them, and so does jiedao projections rebuild")
    elif status.fault is not None:
        yield fault(status.fault, "mend what the reason names (often: upgrade), then jiedao projections rebuild")
    elif status.rebuild_needed:
        yield warning(f"filled by another version; {behind}", "jiedao projections rebuild")
    elif status.lag > HttpLimits().projection_lag_events:
        yield warning(behind, "see that jiedao serve runs; it brings them up to date")
    else:
        yield well(behind)


def _version(connection: Connection[TupleRow]) -> str:
    number = connection.info.server_version
    return f"{number // 10_000}.{number % 10_000}"


def _look_at_schema(connection: Connection[TupleRow]) -> Verdict:
    try:
        missing = pending(connection)
    except ConfigurationError as error:
        return fault(str(error), "install the version of the software that belongs to this database")
    if missing:
        names = ", ".join(f"{step.number:04} {step.name}" for step in missing)
        return fault(
            f"the schema is behind this version: {names}",
            "start jiedao serve, with JIEDAO_DATABASE_OWNER_URL where the application may not change the schema",
        )
    return well(f"the schema is up to date, at migration {len(available()):04}")


def _look_at_rights(connection: Connection[TupleRow]) -> Verdict:
    """See that PostgreSQL itself keeps this role from changing what was recorded."""
    row = connection.execute(_RIGHTS, [list(_FORBIDDEN)]).fetchone()
    superuser, owner, rights = row or (False, False, [])
    role = connection.info.user
    if superuser:
        return fault(f"{role} is a superuser: it may change what was recorded", _OTHER_ROLE)
    if owner:
        return fault(f"{role} owns the log: it may change what was recorded", _OTHER_ROLE)
    if rights:
        return fault(f"{role} may {', '.join(rights)} events", _OTHER_ROLE)
    return well(f"{role} can append to the log and cannot change it")
