"""A district's profile: plain data that makes one installation serve one district (区).

Nothing in the code knows any district; a second profile works with no code change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

from jiedao.domain.duplicates import DuplicateRules
from jiedao.domain.duty import DutyRules
from jiedao.domain.extension_rules import ExtensionRules
from jiedao.domain.retention import RetentionRules
from jiedao.domain.routing_rules import RoutingRules

COMPONENT_LETTER = "C"
"""With what the code of a component's class (部件) begins."""


@dataclass(frozen=True, slots=True)
class Street:
    """A street (街道) with its 9-digit code (or another code where a city has none)."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Community:
    """A community (社区); ``point`` is (lon, lat) in degrees WGS-84 of its office where that is known."""

    code: str
    name: str
    street_code: str
    point: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A name that texts use for a place (道路, 小区, 市场 …) and the streets in which it lies."""

    name: str
    kind: str
    street_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IncidentClass:
    """A row of the class table.

    ``code`` = kind letter + 大类 + 小类 (``E0102``, ``C0101``, ``G0101``); ``priority`` 1 (most urgent) to 4;
    ``time_limit`` as the table says it (``2紧急工作时``); ``assumed`` true when platform, department, priority or
    limit was not taken from a published table of this district. ``matters`` are codes of the enforcement matters
    (执法事项) that it can come to. ``maintaining_unit`` is who owns or maintains a component (权属、养护单位), where
    the table names them beside the department; empty: the department is.
    """

    code: str
    kind: str
    major_code: str
    major_class: str
    minor_code: str
    minor_class: str
    platform: str
    department: str
    priority: int
    time_limit: str
    filing_condition: str = ""
    closing_condition: str = ""
    origin: str = ""
    assumed: bool = False
    matters: tuple[str, ...] = ()
    maintaining_unit: str = ""


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera of the registry: ``lon``/``lat`` in degrees WGS-84."""

    code: str
    name: str
    lon: float
    lat: float
    street_code: str | None = None


@dataclass(frozen=True, slots=True)
class UpstreamSettings:
    """Where a source's superior platform takes our messages, and how its answers read.

    ``token_setting`` names the environment variable that holds the token, ``ca_file`` the authorities that vouch for
    the other side where the system's do not. An answer is a JSON object: the message was taken where ``accepted_field``
    is ``accepted_value``; ``reference_field``, ``reason_field`` and ``code_field`` say the rest. ``a.b`` is b within
    a.
    """

    url: str
    token_setting: str = ""
    timeout_seconds: float = 10.0
    ca_file: str = ""
    accepted_field: str = "accepted"
    accepted_value: str = "true"
    reference_field: str = "reference"
    reason_field: str = "reason"
    code_field: str = "code"


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """How one source is read: which adapter, in which coordinate system and zone, whose cases they are.

    ``class_scheme`` is the scheme under which its class codes are mapped; ``options`` are the adapter's own
    (for ``csv`` the column mapping). ``upstream`` is where its superior platform is told of its cases, if anywhere.
    """

    name: str
    label: str
    adapter: str
    lifecycle: str
    crs: str
    timezone: str
    channel: str
    class_scheme: str
    topic: str
    options: Mapping[str, object] = field(default_factory=dict)
    upstream: UpstreamSettings | None = None


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The district's working day: morning and afternoon spans, local time."""

    spans: tuple[tuple[time, time], ...]
    timezone: str


@dataclass(frozen=True, slots=True)
class CalendarSettings:
    """Which calendar the district works by.

    ``kind`` is ``china`` (public holidays with their make-up workdays) or ``weekdays``. ``years`` are years that the
    profile itself knows whole, by its ``holidays`` and the ``workdays`` that make up for them; days given in other
    years correct single days.
    """

    kind: str = "china"
    years: frozenset[int] = frozenset()
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """The limits of the stages of a case, which the class table does not say, and what a clock comes to.

    ``limits`` are limits as people write them (``1小时``) by :class:`~jiedao.domain.terms.ClockKind`; a stage without
    one has no clock. A clock approaches its end when ``approaching_share`` of its limit has passed; it goes to the
    supervisor when it has been overdue for ``escalate_after``, never where that is empty.
    """

    limits: Mapping[str, str] = field(default_factory=dict)
    approaching_share: float = 0.75
    escalate_after: str = ""


@dataclass(frozen=True, slots=True)
class ClassTable:
    """The district's classes by code, and the mapping (scheme, source code) → class code."""

    version: str
    effective_from: date
    classes: Mapping[str, IncidentClass]
    mapping: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class DistrictProfile:
    """Everything that is particular to one district.

    ``bounds`` is (west, south, east, north) in degrees WGS-84: what lies outside is not in the city.
    ``boundaries`` is the GeoJSON FeatureCollection (WGS-84, properties ``code`` and ``name``) that ships with it.
    """

    code: str
    name: str
    city: str
    timezone: str
    bounds: tuple[float, float, float, float]
    edge_tolerance_m: float
    streets: tuple[Street, ...]
    communities: tuple[Community, ...]
    place_names: tuple[PlaceName, ...]
    class_table: ClassTable
    sources: Mapping[str, SourceSettings]
    cameras: Mapping[str, Camera]
    working_hours: WorkingHours
    street_aliases: Mapping[str, str]
    boundaries: Mapping[str, object]
    boundaries_version: str
    boundaries_effective_from: date
    boundaries_approximate: bool
    calendar: CalendarSettings = CalendarSettings()
    routing: RoutingRules | None = None
    clocks: ClockSettings = field(default_factory=ClockSettings)
    duplicates: DuplicateRules = field(default_factory=DuplicateRules)
    duty: DutyRules = field(default_factory=DutyRules)
    extensions: ExtensionRules = field(default_factory=ExtensionRules)
    retention: RetentionRules = field(default_factory=RetentionRules)
