"""Encrypts personal data under a key of the person it belongs to, so that destroying one key forgets one person.

What is sealed names its algorithm (``A256GCM``) and its key, and is bound to that key's id: nonce (12 random bytes) ‖
ciphertext ‖ tag, the id as associated data. Random nonces are safe for 2^32 messages under one key; a street's busiest
source would need a thousand years. Pseudonyms and keyed hashes are HMAC-SHA-256, each under a key of its own that
follows from the root key. The SM algorithms (SM2, SM3, SM4) are not there yet; the names leave room for them.

A destroyed key is gone from the table at once. Its old bytes lie in the database's files until they are vacuumed and
in backups until those expire: so keys are backed up apart, and those backups are kept for a short time only.
"""

from __future__ import annotations

import base64
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from jiedao.domain.errors import ConfigurationError, JiedaoError
from jiedao.domain.report import ReporterDetails, Sealed
from jiedao.store.database import Database
from jiedao.store.reporter_identity import identity_of
from jiedao.store.root_key import DERIVATION, RootKey
from jiedao.store.subject_keys import CIPHER, NONCE_BYTES, WRAPPING, SubjectKey, SubjectKeyTable, random_pieces

KEYED_HASH = "HMAC-SHA-256"
"""The algorithm of pseudonyms and keyed hashes."""

ALGORITHMS = f"{DERIVATION} {WRAPPING} {CIPHER} {KEYED_HASH}"
"""What a database is written with; recorded in it beside the fingerprint of its root key."""

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_RECORD_ROOT = b"INSERT INTO vault_root (fingerprint, algorithms) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_DESTRUCTIONS = b"SELECT times FROM key_destruction"
_ROOT = b"SELECT fingerprint, algorithms FROM vault_root"


class KeyVault:
    """Implements :class:`~jiedao.domain.ports.Vault` on the table ``subject_key``.

    The first use compares the root key with the one that the database was written with, and records it in a new
    database. Every method raises ConfigurationError where it is another.
    """

    def __init__(self, database: Database, root: RootKey) -> None:
        self._database = database
        self._fingerprint = root.fingerprint
        self._keys = SubjectKeyTable(database, root)
        self._pseudonym = _keyed_hash(root.derive(f"jiedao.vault/pseudonym/{KEYED_HASH}/1"))
        self._mac = _keyed_hash(root.derive(f"jiedao.vault/mac/{KEYED_HASH}/1"))
        self._is_the_databases_own = False

    def subject_of(self, district: str, reporter: ReporterDetails) -> str:
        """Return the stable, keyed pseudonym of a reporter: the same person gets the same key.

        Who is the same person, :mod:`jiedao.store.reporter_identity` says.
        """
        self.check_root_key()
        kind, *parts = identity_of(reporter)
        written = _counted(district) + _counted(kind) + b"".join(map(_counted_alone, parts))
        return f"reporter:{_base64(self._pseudonym(written))}"

    def destructions(self) -> int:
        """How often keys were destroyed so far. What is sealed after asking is appended only while that holds."""
        rows = self._database.rows(_DESTRUCTIONS)
        return int(rows[0][0]) if rows else 0

    def seal(self, plaintexts: Sequence[tuple[str, bytes]]) -> Sequence[Sealed]:
        """Encrypt each (subject, plaintext) under the subject's living key, making keys as needed.

        Two statements, whatever the number; three where somebody else makes the same keys. The keys are committed
        before this returns.
        """
        if not plaintexts:
            return []
        self.check_root_key()
        keys = self._keys.living([subject for subject, _plaintext in plaintexts])
        nonces = random_pieces(len(plaintexts), NONCE_BYTES)
        return [
            _seal(keys[subject], plaintext, nonce)
            for (subject, plaintext), nonce in zip(plaintexts, nonces, strict=True)
        ]

    def open(self, sealed: Sequence[Sealed]) -> Sequence[bytes | None]:
        """Decrypt each, with one statement; ``None`` where the subject's key was destroyed.

        Raises NotFoundError for a key that the table does not hold at all, ConfigurationError for an algorithm that
        this version does not know, JiedaoError for a ciphertext that was altered.
        """
        if not sealed:
            return []
        self.check_root_key()
        for one in sealed:
            if one.algorithm != CIPHER:
                raise ConfigurationError(
                    f"{one.algorithm!r} was used to seal under {one.key_id}: only {CIPHER} is known"
                )
        keys = self._keys.by_id([one.key_id for one in sealed])
        return [_open(keys[one.key_id], one) for one in sealed]

    def mac(self, content: bytes) -> bytes:
        """Keyed hash (HMAC-SHA-256) of content: tells same from other without being guessable."""
        self.check_root_key()
        return self._mac(content)

    def destroy(self, subjects: Sequence[str], reason: str) -> list[str]:
        """Destroy the keys of subjects for ever, in one statement; returns the ids of the keys that lived until now.

        From then on nothing that was sealed for them can be opened, by anybody. What is sealed for them later gets a
        new key under a new id. Raises InvalidInputError without a reason.
        """
        self.check_root_key()
        return self._keys.destroy(subjects, reason)

    def check_root_key(self) -> None:
        """Compare the root key with the database's, once; records it in a database that has none yet.

        Raises ConfigurationError when the database was written with another key, or with other algorithms.
        """
        if self._is_the_databases_own:
            return
        with self._database.connection() as connection:
            connection.execute(_RECORD_ROOT, [self._fingerprint, ALGORITHMS])
        with self._database.connection() as connection:  # sees also what another process recorded meanwhile
            fingerprint, algorithms = connection.execute(_ROOT).fetchall()[0]
        if fingerprint != self._fingerprint:
            raise ConfigurationError(
                f"the personal data of this database is encrypted under the root key {fingerprint}, and the key"
                f" {self._fingerprint} is given: set JIEDAO_VAULT_KEY or JIEDAO_VAULT_KEY_FILE to the former"
            )
        if algorithms != ALGORITHMS:
            raise ConfigurationError(f"this database is written with {algorithms}; this version knows {ALGORITHMS}")
        self._is_the_databases_own = True


def _keyed_hash(key: bytes) -> Callable[[bytes], bytes]:
    """Return HMAC-SHA-256 under a key, begun once: ``hmac.digest`` looks its algorithm up, and the key, each time."""
    begun = HMAC(key, SHA256())

    def keyed_hash(content: bytes) -> bytes:
        hashing = begun.copy()
        hashing.update(content)
        return hashing.finalize()

    return keyed_hash


def _counted_alone(part: str) -> bytes:
    """Write a part of an identity, with its length before it."""
    encoded = part.encode()
    return len(encoded).to_bytes(4, "big") + encoded


_counted = lru_cache(64)(_counted_alone)
"""The same for a district and for a kind of identity, of which there are a handful."""


def _seal(key: SubjectKey, plaintext: bytes, nonce: bytes) -> Sealed:
    return Sealed(CIPHER, key.key_id, _base64(nonce + key.cipher.encrypt(nonce, plaintext, key.key_id.encode())))


def _open(key: SubjectKey | None, sealed: Sealed) -> bytes | None:
    if key is None:
        return None
    try:
        whole = base64.urlsafe_b64decode(sealed.ciphertext + "=" * (-len(sealed.ciphertext) % 4))
        return key.cipher.decrypt(whole[:NONCE_BYTES], whole[NONCE_BYTES:], key.key_id.encode())
    except (InvalidTag, ValueError) as error:
        raise JiedaoError(
            f"what was sealed under the key {key.key_id} was altered, or belongs to another key"
        ) from error


def _base64(content: bytes) -> str:
    """URL-safe base64 without padding."""
    return b2a_base64(content, newline=False).translate(_URL_SAFE, b"=").decode("ascii")
