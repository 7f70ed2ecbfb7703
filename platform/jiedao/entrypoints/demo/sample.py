"""The bundled sample of a district (示例上报): messages in the sources' own shapes, in the order of sending.

A file is named ``<source>.<what>.<ending>``, and its ending says how it is parted into messages, each one request:

    .jsonl   one JSON message a line, as application/json (an object, a list, an envelope: as the source sends it)
    .ndjson  one line of NDJSON a message, as application/x-ndjson; what is not JSON can stand here
    .xml     one document after another, each from its declaration on, in the encoding that it declares
    .csv     one row a message, each with the header

Tokens in it are those of :mod:`jiedao.entrypoints.demo.tokens_in_time`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from jiedao.application.district_profile import DISTRICTS_FOLDER
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.profile import DistrictProfile
from jiedao.entrypoints.demo.tokens_in_time import Run, fill_in, sent_after

SAMPLE_FOLDER = "sample"
_ABOUT_IT = frozenset({".md", ".toml"})  # what explains the sample and what a test expects of it
_XML_DECLARATION = re.compile(rb"(?=<\?xml )")


@dataclass(frozen=True, slots=True)
class SampleMessage:
    """One message of a source, with its tokens; ``sent`` is when it is sent, relative to the start."""

    source: str
    media_type: str
    where: str
    sent: timedelta
    template: bytes
    zone: ZoneInfo

    def content(self, run: Run) -> bytes:
        """The message as it is sent in a run."""
        return fill_in(self.template, run, self.zone, self.where)


def read_sample(config: Path, profile: DistrictProfile) -> Sequence[SampleMessage]:
    """Read a district's sample, in the order of sending.

    Raises ConfigurationError where there is none, and for a file that cannot be used.
    """
    folder = config / DISTRICTS_FOLDER / profile.code / SAMPLE_FOLDER
    files = sorted(path for path in folder.glob("*") if path.suffix not in _ABOUT_IT)
    if not files:
        raise ConfigurationError(f"the district {profile.code} has no sample of reports: there is nothing in {folder}")
    messages = [message for path in files for message in _messages(path, profile)]
    return sorted(messages, key=lambda message: message.sent)  # stable: what is sent at the same time keeps its order


def _messages(path: Path, profile: DistrictProfile) -> list[SampleMessage]:
    name = path.name.partition(".")[0]
    source = profile.sources.get(name)
    if source is None:
        raise ConfigurationError(
            f"{path.name}: the district has no source {name!r}; it has {', '.join(profile.sources)}"
        )
    form = _FORMS.get(path.suffix)
    if form is None:
        raise ConfigurationError(f"{path.name}: a sample ends in one of {', '.join(_FORMS)}")
    media_type, part = form
    zone = ZoneInfo(source.timezone)
    return [
        SampleMessage(name, media_type, where, sent_after(template, where), template, zone)
        for number, template in enumerate(part(path.read_bytes()), start=1)
        for where in (f"{path.name}#{number}",)
    ]


def _lines(content: bytes) -> list[bytes]:
    return [line for line in content.splitlines() if line.strip()]


def _documents(content: bytes) -> list[bytes]:
    return [document for document in _XML_DECLARATION.split(content) if document.strip()]


def _rows(content: bytes) -> list[bytes]:
    header, *rows = content.splitlines(keepends=True)
    return [header + row for row in rows if row.strip()]


_FORMS: Mapping[str, tuple[str, Callable[[bytes], list[bytes]]]] = {
    ".jsonl": ("application/json", _lines),
    ".ndjson": ("application/x-ndjson", _lines),
    ".xml": ("application/xml", _documents),
    ".csv": ("text/csv", _rows),
}
"""How each kind of file is sent and parted."""
