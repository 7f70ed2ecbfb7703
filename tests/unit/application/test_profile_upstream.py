"""Where a superior platform takes our messages, read strictly from sources.toml."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jiedao.application.district_profile import load_profile
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.profile import UpstreamSettings
from jiedao.entrypoints.upstream_transport import open_transports, unreachable

SHIPPED = Path(__file__).parents[3] / "config" / "districts" / "330103"
URL = 'url = "https://12345.example.cn/messages"'
TOKEN = "JIEDAO_UPSTREAM_HOTLINE_TOKEN"


@pytest.fixture
def profile_with(tmp_path):
    """Loads the district's profile with something more at the end of sources.toml."""
    folder = tmp_path / "330103"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("sample"))
    sources = folder / "sources.toml"
    shipped = sources.read_text("utf-8")

    def load(text):
        sources.write_text(shipped + text, "utf-8")
        return load_profile(folder)

    return load


def test_no_address_ships_with_the_district(profile_with):
    profile = profile_with("")
    assert {source.upstream for source in profile.sources.values()} == {None}
    assert open_transports(profile, {}) == {}
    assert "[hotline.upstream] url" in unreachable(profile, "hotline", {})
    assert unreachable(profile, "city_brain", {}) is None


def test_an_address_is_enough(profile_with):
    assert profile_with(f"[hotline.upstream]\n{URL}\n").sources["hotline"].upstream == UpstreamSettings(
        "https://12345.example.cn/messages"
    )


def test_everything_can_be_said(profile_with):
    more = (
        f'{URL}\ntoken_setting = "{TOKEN}"\ntimeout_seconds = 3\naccepted_field = "code"\naccepted_value = "0"\n'
        'reason_field = "msg"\nreference_field = "data.id"\ncode_field = "code"\nca_file = "gov.pem"\n'
    )
    assert profile_with(f"[hotline.upstream]\n{more}").sources["hotline"].upstream == UpstreamSettings(
        "https://12345.example.cn/messages", TOKEN, 3.0, "gov.pem", "code", "0", "data.id", "msg", "code"
    )


def test_a_token_that_is_not_there_is_asked_for(profile_with):
    profile = profile_with(f'[hotline.upstream]\n{URL}\ntoken_setting = "{TOKEN}"\n')
    assert TOKEN in unreachable(profile, "hotline", {})
    assert open_transports(profile, {}) == {}
    opened = open_transports(profile, {TOKEN: "secret"})
    assert list(opened) == ["hotline"]
    opened["hotline"].close()


@pytest.mark.parametrize(
    ("source", "text", "fault"),
    [
        ("hotline", 'url = "ftp://12345.example.cn"', "https://host/path"),
        ("hotline", 'url = "http://12345.example.cn/messages"', "http only to loopback"),
        ("hotline", 'url = "http://10.0.0.8/messages"', "http only to loopback"),
        ("hotline", 'url = "https://user:secret@12345.example.cn/"', "without name and password"),
        ("hotline", 'url = "https:///messages"', "https://host/path"),
        ("hotline", 'url = "https://12345.example.cn:99999/"', "https://host/path"),
        ("hotline", f'{URL}\ntoken_setting = "e3b0-secret"', "not the token"),
        ("hotline", f"{URL}\ntimeout_seconds = 0", "more than 0"),
        ("hotline", f"{URL}\ntimeout_seconds = 3600", "at most 120"),
        ("hotline", f'{URL}\nretries = "3"', "no such setting; known are accepted_field"),
        ("hotline", 'token_setting = "A"', "the setting is missing"),
        ("city_brain", URL, "our own"),
    ],
)
def test_what_is_wrong_is_named(profile_with, source, text, fault):
    with pytest.raises(ConfigurationError, match=fault):
        profile_with(f"[{source}.upstream]\n{text}\n")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_on_this_machine_no_tls_is_needed(profile_with, host):
    assert profile_with(f'[hotline.upstream]\nurl = "http://{host}:9000/"\n').sources["hotline"].upstream


def test_authorities_that_cannot_be_read_are_told(profile_with):
    profile = profile_with(f'[hotline.upstream]\n{URL}\nca_file = "nowhere.pem"\n')
    with pytest.raises(ConfigurationError, match=r"nowhere\.pem"):
        open_transports(profile, {})
