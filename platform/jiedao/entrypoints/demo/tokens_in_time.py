"""The tokens of a sample: times that are relative to the start of the demo, and the mark that makes numbers new.

A token stands in double braces, wherever the source's own value would stand:

    {{run}}                 the number of this demo's run, 12 digits: in a record's number, so that it is a new one
    {{-95m}}                a time: 95 minutes before the start, as 2026-11-25 08:25:00
    {{+3d}}  {{now}}        3 days after it (a deadline); the start itself. Units: s, m, h, d
    {{-95m iso}}            the same in another form of writing (:data:`FORMS`)
    {{-90m@-5m}}            95 minutes before the start, in a message that is sent as if it were 5 minutes before it

A message is sent in the order of its latest time that has passed, or of its one ``@`` where it has one. Whatever
else stands in double braces is an error: a sample that is sent with a hole in it would show something untrue.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from jiedao.domain.errors import ConfigurationError

FORMS: Mapping[str, Callable[[datetime], str]] = {
    "plain": lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S"),
    "slashes": lambda moment: moment.strftime("%Y/%m/%d %H:%M"),
    "iso": lambda moment: moment.isoformat(timespec="milliseconds"),
    "local": lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S"),
    "compact": lambda moment: moment.strftime("%Y%m%d%H%M%S"),
    "ms": lambda moment: str(int(moment.timestamp() * 1000)),
}
"""How sources write times: each in its own zone, ``iso`` with its offset, ``ms`` as milliseconds since 1970."""

_OPEN = b"{{"
_TOKEN = re.compile(rb"\{\{([^{}]*)\}\}")
_TIME = re.compile(
    r"(?P<at>now|[+-]\d{1,6}[smhd])(?:@(?P<sent>now|-\d{1,6}[smhd]))?(?: (?P<form>[a-z]+))?",
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_RUN = "run"
_NO_TIME = timedelta()


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the demo: when it started, and the number that makes what it sends new."""

    started_at: datetime

    @property
    def number(self) -> str:
        """Twelve digits, another for every second."""
        return self.started_at.strftime("%y%m%d%H%M%S")


@dataclass(frozen=True, slots=True)
class _Time:
    at: timedelta
    sent: timedelta | None
    form: str


def sent_after(template: bytes, where: str) -> timedelta:
    """Return when a message is sent, relative to the start (so never positive).

    Raises ConfigurationError with ``where`` for a token that is none, and for a message without any time that passed.
    """
    times = [time for time in _read_all(template, where) if time is not None]
    told = {time.sent for time in times if time.sent is not None}
    if len(told) > 1:
        raise ConfigurationError(f"{where}: says by @ that it is sent at two times; one message is sent once")
    passed = [time.at for time in times if time.at <= _NO_TIME]
    if not passed:
        raise ConfigurationError(f"{where}: holds no time like {{{{-95m}}}}; the order of sending comes from it")
    return told.pop() if told else max(passed)


def fill_in(template: bytes, run: Run, zone: ZoneInfo, where: str) -> bytes:
    """Return the message as it is sent in this run; raises ConfigurationError as :func:`sent_after` does.

    Only ASCII is put in: it is the same in every encoding in which sources write.
    """
    written = [
        run.number if time is None else FORMS[time.form]((run.started_at + time.at).astimezone(zone))
        for time in _read_all(template, where)
    ]
    following = iter(written)
    return _TOKEN.sub(lambda _token: next(following).encode("ascii"), template)


def _read_all(template: bytes, where: str) -> list[_Time | None]:
    """Read the tokens in order; ``None`` is the run's number."""
    if _OPEN in _TOKEN.sub(b"", template):
        raise ConfigurationError(f"{where}: a token is opened by {{{{ and not closed")
    return [_read(match[1].decode("ascii", "replace"), where) for match in _TOKEN.finditer(template)]


def _read(token: str, where: str) -> _Time | None:
    if token == _RUN:
        return None
    match = _TIME.fullmatch(token)
    form = (match["form"] or "plain") if match else ""
    if match is None or form not in FORMS:
        raise ConfigurationError(
            f"{where}: {{{{{token}}}}} is no token; write {{{{run}}}}, or a time like {{{{-95m}}}} or {{{{-95m iso}}}}"
            f" in one of the forms {', '.join(FORMS)}"
        )
    return _Time(_offset(match["at"]), _offset(match["sent"]) if match["sent"] else None, form)


def _offset(text: str) -> timedelta:
    return _NO_TIME if text == "now" else timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
