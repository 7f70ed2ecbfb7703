"""Indicators over HTTP: figures with their formulas, as JSON and as CSV, within what a token may see."""

from __future__ import annotations

import csv
import io

from tests.e2e.http.district import ADMINISTRATOR, EAST, HOTLINE, WEST, WESTERNER, order


def filled(call):
    """Three in the west, of which one was opened by mistake; one in the east. Returns the position that shows all."""
    results, position = call.push_and_see([order(1), order(2), order(3, EAST), order(4)])
    body = {"version": 3, "reason": "误报"}
    answer = call.post(f"/v1/incidents/{results[3]['incident_id']}/commands/void", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["position"] == position + 1
    return position + 1


def asked(call, token=ADMINISTRATOR, **query):
    answer = call.get("/v1/indicators", token, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def figure(figures, name="filing_rate"):
    (one,) = [one for one in figures if one["name"] == name]
    return one


def test_every_figure_stands_with_its_numerator_denominator_and_formula(call):
    position = filled(call)
    found = asked(call, min_position=position)
    assert (found["district_name"], found["by"], found["by_label"], found["position"]) == (
        "下城区",
        "street",
        "街道",
        position,
    )
    assert [(group["code"], group["label"]) for group in found["groups"]] == [(WEST, "朝晖街道"), (EAST, "文晖街道")]
    one = figure(found["groups"][0]["figures"])
    assert one == {
        "name": "filing_rate", "label": "立案率", "value": 0.0, "numerator": 0, "denominator": 2,
        "formula": "（其中已立案（含即查即结）的案件数）÷（未作废且未并案、自办的案件数），按登记时间计入时段", "better": "higher",
    }  # fmt: skip
    assert figure(found["total"])["denominator"] == 3
    assert figure(found["total"], "satisfaction_rate")["value"] is None


def test_figures_are_told_apart_narrowed_and_looked_back_at(call):
    position = filled(call)
    by_source = asked(call, by="source", min_position=position)
    assert [(group["code"], group["label"]) for group in by_source["groups"]] == [("city_brain", "城市大脑")]
    by_platform = asked(call, by="platform", street=EAST)
    assert [(group["label"], figure(group["figures"])["denominator"]) for group in by_platform["groups"]] == [
        ("综合行政执法", 1)
    ]
    assert asked(call, as_of="0")["groups"] == []
    assert figure(asked(call, **{"from": "2020-01-01", "to": "2020-02-01"})["total"])["denominator"] == 0
    assert figure(asked(call, **{"from": "2020-01-01T00:00:00+08:00"})["total"])["denominator"] == 3
    assert asked(call, **{"from": "2026-11-01"})["since"] == "2026-10-31T16:00:00Z"


def test_the_same_figures_come_as_csv_for_a_spreadsheet(call):
    position = filled(call)
    answer = call.get("/v1/indicators", by="street", format="csv", min_position=position)
    accepted = call.request("GET", "/v1/indicators", ADMINISTRATOR, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == accepted.headers["content-type"] == "text/csv; charset=utf-8"
    assert f"indicators-street-{position}.csv" in answer.headers["content-disposition"]
    assert answer.content.startswith("\ufeff".encode())
    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    found = asked(call)
    assert len(rows) == 3 * len(found["total"])
    assert len(list(csv.reader(io.StringIO(accepted.text)))) == len(rows) + 1
    (west,) = [dict(zip(head, row, strict=True)) for row in rows if row[1] == WEST and row[3] == "filing_rate"]
    assert [west[name] for name in ("名称 label", "指标名称 name", "数值 value", "分子 numerator", "分母 denominator")] == [
        "朝晖街道", "立案率", "0.000000", "0", "2",
    ]  # fmt: skip
    assert west["formula"].startswith("(of those, cases: filed")
    (none,) = [dict(zip(head, row, strict=True)) for row in rows if row[2] == "全区" and row[3] == "satisfaction_rate"]
    assert none["数值 value"] == ""


def test_the_formulas_are_told_with_the_words_they_are_made_of(call):
    found = call.get("/v1/indicators/formulas").json()
    closing = next(one for one in found["items"] if one["name"] == "on_time_closing_rate")
    assert [word["name"] for word in closing["denominator"]] == [
        "counted",
        "overtime_assessed",
        "pursued",
        "running",
        "filed",
        "due",
    ]
    (in_time,) = closing["numerator"]
    assert (in_time["name"], in_time["zh"]) == ("closed_in_time", "在期限内结案（上级平台案件：在期限内反馈）")
    assert (closing["period"]["name"], closing["assumed"]) == ("due", False)
    assert {"settled", "reopened"} <= {word["name"] for word in found["conditions"]}


def test_a_token_sees_figures_of_its_streets_alone_and_one_of_a_source_none(call):
    position = filled(call)
    found = asked(call, WESTERNER, min_position=position)
    assert [group["code"] for group in found["groups"]] == [WEST]
    assert figure(found["total"])["denominator"] == 2
    assert call.get("/v1/indicators", WESTERNER, street=EAST).status_code == 403
    assert call.get("/v1/indicators", HOTLINE).status_code == 403


def test_what_cannot_be_asked_points_to_the_parameter(call):
    for query, pointer in [
        ({"by": "weather"}, "/by"), ({"from": "yesterday"}, "/from"), ({"from": "2026-11-02", "to": "2026-11-01"}, "/to"),
        ({"as_of": "99"}, "/as_of"), ({"format": "pdf"}, "/format"), ({"until": "2026-11-01"}, "/until"),
    ]:  # fmt: skip
        problem = call.get("/v1/indicators", **query)
        assert problem.status_code in {400, 422}, query
        assert [error["pointer"] for error in problem.json()["errors"]] == [pointer]
