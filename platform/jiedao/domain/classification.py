"""Gives reports their class (分类) by the district's class table, a batch at a time.

A source's code is looked up under its scheme, a path (``城乡建设/市容管理/…``) by its longest known beginning; what the
table does not know is left to a person, with the unknown code shown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache

from jiedao.domain.decisions import ClassDecision
from jiedao.domain.profile import ClassTable, IncidentClass
from jiedao.domain.report import IncidentReport, SourceClass
from jiedao.domain.terms import ClassMethod

OWN_SCHEME = "manual"
"""The scheme in which a source names classes by the district's own codes."""

PATH_SEPARATOR = "/"
_HIGHEST_PRIORITY = 1
_KEPT = 2_048
"""So many decisions are remembered of a table, which does not change: strangers cannot fill memory with classes."""

_CLASS_FIELDS = tuple(one.name for one in fields(IncidentClass))
_LATER_FIELDS = ("matters", "maintaining_unit")


class Classifier:
    """Decides the class of each report, and platform, department, priority and time limit that follow from it."""

    def __init__(self, table: ClassTable) -> None:
        self._table = table
        # What follows from how a source names a class, and from urgency: reports are alike in both.
        self._decided = lru_cache(_KEPT)(self._decide)

    @property
    def class_table(self) -> str:
        """The version of the class table in use."""
        return self._table.version

    def decide(self, reports: Sequence[IncidentReport]) -> list[ClassDecision]:
        """Decide for each report, in order.

        An urgent report stands one priority higher than its class.
        """
        return [self._decided(report.source_class, report.urgent) for report in reports]

    def _decide(self, named: SourceClass | None, urgent: bool) -> ClassDecision:  # noqa: FBT001  # a key of what is kept
        method, found, note = self._look_up(named)
        source_class = _shown(named)
        if found is None:
            return ClassDecision(method=method, class_table=self._table.version, source_class=source_class, note=note)
        return ClassDecision(
            method=method,
            class_table=self._table.version,
            class_code=found.code,
            class_name=found.minor_class,
            platform=found.platform,
            department=found.department,
            priority=max(_HIGHEST_PRIORITY, found.priority - 1) if urgent else found.priority,
            time_limit=found.time_limit,
            source_class=source_class,
            note=note,
            matters=found.matters,
            filing_condition=found.filing_condition,
            closing_condition=found.closing_condition,
            maintaining_unit=found.maintaining_unit or None,
        )

    def _look_up(self, named: SourceClass | None) -> tuple[str, IncidentClass | None, str | None]:
        """Return the method, the class where there is one, and what a reader should know of how it was found."""
        if named is None or not named.code:
            return ClassMethod.NONE.value, None, "the source gave no class"
        if named.scheme == OWN_SCHEME and named.code in self._table.classes:
            return ClassMethod.CODE.value, self._table.classes[named.code], None
        code = self._table.mapping.get((named.scheme, named.code))
        if code is not None:
            return ClassMethod.SOURCE_CODE.value, self._table.classes[code], None
        return self._by_beginning(named)

    def _by_beginning(self, named: SourceClass) -> tuple[str, IncidentClass | None, str | None]:
        path = named.code
        while PATH_SEPARATOR in path:
            path = path.rpartition(PATH_SEPARATOR)[0]
            code = self._table.mapping.get((named.scheme, path))
            if code is not None:
                return ClassMethod.SOURCE_CODE.value, self._table.classes[code], f"by the parent category {path}"
        return ClassMethod.NONE.value, None, "the class table does not know this code of the source"


def _shown(named: SourceClass | None) -> str | None:
    return f"{named.scheme}:{named.code} {named.name}".rstrip() if named and named.code else None


def canonical_class_table(table: ClassTable) -> bytes:
    """Return the table's content as bytes that are the same whenever the content is: what its hash is taken of.

    UTF-8 JSON with sorted keys; the version is left out, because it carries the hash.
    """
    content = {
        "effective_from": table.effective_from.isoformat(),
        "classes": [_canonical_class(table.classes[code]) for code in sorted(table.classes)],
        "mapping": [[*key, table.mapping[key]] for key in sorted(table.mapping)],
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _canonical_class(row: IncidentClass) -> dict[str, object]:
    """What a class does not name is written as before there was such a thing, so that its table keeps its hash."""
    content = {name: getattr(row, name) for name in _CLASS_FIELDS}
    for name in _LATER_FIELDS:
        if not content[name]:
            del content[name]
    return content
