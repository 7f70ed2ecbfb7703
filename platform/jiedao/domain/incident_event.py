"""The base of an incident's events, in a module of its own so that they can stand in several."""

from __future__ import annotations

from jiedao.domain.aggregate import RecordedAggregate


class IncidentEvent(RecordedAggregate.Event):
    """The base of an incident's events."""
