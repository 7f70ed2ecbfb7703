"""The private key that signs checkpoints: an Ed25519 key in PEM, in a file that only the platform's user may read.

Whoever has it can sign a history of their own making, so it should stand where the database's administrators do not
come. `openssl genpkey -algorithm ed25519` makes one too. Lost, a new one takes its place: what the old one signed stays
verifiable by its public key, which stands beside the published checkpoints.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from jiedao.audit.notes import Signer
from jiedao.domain.errors import ConfigurationError
from jiedao.store.private_files import create_private, make_private_folder, read_private

_WHAT = "the key that signs checkpoints"


def load_signer(origin: str, file: Path, *, create: bool = False) -> Signer:
    """Read the key of a log; with ``create`` one is made where there is none.

    Raises ConfigurationError when there is none, when it is not Ed25519, or when others may read the file.
    """
    if create and not file.exists():
        make_private_folder(file.parent)
        made = Ed25519PrivateKey.generate()
        create_private(file, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        content = read_private(file, _WHAT)
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"{_WHAT} is not in {file}: `jiedao audit seal` or `jiedao serve` makes one at the first start. Where it"
            " was there before, bring it back from its backup; if it is lost for good, `jiedao audit seal --new-key`"
            " makes another, which auditors have to be told of"
        ) from error
    try:
        key = load_pem_private_key(content, None)
    except (ValueError, TypeError) as error:  # the content itself is in neither error nor log
        raise ConfigurationError(f"{file} is not a private key in PEM without a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(f"{file} holds another kind of key: {_WHAT} is Ed25519")
    return Signer(origin, key)
