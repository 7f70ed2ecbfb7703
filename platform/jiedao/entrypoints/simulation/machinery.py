"""What the software does by itself as time passes: clocks tick, transfers lapse, tasks go onward, messages are owed.

The parts are those that a server runs; only the beat is the simulation's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from jiedao.application.lapsing import Lapsing
from jiedao.application.ticker import Ticker
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.scheduler import offering_of
from jiedao.entrypoints.simulation.running import Machinery
from jiedao.store.mapper import TypedMapper
from projections.clock_claims import ClockClaims


def machinery_of(district: District) -> Sequence[Machinery]:
    """Return what a server of this district would do by itself, each to be called with the virtual moment."""
    claims = ClockClaims(district.database)
    ticker = Ticker(claims, district.application.district_log.writer, TypedMapper())
    lapsing = Lapsing(claims, district.application)
    offering = offering_of(district, claims)

    def tick(now: datetime) -> None:
        ticker.tick(now)

    def lapse(now: datetime) -> None:
        lapsing.run(now)

    def offer_onward(now: datetime) -> None:
        offering.run(now)

    def owe(_now: datetime) -> None:
        district.outbox.filler.catch_up()

    return tick, lapse, offer_onward, owe
