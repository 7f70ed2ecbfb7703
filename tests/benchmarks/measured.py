"""One line of the benchmarks' table: a value and, beside it, what the bare way did in the same run on the same machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass

Line = dict[str, object]
"""A line as a JSON object: ``name``, ``value``, ``limit``, ``ratio``, ``unit``; and ``failed`` for what went wrong."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured. ``limit`` is what the bare way does; ``None`` where a value stands alone.

    A ``value`` of ``None`` is something that this machine cannot measure; the name then says why.
    """

    name: str
    value: float | None
    unit: str
    limit: float | None = None

    @property
    def ratio(self) -> float | None:
        """The value by the limit. Of a rate more is better, of a time less."""
        return self.value / self.limit if self.value is not None and self.limit else None

    def line(self) -> Line:
        """The line as a JSON object."""
        return asdict(self) | {"ratio": self.ratio}
