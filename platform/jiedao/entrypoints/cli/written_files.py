"""Files that a command writes: never over one that is there unless ``--force`` says so, and whole or not at all.

    @click.command()
    @writes_file("--out", help="…")
    def prove(out: Path | None) -> None:
        with whole_file(out) as file: ...

It is written beside its name, which it only gets when it is whole: neither Ctrl-C nor a full disk leaves half a file,
or takes what was there. Whether it may be written is said before any work is done.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, TypeVar

import click

from jiedao.domain.errors import ConflictError

R = TypeVar("R")

_FORCE = "jiedao.cli.force"
"""Where the context's ``meta`` says that a file that is there may be replaced."""


def writes_file(
    *names: str,
    help: str,  # noqa: A002  # click's own word
    required: bool = False,
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command an option that names a file to write, and ``--force`` to replace one that is there."""

    def decorate(command: Callable[..., R]) -> Callable[..., R]:
        named = click.option(
            *names,
            type=click.Path(dir_okay=False, path_type=Path),
            required=required,
            callback=_may_be_written,
            help=help,
        )
        return named(_force(command))

    return decorate


_force = click.option(
    "--force",
    is_flag=True,
    is_eager=True,  # it is known when the file's name is looked at
    expose_value=False,
    callback=lambda ctx, _option, wanted: ctx.meta.update({_FORCE: wanted}),
    help="替换 Replace the file where it is there already.",
)


def refuse_existing(path: Path) -> None:
    """Refuse a file that is there, unless ``--force`` was given, or that has no folder to be in; raises UsageError."""
    if not path.parent.is_dir():
        raise click.UsageError(f"没有这个文件夹 there is no folder {path.parent} for the file: make it first")
    if _is_file(path) and not _forced():
        raise click.UsageError(f"文件已存在 {path} is there already: name another file, or replace it with --force")


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write a file in the block; it gets its name when the block has come to its end, and durably.

    What is no file (a pipe, a terminal) is written as it comes. Raises ConflictError where a file of that name has come
    into being meanwhile, OSError where it cannot be written.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    unfinished = target.with_name(f".{target.name}.{token_hex(8)}")
    try:
        with unfinished.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _name(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def _name(unfinished: Path, target: Path) -> None:
    """Give a file its name: in the place of another one only where that was said."""
    if not _forced():
        try:
            target.hardlink_to(unfinished)  # unlike a rename, this never takes the place of another file
        except FileExistsError as error:
            raise _came_between(target) from error
        except OSError as error:
            if target.exists():
                raise _came_between(target) from error
        else:
            return
    unfinished.replace(target)  # also on a medium that knows no links, such as a memory stick


def _came_between(target: Path) -> ConflictError:
    return ConflictError(f"文件已存在 {target} has come into being meanwhile: it was left as it is")


def _may_be_written(_ctx: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    if path is not None:
        refuse_existing(path)
    return path


def _is_file(path: Path) -> bool:
    return path.is_file() or path.is_symlink()


def _forced() -> bool:
    return bool(click.get_current_context().meta.get(_FORCE))
