"""Golden samples: a native record as a file, and beside it the whole report that must come of it, as JSON.

``<sample>.expected.json`` holds ``{"report": …, "reporter": …}`` or ``{"rejection": …}``.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ingest.records import Rejection

SAMPLES = Path(__file__).parent / "samples"
RECEIVED_AT = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
_EXPECTED = ".expected.json"


def samples_of(*sources):
    """The sample files of some sources, each with its source."""
    return [
        (source, path)
        for source in sources
        for path in sorted((SAMPLES / source).iterdir())
        if not path.name.endswith(_EXPECTED)
    ]


def expected(path):
    return json.loads(path.with_name(path.name + _EXPECTED).read_text("utf-8"))


def outcome(result):
    """What an adapter answered, as plain JSON."""
    if isinstance(result, Rejection):
        return {"rejection": _as_json(result)}
    return {"report": _as_json(result.report), "reporter": _as_json(result.reporter)}


def _as_json(value):
    return json.loads(msgspec.json.encode(value))
