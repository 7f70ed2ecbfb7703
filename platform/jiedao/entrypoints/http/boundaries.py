"""Which boundary sets there are, which one is in force, and what each holds: the profile's own, and adopted ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from jiedao.domain.errors import NotFoundError
from jiedao.entrypoints.http.place_models import BoundaryNotice
from jiedao.entrypoints.services import Services
from projections.answers import ReferenceVersion
from projections.reference_versions import BOUNDARIES

NOTICE = "边界为近似示意，不作为管辖依据。"
"""What stands beside boundaries that are not the official ones."""


@dataclass(frozen=True, slots=True)
class BoundarySetContent:
    """A boundary set: a GeoJSON FeatureCollection in WGS-84, and what is known of it."""

    version: str
    effective_from: date
    approximate: bool
    collection: Mapping[str, object]


def adopted_sets(services: Services) -> Sequence[ReferenceVersion]:
    """Return every adopted set, by the day from which it holds. Blocks on the database."""
    return services.read.reference_versions(BOUNDARIES)


def notice_in_force(services: Services) -> BoundaryNotice:
    """Say which set is in force and whether it is approximate. Blocks on the database when it is not the profile's."""
    version = services.jurisdiction.boundary_set
    if version == services.profile.boundaries_version:
        return BoundaryNotice(version=version, approximate=services.profile.boundaries_approximate)
    adopted = next((one for one in adopted_sets(services) if one.version == version), None)
    return BoundaryNotice(version=version, approximate=adopted is None or bool(adopted.approximate))


def read_set(services: Services, version: str) -> BoundarySetContent:
    """Return a set by its version; raises NotFoundError. Blocks on the database and the file store."""
    profile = services.profile
    if version == profile.boundaries_version:
        return BoundarySetContent(
            version, profile.boundaries_effective_from, profile.boundaries_approximate, profile.boundaries
        )
    adopted = next((one for one in adopted_sets(services) if one.version == version), None)
    if adopted is None:
        raise NotFoundError(f"there is no boundary set {version!r}; /v1/boundaries/versions lists them")
    content = msgspec.json.decode(services.files.get(adopted.content_sha256), type=dict[str, object])
    return BoundarySetContent(version, adopted.effective_from, bool(adopted.approximate), content)


def write_geojson(found: BoundarySetContent) -> bytes:
    """Write a set as GeoJSON, with what is known of it as further members (RFC 7946 section 6.1)."""
    return msgspec.json.encode(
        {
            "type": "FeatureCollection",
            "version": found.version,
            "effective_from": found.effective_from,
            "approximate": found.approximate,
            "notice": NOTICE if found.approximate else None,
            "features": found.collection.get("features", []),
        }
    )
