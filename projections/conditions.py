"""Builds a WHERE clause from a table of conditions: what is not asked for is left out, what is asked is bound."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import LiteralString

from psycopg.sql import SQL, Composable, Composed


@dataclass(slots=True)
class Conditions:
    """Conditions that must all hold, with their bound parameters in order."""

    clauses: list[Composable] = field(default_factory=list)
    parameters: list[object] = field(default_factory=list)

    def add(self, clause: LiteralString, *parameters: object) -> None:
        """Add a condition."""
        self.clauses.append(SQL(clause))
        self.parameters.extend(parameters)

    def add_made(self, clause: Composable, *parameters: object) -> None:
        """Add a condition that was put together."""
        self.clauses.append(clause)
        self.parameters.extend(parameters)

    def and_all(self, others: Conditions) -> Conditions:
        """Return conditions of which all of both must hold."""
        return Conditions([*self.clauses, *others.clauses], [*self.parameters, *others.parameters])

    def and_any(self, others: Conditions, instead: LiteralString) -> Conditions:
        """Return conditions of which all of these must hold, and all of the others, or ``instead`` of those this."""
        if not others.clauses:
            return self
        either = SQL("(({}) OR {})").format(SQL(" AND ").join(others.clauses), SQL(instead))
        return Conditions([*self.clauses, either], [*self.parameters, *others.parameters])

    def add_known(self, wanted: Iterable[tuple[LiteralString, object]]) -> None:
        """Add each condition of one parameter whose parameter is not ``None``; collections are bound as arrays."""
        for clause, parameter in wanted:
            if parameter is not None:
                self.add(clause, sorted(parameter) if isinstance(parameter, frozenset) else parameter)

    def where(self) -> Composed:
        """Return the WHERE clause; an empty one lets all through."""
        if not self.clauses:
            return Composed([])
        return SQL("WHERE {}").format(SQL(" AND ").join(self.clauses))


def containing(text: str) -> str:
    """Return the LIKE pattern of what contains a text, with the pattern signs in it taken literally."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
