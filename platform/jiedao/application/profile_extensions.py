"""Reads how often, how long and by whom deadlines may be extended (延期) in a district, by class.

The row whose class is ``*`` is for all classes without one of their own. Without the table nothing is extended.
"""

from __future__ import annotations

from collections.abc import Collection

from jiedao.application.profile_tables import Columns, Row, TableReader
from jiedao.domain.extension_rules import APPROVERS, ExtensionRule, ExtensionRules
from jiedao.domain.time_limits import parse_time_limit

EXTENSIONS_FILE = "extensions.csv"
ALL_CLASSES = "*"
_COLUMNS = Columns(required=("class_code", "most"), optional=("longest", "approver"))


def read_extensions(tables: TableReader, classes: Collection[str]) -> ExtensionRules:
    """Read the table; faults are written down."""
    rows = tables.unique(EXTENSIONS_FILE, tables.read(EXTENSIONS_FILE, _COLUMNS, needed=False), "class_code")
    rules = {row["class_code"]: _rule(tables, row) for row in rows}
    for row in rows:
        if row["class_code"] != ALL_CLASSES and classes and row["class_code"] not in classes:
            tables.faults.add(
                EXTENSIONS_FILE, row.line, f"there is no class {row['class_code']!r}; correct it, or write * for all"
            )
    return ExtensionRules(rules.pop(ALL_CLASSES, None), rules)


def _rule(tables: TableReader, row: Row) -> ExtensionRule:
    most = int(row["most"]) if row["most"].isascii() and row["most"].isdecimal() else -1
    if most < 0:
        tables.faults.add(EXTENSIONS_FILE, row.line, f"most is {row['most']!r}; write how often, 0 for never")
    if most == 0:
        return ExtensionRule(0, "", APPROVERS[0], row.assumed)
    limit = parse_time_limit(row["longest"])
    if limit is None or len(limit.stages) != 1:
        tables.faults.add(EXTENSIONS_FILE, row.line, f"longest is {row['longest']!r}; write a length like 2工作日")
    named = tables.one_of(EXTENSIONS_FILE, row, "approver", list(APPROVERS))
    approver = next((role for role in APPROVERS if role == named), APPROVERS[0])
    return ExtensionRule(most, row["longest"], approver, row.assumed)
