"""What a command says: its answer on standard output, and whatever else a person may want to know on standard error.

An answer is one JSON document with ``--json``, tables and lines without. JSON has stable names in snake_case and
times in UTC (``2026-11-25T01:30:00Z``). Tables cut nothing off: on a terminal long texts are folded, in a pipe
each row is one line, without colours.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import click
import msgspec
from pydantic import BaseModel
from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from jiedao.entrypoints.cli.failing import AS_JSON

APPROXIMATE = "近似"
"""What stands beside boundaries that are not the official ones."""

_IDS = (" id", " incident")  # how the names of columns end that hold ids
_WIDE = 100  # columns of a terminal that leave room for an id beside other things
_UNBOUNDED = 100_000  # columns; in a pipe nothing needs to be folded
_NOTHING = "—"


def as_json() -> bool:
    """Whether this command was asked to answer as JSON."""
    return bool(click.get_current_context().meta.get(AS_JSON))


def answer(document: object, *tell: Callable[[], RenderableType]) -> None:
    """Answer: ``document`` as JSON, or what each of ``tell`` makes, for people."""
    if as_json():
        click.echo(to_json(document))
        return
    console = _console()
    for one in tell:
        console.print(one(), soft_wrap=False)


def announcer() -> Callable[..., None]:
    """Return what tells a program that something happened, as one line of JSON on standard output, from any thread.

    People are told otherwise: without ``--json`` it says nothing.
    """
    wanted = as_json()

    def announce(event: str, **facts: object) -> None:
        if wanted:
            click.echo(msgspec.json.encode({"event": event} | {name: _plain(fact) for name, fact in facts.items()}))

    return announce


def note(sentence: str) -> None:
    """Tell something beside the answer, on standard error."""
    click.echo(sentence, err=True)


def to_json(document: object) -> str:
    """Write a document; dataclasses and models become objects, sets are sorted, times are in UTC."""
    return msgspec.json.format(msgspec.json.encode(_plain(document)), indent=2).decode()


def page(items: Sequence[object], next_cursor: str | None, **more: object) -> Mapping[str, object]:
    """Return the document of a list: its items, and the cursor of the page after them."""
    return {"items": items, "next_cursor": next_cursor, **more}


def document_of(row: object, **more: object) -> dict[str, object]:
    """Return a row as a document, with further fields."""
    if not is_dataclass(row):
        raise TypeError(f"{type(row).__name__} is no row")
    return {field.name: getattr(row, field.name) for field in fields(row)} | more


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Make a table. A column whose name ends with ``#`` holds numbers and is set to the right.

    Texts are printed as they are: what a source wrote is never taken for markup, nor for what steers a terminal.
    """
    made = Table(
        title=Text(title) if title else None,
        title_justify="left",
        box=box.SIMPLE if _is_terminal() else None,
        pad_edge=False,
    )
    whole_ids = _console().width >= _WIDE
    for name in columns:
        justify: Literal["left", "right"] = "right" if name.endswith("#") else "left"
        no_wrap = whole_ids and name.endswith(_IDS)  # so that it can be taken with a double click
        made.add_column(Text(name.removesuffix("#")), justify=justify, overflow="fold", no_wrap=no_wrap)
    for row in rows:
        made.add_row(*(_in_a_cell(value) for value in row))
    return made


def facts(pairs: Iterable[tuple[str, object]]) -> Table:
    """Make a list of names and values."""
    made = Table(box=None, show_header=False, pad_edge=False)
    made.add_column(overflow="fold", style="dim")
    made.add_column(overflow="fold")
    for name, value in pairs:
        made.add_row(Text(name), text_of(value))
    return made


def line(text: str, style: str = "") -> Text:
    """Make a line of text, printed as it is."""
    return Text(_printable(text), style=style)


def text_of(value: object) -> Text:
    """Return a value for people; ``—`` for nothing."""
    if isinstance(value, Text):
        return value
    return Text(_printable(str(value)) if value not in (None, "") else _NOTHING)


def local(moment: datetime | None, zone: ZoneInfo) -> str:
    """Return a time as the district's clocks show it, to the second."""
    return "" if moment is None else moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _in_a_cell(value: object) -> Text:
    """A row stays one row: where a text had several lines, that is shown by a sign."""
    return value if isinstance(value, Text) else text_of(str(value).strip().replace("\n", " ⏎ ") if value else value)


def _printable(text: str) -> str:
    """Keep lines and wide spaces, and show every other control character for what it is."""
    return "".join(one if one.isprintable() or one in "\n\u3000" else repr(one)[1:-1] for one in text)


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _console() -> Console:
    if _is_terminal():
        return Console(file=sys.stdout, highlight=False)
    return Console(file=sys.stdout, width=_UNBOUNDED, no_color=True, color_system=None, highlight=False)


def _plain(value: object) -> object:
    """Bring a document to what JSON has, times to UTC."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(document_of(value))
    for kind, bring in _PLAIN:
        if isinstance(value, kind):
            return bring(value)
    return value


_PLAIN: tuple[tuple[type | tuple[type, ...], Callable[[Any], object]], ...] = (
    (datetime, lambda moment: moment.astimezone(UTC)),
    (BaseModel, lambda model: _plain(model.model_dump())),
    (Mapping, lambda mapping: {str(key): _plain(one) for key, one in mapping.items()}),
    ((set, frozenset), lambda names: sorted(map(str, names))),
    ((list, tuple), lambda items: list(map(_plain, items))),
)
"""How what is not JSON's own is brought to it: the first kind that fits."""
