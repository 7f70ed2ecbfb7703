"""How commands fail: one sentence, an exit code, and never a traceback that nobody asked for."""

from __future__ import annotations

import errno
import json

import click
import pytest

from jiedao.domain.errors import ConfigurationError, ConflictError, InvalidInputError, NotFoundError, UnavailableError
from jiedao.entrypoints.cli.failing import AS_JSON, LOG_LEVEL, failures_told


def _fail(error, **meta):
    """Raise an error where a command does its work; returns the code with which it ends."""
    ctx = click.Context(click.Command("test"))
    ctx.meta.update(meta)
    with pytest.raises(click.exceptions.Exit) as ended, failures_told(ctx):
        raise error
    return ended.value.exit_code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInputError("no"), 1),
        (ConfigurationError("no"), 1),
        (ConflictError("no"), 1),
        (NotFoundError("no"), 3),
        (UnavailableError("no"), 4),
        (KeyboardInterrupt(), 130),
        (FileNotFoundError(errno.ENOENT, "No such file", "x.csv"), 1),
        (ZeroDivisionError(), 1),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error, code):
    assert _fail(error) == code


def test_an_expected_error_is_one_line_on_standard_error(capsys):
    _fail(NotFoundError("there is no incident hotline:1"))
    captured = capsys.readouterr()
    assert captured.err == "error: there is no incident hotline:1\n"
    assert captured.out == ""


def test_with_json_the_error_is_a_document_too(capsys):
    _fail(UnavailableError("the database does not answer"), **{AS_JSON: True})
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"error": {"code": "unavailable", "message": "the database does not answer"}}
    assert captured.err == "error: the database does not answer\n"


def test_an_unexpected_error_says_how_to_see_it_and_repeats_no_content(capsys, monkeypatch):
    monkeypatch.delenv("JIEDAO_LOG_LEVEL", raising=False)
    _fail(ValueError("called from 13900001234"))
    told = capsys.readouterr().err
    assert told == (
        "error: something went wrong that should not: ValueError; run it again with JIEDAO_LOG_LEVEL=debug to see where\n"
    )


def test_at_level_debug_an_unexpected_error_is_shown_with_its_traceback(capsys):
    _fail(ValueError("boom"), **{LOG_LEVEL: "debug"})
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "raise error" in told


def test_a_wrong_call_passes_to_click():
    ctx = click.Context(click.Command("test"))
    with pytest.raises(click.UsageError), failures_told(ctx):
        raise click.UsageError("wrong")


def test_a_good_end_ends_nothing():
    with failures_told(click.Context(click.Command("test"))):
        pass
