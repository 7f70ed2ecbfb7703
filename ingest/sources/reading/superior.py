"""Reads what a superior platform says of its case beyond number and deadline: how it stands there, who presses.

Each source names the fields that say it; the words for how a case stands are a table here, and the district's profile
may give others (option ``upstream_stages``). A word that is in neither moves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from ingest.sources.reading.json_fields import Fields
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.options import Options
from ingest.sources.reading.times import TimeReader
from jiedao.domain.report import UpstreamNews
from jiedao.domain.terms import UpstreamStatus

OPTION = "upstream_stages"

STAGES: Mapping[str, UpstreamStatus] = MappingProxyType(
    dict.fromkeys(("派遣", "已派遣", "派单", "已派单", "派发", "已派发", "待签收", "重新派遣"), UpstreamStatus.ASSIGNED)
    | dict.fromkeys(("核查通过", "核查合格"), UpstreamStatus.VERIFIED)
    | dict.fromkeys(
        ("核查不通过", "核查未通过", "核查不合格", "返工", "退回重办", "重办"), UpstreamStatus.FAILED_VERIFICATION
    )
    | dict.fromkeys(("结案", "已结案", "办结", "已办结"), UpstreamStatus.CLOSED)
    | dict.fromkeys(("撤回", "已撤回", "撤销", "已撤销", "作废", "已作废"), UpstreamStatus.WITHDRAWN)
)
"""How a case stands there, by the words that platforms use for it. Assumed: no superior has published its own."""

_NEVER = frozenset({"", "0"})
_MOST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class SuperiorFields:
    """Which fields of a source say what; an empty name is a field that it does not have.

    ``deleted`` is the field that marks a case as taken away, with the value ``deleted_value``; ``stages`` are words of
    this source alone.
    """

    note: str = ""
    assigned_at: str = ""
    reworks: str = ""
    urges: str = ""
    supervised: str = ""
    visited_at: str = ""
    visit_result: str = ""
    resolved: str = ""
    satisfied: str = ""
    deleted: str = ""
    deleted_value: str = ""
    stages: Mapping[str, UpstreamStatus] = field(default_factory=dict)


class SuperiorReader:
    """Reads one source's news of its superior platform."""

    def __init__(self, names: SuperiorFields, options: Options, times: TimeReader) -> None:
        """Make it; raises ConfigurationError for a status that is none."""
        self._names = names
        self._times = times
        told = (names.reworks, names.urges, names.supervised, names.visited_at, names.visit_result)
        self._moving = tuple(name for name in (*told, names.resolved, names.satisfied) if name)
        self._stages = {**STAGES, **names.stages, **_stages_of(options)}

    def read(self, fields: Fields, stage: str, notes: Notes) -> UpstreamNews | None:
        """Return what the record says; ``None`` where it says nothing that could move a case here."""
        names = self._names
        status = self._status(fields, stage)
        if status is None and not fields.hold_any(self._moving):  # as most records are: nothing to be told
            self._assigned_at(fields, notes)
            _text(fields, names.note)
            return None
        result = _text(fields, names.visit_result)
        news = UpstreamNews(
            status=status,
            note=_text(fields, names.note),
            assigned_at=self._assigned_at(fields, notes),
            reworks=_count(fields, names.reworks),
            urges=_count(fields, names.urges),
            supervised=bool(names.supervised and fields.truth(names.supervised)),
            revisited=bool(result) or _text(fields, names.visited_at) not in _NEVER,
            resolved=_judged(fields, names.resolved, result, "未解决", "已解决"),
            satisfied=_judged(fields, names.satisfied, result, "不满意", "满意"),
            revisit_note=result,
        )
        says_nothing = (news.status, news.reworks, news.urges, news.supervised, news.revisited) == _SILENT
        return None if says_nothing else news

    def _assigned_at(self, fields: Fields, notes: Notes) -> datetime | None:
        return self._times.read(fields.find(self._names.assigned_at), notes) if self._names.assigned_at else None

    def _status(self, fields: Fields, stage: str) -> str | None:
        names = self._names
        if names.deleted and _text(fields, names.deleted) == names.deleted_value:
            return UpstreamStatus.WITHDRAWN.value
        status = self._stages.get(stage)
        return status.value if status else None


_SILENT = (None, 0, 0, False, False)


def _stages_of(options: Options) -> Mapping[str, UpstreamStatus]:
    told = options.table(OPTION)
    known = {status.value: status for status in UpstreamStatus}
    for stage, status in told.items():
        if status not in known:
            raise options.fault(f"{OPTION}.{stage}", f"is {status!r}; it must be one of {', '.join(known)}")
    return {stage: known[status] for stage, status in told.items()}


def _text(fields: Fields, name: str) -> str:
    return fields.text(name, lines=True) if name else ""


def _count(fields: Fields, name: str) -> int:
    """Return how often; what is no number of times is never, since the record as a whole is good without it."""
    text = _text(fields, name).partition(".")[0]
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else 0


def _judged(fields: Fields, name: str, result: str, no: str, yes: str) -> bool | None:
    """Return a judgement from its own field, by yes, no or the word; else from the words of the result."""
    stated = fields.truth(name) if name else None
    if stated is not None:
        return stated
    for words in (_text(fields, name), result):
        if no in words:
            return False
        if yes in words:
            return True
    return None
