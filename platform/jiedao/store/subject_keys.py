"""The table of keys: one living key per subject, each wrapped by a key that follows from the root key.

A key is unwrapped for the call that needs it, unless that call made it, and not kept: that takes 4 µs, and asking the
table every time is what makes a destroyed key dead for every process at once. Only a call that is under way at that
very moment may still use it; what it seals is as unreadable as the rest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jiedao.domain.errors import ConfigurationError, ConflictError, InvalidInputError, NotFoundError
from jiedao.domain.quickly_made import quickly_made
from jiedao.store.arrays import ByteaArray, Int4Array, TextArray, register_arrays
from jiedao.store.database import Database
from jiedao.store.root_key import RootKey

CIPHER = "A256GCM"
"""The cipher that keys are for: AES-256 in Galois/counter mode (RFC 7518, 5.3)."""

WRAPPING = "A256GCMKW"
"""How keys are wrapped: AES-256-GCM with the key's id as associated data (RFC 7518, 4.7): nonce ‖ ciphertext ‖ tag."""

NONCE_BYTES = 12

_KEY_BYTES = 32
_ATTEMPTS = 5
_COLUMNS = "k.key_id, k.subject, k.generation, k.algorithm, k.wrapped_key, k.wrapping_algorithm, k.wrapping_key"
_LATEST = f"""
SELECT {_COLUMNS} FROM unnest(%b) AS s (subject)
CROSS JOIN LATERAL (
    SELECT * FROM subject_key WHERE subject = s.subject ORDER BY generation DESC LIMIT 1
) AS k
""".encode()  # noqa: S608  # constants of this file
_KEEP = f"SELECT {_COLUMNS} FROM keep_subject_keys(%b, %b, %b, %b, %s, %s, %s) AS k".encode()  # noqa: S608  # as above
_KEEP_NEW = b"SELECT keep_new_subject_keys(%b, %b, %b, %b, %s, %s, %s)"
_BY_ID = f"SELECT {_COLUMNS} FROM unnest(%b) AS i (id) JOIN subject_key AS k ON k.key_id = i.id".encode()  # noqa: S608  # as above
_DESTROY = b"SELECT * FROM destroy_subject_keys(%b, %s)"


@quickly_made
@dataclass(frozen=True, slots=True)
class SubjectKey:
    """A key that lives, unwrapped: what it is called, and the cipher under it."""

    key_id: str
    cipher: AESGCM


@quickly_made
@dataclass(frozen=True, slots=True)
class _Row:
    """A key as the table holds it; ``wrapped_key`` is gone once it is destroyed."""

    key_id: str
    subject: str
    generation: int
    algorithm: str
    wrapped_key: bytes | None
    wrapping_algorithm: str
    wrapping_key: str


class SubjectKeyTable:
    """Finds, makes and destroys keys; every method asks the table anew."""

    def __init__(self, database: Database, root: RootKey) -> None:
        self._database = database
        self._wrapping_key = root.fingerprint
        self._wrapping = AESGCM(root.derive(f"jiedao.vault/wrap/{WRAPPING}/1"))

    def living(self, subjects: Sequence[str]) -> Mapping[str, SubjectKey]:
        """Return the living key of each subject, and make the missing ones; one statement, two where one is missing.

        A subject whose key was destroyed gets a new one, with another id. Raises ConflictError when somebody destroys
        keys as fast as they are made.
        """
        distinct = sorted(set(subjects))
        for _attempt in range(_ATTEMPTS):
            latest = {row.subject: row for row in self._rows(_LATEST, [TextArray(distinct)])}
            living = {subject: row for subject, row in latest.items() if row.wrapped_key is not None}
            missing = [subject for subject in distinct if subject not in living]
            made: Mapping[bytes, SubjectKey] = {}
            if missing:
                generations = [latest[one].generation + 1 if one in latest else 1 for one in missing]
                kept, made = self._keep(missing, generations)
                living |= {row.subject: row for row in kept}
            if len(living) == len(distinct):
                return {
                    subject: made.get(row.wrapped_key or b"") or self._unwrap(row) for subject, row in living.items()
                }
        raise ConflictError("keys are being destroyed while they are made: try again")

    def by_id(self, key_ids: Sequence[str]) -> Mapping[str, SubjectKey | None]:
        """Return the keys of these ids, ``None`` for a destroyed one; one statement.

        Raises NotFoundError for a key that there never was, or that is missing from a restored backup.
        """
        distinct = list(dict.fromkeys(key_ids))
        found = {row.key_id: row for row in self._rows(_BY_ID, [TextArray(distinct)])}
        for key_id in distinct:
            if key_id not in found:
                raise NotFoundError(f"there is no key {key_id}, living or destroyed: restore the table of keys")
        return {key_id: None if row.wrapped_key is None else self._unwrap(row) for key_id, row in found.items()}

    def destroy(self, subjects: Sequence[str], reason: str) -> list[str]:
        """Destroy the living keys of subjects for ever; returns their ids. Who has none is left out."""
        if not reason.strip():
            raise InvalidInputError("say why the keys are destroyed", pointer="/reason")
        with self._database.connection() as connection, connection.cursor() as cursor:
            register_arrays(cursor)
            return [str(row[0]) for row in cursor.execute(_DESTROY, [TextArray(subjects), reason])]

    def _keep(
        self, subjects: Sequence[str], generations: Sequence[int]
    ) -> tuple[list[_Row], Mapping[bytes, SubjectKey]]:
        """Make keys; returns the living ones, which somebody else may have made first, and ours: wrapped → key."""
        key_ids = [f"{subject}.{generation}" for subject, generation in zip(subjects, generations, strict=True)]
        made = dict(map(self._wrap, key_ids, random_pieces(len(key_ids), NONCE_BYTES + _KEY_BYTES)))
        arrays = [TextArray(subjects), Int4Array(generations), TextArray(key_ids), ByteaArray(list(made))]
        parameters = [*arrays, CIPHER, WRAPPING, self._wrapping_key]
        ((all_are_ours,),) = self._database.rows(_KEEP_NEW, parameters)
        if not all_are_ours:  # or they are, and the answer was lost: then they are found
            return self._rows(_KEEP, parameters), made
        own = (
            _Row(key_id, subject, generation, CIPHER, wrapped, WRAPPING, self._wrapping_key)
            for key_id, subject, generation, wrapped in zip(key_ids, subjects, generations, made, strict=True)
        )
        return list(own), made

    def _rows(self, query: bytes, parameters: Sequence[object]) -> list[_Row]:
        """Ask for keys; each of these statements may run twice, as one that makes keys keeps those that there are."""
        return [_Row(*row) for row in self._database.rows(query, parameters)]

    def _wrap(self, key_id: str, random: bytes) -> tuple[bytes, SubjectKey]:
        """Make a key of random bytes and wrap it; the id is bound to it, so that rows cannot be exchanged."""
        nonce, key = random[:NONCE_BYTES], random[NONCE_BYTES:]
        return nonce + self._wrapping.encrypt(nonce, key, key_id.encode()), SubjectKey(key_id, AESGCM(key))

    def _unwrap(self, row: _Row) -> SubjectKey:
        if row.wrapped_key is None or (row.algorithm, row.wrapping_algorithm) != (CIPHER, WRAPPING):
            raise ConfigurationError(
                f"the key {row.key_id} is for {row.algorithm}, wrapped by {row.wrapping_algorithm}: this version knows"
                f" {CIPHER} and {WRAPPING} alone"
            )
        if row.wrapping_key != self._wrapping_key:
            raise ConfigurationError(
                f"the key {row.key_id} is wrapped by the root key {row.wrapping_key}, and {self._wrapping_key} is given"
            )
        nonce, wrapped = row.wrapped_key[:NONCE_BYTES], row.wrapped_key[NONCE_BYTES:]
        try:
            key = self._wrapping.decrypt(nonce, wrapped, row.key_id.encode())
        except InvalidTag as error:
            raise ConfigurationError(f"the key {row.key_id} was altered: restore the table of keys") from error
        return SubjectKey(row.key_id, AESGCM(key))


def random_pieces(count: int, size: int) -> Iterator[bytes]:
    """Yield so many pieces of so many random bytes, asked of the system at once."""
    drawn = os.urandom(count * size)
    return (drawn[start : start + size] for start in range(0, len(drawn), size))
