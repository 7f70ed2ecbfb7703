"""What a reader notes about one record while it reads: what was odd, and what else a person may want to read."""

from __future__ import annotations

from dataclasses import dataclass, field

from jiedao.domain.terms import ReportFlag


@dataclass(slots=True)
class Notes:
    """Flags in the order in which they came up, each once; details as text; the record's number once it is known."""

    external_id: str | None = None
    details: dict[str, str] = field(default_factory=dict)
    _flags: dict[str, None] = field(default_factory=dict)

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags so far."""
        return tuple(self._flags)

    def flag(self, flag: ReportFlag) -> None:
        """Note that something was odd."""
        self._flags[flag.value] = None

    def keep(self, name: str, text: str) -> None:
        """Keep a text under a name of ours; an empty one is nothing to keep."""
        if text:
            self.details[name] = text
