"""Looks at the ledger: do triggers and grants keep the past, is there a key, and how far is the log protected."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.audit.published import LedgerFaultError, PublishedLedger
from jiedao.audit.sealer import protection_of
from jiedao.audit.signing_key import load_signer
from jiedao.domain.errors import ConfigurationError
from jiedao.entrypoints.cli.checkup.findings import Installation, Verdict, fault, warning, well
from jiedao.entrypoints.sealing import LATE_SECONDS
from jiedao.entrypoints.settings import Settings
from jiedao.store.archive_reading import ArchiveReader
from jiedao.store.database import Database
from jiedao.store.ledger import LedgerTable
from jiedao.store.log_reading import LogReading
from jiedao.store.migrations import pending

KEPT = ("event", "checkpoint", "checkpoint_cosignature", "event_removal", "removed_event")
"""The tables whose rows are neither changed nor removed."""

_GUARDS = ("keep_the_past", "keep_all_of_the_past")
_TRIGGERS = """
SELECT t.name || ' on ' || k.name
FROM unnest(%s::text[]) AS k (name) CROSS JOIN unnest(%s::text[]) AS t (name)
WHERE NOT EXISTS (
    SELECT FROM pg_trigger WHERE tgrelid = to_regclass('public.' || k.name) AND tgname = t.name AND tgenabled = 'A'
      AND tgfoid = to_regproc('public.refuse_to_change_the_past'))
ORDER BY 1
"""
_GRANTS = """
SELECT r.right_ || ' on ' || k.name
FROM unnest(%s::text[]) AS k (name) CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) AS r (right_)
WHERE has_table_privilege('jiedao_app', 'public.' || k.name, r.right_)
   OR has_table_privilege('public', 'public.' || k.name, r.right_)
UNION ALL
SELECT 'EXECUTE ' || p.oid::regprocedure FROM pg_proc AS p
WHERE p.proname IN ('begin_removal', 'remove_events', 'end_removal')
  AND has_function_privilege('jiedao_app', p.oid, 'EXECUTE')
"""


def check_ledger(installation: Installation) -> Iterator[Verdict]:
    """See whether the past is kept, and how far it is protected."""
    with installation.connection() as connection:
        if pending(connection):
            yield warning("not looked at: the schema is not up to date")
            return
        yield _look_at_triggers(connection)
        yield _look_at_grants(connection)
    yield _look_at_key(installation.settings)
    yield _look_at_protection(installation)


def _look_at_triggers(connection: Connection[TupleRow]) -> Verdict:
    missing = [row[0] for row in connection.execute(_TRIGGERS, [list(KEPT), list(_GUARDS)])]
    if missing:
        return fault(
            f"triggers that keep the past are missing or switched off: {', '.join(missing)}",
            "find out who did that and what was changed meanwhile (jiedao audit verify), then ALTER TABLE … ENABLE"
            " ALWAYS TRIGGER …, or bring them back from migrations 0010 and 0012",
        )
    return well("triggers refuse to change or remove what was recorded, to the schema's owner too")


def _look_at_grants(connection: Connection[TupleRow]) -> Verdict:
    given = [row[0] for row in connection.execute(_GRANTS, [list(KEPT)])]
    if given:
        return fault(f"the application may {', '.join(given)}", "REVOKE that from jiedao_app, and from PUBLIC")
    return well("the application is granted to add to log and checkpoints, and nothing else")


def _look_at_key(settings: Settings) -> Verdict:
    file = settings.signing_key_file
    if not file.exists():
        return warning(f"there is no key that signs checkpoints yet; the first start makes one in {file}")
    try:
        key = load_signer(settings.log_origin, file).key
    except ConfigurationError as error:
        return fault(str(error), "bring the key back from its backup, with its rights")
    return well(f"checkpoints are signed by {key.name} (key {key.key_id.hex()}); keep a backup of {file}")


def _look_at_protection(installation: Installation) -> Verdict:
    settings = installation.settings
    published = PublishedLedger(settings.published_folder)
    with Database(installation.database_url(), max_connections=2) as database:
        table = LedgerTable(database)
        try:
            protection = protection_of(settings.log_origin, table, published)
        except LedgerFaultError as error:
            return fault(str(error), "see what holds with jiedao audit verify")
        waiting = LogReading(database, ArchiveReader(None)).recorded_at(protection.size + 1)
    sentence = f"protected up to position {protection.size} of {protection.head}, published in {published.folder}"
    if protection.head < protection.size:
        return fault(
            f"{protection.size} events were published and the log ends at position {protection.head}",
            "its end was cut off, or an older backup was brought back: docs/audit.md says what to do",
        )
    if waiting is not None and (installation.now - waiting).total_seconds() > LATE_SECONDS:
        return warning(sentence, "see that jiedao serve runs; jiedao audit seal seals it at once")
    return well(sentence)
