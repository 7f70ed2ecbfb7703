"""Collects what is wrong in a district's profile, so that whoever edits it sees every fault at once.

A reader that meets a fault writes it down and goes on with a value of the right kind; nothing is used before
:meth:`Faults.raise_any` has found the list empty.
"""

from __future__ import annotations

from pathlib import Path

from jiedao.domain.errors import ConfigurationError


class Faults:
    """The faults found so far in one profile directory, or in what else ``what`` says."""

    def __init__(self, directory: Path, what: str = "the district profile in") -> None:
        self._directory = directory
        self._what = what
        self._sentences: list[str] = []

    def add(self, file: str, where: int | str | None, sentence: str) -> None:
        """Write a fault down; ``where`` is a line number, or the name of a setting."""
        place = f" line {where}" if isinstance(where, int) else f" {where}" if where else ""
        self._sentences.append(f"{file}{place}: {sentence}")

    def raise_any(self) -> None:
        """Raise one ConfigurationError with all faults, when there are any."""
        if self._sentences:
            faults = "\n".join(f"  {sentence}" for sentence in self._sentences)
            count = f"{len(self._sentences)} faults" if len(self._sentences) > 1 else "a fault"
            raise ConfigurationError(f"{self._what} {self._directory} has {count}:\n{faults}")
