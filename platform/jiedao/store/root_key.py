"""The root key of an installation's personal data: 32 random bytes, from which every other key of the vault follows.

It comes from the environment or from a file and is never in the database, so a copy of the database alone opens
nothing. Whoever loses it loses the personal data: back it up, apart from the database.

Keys for one purpose each are derived by HKDF-SHA-256 (RFC 5869) under labels that name purpose and algorithm. SM3 and
SM4 would be further labels; they are not there yet.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from jiedao.domain.errors import ConfigurationError
from jiedao.store.private_files import create_private, make_private_folder, read_private

DERIVATION = "HKDF-SHA-256"
"""The name of the derivation, as it is recorded in the database."""

_BYTES = 32
_WHAT = "the root key of personal data"


@dataclass(frozen=True, slots=True)
class RootKey:
    """The root key; ``secret`` is 32 bytes."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a key of another length."""
        if len(self.secret) != _BYTES:
            raise ConfigurationError(f"{_WHAT} must be {_BYTES} bytes in base64, not {len(self.secret)}")

    def derive(self, label: str) -> bytes:
        """Derive the 32-byte key for one purpose; another label gives a key that has nothing to do with it."""
        return HKDF(SHA256(), _BYTES, salt=None, info=label.encode()).derive(self.secret)

    @property
    def fingerprint(self) -> str:
        """What tells this key from others and tells nothing of the key; kept in the database."""
        return self.derive("jiedao.vault/fingerprint/1")[:16].hex()


def load_root_key(given: str | None, file: Path | None, *, create: bool = False) -> RootKey:
    """Return the root key: ``given`` is JIEDAO_VAULT_KEY (base64), ``file`` holds the same; the former outweighs.

    With ``create`` a file that is not there is made, with a new key: for a fresh installation, and only then.
    Raises ConfigurationError when there is no key, when it is not one, or when others may read the file.
    """
    if given:
        return _decode(given, "JIEDAO_VAULT_KEY")
    if file is None:
        raise ConfigurationError(
            f"there is no {_WHAT}: set JIEDAO_VAULT_KEY to 32 random bytes in base64, or JIEDAO_VAULT_KEY_FILE to a"
            " file that holds them (`openssl rand -base64 32`)"
        )
    if create and not file.exists():
        make_private_folder(file.parent)
        create_private(file, base64.b64encode(token_bytes(_BYTES)) + b"\n")  # or another process was faster: read its
    try:
        content = read_private(file, _WHAT)
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"{_WHAT} is not in {file}: bring the file back from its backup; for a new installation make one with"
            f" `(umask 077; openssl rand -base64 32 > {file})`"
        ) from error
    return _decode(content.decode("ascii", "replace"), str(file))


def _decode(text: str, origin: str) -> RootKey:
    try:
        return RootKey(base64.b64decode(text.strip(), validate=True))
    except (binascii.Error, ValueError) as error:  # the text itself is in neither error nor log
        raise ConfigurationError(f"{origin} is not base64: {_WHAT} is 32 bytes in base64, 44 characters") from error
