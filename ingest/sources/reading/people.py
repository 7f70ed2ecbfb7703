"""Tells the people apart whom a record names: one of them reported, and nobody of them is left in its texts.

A field that names a person is known under several names, and a record may have more than one of them: then they may be
two people. All of them go to the masker.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.sources.reading.json_fields import Fields
from jiedao.domain.report import ReporterDetails


def who_reported(fields: Fields, person: tuple[str, str], contact: tuple[str, str]) -> tuple[str, str]:
    """Return the name and phone of the reporter; ``person`` and ``contact`` are the fields of name and phone.

    Where the person who reported is not named, it is the one to be contacted (联系人). Where both are named they may be
    two people, and the one's number is not taken for the other's.
    """
    name, phone = map(fields.text, person)
    contact_name, contact_phone = map(fields.text, contact)
    if not name:
        return contact_name, contact_phone or phone
    return name, phone or (contact_phone if contact_name in {"", name} else "")


def everybody(
    fields: Fields,
    *,
    names: tuple[str, ...] = (),
    phones: tuple[str, ...] = (),
    contacts: tuple[str, ...] = (),
    identities: tuple[str, ...] = (),
) -> Iterator[ReporterDetails]:
    """Yield what the given fields of ours say of people, under whichever of their names, each piece by itself."""
    for field in names:
        yield from (ReporterDetails(name=name) for name in fields.texts(field))
    for field in phones:
        yield from (ReporterDetails(phone=phone) for phone in fields.texts(field))
    for field in contacts:
        yield from (ReporterDetails(contact=contact) for contact in fields.texts(field))
    for field in identities:
        yield from (ReporterDetails(identity_number=number) for number in fields.texts(field))
