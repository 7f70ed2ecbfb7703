"""Streets, their boundaries, and which street holds a point (街道与辖区)."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from jiedao.domain.access import Holder
from jiedao.domain.report import ReportedPlace
from jiedao.domain.terms import Crs, MatchMethod
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.boundaries import adopted_sets, notice_in_force, read_set, write_geojson
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.edge import Edge, edge_of
from jiedao.entrypoints.http.permissions import Act
from jiedao.entrypoints.http.place_models import (
    BoundariesAnswer,
    BoundaryVersion,
    BoundaryVersionsAnswer,
    JurisdictionAnswer,
    StreetAnswer,
    StreetsAnswer,
)
from jiedao.entrypoints.http.wording import label_of

router = APIRouter(prefix="/v1", tags=["街道与辖区 Streets and boundaries"], responses=PROBLEMS)

Reader = Annotated[Holder, Depends(Allowed(Act.READ_PLACES))]
_GEOJSON = "application/geo+json"


@router.get("/streets", summary="街道列表 List the streets")
async def list_streets(request: Request, holder: Reader) -> StreetsAnswer:
    """List the district's streets that the token may see, with the number of their communities."""
    edge = edge_of(request)
    profile = edge.services.profile
    communities = Counter(community.street_code for community in profile.communities)
    return StreetsAnswer(
        district_code=profile.code,
        district_name=profile.name,
        city=profile.city,
        boundaries=await edge.read(notice_in_force, edge.services),
        streets=[
            StreetAnswer(code=street.code, name=street.name, communities=communities[street.code])
            for street in profile.streets
            if holder.may_see_street(street.code)
        ],
    )


@router.get(
    "/boundaries",
    summary="辖区边界 Show the boundaries",
    responses={200: {"model": BoundariesAnswer, "content": {_GEOJSON: {}}}},
)
async def show_boundaries(
    request: Request,
    _holder: Reader,
    version: Annotated[
        str | None, Query(max_length=100, description="版本 Of this version; without it: in force.")
    ] = None,
) -> Response:
    """Show a boundary set as GeoJSON (WGS-84). `approximate` says that it is not the official one."""
    edge = edge_of(request)
    return Response(await edge.read(_boundaries, edge, version), media_type=_GEOJSON)


@router.get("/boundaries/versions", summary="边界版本 List the boundary sets")
async def list_boundary_versions(request: Request, _holder: Reader) -> BoundaryVersionsAnswer:
    """List every boundary set that was adopted, by the day from which it holds."""
    edge = edge_of(request)
    in_force = edge.services.jurisdiction.boundary_set
    adopted = await edge.read(adopted_sets, edge.services)
    return BoundaryVersionsAnswer(
        versions=[
            BoundaryVersion(
                version=one.version,
                effective_from=one.effective_from,
                approximate=bool(one.approximate),
                content_sha256=one.content_sha256,
                origin=one.origin,
                in_force=one.version == in_force,
            )
            for one in adopted
        ]
    )


@router.get("/jurisdiction", summary="坐标管辖判定 Ask which street holds a point", responses=problems(422))
async def decide_jurisdiction(
    request: Request,
    _holder: Reader,
    lon: Annotated[float, Query(ge=-180, le=180, description="经度 Longitude, degrees.", examples=[120.1694])],
    lat: Annotated[float, Query(ge=-90, le=90, description="纬度 Latitude, degrees.", examples=[30.2856])],
    crs: Annotated[Crs, Query(description="坐标系 Coordinate system of the point.")] = Crs.WGS84,
) -> JurisdictionAnswer:
    """Say which street holds a point under the boundary set in force, and how that was found; records nothing."""
    edge = edge_of(request)
    return await edge.read(_decide, edge, ReportedPlace(lon=lon, lat=lat, crs=crs.value))


def _boundaries(edge: Edge, version: str | None) -> bytes:
    return write_geojson(read_set(edge.services, version or edge.services.jurisdiction.boundary_set))


def _decide(edge: Edge, place: ReportedPlace) -> JurisdictionAnswer:
    (decision,) = edge.services.jurisdiction.decide([place])
    return JurisdictionAnswer(
        street_code=decision.street_code,
        street_name=edge.wording.street(decision.street_code),
        method=decision.method,
        method_label=label_of(MatchMethod, decision.method) or decision.method,
        lon=decision.lon,
        lat=decision.lat,
        edge_distance_m=decision.edge_distance_m,
        candidates=decision.candidates,
        community_code=decision.community_code,
        boundaries=notice_in_force(edge.services),
        note=decision.note,
    )
