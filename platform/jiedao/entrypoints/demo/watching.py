"""Reads what the demo shows from the same HTTP API that anybody can read: counts of all queues, the latest incident."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx

from jiedao.domain.errors import UnavailableError
from jiedao.entrypoints.http.models import IncidentAnswer, IncidentPage
from jiedao.entrypoints.http.place_models import QueueCountsAnswer

_ANSWER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen at one moment."""

    counts: QueueCountsAnswer
    latest: IncidentAnswer | None


class Watcher:
    """Looks at the queues, as the holder of a token."""

    def __init__(self, address: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=address,
            timeout=_ANSWER_SECONDS,
            trust_env=False,
            headers={"Authorization": f"Bearer {token}"},
        )

    def look(self) -> Sight:
        """Look; raises UnavailableError when the server does not answer."""
        counts = QueueCountsAnswer.model_validate_json(self._get("/v1/queues"))
        latest = IncidentPage.model_validate_json(self._get("/v1/incidents?limit=1")).items
        return Sight(counts, latest[0] if latest else None)

    def _get(self, path: str) -> bytes:
        try:
            return self._client.get(path).raise_for_status().content
        except httpx.HTTPError as error:
            raise UnavailableError(f"the demo's own server does not answer ({type(error).__name__})") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._client.close()
