"""Reads a district's class table (分类表) and what the sources' own codes mean in it.

The table's version is what the profile declares and the hash of the content, so that a version names exact content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from jiedao.application.profile_tables import Columns, Row, TableReader
from jiedao.domain.classification import OWN_SCHEME, canonical_class_table
from jiedao.domain.profile import COMPONENT_LETTER, ClassTable, IncidentClass
from jiedao.domain.terms import ClassKind, Platform
from jiedao.domain.time_limits import parse_time_limit

CLASSES_FILE = "classes.csv"
MAPPING_FILE = "class_mapping.csv"

_CLASSES = Columns(
    required=(
        "code",
        "kind",
        "major_code",
        "major_class",
        "minor_code",
        "minor_class",
        "platform",
        "department",
        "priority",
    ),
    optional=("time_limit", "filing_condition", "closing_condition", "matters", "maintaining_unit"),
)
_MAPPING = Columns(required=("scheme", "source_code", "class_code"), optional=("source_name",))
_PRIORITIES = ("1", "2", "3", "4")
_KIND_LETTERS = {ClassKind.EVENT.value: "E", ClassKind.COMPONENT.value: COMPONENT_LETTER}
_HASH_DIGITS = 12


def read_class_table(tables: TableReader, declared_version: str, effective_from: date) -> ClassTable:
    """Read the class table and its mapping; faults are written down."""
    rows = tables.unique(CLASSES_FILE, tables.read(CLASSES_FILE, _CLASSES, needed=True), "code")
    classes = {row["code"]: _class(tables, row) for row in rows}
    mapping = _mapping(tables, classes)
    table = ClassTable(declared_version, effective_from, classes, mapping)
    content_hash = hashlib.sha256(canonical_class_table(table)).hexdigest()
    return replace(table, version=f"{declared_version}@{content_hash[:_HASH_DIGITS]}")


def _class(tables: TableReader, row: Row) -> IncidentClass:
    kind = tables.one_of(CLASSES_FILE, row, "kind", list(ClassKind))
    _check_code(tables, row, kind)
    if row["time_limit"] and parse_time_limit(row["time_limit"]) is None:
        tables.faults.add(
            CLASSES_FILE, row.line, f"the time limit {row['time_limit']!r} names no length; write one like 2工作日"
        )
    priority = tables.one_of(CLASSES_FILE, row, "priority", _PRIORITIES)
    return IncidentClass(
        code=row["code"],
        kind=kind,
        major_code=row["major_code"],
        major_class=row["major_class"],
        minor_code=row["minor_code"],
        minor_class=row["minor_class"],
        platform=tables.one_of(CLASSES_FILE, row, "platform", list(Platform)),
        department=row["department"],
        priority=int(priority) if priority in _PRIORITIES else int(_PRIORITIES[-1]),
        time_limit=row["time_limit"],
        filing_condition=row["filing_condition"],
        closing_condition=row["closing_condition"],
        origin=row["origin"],
        assumed=row.assumed,
        matters=tuple(row["matters"].split()),
        maintaining_unit=_unit(tables, row, kind),
    )


def _unit(tables: TableReader, row: Row, kind: str) -> str:
    """Only components (部件) have somebody who maintains them."""
    if row["maintaining_unit"] and kind != ClassKind.COMPONENT.value:
        tables.faults.add(
            CLASSES_FILE, row.line, f"{row['code']!r} is no component (部件): leave its maintaining_unit empty"
        )
    return row["maintaining_unit"]


def _check_code(tables: TableReader, row: Row, kind: str) -> None:
    """A code is the kind's letter, then 大类 and 小类; categories take any letter that is not another kind's."""
    letter = row["code"][0]
    right_letter = _KIND_LETTERS.get(kind)
    if letter != right_letter if right_letter else letter in _KIND_LETTERS.values() or not letter.isupper():
        wanted = right_letter or "a capital other than E and C"
        tables.faults.add(CLASSES_FILE, row.line, f"the code {row['code']!r} of a {kind} must begin with {wanted}")
    if row["code"][1:] != row["major_code"] + row["minor_code"]:
        tables.faults.add(
            CLASSES_FILE, row.line, f"the code {row['code']!r} must end with its major_code and minor_code"
        )


def _mapping(tables: TableReader, classes: Mapping[str, IncidentClass]) -> dict[tuple[str, str], str]:
    rows = tables.unique(MAPPING_FILE, tables.read(MAPPING_FILE, _MAPPING, needed=False), "scheme", "source_code")
    mapping = {(OWN_SCHEME, code): code for code in classes}
    for row in rows:
        if row["scheme"] == OWN_SCHEME:
            tables.faults.add(
                MAPPING_FILE, row.line, f"the scheme {OWN_SCHEME} is the district's own codes; choose another name"
            )
        if classes and row["class_code"] not in classes:  # without any class that is the fault to tell
            tables.faults.add(
                MAPPING_FILE, row.line, f"there is no class {row['class_code']!r} in {CLASSES_FILE}; add or correct it"
            )
        mapping[row["scheme"], row["source_code"]] = row["class_code"]
    return mapping
