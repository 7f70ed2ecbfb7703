"""Says where a camera saw something: by the message itself, else by the camera registry, else it is unknown."""

from __future__ import annotations

from ingest.sources.reading.coordinates import Position, PositionReader
from ingest.sources.reading.json_fields import Found
from ingest.sources.reading.notes import Notes
from jiedao.domain.profile import DistrictProfile, SourceSettings
from jiedao.domain.report import ReportedPlace
from jiedao.domain.terms import Crs, ReportFlag

_SAYS_ANOTHER_PLACE = frozenset({ReportFlag.COORDINATES_OUTSIDE.value, ReportFlag.COORDINATES_SWAPPED.value})


class CameraPlaces:
    """Places of alarms. The registry speaks WGS-84, messages the source's own system."""

    def __init__(self, settings: SourceSettings, profile: DistrictProfile) -> None:
        self._cameras = profile.cameras
        self._crs = settings.crs
        self._positions = PositionReader(settings.crs, profile.bounds)

    def name(self, code: str) -> str:
        """Return a camera's name in the registry; empty for one that is not in it."""
        camera = self._cameras.get(code)
        return camera.name if camera else ""

    def place(self, code: str, lon: Found | None, lat: Found | None, address: str, notes: Notes) -> ReportedPlace:
        """Return the place of an alarm of a camera (by its GB/T 28181 or index code).

        Coordinates of the message win. Where they are missing, zero, filled in for form's sake or unreadable, they say
        nothing, and the registry's stand in; where they are plausible but lie outside the city or seem exchanged, they
        say another place than the registry, and a person decides. A camera that is not registered, in a message
        without usable coordinates, is flagged: its place is not guessed from its name, but from the address that the
        message gives.
        """
        position = self._positions.read(lon, lat, notes)
        if position is not None:
            return self._at(code, position, self._crs)
        if _SAYS_ANOTHER_PLACE & set(notes.flags):
            return ReportedPlace(crs=self._crs, camera_code=code or None)
        camera = self._cameras.get(code)
        if camera is None:
            notes.flag(ReportFlag.CAMERA_UNKNOWN)
            return ReportedPlace(crs=self._crs, address=address, camera_code=code or None)
        return self._at(code, (camera.lon, camera.lat), Crs.WGS84.value)

    def _at(self, code: str, position: Position, crs: str) -> ReportedPlace:
        return ReportedPlace(
            lon=position[0], lat=position[1], crs=crs, address=self.name(code), camera_code=code or None
        )
