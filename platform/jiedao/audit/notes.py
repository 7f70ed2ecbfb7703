"""Signed notes: a text and the signatures under it, as C2SP's signed-note and tlog-cosignature lay them down.

A note is its text, an empty line, and a line for each signature: an em dash, the signer's name, and in base64 four
bytes that identify the key followed by the signature. Ed25519 signs the text as it stands (algorithm 1); a witness
signs it with the time of its look before it (algorithm 4, ``cosignature/v1``). Every key names its algorithm by that
byte, so that others can be added; SM2 is not there yet.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from jiedao.domain.errors import InvalidInputError

ED25519 = 0x01
COSIGNATURE_V1 = 0x04

_KEY_ID_BYTES = 4
_PUBLIC_BYTES = 32
_SIGNATURE_BYTES = 64
_TIME = struct.Struct("!Q")
_LATEST = 2**63 - 1
_NAME = re.compile(r"[^\s+]+")
_LINE = re.compile(r"— (?P<name>[^\s+]+) (?P<content>[A-Za-z0-9+/=]+)")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name; ``algorithm`` is :data:`ED25519` or :data:`COSIGNATURE_V1`."""

    name: str
    algorithm: int
    public: bytes

    def __post_init__(self) -> None:
        """Refuse what no note could carry."""
        if not _NAME.fullmatch(self.name):
            raise InvalidInputError(f"{self.name!r} cannot be a key's name: it has no spaces and no plus sign")
        if self.algorithm not in {ED25519, COSIGNATURE_V1} or len(self.public) != _PUBLIC_BYTES:
            raise InvalidInputError(f"the key {self.name} is not Ed25519 (1) or cosignature/v1 (4) with 32 bytes")

    @property
    def key_id(self) -> bytes:
        """The four bytes by which signatures name the key."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public).digest()[
            :_KEY_ID_BYTES
        ]

    def __str__(self) -> str:
        """Write it in the form that verifiers are configured with (a vkey)."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.algorithm]) + self.public)}"

    def verify(self, text: str, signature: Signature) -> bool:
        """Tell whether this key made the signature under this text."""
        if (signature.name, signature.key_id) != (self.name, self.key_id):
            return False
        try:
            message, signed = self._signed(text, signature.content)
            Ed25519PublicKey.from_public_bytes(self.public).verify(signed, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def _signed(self, text: str, content: bytes) -> tuple[bytes, bytes]:
        if self.algorithm == ED25519:
            return text.encode(), content
        if len(content) != _TIME.size + _SIGNATURE_BYTES:
            raise ValueError("a cosignature is a time and an Ed25519 signature")
        return _cosigned(text, *_TIME.unpack_from(content)), content[_TIME.size :]


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a note; ``content`` is what follows the key's four bytes."""

    name: str
    key_id: bytes
    content: bytes

    def line(self) -> str:
        """The line of the note, without its end."""
        return f"— {self.name} {_base64(self.key_id + self.content)}"

    def cosigned_at(self) -> datetime | None:
        """When a witness says that it looked; ``None`` for what is no cosignature, or of no real time."""
        if len(self.content) != _TIME.size + _SIGNATURE_BYTES:
            return None
        try:
            return datetime.fromtimestamp(_TIME.unpack_from(self.content)[0], UTC)
        except (ValueError, OverflowError, OSError):
            return None


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends with a line break, and its signatures."""

    text: str
    signatures: Sequence[Signature]

    def __str__(self) -> str:
        """Write the note."""
        return f"{self.text}\n" + "".join(f"{one.line()}\n" for one in self.signatures)

    def signed_by(self, key: VerifierKey) -> bool:
        """Tell whether any of the signatures is this key's, and right."""
        return any(key.verify(self.text, one) for one in self.signatures)

    def with_signatures(self, more: Sequence[Signature]) -> Note:
        """The same text under further signatures, each once."""
        return Note(self.text, tuple(dict.fromkeys([*self.signatures, *more])))


class Signer:
    """Signs notes with a private Ed25519 key under a name; ``algorithm`` as of :class:`VerifierKey`."""

    def __init__(self, name: str, private: Ed25519PrivateKey, algorithm: int = ED25519) -> None:
        self._private = private
        self.key = VerifierKey(name, algorithm, private.public_key().public_bytes_raw())

    def sign(self, text: str, at: datetime | None = None) -> Signature:
        """Sign a text; a witness says when it looked (``at``)."""
        if self.key.algorithm == ED25519:
            return Signature(self.key.name, self.key.key_id, self._private.sign(text.encode()))
        if at is None:
            raise ValueError("a cosignature says when the witness looked")
        time = int(at.timestamp())
        content = _TIME.pack(time) + self._private.sign(_cosigned(text, time))
        return Signature(self.key.name, self.key.key_id, content)


def read_note(written: str) -> Note:
    """Read a note. Raises InvalidInputError that says what it is not."""
    text, empty, signatures = written.rpartition("\n\n")
    if not empty or not signatures.endswith("\n"):
        raise InvalidInputError("this is no signed note: a text, an empty line, and lines of signatures")
    found = [read_signature(line) for line in signatures.removesuffix("\n").split("\n")]
    return Note(f"{text}\n", tuple(found))


def read_signature(line: str) -> Signature:
    """Read one line of a signature. Raises InvalidInputError."""
    match = _LINE.fullmatch(line)
    content = _bytes(match["content"]) if match else None
    if match is None or content is None or len(content) <= _KEY_ID_BYTES:
        raise InvalidInputError(f"this is no line of a signature (— NAME BASE64): {line[:80]!r}")
    return Signature(match["name"], content[:_KEY_ID_BYTES], content[_KEY_ID_BYTES:])


def read_key(written: str) -> VerifierKey:
    """Read a verifier key, ``NAME+ID+BASE64``. Raises InvalidInputError."""
    name, _, rest = written.strip().partition("+")
    given_id, _, encoded = rest.partition("+")
    content = _bytes(encoded)
    if not content:
        raise InvalidInputError(
            f"{written.strip()[:80]!r} is no verifier key: NAME+ID+BASE64, as `audit key` prints it"
        )
    key = VerifierKey(name, content[0], content[1:])
    if key.key_id.hex() != given_id:
        raise InvalidInputError(f"the verifier key of {name} is damaged: its id would be {key.key_id.hex()}")
    return key


def read_keys(written: str) -> list[VerifierKey]:
    """Read verifier keys that stand apart by spaces, commas or lines. Raises InvalidInputError."""
    return [read_key(one) for one in re.split(r"[\s,]+", written) if one]


def _cosigned(text: str, time: int) -> bytes:
    if time > _LATEST:
        raise ValueError("a time beyond all times")
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(written: str) -> bytes | None:
    try:
        return base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        return None
