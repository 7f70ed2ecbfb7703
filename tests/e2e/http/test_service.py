"""Health, metrics, documentation, pages, and what happens when something breaks."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from structlog.testing import capture_logs

from jiedao.entrypoints.http.app import create_app
from jiedao.entrypoints.http.problems import KINDS
from jiedao.entrypoints.services import Health
from tests.e2e.http.caller import Caller
from tests.e2e.http.district import order
from tests.e2e.http.in_process import InProcessClient
from tests.waiting import until


def test_a_running_process_lives_and_is_ready(call):
    assert call.get("/health/live", token=None).json()["alive"] is True
    answer = call.get("/health/ready", token=None)
    assert answer.status_code == 200
    assert answer.json()["ready"] is True
    assert set(answer.json()["parts"]) == {"database", "projections"}


def test_a_part_that_does_not_work_makes_it_not_ready_and_says_which(services):
    def broken():
        raise RuntimeError("secret detail")

    checks = {"kafka": lambda: Health(ok=False, sentence="the broker does not answer"), "odd": broken}
    with InProcessClient(create_app(replace(services, checks=checks))) as client:
        answer = Caller(client).get("/health/ready", token=None)
    assert answer.status_code == 503
    assert answer.json()["parts"]["kafka"] == {"ok": False, "sentence": "the broker does not answer"}
    assert answer.json()["parts"]["odd"]["ok"] is False
    assert "secret" not in answer.text


def test_views_that_stopped_make_it_not_ready(database_url, call):
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE projection_generation SET fault_position = 7, fault_reason = '王小明', fault_at = now()"
        )
    answer = call.get("/health/ready", token=None)
    assert answer.status_code == 503
    assert "stopped at position 7" in answer.json()["parts"]["projections"]["sentence"]
    assert "王小明" not in answer.text
    assert "jiedao_projection_fault 1.0" in call.get("/metrics").text


def test_metrics_count_requests_records_and_positions(call):
    _, position = call.push_and_see([order(1), {"title": "无编号"}])
    call.get("/v1/incidents", min_position=position)
    call.get("/nowhere/at/all")
    text = call.get("/metrics").text
    assert 'jiedao_intake_records_total{outcome="accepted",source="city_brain"} 1.0' in text
    assert 'jiedao_intake_records_total{outcome="dead",source="city_brain"} 1.0' in text
    assert 'route="/v1/sources/{source}/reports",status="200"' in text
    assert 'route="unrouted",status="404"' in text
    assert f"jiedao_log_position {position}.0" in text
    assert f"jiedao_projection_position {position}.0" in text


def test_every_route_is_documented_in_both_languages_with_its_problems(app):
    description = app.openapi()
    assert description["openapi"].startswith("3.1")
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            assert any("\u4e00" <= letter <= "\u9fff" for letter in operation["summary"]), path
            assert any(letter.isascii() and letter.isalpha() for letter in operation["summary"]), path
            assert operation["tags"], path
            if path.startswith("/v1/"):
                assert operation["security"] == [{"token": []}], (method, path)
                assert {"401", "403"} <= set(operation["responses"]), (method, path)
    push = description["paths"]["/v1/sources/{source}/reports"]["post"]
    assert set(push["requestBody"]["content"]) == {
        "application/json",
        "application/x-ndjson",
        "application/xml",
        "text/csv",
    }
    assert push["requestBody"]["content"]["application/json"]["examples"]
    assert {"200", "413", "415", "422"} <= set(push["responses"])


def test_the_description_is_served_and_has_a_translation_for_the_documentation_page(call):
    described = call.get("/v1/openapi.json", token=None).json()
    translated = call.get("/docs/openapi-3.0.json", token=None).json()
    assert translated["openapi"] == "3.0.3"
    assert set(translated["paths"]) == set(described["paths"])
    assert '"type": "null"' not in json.dumps(translated)


def test_what_watches_a_service_may_ask_with_head(call):
    for path in ("/", "/docs", "/pages/queues.js", "/health/live", "/health/ready"):
        asked, got = call.request("HEAD", path, None), call.get(path, token=None)
        assert (asked.status_code, asked.headers["content-type"]) == (200, got.headers["content-type"]), path
    described = call.get("/v1/openapi.json", token=None).json()["paths"]
    assert set(described["/health/live"]) == {"get"}


def test_pages_come_from_this_process_alone_under_a_strict_policy(call):
    for path in ("/", "/docs"):
        page = call.get(path, token=None)
        assert page.status_code == 200
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "://" not in policy
        assert "://" not in page.text.replace("http://www.w3.org", "")
    for path in ("/pages/queues.js", "/pages/queues.css", "/pages/docs.js", "/pages/icon.svg", "/docs/swagger-ui.css",
                 "/docs/swagger-ui-bundle.js"):  # fmt: skip
        assert call.get(path, token=None).status_code == 200
    for path in ("/pages/queues.html", "/pages/..%2fapp.py", "/docs/index.html"):
        assert call.get(path, token=None).status_code == 404


def test_addresses_and_methods_that_do_not_exist_are_problems_too(call):
    assert call.get("/v1/nowhere").status_code == 404
    answer = call.request("DELETE", "/v1/incidents", token=None)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_a_crash_is_a_problem_without_a_word_of_what_was_sent_and_the_log_names_the_place(services):
    class Crashing:
        def split(self, source, payload, media_type):
            raise RuntimeError("王小明 13800000000")

    with capture_logs() as logs, InProcessClient(create_app(replace(services, pipeline=Crashing()))) as client:
        answer = Caller(client).push(order(1))
    assert answer.status_code == 500
    assert "13800000000" not in answer.text
    (crash,) = [entry for entry in logs if entry["event"] == "request_crashed"]
    assert crash["error"] == "RuntimeError"
    assert crash["request_id"] == answer.headers["x-request-id"]
    assert crash["frames"][-1].endswith("split")
    assert "13800000000" not in str(logs)


def test_a_request_that_breaks_the_pipeline_does_not_harm_those_it_was_gathered_with(services):
    whole = services.pipeline

    class Fragile:
        split = staticmethod(whole.split)

        def run(self, source, records, **how):
            if any(b"poison" in record.raw for record in records):
                raise RuntimeError("13800000000")
            return whole.run(source, records, **how)

    with InProcessClient(create_app(replace(services, pipeline=Fragile()))) as client:
        call = Caller(client)
        records = [order(number) for number in range(40)]
        records[17] = order(17, title="poison")
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(call.push, records))
    assert [answer.status_code for answer in answers] == [500 if number == 17 else 200 for number in range(40)]


def test_a_database_that_went_away_is_unavailable_for_now_and_comes_back(database_url, postgres_url, call):
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    call.get("/v1/incidents")
    with psycopg.connect(postgres_url, autocommit=True) as server, ThreadPoolExecutor(1) as pool:
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            asked = pool.submit(call.get, "/v1/incidents")
            ready = call.get("/health/ready", token=None)
            alive = call.get("/health/live", token=None)
            answer = asked.result()
        finally:
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert (ready.status_code, ready.json()["parts"]["database"]["ok"]) == (503, False)
    assert alive.status_code == 200
    until(lambda: call.get("/health/ready", token=None).status_code == 200)
    assert call.get("/v1/incidents").status_code == 200


def test_the_access_log_names_the_request_and_nothing_personal(call):
    with capture_logs() as logs:
        answer = call.request(
            "GET", "/v1/incidents?text=13800000000&external_id=secret", token="jd_AdministratorAdministrator01",
            headers={"X-Request-ID": "gateway-42"},
        )  # fmt: skip
    (entry,) = [one for one in logs if one["event"] == "request"]
    assert entry["request_id"] == answer.headers["x-request-id"] != "gateway-42"
    assert (entry["given_id"], entry["route"], entry["status"]) == ("gateway-42", "/v1/incidents", 200)
    assert entry["holder"] == "user:admin"
    assert "13800000000" not in str(logs)
    assert "secret" not in str(logs)
    assert "jd_" not in str(logs)


@pytest.mark.parametrize("code", KINDS)
def test_every_kind_of_problem_has_both_languages(code):
    kind = KINDS[code]
    assert kind.title.isascii()
    assert not kind.title_zh.isascii()
    assert 400 <= kind.status <= 599
