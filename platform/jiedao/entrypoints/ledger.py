"""The ledger of one district, put together: what is published, what the database keeps, who signs, who is trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jiedao.audit.claims import Trust
from jiedao.audit.notes import VerifierKey, read_keys
from jiedao.audit.proofs import Prover
from jiedao.audit.published import PublishedLedger
from jiedao.audit.sealer import Protection, Sealer, protection_of
from jiedao.audit.signing_key import load_signer
from jiedao.audit.witnessing import take_cosignatures
from jiedao.domain.errors import ConfigurationError, InvalidInputError
from jiedao.domain.ports import Clock
from jiedao.entrypoints.settings import Settings
from jiedao.store.database import Database
from jiedao.store.ledger import CosignatureRow, LedgerTable
from jiedao.store.log_reading import LogReading


@dataclass(frozen=True, slots=True)
class Ledger:
    """The parts of one district's ledger; nothing is read or written before it is used."""

    origin: str
    database: Database
    log: LogReading
    table: LedgerTable
    published: PublishedLedger
    prover: Prover
    key_file: Path
    witnesses: Sequence[VerifierKey]
    clock: Clock

    def sealer(self, *, new_key: bool = False) -> Sealer:
        """What seals it; makes the key that signs, where nothing was ever signed, or where ``new_key`` says so.

        Raises ConfigurationError where there is none although checkpoints were signed, and for a ``new_key`` where
        there is one: nobody's key is replaced in silence.
        """
        if new_key and self.key_file.exists():
            raise ConfigurationError(f"the key that signs is in {self.key_file}: move it away before another is made")
        first = self.table.latest(self.origin) is None and self.published.latest() is None
        signer = load_signer(self.origin, self.key_file, create=first or new_key)
        return Sealer(self.log, self.published, signer, self.clock)

    def protection(self) -> Protection:
        """Say how far the log is protected, by what is published now."""
        return protection_of(self.origin, self.table, self.published)

    def trust(self, keys: Sequence[VerifierKey] = (), witnesses: Sequence[VerifierKey] = ()) -> Trust:
        """Whom a verification believes: the keys that are named, or else those that ever signed here."""
        return Trust(self.origin, keys or self.known_keys(), [*self.witnesses, *witnesses])

    def known_keys(self) -> list[VerifierKey]:
        """The verifier keys of this log: that of the key file, where it is here, and those that are published."""
        own = [load_signer(self.origin, self.key_file).key] if self.key_file.exists() else []
        return list(dict.fromkeys([*own, *self.published.keys()]))

    def cosign(self, written: str, received_from: str) -> list[CosignatureRow]:
        """Take the witnesses' lines of a note; see :func:`~jiedao.audit.witnessing.take_cosignatures`."""
        now = self.clock.now()
        return take_cosignatures(self.table, self.origin, self.witnesses, written, received_from=received_from, now=now)


def open_ledger(settings: Settings, log: LogReading, clock: Clock) -> Ledger:
    """Put it together. Raises ConfigurationError for a witness's key that is none."""
    try:
        witnesses = read_keys(settings.ledger_witnesses)
    except InvalidInputError as error:
        raise ConfigurationError(f"JIEDAO_LEDGER_WITNESSES: {error}") from error
    origin, database, published = settings.log_origin, log.database, PublishedLedger(settings.published_folder)
    table = LedgerTable(database)
    return Ledger(
        origin=origin,
        database=database,
        log=log,
        table=table,
        published=published,
        prover=Prover(origin, log, table, published),
        key_file=settings.signing_key_file,
        witnesses=witnesses,
        clock=clock,
    )
