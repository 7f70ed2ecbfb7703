"""Cursors of keyset pages: opaque, stable, bound to the question they belong to, checked when they come back.

A cursor holds the sort key of a page's last row. Its tag is no secret and guards nothing: it tells a mangled cursor,
or one of another question, from a good one. What a holder may see is decided by the query, never by the cursor.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TypeVar

import msgspec

from jiedao.domain.errors import InvalidInputError

_TAG_BYTES = 9
Key = TypeVar("Key")


def write_cursor(question: object, key: object) -> str:
    """Return the cursor for the page after the row with this sort key."""
    payload = msgspec.json.encode(key)
    return base64.urlsafe_b64encode(_tag(question, payload) + payload).rstrip(b"=").decode()


def read_cursor(question: object, cursor: str, key_type: type[Key]) -> Key:
    """Return the sort key in a cursor that was written for the same question.

    Raises InvalidInputError for anything else.
    """
    try:
        content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        tag, payload = content[:_TAG_BYTES], content[_TAG_BYTES:]
        if tag == _tag(question, payload):
            return msgspec.json.decode(payload, type=key_type)
    except (ValueError, msgspec.DecodeError) as error:
        raise _bad() from error
    raise _bad()


def _bad() -> InvalidInputError:
    return InvalidInputError(
        "this cursor does not belong to this question: begin again at the first page, with the same filters throughout",
        pointer="/cursor",
    )


def _tag(question: object, payload: bytes) -> bytes:
    asked = msgspec.json.encode(question, order="deterministic")
    return hashlib.blake2b(payload, key=hashlib.sha256(asked).digest(), digest_size=_TAG_BYTES).digest()
