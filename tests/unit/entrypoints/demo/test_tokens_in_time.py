from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from jiedao.domain.errors import ConfigurationError
from jiedao.entrypoints.demo.tokens_in_time import Run, fill_in, sent_after

RUN = Run(datetime(2026, 11, 25, 2, 0, 0, 250_000, tzinfo=UTC))  # 10:00:00.250 in Shanghai
SHANGHAI = ZoneInfo("Asia/Shanghai")


def filled(template):
    return fill_in(template.encode(), RUN, SHANGHAI, "here").decode()


@pytest.mark.parametrize(
    ("token", "written"),
    [
        ("{{-95m}}", "2026-11-25 08:25:00"),
        ("{{now}}", "2026-11-25 10:00:00"),
        ("{{+3d}}", "2026-11-28 10:00:00"),
        ("{{-2h slashes}}", "2026/11/25 08:00"),
        ("{{-30s iso}}", "2026-11-25T09:59:30.250+08:00"),
        ("{{-1d local}}", "2026-11-24T10:00:00"),
        ("{{-95m compact}}", "20261125082500"),
        ("{{-95m ms}}", "1795566300250"),
        ("{{-95m@-5m}}", "2026-11-25 08:25:00"),
        ("{{run}}", "261125020000"),
    ],
)
def test_a_token_is_written_as_the_source_writes_it(token, written):
    assert filled(token) == written


def test_the_rest_of_a_message_stays_byte_for_byte_in_any_encoding():
    text = '<?xml version="1.0" encoding="GB2312"?><a>占道{{-1m local}}经营</a>'.encode("gb18030")

    sent = fill_in(text, RUN, SHANGHAI, "here")

    assert sent == text.replace(b"{{-1m local}}", b"2026-11-25T09:59:00")


def test_json_that_ends_in_two_braces_is_no_token():
    assert filled('{"a":{"b":{{now ms}}}}') == '{"a":{"b":1795572000250}}'


@pytest.mark.parametrize(
    "token",
    ["{{}}", "{{Run}}", "{{-95}}", "{{95m}}", "{{-95m ISO}}", "{{-95m unix}}", "{{ -95m}}", "{{-1m@+5m}}", "{{-1w}}"],
)
def test_what_is_no_token_is_an_error_that_says_where(token):
    with pytest.raises(ConfigurationError, match=r"orders\.jsonl#3"):
        fill_in(token.encode(), RUN, SHANGHAI, "orders.jsonl#3")


def test_a_token_that_is_not_closed_is_an_error():
    with pytest.raises(ConfigurationError, match="not closed"):
        filled('{"at":"{{-95m"}')


def test_a_message_is_sent_at_its_latest_time_that_has_passed():
    assert sent_after(b"{{-3h}} {{-95m}} {{+2d}}", "here") == timedelta(minutes=-95)


def test_a_message_can_say_that_it_is_sent_later():
    assert sent_after(b"{{-3h@-5m}} {{-2h}}", "here") == timedelta(minutes=-5)


def test_a_message_is_sent_once():
    with pytest.raises(ConfigurationError, match="two times"):
        sent_after(b"{{-3h@-5m}} {{-2h@-4m}}", "here")


def test_a_message_without_a_time_that_passed_has_no_place_in_the_order():
    with pytest.raises(ConfigurationError, match="holds no time"):
        sent_after(b"{{run}} {{+1d}}", "here")
