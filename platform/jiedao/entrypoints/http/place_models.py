"""The shape of answers about streets, queues' counts, boundaries, files and this process itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from jiedao.entrypoints.http.models import Answer


class BoundaryNotice(Answer):
    """Which boundary set is in force, and whether it is only approximate (边界为近似示意)."""

    version: str
    approximate: bool


class StreetAnswer(Answer):
    """街道 A street."""

    code: Annotated[str, Field(examples=["330103001"])]
    name: str
    communities: int


class StreetsAnswer(Answer):
    """The streets of the district that the token may see."""

    district_code: str
    district_name: str
    city: str
    boundaries: BoundaryNotice
    streets: Sequence[StreetAnswer]


class PlatformAnswer(Answer):
    """One of the four work platforms (四个平台)."""

    code: str
    label: str


class StreetCounts(Answer):
    """How many incidents are open in a street: by platform, undecided (待判定) but already its own, all.

    ``total`` also counts those under way that a later report left without a platform.
    """

    code: str
    name: str
    platforms: Mapping[str, int]
    triage: int
    total: int


class QueueCountsAnswer(Answer):
    """各街道各平台在办数量 How many incidents are open, per street × platform.

    ``district`` counts those that no street holds (orders without a place by platform, undecided ones as ``triage``);
    it is null for a token that is limited to streets. ``triage`` is the total of undecided ones.
    """

    district_code: str
    district_name: str
    boundaries: BoundaryNotice
    platforms: Sequence[PlatformAnswer]
    streets: Sequence[StreetCounts]
    district: StreetCounts | None
    triage: int
    total: int
    position: Annotated[int, Field(description="At least everything up to this position is counted.")]


class BoundaryFeature(BaseModel):
    """One street's area."""

    model_config = ConfigDict(extra="allow")

    type: str
    properties: Mapping[str, object]
    geometry: Mapping[str, object]


class BoundariesAnswer(Answer):
    """辖区边界 The boundaries as GeoJSON (RFC 7946: WGS-84, longitude first)."""

    type: Annotated[str, Field(examples=["FeatureCollection"])]
    version: str
    effective_from: date
    approximate: bool
    notice: Annotated[str | None, Field(examples=["边界为近似示意，不作为管辖依据。"])]
    features: Sequence[BoundaryFeature]


class BoundaryVersion(Answer):
    """A boundary set that was adopted."""

    version: str
    effective_from: date
    approximate: bool
    content_sha256: str
    origin: str
    in_force: bool


class BoundaryVersionsAnswer(Answer):
    """Every boundary set that was adopted, by the day from which it holds."""

    versions: Sequence[BoundaryVersion]


class JurisdictionAnswer(Answer):
    """管辖判定 Which street holds a point, and how that was found; ``lon``/``lat`` are WGS-84 degrees."""

    street_code: str | None
    street_name: str | None
    method: str
    method_label: str
    lon: float | None
    lat: float | None
    edge_distance_m: float | None
    candidates: Sequence[str]
    community_code: str | None
    boundaries: BoundaryNotice
    note: str | None


class FileAnswer(Answer):
    """文件 A stored file: its content hash names it for ever."""

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    size: Annotated[int, Field(description="Bytes.")]
    media_type: str
    address: Annotated[str, Field(examples=["/v1/files/9f86d081…"])]


class PartHealth(Answer):
    """How one part stands."""

    ok: bool
    sentence: str


class ReadinessAnswer(Answer):
    """就绪检查 Whether this process can do its work."""

    ready: bool
    parts: Mapping[str, PartHealth]


class LivenessAnswer(Answer):
    """存活检查 This process runs."""

    alive: bool
    version: str


class FieldProblem(BaseModel):
    """One bad field."""

    model_config = ConfigDict(populate_by_name=True)

    pointer: Annotated[str, Field(description="JSON pointer.", examples=["/lng"])]
    detail: str
    place: Annotated[str, Field(alias="in", examples=["body", "query", "path"])]


class ProblemAnswer(BaseModel):
    """错误 A problem document (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(examples=["urn:jiedao:problem:invalid_parameter"])]
    title: str
    title_zh: str
    status: int
    detail: str
    instance: Annotated[str, Field(description="Names the request, as the log and the header X-Request-ID do.")]
    errors: Sequence[FieldProblem] = ()
