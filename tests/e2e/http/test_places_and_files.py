"""Streets, boundaries, the street of a point, and files by their content."""

from __future__ import annotations

import hashlib

import pytest

from tests.e2e.http.district import DISPATCHER, EAST, HOTLINE, WEST

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100


def test_streets_come_with_the_notice_that_boundaries_are_approximate(call):
    answer = call.get("/v1/streets", DISPATCHER).json()
    assert (answer["district_code"], answer["district_name"]) == ("330103", "下城区")
    assert answer["streets"] == [
        {"code": WEST, "name": "朝晖街道", "communities": 1}, {"code": EAST, "name": "文晖街道", "communities": 0},
    ]  # fmt: skip
    assert answer["boundaries"]["approximate"] is True


def test_boundaries_are_geojson_that_says_it_is_approximate(call):
    answer = call.get("/v1/boundaries", DISPATCHER)
    assert answer.headers["content-type"] == "application/geo+json"
    collection = answer.json()
    assert collection["type"] == "FeatureCollection"
    assert (collection["approximate"], collection["notice"]) == (True, "边界为近似示意，不作为管辖依据。")
    assert [feature["properties"]["code"] for feature in collection["features"]] == [WEST, EAST]
    assert call.get("/v1/boundaries", version="approximate-2020").json() == collection
    assert call.get("/v1/boundaries", version="other").status_code == 404
    assert call.get("/v1/boundaries/versions").json() == {"versions": []}


def test_a_point_is_given_to_its_street(call):
    found = call.get("/v1/jurisdiction", lon=120.16, lat=30.28, crs="gcj02").json()
    assert (found["street_code"], found["street_name"], found["method"], found["method_label"]) == (
        WEST, "朝晖街道", "polygon", "坐标落入辖区",
    )  # fmt: skip
    assert found["boundaries"] == {"version": "approximate-2020", "approximate": True}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [({"lon": 181, "lat": 30}, "/lon"), ({"lon": 120}, "/lat"), ({"lon": "x", "lat": 30}, "/lon"),
     ({"lon": "nan", "lat": 30}, "/lon"), ({"lon": 120, "lat": 30, "crs": "utm"}, "/crs")],
)  # fmt: skip
def test_a_point_that_is_none_is_pointed_at(call, query, pointer):
    answer = call.get("/v1/jurisdiction", **query)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_photo_is_kept_and_fetched_by_its_content_hash(call):
    digest = hashlib.sha256(PNG).hexdigest()
    stored = call.post("/v1/files", HOTLINE, content=PNG, headers={"Content-Type": "image/png"})
    assert stored.status_code == 201
    assert stored.json() == {
        "sha256": digest, "size": len(PNG), "media_type": "image/png", "address": f"/v1/files/{digest}",
    }  # fmt: skip
    fetched = call.get(stored.json()["address"], DISPATCHER)
    assert fetched.content == PNG
    assert fetched.headers["content-type"] == "image/png"
    assert "sandbox" in fetched.headers["content-security-policy"]
    assert fetched.headers["cache-control"].startswith("private")
    again = call.request("GET", f"/v1/files/{digest}", DISPATCHER, headers={"If-None-Match": fetched.headers["etag"]})
    assert again.status_code == 304
    assert call.get(f"/v1/files/{digest}", HOTLINE).status_code == 403
    (look,) = call.accesses("file")
    assert (look["actor"], look["subject"], look["access_label"]) == (
        "user:dispatch", f"file:{digest}", "取照片或文件",
    )  # fmt: skip


def test_a_form_with_one_file_is_the_same_file(call):
    stored = call.post("/v1/files", files={"file": ("../../etc/王小明.png", PNG, "text/html")}, data={"note": "现场"})
    assert stored.status_code == 201
    assert stored.json()["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert stored.json()["media_type"] == "image/png"


@pytest.mark.parametrize(
    ("content", "status"),
    [({"content": b"MZ" + b"\x00" * 100}, 415), ({"content": b"<script>"}, 415), ({"content": b""}, 400),
     ({"files": [("a", ("a", PNG)), ("b", ("b", PNG))]}, 400), ({"files": {"file": ("a", b"")}}, 400),
     ({"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 400),
     ({"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data"}}, 400),
     ({"content": b"\x89PNG" + b"\x00" * (32 * 1024 * 1024)}, 413)],
)  # fmt: skip
def test_a_file_that_cannot_be_kept_is_refused(call, content, status):
    assert call.post("/v1/files", **content).status_code == status


def test_a_file_that_is_not_there_is_not_found(call):
    assert call.get(f"/v1/files/{'0' * 64}").status_code == 404
    assert call.get("/v1/files/..%2f..%2fetc%2fpasswd").status_code in {404, 422}
    assert call.get("/v1/files/ABC").status_code == 422
