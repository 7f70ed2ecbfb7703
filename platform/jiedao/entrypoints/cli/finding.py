"""Finds the incident that a command is about."""

from __future__ import annotations

from uuid import UUID

from jiedao.domain.errors import NotFoundError
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.cli.words import read_incident


def find_incident(district: District, text: str) -> UUID:
    """Return the id of an incident that exists; what does not is said in the words that were asked for."""
    incident_id = read_incident(text, district.profile)
    try:
        district.read.incident(incident_id)
    except NotFoundError as error:
        raise NotFoundError(f"there is no incident {text}") from error
    return incident_id
