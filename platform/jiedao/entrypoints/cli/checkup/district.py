"""Looks at what makes the installation a district's: its profile, its working days, its boundaries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from ingest.sources.registry import make_adapters
from jiedao.application.calendar import make_calendar
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.routing_conditions import unreachable
from jiedao.entrypoints.cli.checkup.findings import Installation, NotLookedAtError, Verdict, fault, warning, well
from jiedao.store.database import Database
from projections.queries import ReadModel
from projections.reference_versions import BOUNDARIES

_NOVEMBER = 11


def check_profile(installation: Installation) -> Iterator[Verdict]:
    """Load the profile, and make the adapters of its sources."""
    try:
        profile = installation.loaded_profile
        make_adapters(profile)
    except ConfigurationError as error:
        yield fault(str(error), "correct the files of the profile, or name another one by JIEDAO_DISTRICT")
        return
    yield well(
        f"{profile.code} {profile.name}: {len(profile.streets)} streets, {len(profile.class_table.classes)} classes,"
        f" {len(profile.sources)} sources, {len(profile.routing.rules) if profile.routing else 0} routing rules"
    )
    for later, earlier in unreachable(profile.routing.rules) if profile.routing else ():
        yield warning(
            f"the routing rule {later.rule_id} can never apply: whatever fits it fits {earlier.rule_id} before it",
            "move it up in routing.toml, or remove it",
        )


def check_calendar(installation: Installation) -> Iterator[Verdict]:
    """See whether the working days of this year are known, and from November those of the next."""
    profile = installation.profile
    calendar = make_calendar(profile.calendar)
    today = installation.now.astimezone(ZoneInfo(profile.timezone)).date()
    wanted = [today.year, *([today.year + 1] if today.month >= _NOVEMBER else [])]
    unknown = [year for year in wanted if calendar.is_workday(date(year, 7, 1)) is None]
    remedy = (
        "as soon as the State Council has announced it (调休), install a newer chinesecalendar, or write the year into"
        " [calendar] of the profile's district.toml: years, holidays, workdays"
    )
    if today.year in unknown:
        yield fault(f"the working days of {today.year} are not known: every deadline is provisional", remedy)
    elif unknown:
        yield warning(f"the working days of {unknown[0]} are not known: deadlines in it are provisional", remedy)
    else:
        yield well(f"the working days of {' and '.join(map(str, wanted))} are known")


def check_boundaries(installation: Installation) -> Iterator[Verdict]:
    """See whether the boundaries in force are the official ones."""
    profile = installation.profile
    version, approximate = _in_force(installation) or (profile.boundaries_version, profile.boundaries_approximate)
    if approximate:
        yield warning(
            f"边界为近似示意，不作为管辖依据: the set in force, {version}, is approximate",
            "import the official one: jiedao boundaries import FILE --crs … --effective-from …",
        )
    else:
        yield well(f"{version} is in force")


def _in_force(installation: Installation) -> tuple[str, bool] | None:
    """The set that the views show as in force today; ``None`` where there are no views to ask."""
    try:
        url = installation.database_url()
    except NotLookedAtError:
        return None
    with Database(url, max_connections=2) as database:
        read = ReadModel(database)
        if read.status().active is None:
            return None
        today = installation.now.astimezone(ZoneInfo(installation.profile.timezone)).date()
        effective = [one for one in read.reference_versions(BOUNDARIES) if one.effective_from <= today]
    latest = max(effective, key=lambda one: (one.effective_from, one.position), default=None)
    return None if latest is None else (latest.version, bool(latest.approximate))
