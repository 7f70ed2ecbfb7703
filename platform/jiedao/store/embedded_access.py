"""Who may connect to the embedded PostgreSQL, and as whom.

``jiedao_owner`` owns the districts' databases and migrates them; ``jiedao_login`` is what the application logs in as,
a member of ``jiedao_app``. Both need their random password (SCRAM-SHA-256), which stands in a file that only the
platform's user may read. There is no TCP. The superuser has no password: only the system account of the data (and
root) may be it, over the socket. That is the way back in when the password file is lost, and nothing else uses it:

    psql -h <data folder>/postgres/data -U postgres postgres

None of this keeps out whoever has the platform's system account: such a person can change the data files themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import quote

import msgspec
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier, Literal

from jiedao.domain.errors import ConfigurationError
from jiedao.store.postmaster import PORT, SUPERUSER
from jiedao.store.private_files import create_private, read_private
from jiedao.store.server_account import ServerAccount

OWNER, LOGIN, APPLICATION = "jiedao_owner", "jiedao_login", "jiedao_app"
"""The role that owns the schema, the one that the application logs in as, and the group that holds its rights."""

_DISTRICT = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")


@dataclass(frozen=True, slots=True)
class RolePasswords:
    """The passwords of the two roles."""

    owner: str = field(repr=False)
    login: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a running embedded server is. The addresses hold passwords: they are never logged.

    ``pid`` is that of its postmaster, ``data`` its data directory, where the socket is too.
    """

    data: Path
    pid: int
    passwords: RolePasswords

    def app_url(self, district: str) -> str:
        """The address of a district's database for the application, which may do what the migrations grant it."""
        return self._url(LOGIN, self.passwords.login, database_name(district))

    def owner_url(self, district: str) -> str:
        """The address of a district's database for whoever migrates it."""
        return self._url(OWNER, self.passwords.owner, database_name(district))

    @property
    def superuser_url(self) -> str:
        """The address for the server's own administration; open to the system account of the data alone."""
        return self._url(SUPERUSER, "", "postgres")

    def _url(self, user: str, password: str, database: str) -> str:
        secret = f":{quote(password, safe='')}" if password else ""
        return f"postgresql://{user}{secret}@/{database}?host={quote(str(self.data), safe='')}&port={PORT}"


def database_name(district: str) -> str:
    """Return the name of a district's database; raises ConfigurationError for what cannot be a district's code."""
    if not _DISTRICT.fullmatch(district):
        raise ConfigurationError(f"{district!r} cannot be a district's code: small letters, digits, - and _")
    return f"jiedao_{district}"


def access_files(account: ServerAccount) -> dict[str, str]:
    """The server's access rules: the superuser by system account, everybody else by password, nobody over TCP."""
    rules = (
        f"local all {SUPERUSER} peer map=administrator",
        "local all all scram-sha-256",
    )
    return {
        "pg_hba.conf": "\n".join(("# Written anew at every start.", *rules, "")),
        "pg_ident.conf": "".join(f'administrator "{name}" {SUPERUSER}\n' for name in account.trusted),
    }


def keep_passwords(path: Path) -> RolePasswords:
    """Read the passwords of the roles; makes them where there are none, or where they were lost."""
    if not path.exists():
        made = {OWNER: token_urlsafe(32), LOGIN: token_urlsafe(32)}
        create_private(path, msgspec.json.encode(made))
    return read_passwords(path)


def read_passwords(path: Path) -> RolePasswords:
    """Read the passwords of the roles; raises FileNotFoundError, and ConfigurationError when others may read them."""
    try:
        kept = msgspec.json.decode(read_private(path, "passwords of the database"), type=dict[str, str])
        return RolePasswords(kept[OWNER], kept[LOGIN])
    except (msgspec.DecodeError, KeyError) as error:
        raise ConfigurationError(f"{path} is damaged: remove it, new passwords are made at the next start") from error


def set_up_roles(superuser: Connection[TupleRow], passwords: RolePasswords) -> None:
    """Make the roles and give them these passwords; the server is sent verifiers, never a password."""
    known = {row[0] for row in superuser.execute("SELECT rolname FROM pg_roles")}
    if APPLICATION not in known:
        superuser.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(APPLICATION)))
    for role, password in ((OWNER, passwords.owner), (LOGIN, passwords.login)):
        if role not in known:
            superuser.execute(SQL("CREATE ROLE {}").format(Identifier(role)))
        verifier = superuser.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        superuser.execute(
            SQL("ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD {}").format(
                Identifier(role), Literal(verifier)
            )
        )
    superuser.execute(SQL("GRANT {} TO {}").format(Identifier(APPLICATION), Identifier(LOGIN)))


def set_up_database(superuser: Connection[TupleRow], district: str) -> None:
    """Make a district's database where there is none: the owner's, and open to nobody but owner and application."""
    name = database_name(district)
    if superuser.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
        superuser.execute(SQL("CREATE DATABASE {} OWNER {}").format(Identifier(name), Identifier(OWNER)))
    superuser.execute(SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(Identifier(name)))
    superuser.execute(SQL("GRANT CONNECT ON DATABASE {} TO {}").format(Identifier(name), Identifier(APPLICATION)))
