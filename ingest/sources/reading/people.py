"""Tells the people apart whom a record names: one of them reported, and nobody of them is left in its texts.

A field that names a person is known under several names, and a record may have more than one of them: then they may be
two people. All of them go to the masker.
"""

from __future__ import annotations

from ingest.sources.reading.json_fields import Fields
from ingest.sources.reading.personal import People


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
) -> People:
    """Return what the given fields of ours say of people, under whichever of their names."""
    return People(_texts(fields, names), _texts(fields, phones), _texts(fields, contacts), _texts(fields, identities))


def _texts(fields: Fields, of: tuple[str, ...]) -> list[str]:
    said: list[str] = []
    for field in of:
        said += fields.texts(field)
    return said
