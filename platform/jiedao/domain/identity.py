"""Ids that follow from what they identify, so that the same thing gets the same id everywhere."""

from __future__ import annotations

from datetime import date
from hashlib import sha1
from uuid import NAMESPACE_URL, UUID, uuid5

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:jiedao")
_BEGUN = sha1(_NAMESPACE.bytes, usedforsecurity=False)
_BITS = ~((0xC000 << 48) | (0xF000 << 64))
_VERSION_5 = (0x8000 << 48) | (5 << 76)


def _named(name: str) -> UUID:
    """``uuid5(_NAMESPACE, name)``, in half the time: every record needs one."""
    digest = _BEGUN.copy()
    digest.update(name.encode())
    return UUID(int=int.from_bytes(digest.digest()[:16], "big") & _BITS | _VERSION_5)


def incident_id(district: str, source: str, external_id: str) -> UUID:
    """The id of the incident that a source's record opens in a district."""
    return _named(f"incident\x00{district}\x00{source}\x00{external_id}")


def dead_letter_id(district: str, source: str, content_mac: bytes) -> UUID:
    """The id of the dead letter for a record's exact bytes (by their keyed hash) from a source."""
    return _named(f"dead-letter\x00{district}\x00{source}\x00{content_mac.hex()}")


def boundary_set_id(district: str, version: str) -> UUID:
    """The id of a boundary set's stream."""
    return _named(f"boundary-set\x00{district}\x00{version}")


def class_table_id(district: str, version: str) -> UUID:
    """The id of a class table's stream."""
    return _named(f"class-table\x00{district}\x00{version}")


def routing_rules_id(district: str, version: str) -> UUID:
    """The id of the stream of a version of the routing rules."""
    return _named(f"routing-rules\x00{district}\x00{version}")


def time_rules_id(district: str) -> UUID:
    """The id of the stream of a district's time rules."""
    return _named(f"time-rules\x00{district}")


def duplicate_judgement_id(district: str, one: UUID, other: UUID) -> UUID:
    """The id of the stream of what people said of a pair of incidents, whichever is named first."""
    lesser, greater = sorted((one, other))
    return _named(f"duplicate-judgement\x00{district}\x00{lesser}\x00{greater}")


def roster_day_id(district: str, day: date) -> UUID:
    """The id of the stream of a day's duty roster."""
    return _named(f"roster-day\x00{district}\x00{day.isoformat()}")


def handover_id(district: str, holder: str, key: str) -> UUID:
    """The id of the stream of a shift handover, by who hands over and the idempotency key."""
    return _named(f"handover\x00{district}\x00{holder}\x00{key}")


def refused_request_id(district: str, *told_by: str) -> UUID:
    """The id of the stream of the same refusal within one minute, by what it is told by."""
    return uuid5(_NAMESPACE, "\x00".join(("refused-request", district, *told_by)))


def refusal_id(district: str, scope: str, key: str) -> UUID:
    """The id of the stream that records the refusal of a command, by the command's idempotency key."""
    return _named(f"refusal\x00{district}\x00{scope}\x00{key}")


def erasure_id(district: str, holder: str, key: str) -> UUID:
    """The id of the stream of a request to erase a reporter, by who asks and the idempotency key."""
    return _named(f"erasure\x00{district}\x00{holder}\x00{key}")


def range_removal_id(district: str, holder: str, key: str) -> UUID:
    """The id of the stream of a request to remove an archived range, by who asks and the idempotency key."""
    return uuid5(_NAMESPACE, f"range-removal\x00{district}\x00{holder}\x00{key}")


def reporter_hold_id(district: str, subject: str) -> UUID:
    """The id of the stream of the holds on a reporter, by the pseudonym."""
    return _named(f"reporter-hold\x00{district}\x00{subject}")
