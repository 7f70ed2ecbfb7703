"""Who may do what: tokens, roles, streets, sources; and every refusal is recorded."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from jiedao.domain.access import Holder
from jiedao.domain.terms import Role
from tests.e2e.http.district import (
    ADMINISTRATOR,
    AUDITOR,
    CITY_BRAIN,
    DISPATCHER,
    EAST,
    HOTLINE,
    WEST,
    WESTERNER,
    order,
)

OPEN = {
    "/health/live", "/health/ready", "/v1/openapi.json", "/", "/docs", "/docs/openapi-3.0.json", "/pages/{name}",
    "/docs/{name}",
}  # fmt: skip
FILL_IN = {
    "{source}": "city_brain", "{external_id}": "N1", "{external_id:path}": "N1", "{code}": WEST,
    "{platform}": "market", "{sha256}": "0" * 64, "{incident_id}": "00000000-0000-0000-0000-000000000001",
    "{dead_letter_id}": "00000000-0000-0000-0000-000000000001",
}  # fmt: skip


def every_route(app):
    """Every route of the application with its methods."""
    for path, operations in app.openapi()["paths"].items():
        for method in operations:
            yield method.upper(), path


def test_nothing_but_health_and_documentation_answers_without_a_token(app, call):
    closed = [(method, path) for method, path in every_route(app) if path not in OPEN]
    assert len(closed) >= 18
    for method, path in closed:
        for placeholder, value in FILL_IN.items():
            path = path.replace(placeholder, value)  # noqa: PLW2901  # filled in step by step
        query = {"lon": 120.1, "lat": 30.2, "date": "2026-11-24"}
        answer = call.request(method, path, token=None, params=query)
        assert answer.status_code == 401, (method, path)
        assert answer.headers["www-authenticate"] == 'Bearer realm="jiedao"'


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "Bearer",
        "Bearer nonsense",
        "Basic dXNlcjpwYXNz",
        "Bearer jd_NobodyHasThisTokenAtAll00001",
        "Bearer jd_\x00" + "a" * 30,
    ],
)
def test_what_is_no_valid_token_is_refused(call, shown):
    answer = call.request("GET", "/v1/streets", token=None, headers={"Authorization": shown.encode()})
    assert answer.status_code == 401


def test_a_revoked_token_is_refused_at_once(services, call):
    assert call.get("/v1/streets", DISPATCHER).status_code == 200
    del services.tokens.holders[DISPATCHER]
    assert call.get("/v1/streets", DISPATCHER).status_code == 401


def test_a_role_may_do_what_its_work_needs_and_no_more(call):
    for path in ("/v1/incidents", "/v1/queues", "/v1/triage"):
        assert call.get(path, DISPATCHER).status_code == 200
        assert call.get(path, HOTLINE).status_code == 403
    assert call.push(order(1), token=DISPATCHER).status_code == 403
    assert call.push(order(1), token=AUDITOR).status_code == 403
    assert call.get("/metrics", AUDITOR).status_code == 200
    assert call.get("/metrics", DISPATCHER).status_code == 403
    assert call.get("/v1/dead-letters", DISPATCHER).status_code == 403


def test_who_is_limited_to_a_street_sees_only_that_street_also_in_counts(call):
    (west, east), position = call.push_and_see([order(1, WEST), order(2, EAST)])
    call.push_and_see(order(3, lon=None, lat=None))
    listed = call.get("/v1/incidents", WESTERNER, min_position=position + 3).json()["items"]
    assert [item["external_id"] for item in listed] == ["N1"]
    assert call.get(f"/v1/incidents/{west['incident_id']}", WESTERNER).status_code == 200
    hidden = call.get(f"/v1/incidents/{east['incident_id']}", WESTERNER)
    assert hidden.status_code == 404
    unknown = call.get("/v1/incidents/00000000-0000-0000-0000-000000000001", WESTERNER)
    assert hidden.json()["title"] == unknown.json()["title"]
    assert call.get(f"/v1/incidents/{east['incident_id']}/history", WESTERNER).status_code == 404
    counts = call.get("/v1/queues", WESTERNER).json()
    assert [street["code"] for street in counts["streets"]] == [WEST]
    assert counts["district"] is None
    assert (counts["total"], counts["triage"]) == (1, 0)
    assert call.get("/v1/triage", WESTERNER).json()["items"] == []
    assert [street["code"] for street in call.get("/v1/streets", WESTERNER).json()["streets"]] == [WEST]


def test_another_street_is_refused_in_the_same_words_whether_it_exists_or_not(call):
    refused = [call.get(f"/v1/streets/{code}/queues/market", WESTERNER) for code in (EAST, "999999999")]
    refused += [call.get("/v1/incidents", WESTERNER, street=code) for code in (EAST, "999999999")]
    assert {answer.status_code for answer in refused} == {403}
    assert {answer.json()["detail"] for answer in refused} == {"this token is not for this street"}
    assert call.get("/v1/district/queues/service", WESTERNER).status_code == 403


def test_who_is_limited_to_a_source_sees_only_what_is_its_own(services, call):
    services.tokens.holders["jd_LimitedToTheHotlineLimited01"] = Holder(
        "t-limited", "user:limited", Role.INTAKE_OPERATOR, sources=frozenset({"hotline"})
    )
    limited = "jd_LimitedToTheHotlineLimited01"
    (foreign,), _ = call.push_and_see(order(1), source="city_brain")
    (own,), position = call.push_and_see(order(2), source="hotline")
    call.push([{"title": "无编号"}], "city_brain")
    listed = call.get("/v1/incidents", limited, min_position=position).json()["items"]
    assert [item["external_id"] for item in listed] == ["N2"]
    assert call.get(f"/v1/incidents/{own['incident_id']}/history", limited).status_code == 200
    for path in ("", "/history"):
        assert call.get(f"/v1/incidents/{foreign['incident_id']}{path}", limited).status_code == 404
    assert call.get("/v1/incidents", limited, source="city_brain").status_code == 403
    assert call.get("/v1/queues", limited).status_code == 403
    assert call.get("/v1/dead-letters", limited).json()["items"] == []
    assert call.get("/v1/dead-letters", CITY_BRAIN, source="hotline").status_code == 403
    assert call.get("/v1/sources/city_brain/reports/N1", HOTLINE).status_code == 403


def test_every_refusal_is_recorded_with_who_what_and_why_but_not_with_what_was_searched(services, call):
    since = datetime.now(UTC) - timedelta(minutes=1)
    for _ in range(3):
        call.get("/v1/dead-letters", DISPATCHER, source="hotline")
    call.request("GET", "/v1/incidents?text=13800000000", token=None)
    known, unknown = sorted(services.refusals.recent(since), key=lambda one: one.status, reverse=True)
    assert (known.status, known.reason, known.token_id, known.holder, known.role) == (
        403, "not_allowed", "t-dispatch", "user:dispatch", "dispatcher",
    )  # fmt: skip
    assert (known.method, known.route, known.times, known.client) == ("GET", "/v1/dead-letters", 3, "203.0.113.7")
    assert (unknown.status, unknown.token_id, unknown.route) == (401, "", "/v1/incidents")
    metrics = call.get("/metrics", ADMINISTRATOR).text
    assert 'jiedao_http_refusals_total{reason="not_allowed"} 3.0' in metrics


def test_concurrent_requests_share_a_look_up_of_their_token(services, call):
    call.get("/v1/streets")
    services.tokens.looked_up = 0
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: call.get("/v1/streets"), range(160)))
    assert {answer.status_code for answer in answers} == {200}
    assert 0 < services.tokens.looked_up <= 160
