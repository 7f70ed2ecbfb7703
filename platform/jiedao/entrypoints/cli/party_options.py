"""Options that name whom a task or a case goes to: one party spelled out, or several in a word each.

A party in a word is ``KIND:NAME``, with ``@STREET`` where it is a street's: ``department:区城管局``,
``platform:朝晖街道综合行政执法平台@朝晖街道``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields

import click

from jiedao.domain.errors import InvalidInputError
from jiedao.domain.links import Receiver
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.tasks import Assignee
from jiedao.domain.terms import AssigneeKind, Platform, ReceiverKind, Term
from jiedao.entrypoints.cli.words import read_street

Option = Callable[[Callable[..., None]], Callable[..., None]]
Say = dict[str, object]

KINDS: Mapping[type, type[Term]] = {Assignee: AssigneeKind, Receiver: ReceiverKind}
"""Whom a command can name, and what kinds of it there are."""


def party_options(kind: type) -> Iterator[Option]:
    """Yield the options of one party, spelled out."""
    kinds = [one.value for one in KINDS[kind]]
    yield click.option("--to", "party_name", required=True, help="承办方或接收方 To whom it goes, as people call it.")
    yield click.option("--kind", "party_kind", type=click.Choice(kinds), required=True, help="类别 What that is.")
    yield click.option("--street", "party_street_code", help="街道 The street whose people that are, or that it is.")
    if "platform" in {one.name for one in fields(kind)}:
        platforms = [platform.value for platform in Platform]
        yield click.option(
            "--platform", "party_platform", type=click.Choice(platforms), help="承办平台 The work platform."
        )


def word_option(name: str, meaning: str, *, many: bool) -> Option:
    """Make the option of a party in a word, or of several."""
    help_text = f"{meaning} Written KIND:NAME or KIND:NAME@STREET."
    return click.option(f"--{name}", name, multiple=many, required=True, help=help_text)


def put_together(said: Say, field: str, profile: DistrictProfile) -> Say:
    """Put the options of one party together, under the name of its field."""
    party = {name.removeprefix("party_"): value for name, value in said.items() if name.startswith("party_")}
    if isinstance(street := party.get("street_code"), str):
        party["street_code"] = read_street(street, profile)
    return {name: value for name, value in said.items() if not name.startswith("party_")} | {field: party}


def read_party(text: str, profile: DistrictProfile) -> Say:
    """Read a party in a word."""
    kind, separator, rest = text.partition(":")
    name, _at, street = rest.partition("@")
    if not separator or not name:
        raise InvalidInputError(f"{text!r} names nobody: write KIND:NAME or KIND:NAME@STREET")
    party: Say = {"kind": kind, "name": name}
    return party | {"street_code": read_street(street, profile)} if street else party
