"""The options of lists: how many rows, from where on, or all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from projections.answers import Page
from projections.paging import MAX_PAGE

R = TypeVar("R")
Row = TypeVar("Row")


def paged(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command ``--limit``, ``--cursor`` and ``--all`` (as ``every``)."""
    options = (
        click.option(
            "--limit", type=click.IntRange(1, MAX_PAGE), default=50, show_default=True, help="条数 Rows shown."
        ),
        click.option("--cursor", help="游标 Go on where a list before ended, with the same filters."),
        click.option("--all", "every", is_flag=True, help="全部 All rows, whatever the limit."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def all_pages(ask: Callable[[str | None, int], Page[Row]]) -> Page[Row]:
    """Ask for page after page and return them as one; its position is that of the first."""
    first = ask(None, MAX_PAGE)
    rows, after = list(first.rows), first.after
    while after is not None:
        following = ask(after, MAX_PAGE)
        rows += following.rows
        after = following.after
    return Page(rows, None, first.position)
