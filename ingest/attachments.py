"""Fetches what reports only link to (附件取回), because the links of sources expire, and keeps it by its content hash.

It follows the log from where it stood and records what it fetched together with its own position: each report's links
are dealt with once, also across crashes and when two processes run it. Only hosts that the district's profile names
for a source are asked; links of a source that names none stay links.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import structlog
from eventsourcing.persistence import Tracking

from jiedao.application.district_application import DistrictApplication
from jiedao.domain.context import EventContext
from jiedao.domain.errors import ConfigurationError, ConflictError, JiedaoError
from jiedao.domain.incident import Incident
from jiedao.domain.ports import Clock, FileStore, LogEntry
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.report import Attachment
from jiedao.domain.terms import Role
from jiedao.store.recorder import UnitContext

FOLLOWER = "attachments"
"""The name under which it tracks how far it has come."""

HOSTS_OPTION = "attachment_hosts"
"""The option of a source that names the hosts it may be fetched from: ``["img.example.cn", "10.0.0.8:8080"]``."""

ACTOR, ROLE = "system:attachments", Role.ADMINISTRATOR.value
_TOPICS = (Incident.Received.TOPIC, Incident.Revised.TOPIC)
_STRETCH = 500
_WAIT_SECONDS = 1.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How much one link may be; sizes in bytes, times in seconds. ``pauses`` stand before each further try."""

    content: int = 32 * 1024 * 1024
    timeout: float = 10.0
    pauses: tuple[float, ...] = (1.0, 5.0)


class _MissedError(Exception):
    """A link that could not be had; the sentence stands in the incident's history."""


class _PassingError(_MissedError):
    """One that may be had a moment later."""


def allowed_hosts(profile: DistrictProfile) -> dict[str, frozenset[str]]:
    """Return source → hosts that its links may be fetched from; raises ConfigurationError for what is no such list."""
    allowed = {}
    for name, settings in profile.sources.items():
        hosts = settings.options.get(HOSTS_OPTION, [])
        if not isinstance(hosts, list) or not all(isinstance(host, str) and host for host in hosts):
            raise ConfigurationError(f'{HOSTS_OPTION} of {name} must be a list of hosts like ["img.example.cn"]')
        if hosts:
            allowed[name] = frozenset(host.lower() for host in hosts)
    return allowed


class AttachmentFetcher:
    """Fetches the links of reports, in the order of the log."""

    def __init__(  # noqa: PLR0913  # the composition root wires each part by name
        self,
        application: DistrictApplication,
        files: FileStore,
        clock: Clock,
        allowed: Mapping[str, frozenset[str]],
        *,
        client: httpx.Client,
        limits: FetchLimits | None = None,
    ) -> None:
        """Make it; ``client`` must not follow redirects, which could lead to a host that is not allowed."""
        self._application = application
        self._files = files
        self._clock = clock
        self._allowed = allowed
        self._client = client
        self._limits = limits or FetchLimits()

    def run(self, stop: Event) -> None:
        """Follow the log until ``stop`` is set."""
        log = self._application.district_log
        while not stop.is_set():
            try:
                position = self.step(stop)
                log.follower.wait_beyond(position, _WAIT_SECONDS)
            except JiedaoError as error:
                if not stop.is_set():
                    _log.warning("attachments_try_again", error=str(error))
                    stop.wait(_WAIT_SECONDS)

    def step(self, stop: Event) -> int:
        """Deal with the next stretch of the log; returns the position reached."""
        log = self._application.district_log
        reached = log.max_tracking_id(FOLLOWER) or 0
        for entry in log.select_log(reached, _STRETCH):
            links = list(self._links(entry))
            if links and not stop.is_set():
                self._record(entry, links, stop)
                reached = entry.position
            elif not links:
                reached = entry.position
            if stop.is_set():
                break
        self._remember(reached)
        return reached

    def _links(self, entry: LogEntry) -> Iterator[tuple[str, Attachment]]:
        """The links of a report that are to be fetched."""
        if entry.topic not in _TOPICS:
            return
        event = self._application.decode(entry)
        if isinstance(event, Incident.Received | Incident.Revised) and event.report.source in self._allowed:
            for attachment in event.report.attachments:
                if attachment.url and not attachment.sha256:
                    yield event.report.source, attachment

    def _record(self, entry: LogEntry, links: Sequence[tuple[str, Attachment]], stop: Event) -> None:
        """Fetch the links of one report and record what became of each, with the position, as one unit."""
        known = self._incident(entry.originator_id).fetched
        found = [
            (attachment, self._fetch(source, attachment, stop))
            for source, attachment in links
            if attachment.url not in known
        ]
        context = EventContext(ACTOR, ROLE, correlation_id=entry.originator_id, causation_id=f"event:{entry.position}")
        unit = UnitContext(FOLLOWER, f"{entry.position}", b"", tracking=Tracking(FOLLOWER, entry.position))
        while not stop.is_set():
            incident = self._incident(entry.originator_id)
            for attachment, result in found:
                url = attachment.url or ""
                if isinstance(result, Attachment):
                    incident.record_attachment(url, result, context=context, at=self._clock.now())
                else:
                    incident.record_missed_attachment(url, result, context=context, at=self._clock.now())
            try:
                self._application.record([incident], unit)
            except ConflictError:
                if (self._application.district_log.max_tracking_id(FOLLOWER) or 0) >= entry.position:
                    return  # another process was faster with this one
                continue  # the incident moved on meanwhile
            return

    def _incident(self, incident_id: UUID) -> Incident:
        return self._application.load([incident_id])[incident_id]

    def _remember(self, position: int) -> None:
        """Keep the place also where nothing was to be fetched; another process may be further already."""
        log = self._application.district_log
        if position > (log.max_tracking_id(FOLLOWER) or 0):
            try:
                log.insert_tracking(Tracking(FOLLOWER, position))
            except ConflictError:
                return

    def _fetch(self, source: str, attachment: Attachment, stop: Event) -> Attachment | str:
        """Return what the link gave, stored, or the sentence that says why it gave nothing."""
        for pause in (*self._limits.pauses, None):
            try:
                content = self._get(source, attachment.url or "")
            except _PassingError as error:
                if pause is None or stop.wait(pause):
                    return str(error)
                continue
            except _MissedError as error:
                return str(error)
            stored = self._files.put(content)
            return replace(attachment, sha256=stored.sha256, media_type=stored.media_type, size=stored.size)
        raise AssertionError("the last try returns")

    def _get(self, source: str, url: str) -> bytes:
        try:
            parts = urlsplit(url)
            host = parts.netloc.rpartition("@")[2].lower()
        except ValueError as error:
            raise _MissedError("链接无法识别 the link cannot be read") from error
        if parts.scheme not in {"http", "https"} or host not in self._allowed[source]:
            raise _MissedError("链接的主机不在允许之列 its host is not among those allowed for this source")
        try:
            with self._client.stream("GET", url, timeout=self._limits.timeout) as answer:
                return self._read(answer)
        except httpx.TransportError as error:
            raise _PassingError(f"主机没有应答 the host did not answer ({type(error).__name__})") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _MissedError(f"链接无法取回 the link cannot be fetched ({type(error).__name__})") from error

    def _read(self, answer: httpx.Response) -> bytes:
        if answer.is_server_error:
            raise _PassingError(f"主机答复 {answer.status_code} the host answered {answer.status_code}")
        if not answer.is_success:
            raise _MissedError(f"主机答复 {answer.status_code} the host answered {answer.status_code}")
        content = bytearray()
        for chunk in answer.iter_bytes():
            content += chunk
            if len(content) > self._limits.content:
                raise _MissedError(
                    f"文件超过 {self._limits.content} 字节 it is larger than {self._limits.content} bytes"
                )
        return bytes(content)
