"""One message from one source about one happening (上报), in the platform's own words.

An :class:`IncidentReport` never holds personal data: a source's adapter hands the reporter over
apart, as :class:`ReporterDetails`, which are encrypted before anything is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from jiedao.domain.quickly_made import quickly_made


@quickly_made
@dataclass(frozen=True, slots=True)
class ReportedPlace:
    """Where the source says it happened, as the source said it.

    ``lon`` and ``lat`` are degrees in the coordinate system ``crs`` (a :class:`~jiedao.domain.terms.Crs`
    value), already checked to be plausible; what was not plausible is ``None`` here and a flag on the
    report. ``street_code`` is the street that the source itself asserts, by our code.
    ``needed`` is false for orders that have no place (consultations, suggestions).
    """

    lon: float | None = None
    lat: float | None = None
    crs: str = "wgs84"
    address: str = ""
    street_code: str | None = None
    grid_cell: str | None = None
    community_code: str | None = None
    component_code: str | None = None
    camera_code: str | None = None
    needed: bool = True


@quickly_made
@dataclass(frozen=True, slots=True)
class SourceClass:
    """The class as the source names it: a scheme, a code in it (or a path joined with ``/``), a name."""

    scheme: str
    code: str
    name: str = ""


@quickly_made
@dataclass(frozen=True, slots=True)
class UpstreamNews:
    """What a superior platform says has become of its case, as of one revision of its record.

    ``status`` is a :class:`~jiedao.domain.terms.UpstreamStatus` value and ``note`` what was said with it;
    ``assigned_at`` is when it last gave the case to us. ``reworks`` and ``urges`` count how often it was not satisfied
    with the handling and how often it reminded, since the case began; ``supervised`` is whether it presses (督办).
    A revisit (回访) is said by ``revisited``, with ``resolved`` and ``satisfied`` where they are known.
    """

    status: str | None = None
    note: str = ""
    assigned_at: datetime | None = None
    reworks: int = 0
    urges: int = 0
    supervised: bool = False
    revisited: bool = False
    resolved: bool | None = None
    satisfied: bool | None = None
    revisit_note: str = ""


@quickly_made
@dataclass(frozen=True, slots=True)
class UpstreamCase:
    """A superior platform's own case: its number and its deadline win over ours.

    ``stage`` is its own word for where the case stands there, ``news`` what that and the rest of its record mean here;
    ``None`` where they say nothing that could move the case.
    """

    case_number: str
    deadline: datetime | None = None
    stage: str | None = None
    news: UpstreamNews | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class Attachment:
    """A photo or file: by the link that the source gave, by the hash of what was stored, or both.

    ``sha256`` is the lower-case hex hash of the content in the file store.
    """

    kind: str
    url: str | None = None
    sha256: str | None = None
    media_type: str | None = None
    size: int | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class IncidentReport:
    """A normalised report without personal data.

    ``source`` and ``external_id`` with ``revision`` (1, 2, …; a later one wins) are its key.
    Times are aware and in UTC: ``happened_at`` when it was seen to happen, ``reported_at`` when the
    source took it down. ``flags`` are :class:`~jiedao.domain.terms.ReportFlag` values.
    ``original_source`` is the source where it really came from, where ``source`` only relays it (1do).
    ``details`` holds the source's further fields that someone may want to read, as text.
    """

    source: str
    external_id: str
    revision: int
    lifecycle: str
    channel: str
    title: str
    description: str
    reported_at: datetime
    happened_at: datetime | None = None
    place: ReportedPlace = field(default_factory=ReportedPlace)
    source_class: SourceClass | None = None
    upstream: UpstreamCase | None = None
    urgent: bool = False
    attachments: tuple[Attachment, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    original_source: str | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class ReporterDetails:
    """The person who reported. Personal data: lives in memory and as ciphertext, nowhere else."""

    name: str | None = None
    phone: str | None = None
    contact: str | None = None
    identity_number: str | None = None
    address: str | None = None

    def __bool__(self) -> bool:
        """Whether anything at all is known of the reporter."""
        return bool(self.name or self.phone or self.contact or self.identity_number or self.address)


@quickly_made
@dataclass(frozen=True, slots=True)
class Sealed:
    """A ciphertext and the key it is under.

    ``algorithm`` names the cipher (``A256GCM``), ``key_id`` the subject's key in the vault,
    ``ciphertext`` is URL-safe base64 of nonce ‖ ciphertext ‖ tag.
    """

    algorithm: str
    key_id: str
    ciphertext: str


ERASED = Sealed("erased", "", "")
"""What stands in place of a ciphertext whose key was destroyed, where an event is shown to people (已删除)."""
