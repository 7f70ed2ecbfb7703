"""Reads where a source's superior platform takes our messages (``[<source>.upstream]`` in sources.toml)."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from jiedao.application.profile_settings import Section
from jiedao.domain.profile import UpstreamSettings
from jiedao.domain.terms import Lifecycle

_SECTION = "upstream"
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_LONGEST_SECONDS = 120.0
_FIELDS = ("accepted_field", "accepted_value", "reference_field", "reason_field", "code_field")


def read_upstream(source: Section) -> UpstreamSettings | None:
    """Return a source's settings for its superior platform; ``None`` where there are none. Faults are written down."""
    if _SECTION not in source.keys:
        return None
    section = source.section(_SECTION)
    answers = {name: section.text(name) for name in _FIELDS if name in section.keys}
    timeout = section.number("timeout_seconds") if "timeout_seconds" in section.keys else 10.0
    settings = UpstreamSettings(
        url=section.text("url"),
        token_setting=section.text("token_setting", default=""),
        timeout_seconds=timeout,
        ca_file=section.text("ca_file", default=""),
        **answers,
    )
    _check(section, settings)
    if source.one_of("lifecycle", list(Lifecycle)) != Lifecycle.UPSTREAM:
        section.fault("url", "this source's cases are our own (lifecycle): there is no superior platform to tell")
    for name in _FIELDS:
        if name not in section.keys:
            section.text(name, default=getattr(settings, name))  # so that it is named among the known ones
    section.finish()
    return settings


def _check(section: Section, settings: UpstreamSettings) -> None:
    if settings.url and not _is_safe(settings.url):
        section.fault(
            "url", "write an address like https://host/path, without name and password; http only to loopback"
        )
    if settings.token_setting and not _VARIABLE.fullmatch(settings.token_setting):
        section.fault(
            "token_setting", "name an environment variable, like JIEDAO_UPSTREAM_HOTLINE_TOKEN; not the token"
        )
    if not 0 < settings.timeout_seconds <= _LONGEST_SECONDS:
        section.fault("timeout_seconds", f"write more than 0 and at most {_LONGEST_SECONDS:g} seconds")


def _is_safe(url: str) -> bool:
    """Whether a token and a case may go there: under TLS, or not beyond this machine."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if not parts.hostname or port == 0 or parts.username is not None or parts.password is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
