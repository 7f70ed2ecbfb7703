"""What all adapters for records of named fields do alike; each adds the table of its names and how a report is made.

Such a record is a JSON object, or a table's row below its header: a source may change from one to the other at will.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ingest.records import Normalised, Rejection
from ingest.sources.reading.aliases import Aliases
from ingest.sources.reading.communities import CommunityNames
from ingest.sources.reading.coordinates import Position, PositionReader
from ingest.sources.reading.doubts import read_fields
from ingest.sources.reading.json_fields import Fields
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.options import Options
from ingest.sources.reading.reports import read_record
from ingest.sources.reading.splitting import split_payload
from ingest.sources.reading.streets import StreetNames
from ingest.sources.reading.superior import SuperiorFields, SuperiorReader
from ingest.sources.reading.times import TimeReader
from jiedao.domain.profile import DistrictProfile, SourceSettings
from jiedao.domain.report import ReportedPlace, UpstreamCase
from jiedao.domain.terms import Lifecycle

ENVELOPES = (
    *("data.list", "data.rows", "data.records", "data.items", "result.list", "result.rows", "result.records"),
    *("data", "result", "list", "rows", "records", "items"),
)
"""Where an answer of a source's interface holds its records."""

STATED_CHANNEL = "stated_channel"
STATED_DEADLINE = "stated_deadline"
STATED_URGENCY = "stated_urgency"
STAGE = "stage"
"""Details that keep words without a meaning here, and what a superior case says of itself where we run our own."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class FieldsAdapter(ABC):
    """Reads records of named fields. An adapter for one source defines ``aliases`` and :meth:`read`.

    ``aliases`` must name ``lon``, ``lat``, ``coordinates``, ``revision`` and ``urgent`` among its fields; ``superior``
    says which of them tell how a case stands with the superior platform.
    """

    aliases: Aliases
    superior = SuperiorFields()

    def __init__(self, settings: SourceSettings, profile: DistrictProfile) -> None:
        """Make it; raises ConfigurationError for options that are wrong or that nobody reads."""
        options = Options(settings)
        self.settings = settings
        self.times = TimeReader(settings.timezone)
        self._positions = PositionReader(settings.crs, profile.bounds)
        self.streets = StreetNames(profile, no_street=options.texts("no_street"))
        self.communities = CommunityNames(profile)
        self._channels: Mapping[str, str] = options.table("channels")
        self._encoding = options.encoding()
        self._superior = SuperiorReader(self.superior, options, self.times)
        self.read_options(options)
        options.finish()

    @abstractmethod
    def read_options(self, options: Options) -> None:
        """Read the options of this source alone."""

    @abstractmethod
    def read(self, fields: Fields, received_at: datetime, notes: Notes) -> Normalised:
        """Make the report; bad fields are noted, UnreadableError is raised when the record does not hold one."""

    def split(self, payload: bytes, media_type: str) -> Sequence[bytes]:
        """Part a payload of JSON, JSON Lines or CSV; raises InvalidInputError when it cannot be parted."""
        return split_payload(payload, media_type, envelopes=ENVELOPES, encoding=self._encoding)

    def normalise(self, raw: bytes, received_at: datetime) -> Normalised | Rejection:
        """Read one record."""
        return read_record(raw, received_at, self._read, encoding=self._encoding)

    def position(self, fields: Fields, notes: Notes) -> Position | tuple[None, None]:
        """Return (lon, lat) as far as they are plausible, from two fields or from one that holds both."""
        lon, lat = fields.find("lon"), fields.find("lat")
        if lon is None and lat is None:
            return self._positions.read_pair(fields.find("coordinates"), notes) or (None, None)
        return self._positions.read(lon, lat, notes) or (None, None)

    def place(self, fields: Fields, notes: Notes) -> ReportedPlace:
        """Return where it happened, for sources whose fields are called as ours are."""
        lon, lat = self.position(fields, notes)
        street = self.streets.asserted(fields.text("street"), notes)
        return ReportedPlace(
            lon=lon,
            lat=lat,
            crs=self.settings.crs,
            address=fields.text("address"),
            street_code=street,
            grid_cell=fields.text("grid_cell") or None,
            community_code=self.community(fields, street, notes),
            component_code=fields.text("component_code") or None,
        )

    def community(self, fields: Fields, street: str | None, notes: Notes) -> str | None:
        """Return the community that the source names, by code or by name; the name is kept as it is written."""
        return self.communities.asserted(fields.text("community_code"), fields.text("community"), street, notes)

    def channel(self, stated: str, notes: Notes) -> str:
        """Return the channel that the source's word for it means; without a mapping the source's own, the word kept."""
        known = self._channels.get(stated)
        if known is None:
            notes.keep(STATED_CHANNEL, stated)
        return known or self.settings.channel

    def urgent(self, fields: Fields, notes: Notes) -> bool:
        """Return whether it is urgent; a word that says neither yes nor no is kept."""
        urgent = fields.truth("urgent")
        if urgent is None:
            notes.keep(STATED_URGENCY, fields.text("urgent"))
        return urgent or False

    def revision(self, fields: Fields, changed_at: datetime | None) -> int:
        """Return the revision that the record states, else its last change in epoch milliseconds, else 1."""
        stated = fields.revision("revision")
        if stated is not None:
            return stated
        return 1 if changed_at is None else (changed_at - _EPOCH) // _MILLISECOND

    def superior_case(
        self, number: str, deadline: datetime | None, stage: str, fields: Fields, notes: Notes
    ) -> UpstreamCase | None:
        """Return the superior platform's case; where the district runs its own, what it says is kept as details."""
        if self.settings.lifecycle == Lifecycle.UPSTREAM:
            return UpstreamCase(number, deadline, stage or None, self._superior.read(fields, stage, notes))
        notes.keep(STAGE, stage)
        notes.keep(STATED_DEADLINE, deadline.isoformat() if deadline else "")
        return None

    def _read(self, text: str, received_at: datetime, notes: Notes) -> Normalised:
        return self.read(Fields(read_fields(text, notes), self.aliases, notes), received_at, notes)
