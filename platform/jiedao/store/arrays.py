"""Arrays as PostgreSQL reads them on the wire: packed with one join, always of the declared type.

psycopg's own list dumper calls a dumper for each element and guesses integer widths from the values; a batch of a
thousand events has five thousand elements, and a statement whose parameter types never change is planned once.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEAD = struct.Struct("!iiIii")  # dimensions, has nulls, element type, length, lower bound
_EMPTY = struct.Struct("!iiI")
_LENGTH = struct.Struct("!i")
_NULL = _LENGTH.pack(-1)
_INT4 = struct.Struct("!ii")
_INT8 = struct.Struct("!iq")
_UUID_LENGTH = _LENGTH.pack(16)
_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class PackedArray:
    """A one-dimensional array in PostgreSQL's binary form; ``oid`` is the array type, ``element_oid`` its element's."""

    oid: ClassVar[int]
    element_oid: ClassVar[int]
    __slots__ = ("packed",)

    def __init__(self, elements: Iterable[bytes], length: int) -> None:
        """Join ``length`` elements that already have their length before them, each in one piece or in several."""
        if length:
            head = _HEAD.pack(1, 1, self.element_oid, length, 1)
            self.packed = b"".join((head, *elements))
        else:
            self.packed = _EMPTY.pack(0, 0, self.element_oid)


class TextArray(PackedArray):
    """``text[]``."""

    oid, element_oid = 1009, 25
    __slots__ = ()

    def __init__(self, values: Sequence[str | None]) -> None:
        super().__init__(_counted([None if value is None else value.encode() for value in values]), len(values))


class FewTextsArray(TextArray):
    """``text[]`` of which most elements are one of a few texts: each of them is laid out once."""

    __slots__ = ()

    def __init__(self, values: Sequence[str | None]) -> None:
        pieces = {value: b"".join(_counted([None if value is None else value.encode()])) for value in set(values)}
        PackedArray.__init__(self, [pieces[value] for value in values], len(values))


class ByteaArray(PackedArray):
    """``bytea[]``."""

    oid, element_oid = 1001, 17
    __slots__ = ()

    def __init__(self, values: Sequence[bytes | None]) -> None:
        super().__init__(_counted(values), len(values))


class UuidArray(PackedArray):
    """``uuid[]``."""

    oid, element_oid = 2951, 2950
    __slots__ = ()

    def __init__(self, values: Sequence[UUID | None]) -> None:
        super().__init__([_NULL if v is None else _UUID_LENGTH + v.bytes for v in values], len(values))


class Int4Array(PackedArray):
    """``integer[]``; raises struct.error for what does not fit."""

    oid, element_oid = 1007, 23
    __slots__ = ()

    def __init__(self, values: Sequence[int | None]) -> None:
        pieces = {value: _NULL if value is None else _INT4.pack(4, value) for value in set(values)}  # mostly a few
        super().__init__([pieces[value] for value in values], len(values))


class Int8Array(PackedArray):
    """``bigint[]``; raises struct.error for what does not fit."""

    oid, element_oid = 1016, 20
    __slots__ = ()

    def __init__(self, values: Sequence[int | None]) -> None:
        super().__init__([_NULL if v is None else _INT8.pack(8, v) for v in values], len(values))


class MomentArray(PackedArray):
    """``timestamptz[]`` of aware times; raises TypeError for a time without zone."""

    oid, element_oid = 1185, 1184
    __slots__ = ()

    def __init__(self, values: Sequence[datetime]) -> None:
        pieces = {value: _INT8.pack(8, (value - _POSTGRES_EPOCH) // _MICROSECOND) for value in set(values)}
        super().__init__([pieces[value] for value in values], len(values))


def _counted(values: Sequence[bytes | None]) -> list[bytes]:
    """Lay each value out with its length before it, in two pieces: joining them is the only copy."""
    pieces: list[bytes] = []
    for value in values:
        if value is None:
            pieces.append(_NULL)
        else:
            pieces += (_LENGTH.pack(len(value)), value)
    return pieces


class _PackedDumper(Dumper):
    """Hands a packed array to libpq as it is."""

    format = Format.BINARY

    def dump(self, obj: PackedArray) -> Buffer | None:
        return obj.packed


ARRAY_TYPES = (TextArray, FewTextsArray, ByteaArray, UuidArray, Int4Array, Int8Array, MomentArray)
_DUMPERS = tuple((kind, type(f"{kind.__name__}Dumper", (_PackedDumper,), {"oid": kind.oid})) for kind in ARRAY_TYPES)


def register_arrays(context: AdaptContext) -> None:
    """Let a connection take packed arrays as parameters."""
    for kind, dumper in _DUMPERS:
        context.adapters.register_dumper(kind, dumper)
