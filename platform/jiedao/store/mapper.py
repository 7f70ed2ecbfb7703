"""Turns the domain's events into stored bytes and back, typed and fast.

State is the JSON of an event's own fields, metadata the canonical JSON of its context. Events are decoded by
(topic, class version): the current one straight into its types, an older one by way of a dict that the event class's
own ``upcast_vN_vM`` methods bring up to date. Stored bytes are never rewritten.
"""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Cipher, Compressor, Mapper, MapperDeserialisationError, StoredEvent, Transcoder
from eventsourcing.utils import TopicError, get_topic, resolve_topic

from jiedao.domain import aggregate as domain
from jiedao.domain.context import EventContext
from jiedao.domain.errors import ConfigurationError, InvalidInputError
from jiedao.domain.ports import LogEntry, RecordedEvent
from jiedao.store.topics import register_topics

_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
"""NUL in JSON text: an escape whose backslash is not itself escaped. No text of PostgreSQL can hold that character."""

_APART = frozenset({"originator_id", "originator_version", "context"})
_encode_state_into = msgspec.json.Encoder().encode_into
_encode_metadata = msgspec.json.Encoder(order="sorted").encode
_decode_metadata = msgspec.json.Decoder(EventContext).decode


class _Versioned(msgspec.Struct):
    """Looks at the class version alone."""

    class_version: int = 1


_decode_version = msgspec.json.Decoder(_Versioned).decode
_decode_untyped = msgspec.json.Decoder(dict[str, Any]).decode


class _EventForm:
    """How one event class is read: the types of its fields, and its current version."""

    __slots__ = ("cls", "decode", "fields", "version")

    def __init__(self, cls: type[Any]) -> None:
        names = {field.name for field in dataclasses.fields(cls)} - _APART
        hints = typing.get_type_hints(cls)
        # A TypedDict made at run time: its decoder yields the very dict that becomes the event's __dict__.
        typed_dict: Any = typing.TypedDict
        self.fields: Any = typed_dict(cls.__name__, {name: hints[name] for name in names})
        self.cls = cls
        self.version: int = getattr(cls, "class_version", 1)
        self.decode = msgspec.json.Decoder(self.fields).decode

    def read(self, state: bytes) -> dict[str, Any]:
        """Read stored state as the current version's fields."""
        if self.version > 1:
            version = _decode_version(state).class_version
            if version > self.version:
                raise ValueError(f"it was written as version {version}, this software knows {self.version}: upgrade")
            if version < self.version:
                return self._upcast(_decode_untyped(state), version)
        return typing.cast("dict[str, Any]", self.decode(state))

    def _upcast(self, fields: dict[str, Any], version: int) -> dict[str, Any]:
        """Bring an older version's JSON fields up to date, step by step, then give them their types."""
        fields.pop("class_version", None)
        for step in range(version, self.version):
            getattr(self.cls, f"upcast_v{step}_v{step + 1}")(fields)
        return typing.cast("dict[str, Any]", msgspec.convert(fields, self.fields))


class _WrittenForm:
    """How one event class is written: its stored name, and a struct of its own fields in their order.

    ``take_apart`` gives stream, version, context and time of an event, then the values of that struct. To encode a
    struct takes half of what the dict of an event took, copied without what is stored apart.
    """

    __slots__ = ("state", "take_apart", "topic")

    def __init__(self, cls: type[Any]) -> None:
        names = [field.name for field in dataclasses.fields(cls)]
        if "context" not in names:
            raise _no_context(cls)
        own = [name for name in names if name not in _APART]
        fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [(name, Any) for name in own]
        version = int(getattr(cls, "class_version", 1))
        if version > 1:
            fields.append(("class_version", int, version))
        self.topic = get_topic(cls)
        self.take_apart = attrgetter("originator_id", "originator_version", "context", "timestamp", *own)
        self.state = msgspec.defstruct(cls.__name__, fields, gc=False)


class TypedMapper(Mapper[UUID]):
    """The mapper of this platform's events (``MAPPER_TOPIC=jiedao.store.mapper:TypedMapper``).

    Personal fields are ciphertext (:class:`~jiedao.domain.report.Sealed`) before an event holds them, so a cipher or
    compressor of the library is refused: hashes and proofs are over the bytes as they stand. ``upcast_vN_vM`` methods
    are given the JSON fields of the state (times and ids as text), without ids, version and context.
    """

    def __init__(
        self,
        transcoder: Transcoder | None = None,
        compressor: Compressor | None = None,
        cipher: Cipher | None = None,
    ) -> None:
        """Take the library's arguments; the transcoder is not used. Raises ConfigurationError for the others."""
        if compressor is not None or cipher is not None:
            raise ConfigurationError(
                "remove COMPRESSOR_TOPIC, CIPHER_TOPIC and CIPHER_KEY: events are stored as plain JSON, personal"
                " fields in them are sealed one by one"
            )
        super().__init__(typing.cast("Transcoder", transcoder))
        register_topics()
        self._forms: dict[str, _EventForm] = {}
        self._written: dict[type[Any], _WrittenForm] = {}

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> RecordedEvent:
        """Encode an event; raises what :meth:`to_stored_events` does."""
        return self.to_stored_events([domain_event])[0]

    def to_stored_events(self, domain_events: Iterable[DomainEventProtocol[UUID]]) -> list[RecordedEvent]:
        """Encode events, in order; a context that several of them share is encoded once.

        Raises TypeError without a context, ValueError for a time without a zone, and InvalidInputError for a text with
        the character NUL: no view could ever show it, and nothing takes it out of the log again.
        """
        stored = []
        room = bytearray()  # for one state after the other, so that it is not made to grow for each of them
        last, metadata, at = None, None, None
        for event in domain_events:
            cls = type(event)
            form = self._written.get(cls) or self._write(cls)
            stream, version, context, timestamp, *fields = form.take_apart(event)
            if metadata is None or context is not last:
                if not isinstance(context, EventContext):
                    raise _no_context(cls)
                last, metadata = context, _without_any_nul(_encode_metadata(context))
            if timestamp is not at:
                if not isinstance(timestamp, datetime) or timestamp.tzinfo is None:
                    raise ValueError(f"the timestamp of {cls.__qualname__} must be a time with its zone: {timestamp!r}")
                at = timestamp
            _encode_state_into(form.state(*fields), room)
            state = bytes(room)
            stored.append(
                RecordedEvent(
                    stream, version, form.topic, _without_any_nul(state) if b"\\" in state else state, metadata
                )
            )
        return stored

    def _write(self, cls: type[Any]) -> _WrittenForm:
        form = self._written[cls] = _WrittenForm(cls)
        return form

    def to_domain_event(self, stored_event: StoredEvent) -> domain.RecordedEvent:
        """Decode a stored event that brings its metadata; raises MapperDeserialisationError."""
        metadata = getattr(stored_event, "metadata", None)
        if not isinstance(metadata, bytes):
            raise MapperDeserialisationError(f"the stored event {stored_event.topic} comes without its metadata")
        return self._decode(
            typing.cast("UUID", stored_event.originator_id),
            stored_event.originator_version,
            stored_event.topic,
            stored_event.state,
            metadata,
        )

    def to_event(self, entry: LogEntry) -> domain.RecordedEvent:
        """Decode an entry of the log; raises MapperDeserialisationError."""
        return self._decode(entry.originator_id, entry.originator_version, entry.topic, entry.state, entry.metadata)

    def _decode(self, stream: UUID, version: int, topic: str, state: bytes, metadata: bytes) -> domain.RecordedEvent:
        try:
            form = self._forms.get(topic) or self._form(topic)
            fields = form.read(_without_nul(state))
            fields["context"] = _decode_metadata(_without_nul(metadata))
        except (ValueError, LookupError, TypeError, AttributeError, TopicError) as error:
            raise MapperDeserialisationError(
                f"{topic} (stream {stream}, version {version}) cannot be read: {error}"
            ) from error
        fields["originator_id"] = stream
        fields["originator_version"] = version
        event: domain.RecordedEvent = domain.happened(form.cls, fields)
        return event

    def _form(self, topic: str) -> _EventForm:
        form = _EventForm(resolve_topic(topic))
        self._forms[topic] = form
        return form


def _no_context(cls: type[Any]) -> TypeError:
    return TypeError(f"{cls.__qualname__} has no context: an event is recorded with who and why")


def _without_any_nul(text: bytes) -> bytes:
    """Return JSON that holds no NUL; raises InvalidInputError for what does. Most holds no backslash at all."""
    if b"\\" in text and b"\\u0000" in text and _NUL.search(text) is not None:
        raise InvalidInputError("a text cannot hold the character NUL: leave it out")
    return text


def _without_nul(text: bytes) -> bytes:
    """Return JSON as views can hold it: NUL, where it was recorded once, reads as U+FFFD. The log keeps its bytes."""
    return _NUL.sub(rb"\1\\ufffd", text) if b"\\u0000" in text else text
