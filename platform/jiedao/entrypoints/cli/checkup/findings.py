"""What a check finds: how the part stands, a sentence about it, and what to do where something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.application.district_profile import find_profile
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.ports import Clock
from jiedao.domain.profile import DistrictProfile
from jiedao.entrypoints.cli.opening import check_address
from jiedao.entrypoints.databases import Addresses
from jiedao.entrypoints.settings import Settings
from jiedao.store.embedded import find_running

CONNECT_SECONDS = 5


class Grade(StrEnum):
    """How a part stands."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one look at a part came to; ``remedy`` says what to do."""

    grade: Grade
    sentence: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict and the part that it is about, with the part's Chinese name."""

    part: str
    part_label: str
    grade: Grade
    sentence: str
    remedy: str | None


def well(sentence: str) -> Verdict:
    """All is as it should be."""
    return Verdict(Grade.OK, sentence)


def warning(sentence: str, remedy: str | None = None) -> Verdict:
    """Worth knowing; the work goes on."""
    return Verdict(Grade.WARNING, sentence, remedy)


def fault(sentence: str, remedy: str) -> Verdict:
    """Wrong, and what to do about it."""
    return Verdict(Grade.FAULT, sentence, remedy)


class NotLookedAtError(Exception):
    """A part cannot be looked at because another one, which is told of by itself, does not stand."""


class Installation:
    """The installation that is examined. What a part rests on is found out once, and only when it is asked for."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.clock.now()

    @cached_property
    def loaded_profile(self) -> DistrictProfile:
        """The district's profile. Raises ConfigurationError that lists its faults."""
        return find_profile(self.settings.config, self.settings.district)

    @property
    def profile(self) -> DistrictProfile:
        """The district's profile, for parts that rest on it. Raises NotLookedAtError where it has faults."""
        try:
            return self.loaded_profile
        except ConfigurationError as error:
            raise NotLookedAtError("the district's profile cannot be loaded") from error

    @cached_property
    def addresses(self) -> Addresses | None:
        """Where the database is; ``None`` where it is the embedded one and that does not run.

        Raises ConfigurationError for an address that is none.
        """
        settings = self.settings
        if settings.database_url:
            check_address(settings)
            return Addresses(settings.database_url, settings.database_owner_url, embedded=False)
        running = find_running(settings.embedded_folder)
        if running is None:
            return None
        return Addresses(running.app_url(settings.district), running.owner_url(settings.district), embedded=True)

    def database_url(self) -> str:
        """The address of a database that answers. Raises NotLookedAtError where there is none."""
        with self.connection():
            pass
        addresses = self.addresses
        return addresses.app_url if addresses is not None else ""

    @contextmanager
    def connection(self) -> Iterator[Connection[TupleRow]]:
        """Lend a connection of its own. Raises NotLookedAtError where the database does not answer."""
        try:
            addresses = self.addresses
            if addresses is None:
                raise NotLookedAtError("the database is not started")
            lent = psycopg.connect(addresses.app_url, autocommit=True, connect_timeout=CONNECT_SECONDS)
        except (psycopg.OperationalError, ConfigurationError) as error:
            raise NotLookedAtError("the database does not answer") from error
        with lent:
            yield lent


Check = Callable[[Installation], Iterator[Verdict]]
"""Looks at one part and says what it finds; a JiedaoError that it raises is a fault in the error's words."""
