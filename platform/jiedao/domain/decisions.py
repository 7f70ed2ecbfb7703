"""What was decided about a report, on which version of which table, on which inputs.

A decision answers "why did this go there?" years later, without the tables of that day at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jiedao.domain.quickly_made import quickly_made


@quickly_made
@dataclass(frozen=True, slots=True)
class JurisdictionDecision:
    """Which street holds the incident, and how that was found.

    ``method`` is a :class:`~jiedao.domain.terms.MatchMethod` value; ``street_code`` is ``None`` for
    ``none``. ``lon``/``lat`` are WGS-84 degrees (``None`` without coordinates), ``edge_distance_m``
    the distance in metres from the point to the nearest border of the set. ``candidates`` are the codes
    among which the tie-break chose, or which a text named ambiguously; ``matched_text`` is the part of
    the address that named the place. ``boundary_set`` names the version used. ``flags`` are the
    :class:`~jiedao.domain.terms.ReportFlag` values of what contradicts the decision: the note says it in words.
    """

    method: str
    street_code: str | None
    boundary_set: str
    lon: float | None = None
    lat: float | None = None
    edge_distance_m: float | None = None
    candidates: tuple[str, ...] = ()
    matched_text: str | None = None
    community_code: str | None = None
    note: str | None = None
    flags: tuple[str, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True)
class ClassDecision:
    """Which class the incident has, and what follows from it.

    ``method`` is a :class:`~jiedao.domain.terms.ClassMethod` value; ``class_code``, ``platform`` and
    the rest are ``None`` when no class could be found (``source_class`` then shows the unknown code).
    ``priority`` is 1 (most urgent) to 4. ``time_limit`` is the class table's text (``2紧急工作时``),
    from which the deadline follows (:mod:`jiedao.domain.case_deadlines`). ``due_at`` and ``due_provisional`` stand in
    decisions that an earlier version recorded: the limit counted from the report; no deadline is read there.
    ``matters`` are the codes of the enforcement matters (执法事项) that the class
    names; the conditions are the class table's texts, the closing one being what closing confirms.
    ``maintaining_unit`` is who maintains a component, where the table names them beside the department.
    """

    method: str
    class_table: str
    class_code: str | None = None
    class_name: str | None = None
    platform: str | None = None
    department: str | None = None
    priority: int | None = None
    time_limit: str | None = None
    due_at: datetime | None = None
    due_provisional: bool = False
    source_class: str | None = None
    note: str | None = None
    matters: tuple[str, ...] = ()
    filing_condition: str = ""
    closing_condition: str = ""
    maintaining_unit: str | None = None
