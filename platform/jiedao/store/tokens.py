"""Access tokens: random, shown once to whoever makes them, kept as a hash, revocable at once.

A token is ``jd_`` and 43 letters and digits drawn at random, 256 bits. Against such a secret nobody guesses, so one
SHA-256 is enough: a slow hash protects short passwords that people choose, and would cost every request 100 ms here. It
is looked up by its hash, so how long the look-up takes tells nothing of the token.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from psycopg import Connection, errors
from psycopg.rows import TupleRow

from jiedao.domain.access import Holder
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.terms import Role
from jiedao.store.database import Database

HASH = "SHA-256"
"""The name of the hash that tokens are kept as."""

_PREFIX = "jd_"
_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 43  # 62^43 > 2^256
_PLAIN = re.compile(rf"{_PREFIX}[A-Za-z0-9]{{{_LENGTH}}}")
_HOLDER = re.compile(r"(?:user|source):[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_LIMIT_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")

_COLUMNS = (
    "token_id, holder, role, streets, sources, created_at, created_by, expires_at, revoked_at, revoked_by, assignees"
)
_INSERT = f"""
INSERT INTO access_token (token_id, secret_hash, hash_algorithm, holder, role, streets, sources, created_by, expires_at,
    assignees)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}
""".encode()  # noqa: S608  # constants of this file
_LIST = f"SELECT {_COLUMNS} FROM access_token ORDER BY created_at, token_id".encode()  # noqa: S608  # as above
_ONE = f"SELECT {_COLUMNS} FROM access_token WHERE token_id = %s".encode()  # noqa: S608  # as above
_HOLDER_OF = b"SELECT token_id, holder, role, streets, sources, expires_at, assignees FROM token_holder(%s)"
_FORMER = b"SELECT token_id, holder, role, ended FROM former_token_holder(%s)"
_REVOKE = b"SELECT revoke_token(%s, %s)"


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is listed: everything but the secret; the limits are those of :class:`Holder`."""

    token_id: str
    holder: str
    role: Role
    streets: frozenset[str] | None
    sources: frozenset[str] | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None
    assignees: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token that was just made; ``plain`` is shown this once and is kept nowhere."""

    plain: str = field(repr=False)
    token: Token


@dataclass(frozen=True, slots=True)
class FormerToken:
    """A token that is valid no more: whose it was, and whether it was ``revoked`` or ``expired``."""

    holder: Holder
    ended: str


class TokenTable:
    """Issues tokens, recognises their holders, revokes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(  # noqa: PLR0913  # each is a field of the token, given by name
        self,
        holder: str,
        role: Role | str,
        *,
        streets: Collection[str] | None = None,
        sources: Collection[str] | None = None,
        assignees: Collection[str] | None = None,
        expires_at: datetime | None = None,
        created_by: str,
    ) -> IssuedToken:
        """Make a token for a holder (``user:zhang``, ``source:hotline``) in a role.

        ``streets`` and ``sources`` limit it, ``None`` is all of the district; ``assignees`` are the names of those
        whose tasks are the holder's. Raises InvalidInputError for a name that is none, an unknown role, an empty limit,
        or an end that has no zone or has passed.
        """
        if not _HOLDER.fullmatch(holder):
            raise InvalidInputError(
                f"{holder!r} names no holder: write user:<name> or source:<name>, in small letters, digits and . _ -",
                pointer="/holder",
            )
        if expires_at is not None and expires_at.tzinfo is None:
            raise InvalidInputError("a token's end needs a time with its zone", pointer="/expires_at")
        if not created_by:
            raise InvalidInputError("say who makes the token", pointer="/created_by")
        limits = [_limit(streets, "/streets"), _limit(sources, "/sources")]
        plain = _PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        token_id = f"t-{secrets.token_hex(8)}"
        row = [token_id, _hash(plain), HASH, holder, _role(role).value, *limits, created_by, expires_at]
        row.append(_assignees(assignees))
        try:
            with self._database.connection() as connection:
                return IssuedToken(plain, _token(connection.execute(_INSERT, row).fetchall()[0]))
        except errors.CheckViolation as error:
            raise InvalidInputError("the token would have expired already", pointer="/expires_at") from error

    def authenticate(self, plain: str) -> Holder | None:
        """Return the holder; ``None`` for a token that is unknown, expired or revoked, as of now.

        Asks the database every time, so that a revocation holds at once for every process.
        """
        if not _PLAIN.fullmatch(plain):
            return None
        rows = self._database.rows(_HOLDER_OF, [_hash(plain)], prepare=True)
        if not rows:
            return None
        ((token_id, holder, role, streets, sources, expires_at, assignees),) = rows
        return Holder(token_id, holder, Role(role), _names(streets), _names(sources), expires_at, _names(assignees))

    def former(self, plain: str) -> FormerToken | None:
        """Return whose token it was that is valid no more; ``None`` for one that never was, or still is."""
        if not _PLAIN.fullmatch(plain):
            return None
        rows = self._database.rows(_FORMER, [_hash(plain)], prepare=True)
        if not rows:
            return None
        ((token_id, holder, role, ended),) = rows
        return FormerToken(Holder(token_id, holder, Role(role)), ended)

    def list(self) -> Sequence[Token]:
        """Return all tokens, the oldest first; also those that expired or were revoked."""
        with self._database.connection() as connection:
            return [_token(row) for row in connection.execute(_LIST)]

    def revoke(self, token_id: str, by: str) -> Token:
        """Revoke a token from now on, for ever; one that is revoked already stays as it is.

        Raises NotFoundError when there is no such token.
        """
        if not by:
            raise InvalidInputError("say who revokes the token", pointer="/by")
        with self._database.connection() as connection:
            connection.execute(_REVOKE, [token_id, by])
            return _find(connection, token_id)


def _find(connection: Connection[TupleRow], token_id: str) -> Token:
    row = connection.execute(_ONE, [token_id]).fetchone()
    if row is None:
        raise NotFoundError(f"there is no token {token_id!r}; `jiedao tokens list` shows them")
    return _token(row)


def _token(row: TupleRow) -> Token:
    token_id, holder, role, streets, sources, created_at, created_by, expires_at, revoked_at, revoked_by, own = row
    return Token(
        token_id=token_id,
        holder=holder,
        role=Role(role),
        streets=_names(streets),
        sources=_names(sources),
        created_at=created_at,
        created_by=created_by,
        expires_at=expires_at,
        revoked_at=revoked_at,
        revoked_by=revoked_by,
        assignees=_names(own),
    )


def _hash(plain: str) -> bytes:
    return hashlib.sha256(plain.encode()).digest()


def _names(stored: Sequence[str] | None) -> frozenset[str] | None:
    return None if stored is None else frozenset(stored)


def _role(role: Role | str) -> Role:
    try:
        return Role(role)
    except ValueError as error:
        raise InvalidInputError(f"{role!r} is no role; there are {', '.join(Role)}", pointer="/role") from error


def _limit(names: Collection[str] | None, pointer: str) -> Sequence[str] | None:
    """Check a limit: a collection of names, never one name as a string, never none at all."""
    if names is None:
        return None
    if isinstance(names, str) or not names:
        raise InvalidInputError("a limit lists what is allowed; leave it out to allow all", pointer=pointer)
    for name in names:
        if not _LIMIT_NAME.fullmatch(name):
            raise InvalidInputError(f"{name!r} is no code of a street and no name of a source", pointer=pointer)
    return sorted(set(names))


_LONGEST_NAME = 100


def _assignees(names: Collection[str] | None) -> Sequence[str] | None:
    """Check the names of assignees: as people call them, so in any script."""
    if names is None:
        return None
    if isinstance(names, str) or not names:
        raise InvalidInputError("name at least one assignee; leave it out for those of the streets", "/assignees")
    for name in names:
        if not 0 < len(name.strip()) == len(name) <= _LONGEST_NAME or not name.isprintable():
            raise InvalidInputError(f"{name!r} is no name of an assignee", "/assignees")
    return sorted(set(names))
