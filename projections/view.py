"""What a view is: a name, its tables, and how it writes a folded batch with a few statements."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import Protocol

from psycopg import Connection
from psycopg.rows import TupleRow

from projections.folding import Folded


class View(Protocol):
    """One question's answer, kept as rows.

    ``name`` is also the name of its ``.sql`` file of tables. ``revision`` is raised whenever the same events would
    give other rows than before: what an older revision filled then has to be rebuilt. ``topics`` are the starts of
    the topics that it reads.
    """

    @property
    def name(self) -> str:
        """The view's name."""

    @property
    def revision(self) -> int:
        """The number of its meaning."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The starts of the topics that it reads."""

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Write what the batch means; the connection's search path names the generation's schema first.

        Raises UnappliableEventError for an event that it cannot make sense of.
        """


def definition(view: View) -> str:
    """Return the statements that make the view's tables, without a schema's name."""
    return (resources.files("projections") / f"{view.name}.sql").read_text(encoding="utf-8")


def digest(views: Sequence[View]) -> str:
    """Return the hash by which a generation says what filled it; a change of any view changes it."""
    whole = hashlib.sha256()
    for view in sorted(views, key=lambda one: one.name):
        whole.update(f"{view.name}\x00{view.revision}\x00{definition(view)}\x00".encode())
    return f"sha256:{whole.hexdigest()}"
