"""Whatever is written into an address or a body is answered with an answer or a problem, never with a crash."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.http.district import ADMINISTRATOR, order

# Hypothesis takes it for a strategy's doing when the pool's thread draws a new connection's expiry from `random`.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")

ROUTES = {
    "/v1/incidents": (
        "street",
        "platform",
        "source",
        "state",
        "class",
        "external_id",
        "from",
        "to",
        "text",
        "as_of",
        "cursor",
        "limit",
    ),
    "/v1/dead-letters": ("source", "reason", "resolved", "cursor", "limit"),
    "/v1/triage": ("street", "platform", "as_of", "cursor", "limit"),
    "/v1/queues": ("as_of",),
    "/v1/streets/330103006/queues/market": ("as_of", "cursor", "limit"),
    "/v1/district/queues/service": ("as_of", "cursor"),
    "/v1/clocks": ("due_before", "street", "platform", "clock", "incident", "as_of", "cursor", "limit"),
    "/v1/boundaries": ("version",),
    "/v1/audit/events": (
        *("question", "actor", "role", "kind", "topic", "incident", "street", "command", "from", "to", "from_position"),
        *("to_position", "has_reason", "correlation_id", "newest_first", "cursor", "limit", "format"),
    ),
    "/v1/audit/access": ("actor", "access", "incident", "from", "to", "cursor", "limit"),
    "/v1/audit/refusals": ("actor", "from", "to", "cursor", "limit"),
    "/v1/jurisdiction": ("lon", "lat", "crs"),
    "/v1/sources/hotline/reconciliation": ("date", "limit"),
}
ODD = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.floats().map(str),
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.dates().map(str),
    st.sampled_from(
        ["\x00", "%", "'", "\\", "market", "triage", "330103006", "wgs84", "AAAA", "null", "0001-01-01", "9999-12-31"]
    ),
)
ASKED = st.sampled_from(sorted(ROUTES)).flatmap(
    lambda path: st.tuples(
        st.just(path), st.dictionaries(st.sampled_from(ROUTES[path]), ODD.filter(_encodable), max_size=4)
    )
)


def _encodable(text):
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=ASKED)
def test_no_parameter_crashes_a_query(call, asked):
    path, query = asked
    answer = call.get(path, **query)
    assert answer.status_code < 500, (path, query, answer.text)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.text(min_size=1, max_size=20).filter(_encodable))
def test_no_part_of_a_path_crashes_a_query(call, part):
    odd = quote(part, safe="")
    for path in (f"/v1/incidents/{odd}", f"/v1/dead-letters/{odd}", f"/v1/streets/{odd}/queues/market", f"/v1/files/{odd}",
                 f"/v1/sources/{odd}/reconciliation?date=2026-11-24", f"/v1/sources/hotline/reports/{odd}", f"/{odd}"):  # fmt: skip
        assert call.get(path).status_code < 500, path


@pytest.mark.parametrize("query", ["text=%00", "text=a%00b", "cursor=%00", "%00=1", "text=%ff%fe", "text=%ed%a0%80"])
def test_what_no_text_can_hold_is_refused_or_finds_nothing(call, query):
    assert call.request("GET", f"/v1/incidents?{query}", ADMINISTRATOR).status_code in {200, 400, 422}


def test_a_text_of_wildcards_is_taken_literally(call):
    _, position = call.push_and_see([order(1), order(2, title="折扣 50%_")])
    found = call.get("/v1/incidents", text="50%_", min_position=position).json()["items"]
    assert [item["external_id"] for item in found] == ["N2"]
    assert call.get("/v1/incidents", text="%").json()["items"] == found


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=300),
    media_type=st.sampled_from(["application/json", "application/x-ndjson", "application/xml", "text/csv", "x", ""]),
    length=st.sampled_from([None, "5", "-1", "x", "99999999999"]),
)
def test_no_body_crashes_a_push(call, body, media_type, length):
    headers = {"Content-Type": media_type} | ({} if length is None else {"Content-Length": length})
    answer = call.post("/v1/sources/hotline/reports", content=body, headers=headers)
    assert answer.status_code < 500, answer.text
    stored = call.post(
        "/v1/files",
        content=body,
        headers=headers | {"Content-Type": f"multipart/form-data; boundary={media_type or 'x'}"},
    )
    assert stored.status_code < 500, stored.text
